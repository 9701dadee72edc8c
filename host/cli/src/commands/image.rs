//! `airgo image`: the request from the arguments, what was written as a document.

use crate::Context;
use crate::args;
use airgo_app::image::{Image, ImageRequest, image};
use airgo_app::paths::shown;
use airgo_app::{Result, documents};

/// Writes a bundle's modules as an image.
pub fn run(context: &Context, args: &args::Image) -> Result<()> {
    let image = image(context, &request(args)?)?;
    if context.printer.is_json() {
        context.printer.document(&document(args, &image))?;
    }
    Ok(())
}

fn request(args: &args::Image) -> Result<ImageRequest> {
    Ok(ImageRequest {
        files: args.files.clone(),
        output: args.output.clone(),
        path: args.path.clone(),
        platforms: args.platform.clone(),
        name: args.name.clone(),
        layers: args.layers,
        trust: args.trust.request(),
        last_seen: args.last_seen.request(),
        policy: args.policy.policy.clone(),
        at: args.at.request()?,
        baseline: args.baseline.baseline.clone(),
        exact: args.exact(),
        lean: args.lean,
        jobs: args.jobs,
    })
}

fn document<'a>(args: &args::Image, image: &'a Image) -> documents::Image<'a> {
    let layer = |layer: &'a airgo_app::image::ImageLayer| documents::ImageLayer {
        digest: &layer.digest,
        holds: &layer.holds,
        platform: layer.platform.as_deref(),
        size: layer.size,
    };
    documents::Image {
        content_id: image.content_id.clone(),
        digest: image.digest.clone(),
        file: shown(&args.output),
        gomodcache: image.path.clone(),
        layers: image.layers.iter().map(layer).collect(),
        name: image.name.clone(),
        platforms: image.platforms.clone(),
        policy: documents::RecordedReport::new(&image.report, image.recorded_by.map(|by| by.to_string())),
        schema: documents::ImageV1,
        signed_by: image.signed_by.clone(),
        size: image.size,
    }
}

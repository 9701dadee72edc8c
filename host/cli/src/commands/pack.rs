//! `airgo pack`: the request from the arguments, the bundle as a document.

use crate::Context;
use crate::args::Pack;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::pack::{PackRequest, Packed, pack};
use airgo_app::paths::{argument, shown};
use std::path::{Path, PathBuf};

/// Packs the projects of `args.dirs` into `args.output`.
pub fn run(context: &Context, args: &Pack) -> Result<()> {
    let packed = pack(context, &request(args)?)?;
    if context.printer.is_json() {
        context.printer.document(&document(&packed))?;
    }
    context.printer.hint(on_the_other_side(args, &packed));
    Ok(())
}

fn request(args: &Pack) -> Result<PackRequest> {
    Ok(PackRequest {
        dirs: args.dirs.clone(),
        output: args.output.clone(),
        signer: args.signer.request()?,
        no_provenance: args.no_provenance,
        record_proxies: args.record_proxies,
        since: args.since.clone(),
        split: args.split,
        trust: args.trust.request(),
        policy: args.policy.clone(),
        at: args.at.request()?,
        baseline: args.baseline.baseline.clone(),
        collect: args.collect.request(),
        payload: args.payload.request(),
        network: args.network.request(),
        if_changed: args.if_changed,
    })
}

/// The command that unpacks the bundle where the key is not known yet.
fn on_the_other_side(args: &Pack, packed: &Packed) -> String {
    let name = |path: &Path| argument(Path::new(path.file_name().unwrap_or_default()));
    let bundle = name(&packed.file);
    let base = args.since.as_ref().map(|old| format!(" --base {}", name(old))).unwrap_or_default();
    match &packed.public_key {
        Some(file) => format!(
            "on the other side: airgo unpack {bundle} --trust {}{base} (the public key is {})",
            name(file),
            shown(file)
        ),
        None => format!(
            "on the other side: airgo unpack {bundle} --trust SENDER.pub{base} \
             (airgo key export KEY > SENDER.pub writes the public key)"
        ),
    }
}

fn document(packed: &Packed) -> documents::Pack<'_> {
    let text = |path: &PathBuf| path.display().to_string();
    // Of a bundle in volumes there is no file of the name that they are made of.
    let files = if packed.volumes.is_empty() { std::slice::from_ref(&packed.file) } else { &packed.volumes };
    let files: Vec<_> = files.iter().map(text).collect();
    documents::Pack {
        content_id: packed.content_id.clone(),
        file: files.first().cloned().unwrap_or_default(),
        files,
        key: packed.inputs.key.to_string(),
        manifest_sha256: packed.manifest_sha256.to_string(),
        modules: packed.modules,
        policy: (&packed.report).into(),
        schema: documents::PackV1,
        signed_by: vec![packed.key_id.clone()],
        size: packed.size,
        skew: documents::Skew::all(&packed.skew),
        unchanged: packed.unchanged,
        volumes: packed.volumes.iter().map(text).collect(),
    }
}

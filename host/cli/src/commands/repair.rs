//! `airgo repair` and `airgo resend`: damaged media need not be sent whole.

use crate::Context;
use crate::args::{Repair, Resend};
use airgo_app::bundle_io::{self, bundle_failure, signature_failure};
use airgo_app::keyring;
use airgo_app::project::shown;
use airgo_app::quantity::{bytes, count};
use airgo_app::{Failure, Result};
use airgo_bundle::damage::{self, Demand, Request};
use airgo_bundle::{Assembly, BundleError, Limits, Piece, PositionedFile, ReadAt, Source, Volumes};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// Puts volumes, or a damaged bundle and its patches, together; nothing gets its
/// name before it verifies.
pub fn run(context: &Context, args: &Repair) -> Result<()> {
    repair(context, args).map_err(|f| f.outcome(format!("{} was not written", shown(&args.output))))
}

fn repair(context: &Context, args: &Repair) -> Result<()> {
    let (mut patches, mut rest) = (Vec::new(), Vec::new());
    for file in &args.files {
        match Piece::open(file) {
            Ok(piece) if piece.header().volume.is_none() => patches.push(piece),
            // Also a volume whose header is damaged: another copy of it may be there.
            Ok(_) | Err(BundleError::Volume(_)) => rest.push(file.clone()),
            // The name that the bundle was split under.
            Err(_) if in_volumes(file) => rest.push(file.clone()),
            Err(e) => return Err(bundle_failure(&e).fact("file", shown(file))),
        }
    }
    let volumes = || Volumes::open(&rest).and_then(|v| v.assemble()).map_err(|e| bundle_failure(&e));
    let assembly = match (patches.as_slice(), rest.as_slice()) {
        ([], _) => volumes().map_err(|f| {
            f.hint("airgo verify FILE --request need.json says what is damaged; airgo resend answers it")
        })?,
        (_, []) => Assembly::new(&patches, None).map_err(|e| bundle_failure(&e))?,
        (_, [one]) if !in_volumes(one) => {
            Assembly::new(&patches, Some(open(one)?)).map_err(|e| bundle_failure(&e))?
        }
        // A patch may stand for volumes that are missing; whether it does shows
        // when all are laid together.
        _ => {
            let volumes = Volumes::open(&rest).map_err(|e| bundle_failure(&e))?;
            let all: Vec<Piece> = patches.iter().cloned().chain(volumes.pieces()).collect();
            Assembly::new(&all, None).map_err(|e| bundle_failure(&e))?
        }
    };
    let trust = keyring::trust(context, &args.trust.request())?;
    let limits = Limits::default();
    let now = Timestamp::now();
    let base = match args.trust.base.as_slice() {
        [] => None,
        [first, rest @ ..] => {
            let source = Source { files: std::slice::from_ref(first), bases: rest, limits: &limits };
            Some(source.verify_signatures(&trust, now).map_err(|e| signature_failure(&e, first))?)
        }
    };
    let demand =
        Demand { trust: &trust, now, base: base.as_ref(), limits: &limits, jobs: bundle_io::jobs(None) };
    let watch = bundle_io::Watch::new(context, "Verifying", "files", 0);
    let done = damage::repair(&assembly, &args.output, &demand, &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/repair/v1",
            "file": shown(&args.output),
            "objects": done.objects,
            "bytes": done.bytes,
        }))?;
    }
    context.printer.status(
        "Repaired",
        format!(
            "{}: {} verified ({})",
            shown(&args.output),
            count(done.objects, "object"),
            bytes(done.bytes)
        ),
    );
    Ok(())
}

/// Writes the patch that a request asks for.
pub fn resend(context: &Context, args: &Resend) -> Result<()> {
    let written = || format!("{} was not written", shown(&args.output));
    let text = std::fs::read(&args.request)
        .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(&args.request))))?;
    let request = Request::parse(&text).map_err(|e| bundle_failure(&e).outcome(written()))?;
    let limits = Limits::default();
    let source = Source { files: std::slice::from_ref(&args.file), bases: &[], limits: &limits };
    let good = source.read().map_err(|e| bundle_failure(&e))?;
    let watch = bundle_io::Watch::new(context, "Reading", "files", 0);
    let size = damage::write_patch(&good, &shown(&args.file), &request, &args.output, &limits, &watch)
        .map_err(|e| bundle_failure(&e).outcome(written()))?;
    watch.progress.finish();
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/resend/v1",
            "file": shown(&args.output),
            "size": size,
        }))?;
    }
    context.printer.status("Wrote", format!("{} ({})", shown(&args.output), bytes(size)));
    Ok(())
}

fn in_volumes(file: &Path) -> bool {
    let (files, limits) = ([file.to_owned()], Limits::default());
    Source { files: &files, bases: &[], limits: &limits }.in_volumes().unwrap_or(false)
}

fn open(file: &Path) -> Result<Arc<dyn ReadAt>> {
    let opened = PositionedFile::open(file);
    Ok(Arc::new(opened.map_err(|e| Failure::failed(format!("could not open {}: {e}", shown(file))))?))
}

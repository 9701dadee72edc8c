//! Repair and resend: damaged media need not be sent whole.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::quantity::{bytes, count};
use crate::requests::TrustFiles;
use crate::trust::keyring;
use crate::trust::open::{self, bundle_failure, signature_failure};
use airgo_bundle::repair::{self, Requirements};
use airgo_bundle::{
    BundleError, Limits, PositionedFile, ReadAt, ReassembledFile, Source, Volume, Volumes, retransmit,
};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to put together.
#[derive(Clone, Debug, Default)]
pub struct RepairRequest {
    /// The damaged bundle with patches, or volumes with those sent again, in any
    /// order.
    pub files: Vec<PathBuf>,
    /// Where to write the whole bundle.
    pub output: PathBuf,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
}

/// A bundle that is whole again.
#[derive(Clone, Copy, Debug)]
pub struct Repaired {
    /// Objects that were verified.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// What to send again.
#[derive(Clone, Debug, Default)]
pub struct ResendRequest {
    /// The request that verifying the damaged bundle wrote.
    pub asked: PathBuf,
    /// A good copy of the bundle.
    pub file: PathBuf,
    /// The patch to write.
    pub output: PathBuf,
}

/// Puts volumes, or a damaged bundle and its patches, together; nothing gets its
/// name before it verifies.
///
/// # Errors
/// Parts are missing or of another bundle, or what they make does not verify. The
/// output is not written then.
pub fn repair(context: &Context, request: &RepairRequest) -> Result<Repaired> {
    assemble(context, request).map_err(|f| f.outcome(format!("{} was not written", shown(&request.output))))
}

fn assemble(context: &Context, request: &RepairRequest) -> Result<Repaired> {
    let (mut patches, mut rest) = (Vec::new(), Vec::new());
    for file in &request.files {
        match Volume::open(file) {
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
        (_, []) => ReassembledFile::new(&patches, None).map_err(|e| bundle_failure(&e))?,
        (_, [one]) if !in_volumes(one) => {
            ReassembledFile::new(&patches, Some(open(one)?)).map_err(|e| bundle_failure(&e))?
        }
        // A patch may replace volumes that are missing; whether it does shows
        // when all are laid together.
        _ => {
            let volumes = Volumes::open(&rest).map_err(|e| bundle_failure(&e))?;
            let all: Vec<Volume> = patches.iter().cloned().chain(volumes.all()).collect();
            ReassembledFile::new(&all, None).map_err(|e| bundle_failure(&e))?
        }
    };
    let trust = keyring::trust(context, &request.trust)?;
    let limits = Limits::default();
    let now = Timestamp::now();
    let base = match request.trust.base.as_slice() {
        [] => None,
        [first, rest @ ..] => {
            let source = Source { files: std::slice::from_ref(first), bases: rest, limits: &limits };
            Some(source.verify_signatures(&trust, now).map_err(|e| signature_failure(&e, first))?)
        }
    };
    let demand =
        Requirements { trust: &trust, now, base: base.as_ref(), limits: &limits, jobs: open::jobs(None) };
    let watch = open::Watch::new(context, "Verifying", "files", 0);
    let done = repair::repair(&assembly, &request.output, &demand, &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    context.status(
        "Repaired",
        format!(
            "{}: {} verified ({})",
            shown(&request.output),
            count(done.objects, "object"),
            bytes(done.bytes)
        ),
    );
    Ok(Repaired { objects: done.objects, bytes: done.bytes })
}

/// Writes the patch that a request asks for; gives its size in bytes.
///
/// # Errors
/// The request does not parse or is of another bundle, or the good copy is damaged
/// where it is asked for.
pub fn resend(context: &Context, request: &ResendRequest) -> Result<u64> {
    let written = || format!("{} was not written", shown(&request.output));
    let text = std::fs::read(&request.asked)
        .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(&request.asked))))?;
    let asked = airgo_bundle::RepairRequest::parse(&text)
        .map_err(|e| bundle_failure(&e.into()).outcome(written()))?;
    let limits = Limits::default();
    let source = Source { files: std::slice::from_ref(&request.file), bases: &[], limits: &limits };
    let good = source.read().map_err(|e| bundle_failure(&e))?;
    let watch = open::Watch::new(context, "Reading", "files", 0);
    let size =
        retransmit::write_patch(&good, &shown(&request.file), &asked, &request.output, &limits, &watch)
            .map_err(|e| bundle_failure(&e).outcome(written()))?;
    watch.progress.finish();
    context.status("Wrote", format!("{} ({})", shown(&request.output), bytes(size)));
    Ok(size)
}

fn in_volumes(file: &Path) -> bool {
    let (files, limits) = ([file.to_owned()], Limits::default());
    Source { files: &files, bases: &[], limits: &limits }.in_volumes().unwrap_or(false)
}

fn open(file: &Path) -> Result<Arc<dyn ReadAt>> {
    let opened = PositionedFile::open(file);
    Ok(Arc::new(opened.map_err(|e| Failure::failed(format!("could not open {}: {e}", shown(file))))?))
}

//! `airgo unpack`: the request from the arguments, what was done as a document.

use crate::Context;
use crate::args::Unpack;
use crate::times;
use airgo_app::unpack::{UnpackRequest, Unpacked, unpack};
use airgo_app::{Result, documents};

/// Installs the bundle's modules.
pub fn run(context: &Context, args: &Unpack) -> Result<()> {
    let unpacked = unpack(context, &request(args)?)?;
    if context.printer.is_json() {
        context.printer.document(&document(args, &unpacked))?;
    }
    Ok(())
}

fn request(args: &Unpack) -> Result<UnpackRequest> {
    Ok(UnpackRequest {
        files: args.files.clone(),
        gomodcache: args.gomodcache.clone(),
        trust: args.trust.request(),
        last_seen: args.last_seen.request(),
        policy: args.policy.clone(),
        at: times::at(args.at.as_deref())?,
        baseline: args.baseline.clone(),
        modcacherw: args.modcacherw,
        trust_existing: args.trust_existing,
        into_shared: args.into_shared,
        exact: args.part.request(),
        lean: args.lean,
        jobs: args.jobs,
    })
}

fn document<'a>(args: &Unpack, unpacked: &'a Unpacked) -> documents::Unpack<'a> {
    let files: Vec<_> = args.files.iter().map(|f| f.display().to_string()).collect();
    let recorded_by = unpacked.recorded_by.map(|by| by.to_string());
    documents::Unpack {
        already_present: unpacked.already_present,
        content_id: unpacked.content_id.clone(),
        file: files.join(", "),
        files,
        gomodcache: unpacked.gomodcache.display().to_string(),
        installed: unpacked.installed,
        policy: documents::RecordedReport::new(&unpacked.report, recorded_by),
        schema: documents::UnpackV1,
        signed_by: unpacked.signed_by.clone(),
    }
}

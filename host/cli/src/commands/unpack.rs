//! `airgo unpack`: the request from the arguments, what was done as a document.

use crate::Context;
use crate::args::Unpack;
use crate::times;
use airgo_app::unpack::{UnpackRequest, Unpacked, unpack};
use airgo_app::{Failure, Result};

/// Installs the bundle's modules.
pub fn run(context: &Context, args: &Unpack) -> Result<()> {
    let unpacked = unpack(context, &request(args)?)?;
    if context.printer.is_json() {
        context.printer.document(&document(args, &unpacked)?)?;
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
        jobs: args.jobs,
    })
}

fn document(args: &Unpack, unpacked: &Unpacked) -> Result<serde_json::Value> {
    let files: Vec<_> = args.files.iter().map(|f| f.display().to_string()).collect();
    Ok(serde_json::json!({
        "schema": "airgo.dev/unpack/v1",
        "file": files.join(", "),
        "files": files,
        "gomodcache": unpacked.gomodcache.display().to_string(),
        "contentId": unpacked.content_id,
        "installed": unpacked.installed,
        "alreadyPresent": unpacked.already_present,
        "signedBy": unpacked.signed_by,
        "policy": policy(unpacked)?,
    }))
}

/// The report, with who recorded it: none where it was evaluated here.
fn policy(unpacked: &Unpacked) -> Result<serde_json::Value> {
    let mut json = serde_json::to_value(&unpacked.report).map_err(|e| Failure::failed(e.to_string()))?;
    if let Some(object) = json.as_object_mut() {
        object.insert("recordedBy".to_owned(), unpacked.recorded_by.map(|by| by.to_string()).into());
    }
    Ok(json)
}

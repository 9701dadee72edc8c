//! `airgo verify`: signature, manifest, every object; no writing.

use crate::Context;
use crate::args::Verify;
use crate::bundle_io::{self, bundle_failure};
use crate::failure::Result;
use crate::printer::{bytes, count, duration};
use std::time::Instant;

/// Verifies all of a bundle and says by whom it is signed.
pub fn run(context: &Context, args: &Verify) -> Result<()> {
    let began = Instant::now();
    let bundle = bundle_io::open_signed(context, &args.file, &args.trust)?;
    let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    let verified = bundle.verify_objects(bundle_io::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    let signers: Vec<_> = bundle.verdict().trusted().map(|s| s.key_id.to_string()).collect();
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/verify/v1",
            "file": args.file.display().to_string(),
            "contentId": bundle.manifest().content_id,
            "objects": verified.objects,
            "bytes": verified.bytes,
            "trustedSigners": signers,
        }))?;
    }
    context.printer.status(
        "Verified",
        format!(
            "{} ({}) in {}, signed by {}",
            count(verified.objects, "object"),
            bytes(verified.bytes),
            duration(began.elapsed()),
            signers.join(", ")
        ),
    );
    Ok(())
}

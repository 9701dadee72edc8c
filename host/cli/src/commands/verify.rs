//! `airgo verify`: the request from the arguments, what was found as a document.

use crate::Context;
use crate::args::Verify;
use airgo_app::Result;
use airgo_app::verify::{Verified, VerifyRequest, verify};

/// Verifies all of a bundle and says by whom it is signed.
pub fn run(context: &Context, args: &Verify) -> Result<()> {
    let request = VerifyRequest {
        files: args.files.clone(),
        trust: args.trust.request(),
        last_seen: args.last_seen.request(),
        signature: args.signature.clone(),
        ask: args.request.clone(),
    };
    let verified = verify(context, &request)?;
    if context.printer.is_json() {
        context.printer.document(&document(args, &verified))?;
    }
    Ok(())
}

fn document(args: &Verify, verified: &Verified) -> serde_json::Value {
    let files: Vec<_> = args.files.iter().map(|f| f.display().to_string()).collect();
    let comment =
        |(key_id, comment): &(String, String)| serde_json::json!({ "keyId": key_id, "comment": comment });
    serde_json::json!({
        "schema": "airgo.dev/verify/v1",
        "file": files.join(", "),
        "files": files,
        "contentId": verified.content_id,
        "objects": verified.objects,
        "bytes": verified.bytes,
        "trustedSigners": verified.signers,
        "comments": verified.comments.iter().map(comment).collect::<Vec<_>>(),
        "sequence": verified.sequence,
        "expires": verified.expires,
        "detachedSignatureBy": verified.detached,
    })
}

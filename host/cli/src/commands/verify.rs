//! `airgo verify`: the request from the arguments, what was found as a document.

use crate::Context;
use crate::args::Verify;
use airgo_app::Result;
use airgo_app::documents;
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
        context.printer.document(&document(args, verified))?;
    }
    Ok(())
}

fn document(args: &Verify, verified: Verified) -> documents::Verify {
    let files: Vec<_> = args.files.iter().map(|f| f.display().to_string()).collect();
    let comments = verified.comments.into_iter();
    documents::Verify {
        bytes: verified.bytes,
        comments: comments.map(|(key_id, comment)| documents::Comment { comment, key_id }).collect(),
        content_id: verified.content_id,
        detached_signature_by: verified.detached,
        expires: verified.expires,
        file: files.join(", "),
        files,
        objects: verified.objects,
        schema: documents::VerifyV1,
        sequence: verified.sequence,
        trusted_signers: verified.signers,
    }
}

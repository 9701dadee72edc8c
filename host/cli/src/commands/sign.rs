//! `airgo sign`: the request from the arguments, the signature as a document.

use crate::Context;
use crate::args::{DetachedFormat, Sign};
use airgo_app::Result;
use airgo_app::errors::refusal;
use airgo_app::sign::{SignRequest, Signed, sign, sign_detached};
use airgo_bundle::Standing;
use airgo_bundle::detached::Format;

/// Adds a signature to a bundle, or writes one beside a file.
pub fn run(context: &Context, args: &Sign) -> Result<()> {
    let request = SignRequest {
        file: args.file.clone(),
        signer: args.signer.request()?,
        role: args.role.clone(),
        replace: args.replace,
        trust: args.trust.request(),
    };
    let file = args.file.display().to_string();
    let document = match args.detached {
        None => document(&file, &args.role, &sign(context, &request)?),
        Some(format) => {
            let done = sign_detached(context, &request, format_of(format))?;
            serde_json::json!({
                "schema": "airgo.dev/sign/v1",
                "file": file,
                "signature": done.signature.display().to_string(),
                "keyId": done.key_id,
            })
        }
    };
    if context.printer.is_json() {
        context.printer.document(&document)?;
    }
    Ok(())
}

fn document(file: &str, role: &str, signed: &Signed) -> serde_json::Value {
    serde_json::json!({
        "schema": "airgo.dev/sign/v1",
        "file": file,
        "manifestSha256": signed.manifest_sha256.to_string(),
        "keyId": signed.key_id,
        "role": role,
        "counts": signed.standing.as_ref().is_some_and(Standing::is_trusted),
        "standing": signed.standing.as_ref().map(ToString::to_string),
        "stillMissing": signed.lacks.iter().map(refusal::lack_json).collect::<Vec<_>>(),
    })
}

fn format_of(format: DetachedFormat) -> Format {
    match format {
        DetachedFormat::Raw => Format::Raw,
        DetachedFormat::Base64 => Format::Base64,
        DetachedFormat::Ssh => Format::Ssh,
        DetachedFormat::Minisign => Format::Minisign,
        DetachedFormat::Attestation => Format::Attestation,
    }
}

//! `airgo sign`: the request from the arguments, the signature as a document.

use crate::Context;
use crate::args::{DetachedFormat, Sign};
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::errors::refusal;
use airgo_app::sign::{SignRequest, Signed, sign, sign_detached};
use airgo_bundle::TrustStatus;
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
    match args.detached {
        None => {
            let signed = sign(context, &request)?;
            if context.printer.is_json() {
                context.printer.document(&document(file, &args.role, &signed))?;
            }
        }
        Some(format) => {
            let done = sign_detached(context, &request, format_of(format))?;
            if context.printer.is_json() {
                context.printer.document(&documents::SignDetached {
                    file,
                    key_id: done.key_id,
                    schema: documents::SignV1,
                    signature: done.signature.display().to_string(),
                })?;
            }
        }
    }
    Ok(())
}

fn document(file: String, role: &str, signed: &Signed) -> documents::Sign {
    documents::Sign {
        counts: signed.status.as_ref().is_some_and(TrustStatus::is_trusted),
        file,
        key_id: signed.key_id.clone(),
        manifest_sha256: signed.manifest_sha256.to_string(),
        role: role.to_owned(),
        schema: documents::SignV1,
        standing: signed.status.as_ref().map(ToString::to_string),
        still_missing: signed.lacks.iter().map(refusal::missing_role).collect(),
    }
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

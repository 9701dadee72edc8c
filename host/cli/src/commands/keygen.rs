//! `airgo keygen`: the request from the arguments, the files as a document.

use crate::Context;
use crate::args::{self, Keygen};
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::key::{GenerateRequest, KeyFormat, generate};

/// Writes the private key and the public one beside it; what exists stays.
pub fn run(context: &Context, args: &Keygen) -> Result<()> {
    let made = generate(
        context,
        &GenerateRequest {
            output: args.output.clone(),
            format: match args.format {
                args::KeyFormat::Pem => KeyFormat::Pem,
                args::KeyFormat::Openssh => KeyFormat::Openssh,
            },
            encrypt: args.encrypt,
            comment: args.comment.clone(),
        },
    )?;
    if context.printer.is_json() {
        context.printer.document(&documents::Keygen {
            key_id: made.key_id,
            private: made.private.display().to_string(),
            public: made.public.display().to_string(),
            schema: documents::KeygenV1,
        })?;
    }
    Ok(())
}

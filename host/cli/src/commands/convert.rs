//! `airgo convert`: the request from the arguments, what was written as a document.

use crate::Context;
use crate::args::Convert;
use airgo_app::convert::{ConvertRequest, convert};
use airgo_app::paths::shown;
use airgo_app::{Result, documents};

/// Writes a bundle's modules in another encoding.
pub fn run(context: &Context, args: &Convert) -> Result<()> {
    let request = ConvertRequest {
        files: args.files.clone(),
        output: args.output.clone(),
        payload: args.encoding.request(),
        dirs: args.encoding.exact.clone(),
        signer: args.signer.request()?,
        trust: args.trust.request(),
    };
    let converted = convert(context, &request)?;
    if context.printer.is_json() {
        context.printer.document(&documents::Convert {
            content_id: converted.content_id,
            encoding: converted.encoding,
            file: shown(&args.output),
            manifest_sha256: converted.manifest_sha256.to_string(),
            schema: documents::ConvertV1,
            signed_by: vec![converted.key_id],
            size: converted.size,
        })?;
    }
    Ok(())
}

//! `airgo repair` and `airgo resend`: the requests from the arguments, what was
//! written as a document.

use crate::Context;
use crate::args::{Repair, Resend};
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::paths::shown;
use airgo_app::repair::{self, RepairRequest, ResendRequest};

/// Puts volumes, or a damaged bundle and its patches, together.
pub fn run(context: &Context, args: &Repair) -> Result<()> {
    let Repair { files, output, trust } = args;
    let request = RepairRequest { files: files.clone(), output: output.clone(), trust: trust.request() };
    let done = repair::repair(context, &request)?;
    if context.printer.is_json() {
        context.printer.document(&documents::Repair {
            bytes: done.bytes,
            file: shown(output),
            objects: done.objects,
            schema: documents::RepairV1,
        })?;
    }
    Ok(())
}

/// Writes the patch that a request asks for.
pub fn resend(context: &Context, args: &Resend) -> Result<()> {
    let Resend { request, file, output } = args;
    let wanted = ResendRequest { asked: request.clone(), file: file.clone(), output: output.clone() };
    let size = repair::resend(context, &wanted)?;
    if context.printer.is_json() {
        context.printer.document(&documents::Resend {
            file: shown(output),
            schema: documents::ResendV1,
            size,
        })?;
    }
    Ok(())
}

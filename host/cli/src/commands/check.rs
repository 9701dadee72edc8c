//! `airgo check`: the request from the arguments, what is missing as an error or a
//! document.

use crate::Context;
use crate::args::Check;
use airgo_app::Result;
use airgo_app::completeness::{CheckRequest, check};

/// Says whether a checkout builds from a bundle. The document is the same whether
/// it does or not.
pub fn run(context: &Context, args: &Check) -> Result<()> {
    let request = CheckRequest {
        file: args.file.clone(),
        dir: args.dir.clone(),
        platforms: args.platform.clone(),
        tags: args.tags.clone(),
        trust: args.trust.request(),
    };
    let checked = check(context, &request)?;
    if context.printer.is_json() {
        context.printer.document(&checked.document())?;
    }
    checked.enforce()
}

//! `airgo version`: what `airgo --version` prints; with `--json` a document.

use crate::Context;
use airgo_app::Result;
use airgo_app::documents;

/// Prints the version on stdout.
pub fn run(context: &Context) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if context.printer.is_json() {
        return context.printer.document(&documents::Version { schema: documents::VersionV1, version });
    }
    context.printer.data(format!("airgo {version}\n").as_bytes())
}

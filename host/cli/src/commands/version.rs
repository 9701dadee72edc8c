//! `airgo version`: what `airgo --version` prints; with `--json` a document.

use crate::Context;
use airgo_app::Result;

/// Prints the version on stdout.
pub fn run(context: &Context) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if context.printer.is_json() {
        return context
            .printer
            .document(&serde_json::json!({ "schema": "airgo.dev/version/v1", "version": version }));
    }
    context.printer.data(format!("airgo {version}\n").as_bytes())
}

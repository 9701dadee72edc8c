//! `airgo plugin compile`: the request from the arguments; the line that names the
//! file in airgo.toml.

use super::named;
use crate::Context;
use crate::args::PluginCompile;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::authoring::compile::{CompileRequest, compile};
use airgo_app::documents;
use airgo_app::paths::shown;
use std::path::Path;

/// Compiles a plugin that is not built in.
pub fn run(context: &Context, args: &PluginCompile) -> Result<()> {
    let request = CompileRequest {
        plugin: named(context, &args.plugin, &args.limits),
        output: args.output.clone(),
        signer: args.key.request(),
    };
    let compiled = compile(context, &request)?;
    if context.printer.is_json() {
        return context.printer.document(&documents::PluginCompile {
            airgo: env!("CARGO_PKG_VERSION"),
            file: shown(&compiled.file),
            key_id: &compiled.key_id,
            machine: &compiled.machine,
            schema: documents::PluginCompileV1,
            sha256: &compiled.sha256,
            size: compiled.size,
        });
    }
    let file = Path::new(compiled.file.file_name().unwrap_or_default());
    context.printer.status("Name", "it in airgo.toml, whose directory the path is relative to:");
    let mut page = Page::default();
    page.lines(&format!("compiled = {:?}", shown(file)));
    context.printer.page(&page)
}

//! `airgo plugin compile`: the request from the arguments; the line that names the
//! file in airgo.toml.

use super::{BUILTIN, Component};
use crate::Context;
use crate::args::PluginCompile;
use crate::page::Page;
use airgo_app::documents;
use airgo_app::paths::shown;
use airgo_app::plugin_compile::{CompileRequest, compile};
use airgo_app::{Failure, Result};
use airgo_policy::PluginError;
use std::path::{Path, PathBuf};

/// Compiles a plugin that is not built in.
pub fn run(context: &Context, args: &PluginCompile) -> Result<()> {
    if args.plugin.starts_with(BUILTIN) {
        return Err(Failure::failed(format!("{} is compiled already: it comes with airgo", args.plugin)));
    }
    let component = Component::open(context, &args.plugin, &args.limits)?;
    if component.size > component.limits.component_bytes {
        let (size, limit) = (component.size, component.limits.component_bytes);
        return Err(component.failed(&PluginError::TooLarge { size, limit }));
    }
    let named = Path::new(&args.plugin);
    let output = args.output.clone().unwrap_or_else(|| match named.is_dir() {
        true => named.join(format!("{}.compiled", component.shown)),
        false => named.with_extension("compiled"),
    });
    let request = CompileRequest {
        shown: &component.shown,
        component: &component.bytes,
        limits: &component.limits,
        output: output.clone(),
        signer: args.key.request(),
    };
    let compiled = compile(context, &request)?;
    if context.printer.is_json() {
        return context.printer.document(&documents::PluginCompile {
            airgo: env!("CARGO_PKG_VERSION"),
            file: shown(&output),
            key_id: &compiled.key_id,
            machine: &compiled.machine,
            schema: documents::PluginCompileV1,
            sha256: &compiled.sha256,
            size: compiled.size,
        });
    }
    let file = PathBuf::from(output.file_name().unwrap_or_default());
    context.printer.status("Name", "it in airgo.toml, whose directory the path is relative to:");
    let mut page = Page::default();
    page.lines(&format!("compiled = {:?}", shown(&file)));
    context.printer.page(&page)
}

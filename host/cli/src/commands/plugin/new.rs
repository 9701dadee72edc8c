//! `airgo plugin new`: the request from the arguments, what was written.

use crate::Context;
use crate::args::PluginNew;
use airgo_app::Result;
use airgo_app::authoring::new::{NewRequest, new};
use airgo_app::documents;
use airgo_app::paths::shown;
use airgo_app::quantity::count;

/// Writes a new plugin.
pub fn run(context: &Context, args: &PluginNew) -> Result<()> {
    let language = args.lang.into();
    let plugin = new(&NewRequest { name: args.name.clone(), language, dir: args.dir.clone() })?;
    let dir = shown(&plugin.dir);
    if context.printer.is_json() {
        return context.printer.document(&documents::PluginNew {
            dir,
            files: plugin.files.iter().map(String::as_str).collect(),
            language: language.id(),
            name: &args.name,
            schema: documents::PluginNewV1,
        });
    }
    let files = count(plugin.files.len(), "file");
    context.printer.status("Wrote", format!("{files} of a {language} plugin in {dir}"));
    context.printer.status("Next", format!("cd {dir} && airgo plugin test"));
    Ok(())
}

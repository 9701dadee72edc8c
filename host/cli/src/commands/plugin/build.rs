//! `airgo plugin build`: the request from the arguments; what pins the component
//! in airgo.toml.

use super::messages;
use crate::Context;
use crate::args::PluginBuild;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::authoring::build::{BuildRequest, build};
use airgo_app::documents;
use airgo_app::paths::shown;
use airgo_app::quantity::{bytes, duration};
use std::time::Instant;

/// Builds a plugin.
pub fn run(context: &Context, args: &PluginBuild) -> Result<()> {
    let started = Instant::now();
    let PluginBuild { dir, output } = args;
    let request = BuildRequest { dir: dir.clone(), output: output.clone(), messages: messages(context) };
    let built = build(context, &request)?;
    let file = shown(&built.file);
    if context.printer.is_json() {
        return context.printer.document(&documents::PluginBuild {
            file,
            interface: built.interface,
            language: built.language.id(),
            name: &built.name,
            policy: &built.policy_entry,
            schema: documents::PluginBuildV1,
            sha256: &built.sha256,
            size: built.size,
            version: &built.version,
        });
    }
    let (size, took) = (bytes(built.size), duration(started.elapsed()));
    context.printer.status("Built", format!("{file} ({size}) in {took}"));
    context.printer.status("Pin", "it in airgo.toml, whose directory the path is relative to:");
    // The entry has the plugin's own name and limits, one key a line.
    let mut page = Page::default();
    page.lines(&built.policy_entry);
    context.printer.page(&page)
}

//! `airgo vulndb`: makes snapshots of vulnerability data, and shows them.

use crate::Context;
use crate::args::{VulndbCommand, VulndbImport};
use crate::page::Page;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::paths::shown;
use airgo_app::quantity::{bytes, count};
use airgo_app::vulndb::{self, ImportRequest, Imported, entries};
use std::path::Path;

/// One of the two.
pub fn run(context: &Context, command: &VulndbCommand) -> Result<()> {
    match command {
        VulndbCommand::Import(args) => import(context, args),
        VulndbCommand::Info { file } => info(context, file),
    }
}

fn import(context: &Context, args: &VulndbImport) -> Result<()> {
    let VulndbImport { sources, output, network } = args;
    let request =
        ImportRequest { sources: sources.clone(), output: output.clone(), network: network.request() };
    let imported = vulndb::import(context, &request)?;
    if context.printer.is_json() {
        context.printer.document(&document(&imported, output))?;
    }
    Ok(())
}

/// Reads all of a snapshot, and shows its first line.
fn info(context: &Context, file: &Path) -> Result<()> {
    let read = vulndb::read(file)?;
    if context.printer.is_json() {
        return context.printer.document(&document(&read, file));
    }
    let Imported { header, snapshot, sha256 } = read;
    let mut page = Page::default();
    let mut line = |name: &str, value: String| page.line(format!("{name:<8} {value}"));
    line("date", header.modified.clone());
    line("entries", format!("{} about {}", header.entries, count(header.modules as usize, "module")));
    line("size", bytes(snapshot.len() as u64));
    line("sha256", sha256);
    for origin in &header.origins {
        let at = if origin.url.is_empty() { String::new() } else { format!(", {}", origin.url) };
        let licence = if origin.licence.is_empty() { "licence unknown" } else { &origin.licence };
        line("source", format!("{}{at}: {}, {licence}", origin.name, entries(origin.entries)));
    }
    context.printer.page(&page)
}

fn document<'a>(imported: &'a Imported, file: &Path) -> documents::Vulndb<'a> {
    let Imported { header, snapshot, sha256 } = imported;
    let sources = header.origins.iter().map(|origin| documents::VulndbSource {
        entries: origin.entries,
        licence: &origin.licence,
        name: &origin.name,
        url: &origin.url,
    });
    documents::Vulndb {
        entries: header.entries,
        file: shown(file),
        modified: &header.modified,
        modules: header.modules,
        schema: documents::VulndbV1,
        sha256,
        size: snapshot.len(),
        sources: sources.collect(),
    }
}

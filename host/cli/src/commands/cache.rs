//! `airgo cache`: the requests from the arguments, what was found and removed as
//! tables and documents.

use crate::Context;
use crate::args::CacheCommand;
use crate::page::Page;
use crate::table::Row;
use airgo_app::Result;
use airgo_app::cache::{CacheUsage, Caches};
use airgo_app::documents;
use airgo_app::quantity::bytes;
use airgo_fetch::{Kind, Tally, Trim};
use airgo_policy::KeptFiles;
use std::time::Duration;

/// One of the four.
pub fn run(context: &Context, command: &CacheCommand) -> Result<()> {
    let (CacheCommand::Show { dir }
    | CacheCommand::Trim { dir, .. }
    | CacheCommand::Clear { dir }
    | CacheCommand::Verify { dir, .. }) = command;
    let caches = Caches::open(context, dir.cache.as_deref())?;
    let (printer, json) = (&context.printer, context.printer.is_json());
    match command {
        CacheCommand::Show { .. } => {
            let usage = caches.usage()?;
            if json { printer.document(&document(&usage)) } else { printer.page(&page(&usage)) }
        }
        CacheCommand::Trim { max_size, max_age, .. } => {
            let done = caches.trim(&Trim { max_bytes: *max_size, max_age: *max_age })?;
            let document = documents::CacheTrim {
                in_use: done.downloads.in_use.into(),
                left: done.downloads.left.into(),
                plugins: documents::RemovedPluginFiles { removed: done.plugins.into() },
                removed: done.downloads.removed.into(),
                schema: documents::CacheTrimV1,
            };
            if json { printer.document(&document) } else { Ok(()) }
        }
        CacheCommand::Clear { .. } => {
            let done = caches.clear()?;
            let document = documents::CacheClear {
                in_use: done.downloads.in_use.into(),
                left: done.downloads.left.into(),
                plugins: documents::RemovedPluginFiles { removed: done.plugins.into() },
                removed: done.downloads.removed.into(),
                schema: documents::CacheClearV1,
            };
            if json { printer.document(&document) } else { Ok(()) }
        }
        CacheCommand::Verify { repair, .. } => {
            let verified = caches.verify(*repair)?;
            if json { printer.document(&verified.document()) } else { Ok(()) }
        }
    }
}

fn page(usage: &CacheUsage) -> Page {
    let CacheUsage { path, downloads, code, facts } = usage;
    let row = |what: String, tally: Tally| Row::from(vec![what, tally.files.to_string(), bytes(tally.bytes)]);
    let mut rows: Vec<_> =
        downloads.by_kind.iter().map(|(kind, tally)| row(kind_name(*kind).to_owned(), *tally)).collect();
    rows.push(row("partial zips".to_owned(), downloads.partial));
    rows.push(row("all".to_owned(), downloads.all));
    let mut page = Page::default();
    page.line(path.display().to_string());
    page.blank();
    page.table(&["KIND", "FILES", "SIZE"], rows, None);
    let plugins = |what: &str, files: &KeptFiles| {
        Row::from(vec![what.to_owned(), files.files.to_string(), bytes(files.bytes)])
    };
    page.blank();
    let rows = [plugins("compiled code", code), plugins("facts of modules", facts)];
    page.table(&["FOR PLUGINS", "FILES", "SIZE"], rows, None);
    let used = downloads.by_age.iter().filter(|(_, tally)| tally.files > 0);
    let rows: Vec<_> = used.map(|(age, tally)| row(age_name(*age), *tally)).collect();
    if !rows.is_empty() {
        page.blank();
        page.table(&["LAST USED", "FILES", "SIZE"], rows, None);
    }
    page
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Info => "info",
        Kind::Mod => "mod",
        Kind::Zip => "zip",
        Kind::SumDb => "sumdb",
        Kind::File => "file",
    }
}

fn age_name(age: Duration) -> String {
    match age.as_secs() / (24 * 60 * 60) {
        0 => "today".to_owned(),
        1 => "over a day ago".to_owned(),
        days => format!("over {days} days ago"),
    }
}

fn document(usage: &CacheUsage) -> documents::CacheShow {
    let CacheUsage { path, downloads, code, facts } = usage;
    let age = |(age, t): &(Duration, Tally)| documents::Age {
        bytes: t.bytes,
        files: t.files,
        older_than_seconds: age.as_secs(),
    };
    documents::CacheShow {
        all: downloads.all.into(),
        by_age: downloads.by_age.iter().map(age).collect(),
        by_kind: downloads.by_kind.iter().map(|(kind, t)| (kind_name(*kind), (*t).into())).collect(),
        partial: downloads.partial.into(),
        path: path.display().to_string(),
        plugins: documents::PluginFiles { code: (*code).into(), facts: (*facts).into() },
        schema: documents::CacheV1,
    }
}

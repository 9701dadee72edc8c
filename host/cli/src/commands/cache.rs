//! `airgo cache`: what the download store holds, and what is kept for plugins;
//! trims, checks and empties them.

use crate::Context;
use crate::args::{CacheCommand, CacheDir};
use crate::page::Page;
use crate::table::Row;
use airgo_app::documents;
use airgo_app::errors::fetch_failure;
use airgo_app::policy;
use airgo_app::quantity::{bytes, count, count_are};
use airgo_app::{Failure, Result};
use airgo_fetch::{Cache, Damage, Kind, Tally, Trim, Trimmed, Usage};
use airgo_policy::{Kept, KeptFiles};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One of the four.
pub fn run(context: &Context, command: &CacheCommand) -> Result<()> {
    match command {
        CacheCommand::Show { dir } => show(context, &cache(context, dir)?, &kept(context)?),
        CacheCommand::Trim { dir, max_size, max_age } => {
            let to = Trim { max_bytes: *max_size, max_age: *max_age };
            let (cache, kept) = (cache(context, dir)?, kept(context)?);
            let removed = max_age.map(|age| kept.trim(Some(age))).unwrap_or_default();
            let done = cache.trim(&to).map_err(|e| fetch_failure(&e))?;
            let document = documents::CacheTrim {
                in_use: done.in_use.into(),
                left: done.left.into(),
                plugins: documents::RemovedPluginFiles { removed: removed.into() },
                removed: done.removed.into(),
                schema: documents::CacheTrimV1,
            };
            trimmed(context, &document, done, removed)
        }
        CacheCommand::Clear { dir } => {
            let (cache, kept) = (cache(context, dir)?, kept(context)?);
            let done = cache.clear().map_err(|e| fetch_failure(&e))?;
            let removed = kept.trim(None);
            let document = documents::CacheClear {
                in_use: done.in_use.into(),
                left: done.left.into(),
                plugins: documents::RemovedPluginFiles { removed: removed.into() },
                removed: done.removed.into(),
                schema: documents::CacheClearV1,
            };
            trimmed(context, &document, done, removed)
        }
        CacheCommand::Verify { dir, repair } => verify(context, &cache(context, dir)?, *repair),
    }
}

fn cache(context: &Context, dir: &CacheDir) -> Result<Cache> {
    let root: PathBuf = match &dir.cache {
        Some(dir) => dir.clone(),
        None => context.env.airgo_cache_dir()?,
    };
    Ok(Cache::at(root.join("store")))
}

/// What is kept for plugins: in the user's cache directory, wherever downloads
/// are kept.
fn kept(context: &Context) -> Result<Kept> {
    Ok(Kept::at(policy::cache_dir(context)?))
}

fn show(context: &Context, cache: &Cache, kept: &Kept) -> Result<()> {
    let ages = [Duration::ZERO, DAY, DAY * 7, DAY * 30, DAY * 90];
    let usage = cache.usage(&ages).map_err(|e| fetch_failure(&e))?;
    if context.printer.is_json() {
        return context.printer.document(&document(cache, &usage, kept));
    }
    let row = |what: String, tally: Tally| Row::from(vec![what, tally.files.to_string(), bytes(tally.bytes)]);
    let mut rows: Vec<_> =
        usage.by_kind.iter().map(|(kind, tally)| row(kind_name(*kind).to_owned(), *tally)).collect();
    rows.push(row("partial zips".to_owned(), usage.partial));
    rows.push(row("all".to_owned(), usage.all));
    let mut page = Page::default();
    page.line(cache.path().display().to_string());
    page.blank();
    page.table(&["KIND", "FILES", "SIZE"], rows, None);
    let row_of = |what: &str, files: KeptFiles| {
        Row::from(vec![what.to_owned(), files.files.to_string(), bytes(files.bytes)])
    };
    page.blank();
    let rows = [row_of("compiled code", kept.code()), row_of("facts of modules", kept.facts())];
    page.table(&["FOR PLUGINS", "FILES", "SIZE"], rows, None);
    let rows: Vec<_> = usage
        .by_age
        .iter()
        .filter(|(_, tally)| tally.files > 0)
        .map(|(age, tally)| row(age_name(*age), *tally))
        .collect();
    if !rows.is_empty() {
        page.blank();
        page.table(&["LAST USED", "FILES", "SIZE"], rows, None);
    }
    context.printer.page(&page)
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
    match age.as_secs() / DAY.as_secs() {
        0 => "today".to_owned(),
        1 => "over a day ago".to_owned(),
        days => format!("over {days} days ago"),
    }
}

fn document(cache: &Cache, usage: &Usage, kept: &Kept) -> documents::CacheShow {
    let age = |(age, t): &(Duration, Tally)| documents::Age {
        bytes: t.bytes,
        files: t.files,
        older_than_seconds: age.as_secs(),
    };
    documents::CacheShow {
        all: usage.all.into(),
        by_age: usage.by_age.iter().map(age).collect(),
        by_kind: usage.by_kind.iter().map(|(kind, t)| (kind_name(*kind), (*t).into())).collect(),
        partial: usage.partial.into(),
        path: cache.path().display().to_string(),
        plugins: documents::PluginFiles { code: kept.code().into(), facts: kept.facts().into() },
        schema: documents::CacheV1,
    }
}

fn trimmed(context: &Context, document: &impl Serialize, done: Trimmed, plugins: KeptFiles) -> Result<()> {
    if context.printer.is_json() {
        context.printer.document(document)?;
    }
    let files = |t: Tally| count(usize::try_from(t.files).unwrap_or(usize::MAX), "file");
    context.printer.status(
        "Removed",
        format!(
            "{} ({}); {} ({}) left",
            files(done.removed),
            bytes(done.removed.bytes),
            files(done.left),
            bytes(done.left.bytes)
        ),
    );
    if plugins.files > 0 {
        let files = count(usize::try_from(plugins.files).unwrap_or(usize::MAX), "file");
        context.printer.status("Removed", format!("{files} ({}) kept for plugins", bytes(plugins.bytes)));
    }
    if done.in_use.files > 0 {
        context.printer.warning(format!("{} stay because a run is using them", files(done.in_use)));
    }
    Ok(())
}

fn verify(context: &Context, cache: &Cache, repair: bool) -> Result<()> {
    let mut checked = 0_usize;
    let damage = cache.verify(repair, |_| checked += 1).map_err(|e| fetch_failure(&e))?;
    let damaged =
        |d: &Damage| documents::DamagedFile { name: d.name.clone(), problem: d.problem.to_string() };
    let document = documents::CacheVerify {
        checked,
        damage: damage.iter().map(damaged).collect(),
        repaired: repair,
        schema: documents::CacheVerifyV1,
    };
    if damage.is_empty() || repair {
        if context.printer.is_json() {
            context.printer.document(&document)?;
        }
        for one in &damage {
            context.printer.warning(format!("{}: {}; removed", one.name, one.problem));
        }
        context
            .printer
            .status("Verified", format!("{} in {}", count(checked, "file"), cache.path().display()));
        return Ok(());
    }
    let mut failure =
        Failure::failed(format!("{} damaged in the download store", count_are(damage.len(), "file")));
    for one in damage.iter().take(20) {
        failure = failure.line(format!("{}: {}", one.name, one.problem));
    }
    failure.report = serde_json::to_value(document).ok();
    Err(failure
        .outcome("no run would have used them: each hashes what it takes from the store")
        .hint("remove them, to be fetched again: airgo cache verify --repair"))
}

//! `airgo vulndb`: makes snapshots of vulnerability data, and tells of them.

use crate::Context;
use crate::args::{VulndbCommand, VulndbImport};
use airgo_app::disk;
use airgo_app::project::shown;
use airgo_app::quantity::{bytes, count};
use airgo_app::vulnsource;
use airgo_app::{Failure, Result};
use airgo_bundle::Sha256;
use airgo_model::atomic::{self, Access};
use airgo_vulndb::{Builder, Header, Snapshot};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

/// Bytes of a snapshot, as of any data source.
const MAX_SNAPSHOT: u64 = 1 << 30;
/// How far a database's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// One of the two.
pub fn run(context: &Context, command: &VulndbCommand) -> Result<()> {
    match command {
        VulndbCommand::Import(args) => {
            let target = shown(&args.output);
            import(context, args).map_err(|failure| failure.outcome(format!("{target} was not written")))
        }
        VulndbCommand::Info { file } => info(context, file),
    }
}

fn import(context: &Context, args: &VulndbImport) -> Result<()> {
    let mut builder = Builder::default();
    for source in &args.sources {
        vulnsource::read(context, &args.network.request(), source, &mut builder)?;
    }
    let snapshot = builder.finish();
    let header = header(&snapshot, &args.output)?;
    let now = Timestamp::now();
    let date = header
        .modified
        .parse::<Timestamp>()
        .map_err(|e| Failure::failed(format!("the data say that they are of {:?}: {e}", header.modified)))?;
    // A date to come would never be too old.
    if date.duration_since(now) > AHEAD {
        return Err(Failure::failed("the data say that they are of a time to come")
            .fact("data", &header.modified)
            .fact("clock", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .hint("see whether this machine's clock is right, and whose data these are"));
    }
    context.interrupt.check()?;
    atomic::replace(&args.output, &snapshot, Access::Public)
        .map_err(|e| disk::unwritable(&shown(&args.output), &e, "name another file: -o FILE"))?;
    let sha256 = Sha256::of(&snapshot).to_string();
    if context.printer.is_json() {
        context.printer.document(&document(&header, &args.output, &snapshot, &sha256))?;
    }
    context.printer.status(
        "Imported",
        format!(
            "{} of {} about {}: {} ({})",
            entries(header.entries),
            header.modified,
            count(header.modules as usize, "module"),
            shown(&args.output),
            bytes(snapshot.len() as u64)
        ),
    );
    Ok(())
}

fn entries(n: u64) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
}

/// Reads all of a snapshot, and tells of its first line.
fn info(context: &Context, file: &Path) -> Result<()> {
    let mut read = Vec::new();
    let opened = std::fs::File::open(file).and_then(|f| f.take(MAX_SNAPSHOT + 1).read_to_end(&mut read));
    opened.map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(file))))?;
    if read.len() as u64 > MAX_SNAPSHOT {
        return Err(Failure::failed(format!("{} is larger than {MAX_SNAPSHOT} bytes", shown(file))));
    }
    let header = header(&read, file)?;
    let sha256 = Sha256::of(&read).to_string();
    if context.printer.is_json() {
        return context.printer.document(&document(&header, file, &read, &sha256));
    }
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<8} {}", airgo_model::escape::foreign_line(&value));
    };
    line("date", header.modified.clone());
    line("entries", format!("{} about {}", header.entries, count(header.modules as usize, "module")));
    line("size", bytes(read.len() as u64));
    line("sha256", sha256);
    for origin in &header.origins {
        let at = if origin.url.is_empty() { String::new() } else { format!(", {}", origin.url) };
        let licence = if origin.licence.is_empty() { "licence unknown" } else { &origin.licence };
        line("source", format!("{}{at}: {}, {licence}", origin.name, entries(origin.entries)));
    }
    context.printer.text(&text)
}

/// The first line of a snapshot that is whole and reads throughout.
fn header(snapshot: &[u8], file: &Path) -> Result<Header> {
    let whole = || {
        let snapshot = Snapshot::parse(snapshot)?;
        for module in snapshot.modules() {
            snapshot.advisories(module)?;
        }
        Ok(snapshot.header().clone())
    };
    whole().map_err(|e: airgo_vulndb::BadData| {
        Failure::failed(format!("{} is no snapshot of vulnerability data: {e}", shown(file)))
            .hint("airgo vulndb import SOURCE -o FILE makes one")
    })
}

fn document(header: &Header, file: &Path, snapshot: &[u8], sha256: &str) -> serde_json::Value {
    serde_json::json!({
        "schema": "airgo.dev/vulndb/v1",
        "file": shown(file),
        "size": snapshot.len(),
        "sha256": sha256,
        "modified": header.modified,
        "entries": header.entries,
        "modules": header.modules,
        "sources": header.origins,
    })
}

//! Where vulnerability data come from: a directory, a zip or a server, read
//! within limits and handed file by file to [`Import`], which knows the layouts.
//! Nothing of a source is written to disk.

use crate::Context;
use crate::Progress;
use crate::collect::downloads;
use crate::errors::fetch_failure;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::requests::Network;
use airgo_fetch::{FetchError, FileSource};
use airgo_gomod::Setting;
use airgo_gomod::address::in_text;
use airgo_gomod::modzip::{Limits, PlainWalkError, PlainZip, Sink};
use airgo_vulndb::{BadData, Builder, INDEX_DB, INDEX_VULNS, Import, index};
use flate2::read::MultiGzDecoder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of one file; the largest entries have some hundred KiB.
const MAX_FILE: u64 = 16 << 20;
/// Bytes of a zip.
const MAX_ZIP: u64 = 500 << 20;
/// Bytes of all files together, inflated.
const MAX_TOTAL: u64 = 2 << 30;
/// Files. The whole of OSV.dev's Go set has some ten thousand.
const MAX_FILES: usize = 500_000;
/// Entries that a server is asked for at once: a bound on memory.
const BATCH: usize = 64;
/// The whole Go database as one file (go.dev/security/vuln/database).
const WHOLE: &str = "vulndb.zip";

/// Reads a source into a builder; says how many entries it has.
pub fn read(context: &Context, network: &Network, setting: &Setting, builder: &mut Builder) -> Result<usize> {
    let source = setting.reveal();
    let mut feed = Feed { import: Import::new(builder), total: 0 };
    if source.contains("://") {
        server(context, network, source, &mut feed)?;
    } else {
        let path = Path::new(source);
        let name = in_text(&shown(path));
        let unreadable = |e: std::io::Error| Failure::failed(format!("could not read {name}: {e}"));
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        if meta.is_dir() {
            directory(context, path, &mut feed)?;
        } else if path.extension().is_some_and(|e| e == "json") {
            let bytes = read_file(path)?;
            feed.file(&name, bytes).map_err(|stop| stop.of(&name))?;
        } else {
            zip(context, File::open(path).map_err(unreadable)?, &name, &mut feed)?;
        }
    }
    feed.import.finish().map_err(|e| Stop::Bad(e).of(&setting.shown()))
}

/// What reads files on their way into the import.
struct Feed<'a> {
    import: Import<'a>,
    total: u64,
}

/// Why a source is not read on.
enum Stop {
    Bad(BadData),
    TooLarge { what: String, limit: u64 },
    Interrupted,
}

impl Stop {
    fn of(self, source: &str) -> Failure {
        match self {
            Stop::Bad(bad) => Failure::failed(format!("{source} is not a complete vulnerability database: {bad}"))
                .hint("a Go database has index/db.json, index/vulns.json and ID/*.json; other sources have OSV entries, one a file"),
            Stop::TooLarge { what, limit } => {
                Failure::failed(format!("{source} cannot be imported: {what} is larger than {limit} bytes"))
            }
            Stop::Interrupted => Failure::interrupted(),
        }
    }
}

impl Feed<'_> {
    /// Takes a file; one whose name ends in `.gz` is inflated.
    fn file(&mut self, name: &str, bytes: Vec<u8>) -> std::result::Result<(), Stop> {
        let (name, bytes) = match name.strip_suffix(".gz") {
            Some(plain) => (plain, inflate(name, &bytes)?),
            None => (name, bytes),
        };
        self.total += bytes.len() as u64;
        if self.total > MAX_TOTAL {
            return Err(Stop::TooLarge { what: "all of it".to_owned(), limit: MAX_TOTAL });
        }
        self.import.file(name, &bytes).map_err(Stop::Bad)
    }
}

fn inflate(name: &str, bytes: &[u8]) -> std::result::Result<Vec<u8>, Stop> {
    let mut inflated = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(MAX_FILE + 1)
        .read_to_end(&mut inflated)
        .map_err(|e| Stop::Bad(BadData { place: name.to_owned(), message: e.to_string() }))?;
    if inflated.len() as u64 > MAX_FILE {
        return Err(Stop::TooLarge { what: name.to_owned(), limit: MAX_FILE });
    }
    Ok(inflated)
}

/// Whether a file is read: part of a database, and not the packed copy of
/// another one that is.
fn wanted(name: &str, all: &BTreeSet<&str>) -> bool {
    match name.strip_suffix(".gz") {
        Some(plain) => Import::wants(plain) && !all.contains(plain),
        None => Import::wants(name),
    }
}

fn directory(context: &Context, root: &Path, feed: &mut Feed<'_>) -> Result<()> {
    let source = in_text(&shown(root));
    let unreadable = |path: &Path, e: std::io::Error| {
        Failure::failed(format!("could not read {}: {e}", in_text(&shown(path))))
    };
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut open = vec![(root.to_owned(), String::new())];
    while let Some((dir, prefix)) = open.pop() {
        context.interrupt.check()?;
        for entry in std::fs::read_dir(&dir).map_err(|e| unreadable(&dir, e))? {
            let entry = entry.map_err(|e| unreadable(&dir, e))?;
            let kind = entry.file_type().map_err(|e| unreadable(&entry.path(), e))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = format!("{prefix}{name}");
            // What a link points to is not part of the database.
            if kind.is_dir() {
                open.push((entry.path(), format!("{name}/")));
            } else if kind.is_file() {
                found.insert(name, entry.path());
            }
            if found.len() + open.len() > MAX_FILES {
                return Err(Failure::failed(format!("{source} has more than {MAX_FILES} files")));
            }
        }
    }
    let names: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    let progress = context.progress("Reading", "files", names.len() as u64);
    for (name, path) in found.iter().filter(|(name, _)| wanted(name, &names)) {
        context.interrupt.check()?;
        let bytes = read_file(path)?;
        progress.add_bytes(bytes.len() as u64);
        feed.file(name, bytes).map_err(|stop| stop.of(&source))?;
        progress.add_done(1);
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let name = in_text(&shown(path));
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|e| Failure::failed(format!("could not read {name}: {e}")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Stop::TooLarge { what: name.clone(), limit: MAX_FILE }.of(&name));
    }
    Ok(bytes)
}

fn zip(context: &Context, reader: impl Read + Seek, source: &str, feed: &mut Feed<'_>) -> Result<()> {
    let limits = Limits { zip: MAX_ZIP, total: MAX_TOTAL, entries: MAX_FILES as u64, ..Limits::default() };
    let bad = |fault: &dyn std::fmt::Display| {
        Failure::failed(format!("{source} is neither a directory nor a zip that can be read: {fault}"))
    };
    let mut zip = PlainZip::open(reader, &limits).map_err(|fault| bad(&fault))?;
    let names: Vec<String> = zip.entries().map(|entry| entry.name.to_owned()).collect();
    let all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let progress = context.progress("Reading", "files", names.len() as u64);
    let mut sink = ZipFeed { context, feed, all, progress: &progress, file: None };
    zip.walk(&mut sink).map_err(|error| match error {
        PlainWalkError::Zip(fault) => bad(&fault),
        PlainWalkError::Sink(stop) => stop.of(source),
    })
}

/// Hands the files of a zip on, one after the other.
struct ZipFeed<'a, 'b> {
    context: &'a Context,
    feed: &'a mut Feed<'b>,
    all: BTreeSet<&'a str>,
    progress: &'a Progress,
    /// The file under way, where it is wanted.
    file: Option<(String, Vec<u8>)>,
}

impl Sink for ZipFeed<'_, '_> {
    type Error = Stop;

    fn start(&mut self, name: &str, size: u64) -> std::result::Result<(), Stop> {
        self.context.interrupt.check().map_err(|_| Stop::Interrupted)?;
        self.file = None;
        if !wanted(name, &self.all) {
            return Ok(());
        }
        if size > MAX_FILE {
            return Err(Stop::TooLarge { what: name.to_owned(), limit: MAX_FILE });
        }
        self.file = Some((name.to_owned(), Vec::new()));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> std::result::Result<(), Stop> {
        if let Some((_, content)) = &mut self.file {
            content.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> std::result::Result<(), Stop> {
        self.progress.add_done(1);
        match self.file.take() {
            Some((name, content)) => self.feed.file(&name, content),
            None => Ok(()),
        }
    }
}

/// A zip on a server, or a server with the Go database: all of it as one zip
/// where there is one, else entry by entry.
fn server(context: &Context, network: &Network, url: &str, feed: &mut Feed<'_>) -> Result<()> {
    let progress = Arc::new(context.progress("Fetching", "files", 0));
    let fetcher = downloads::file_fetcher(context, network, &progress)?;
    let (address, query) = url.split_once('?').map_or((url, ""), |(address, query)| (address, query));
    let named = address.ends_with(".zip").then(|| address.rsplit_once('/')).flatten();
    let (base, name) = named.unwrap_or((address, WHOLE));
    let base = if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") };
    let files = fetcher.files(&Setting::addresses(base)).map_err(|e| bad_address(&e))?;
    let source = files.shown().to_owned();
    if source.starts_with("http://") && !is_this_machine(&source) {
        context.warning(format!(
            "{source} is read without TLS: anyone on the network path can leave vulnerabilities out"
        ));
    }
    let server = Server { context, files, progress: &progress, source };
    match server.one(name, MAX_ZIP)? {
        Some(bytes) => zip(context, Cursor::new(bytes), &format!("{}/{name}", server.source), feed),
        None if named.is_some() => Err(Failure::failed(format!("{}/{name} is not there", server.source))),
        None => server.entries(feed),
    }
}

fn is_this_machine(source: &str) -> bool {
    let host = source.trim_start_matches("http://");
    ["localhost", "127.", "[::1]"].iter().any(|own| host.starts_with(own))
}

/// An address that is none; its text may hold a password.
fn bad_address(error: &FetchError) -> Failure {
    let text = error.to_string();
    Failure::failed(
        text.replace("bad GOPROXY: proxy address", "the source's address").replace("bad GOPROXY: ", ""),
    )
    .hint("write it as https://HOST/PATH, or name a directory or a zip")
}

struct Server<'a> {
    context: &'a Context,
    files: FileSource<'a>,
    progress: &'a Progress,
    /// As it may be shown.
    source: String,
}

impl Server<'_> {
    /// One file; none where there is no such file.
    fn one(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.some(&[name.to_owned()], limit).map(|mut files| files.pop().flatten())
    }

    /// Several at once.
    fn some(&self, names: &[String], limit: u64) -> Result<Vec<Option<Vec<u8>>>> {
        self.context.interrupt.check()?;
        self.progress.add_total(names.len() as u64);
        let answers = self.files.read(names, limit).into_iter().map(|answer| match answer {
            Ok(bytes) => {
                self.progress.add_bytes(bytes.len() as u64);
                self.progress.add_done(1);
                Ok(Some(bytes))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(fetch_failure(&error)),
        });
        answers.collect()
    }

    /// The packed file, or the plain one where there is none.
    fn packed(&self, name: &str) -> Result<Option<(String, Vec<u8>)>> {
        for name in [format!("{name}.gz"), name.to_owned()] {
            if let Some(bytes) = self.one(&name, MAX_FILE)? {
                return Ok(Some((name, bytes)));
            }
        }
        Ok(None)
    }

    fn entries(&self, feed: &mut Feed<'_>) -> Result<()> {
        let stop = |stop: Stop| stop.of(&self.source);
        let Some((name, db)) = self.packed(INDEX_DB)? else {
            return Err(Failure::failed(format!(
                "{} is not a vulnerability database: it has neither {WHOLE} nor {INDEX_DB}",
                self.source
            ))
            .hint("https://vuln.go.dev is Go's own; a mirror has the same files"));
        };
        let zipped = name.ends_with(".gz");
        feed.file(&name, db).map_err(stop)?;
        let missing = |name: &str| Failure::failed(format!("{}/{name} is missing", self.source));
        let (name, bytes) = self.packed(INDEX_VULNS)?.ok_or_else(|| missing(INDEX_VULNS))?;
        let plain = if name.ends_with(".gz") { inflate(&name, &bytes).map_err(stop)? } else { bytes };
        let listed = index(&plain).map_err(|e| stop(Stop::Bad(e)))?;
        if listed.len() > MAX_FILES {
            return Err(Failure::failed(format!("{} has more than {MAX_FILES} entries", self.source)));
        }
        feed.file(INDEX_VULNS, plain).map_err(stop)?;
        let extension = if zipped { "json.gz" } else { "json" };
        let names: Vec<String> = listed.iter().map(|entry| format!("ID/{}.{extension}", entry.id)).collect();
        for names in names.chunks(BATCH) {
            for (name, bytes) in names.iter().zip(self.some(names, MAX_FILE)?) {
                feed.file(name, bytes.ok_or_else(|| missing(name))?).map_err(stop)?;
            }
        }
        Ok(())
    }
}

//! Fetches a list of objects and prints how long it took.
//!
//! ```text
//! transfer GOPROXY STORE_DIR LIST [jobs=64] [connections=1] [keep=no]
//! ```
//!
//! The list holds one proxy-tree path a line, such as
//! `github.com/!burnt!sushi/toml/@v/v1.4.0.zip`; with the proxy's address before
//! each line it is a list for curl, to compare with.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

use airgo_fetch::{FetchConfig, Fetcher, Kind, Object, Observer};
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{unescape_path, unescape_version};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Counter {
    bytes: AtomicU64,
    retries: AtomicU64,
}

impl Observer for Counter {
    fn bytes(&self, _: &Object, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    fn retry(&self, _: &Object, error: &airgo_fetch::FetchError, wait: Duration, _: u64) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        eprintln!("again in {wait:?}: {error}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [goproxy, store, list, options @ ..] = &args[..] else {
        eprintln!("usage: transfer GOPROXY STORE_DIR LIST [jobs=N] [connections=N] [keep=yes]");
        std::process::exit(2);
    };
    let option = |name: &str| options.iter().find_map(|o| o.strip_prefix(name)?.strip_prefix('='));
    let counter = Arc::new(Counter::default());
    let mut config = FetchConfig::new(goproxy, store);
    if let Some(jobs) = option("jobs") {
        config.jobs = jobs.parse()?;
    }
    if let Some(connections) = option("connections") {
        config.connections = connections.parse()?;
    }
    config.observer = Some(counter.clone());
    let keep = option("keep") == Some("yes");

    let objects = std::fs::read_to_string(list)?.lines().map(parse).collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let fetcher = Fetcher::new(config)?;
    for object in objects {
        fetcher.submit(object);
    }
    let (mut count, mut size, mut held) = (0, 0, Vec::new());
    while let Some((_, result)) = fetcher.next() {
        let fetched = result?;
        count += 1;
        size += fetched.size;
        // As the caller would: nothing may be dropped before the bundle is written.
        held.push(if keep { fetcher.keep(fetched)? } else { fetched });
    }
    let time = start.elapsed();
    println!(
        "{count} objects, {:.1} MB, {} retries, {:.2} s",
        size as f64 / 1e6,
        counter.retries.load(Ordering::Relaxed),
        time.as_secs_f64()
    );
    Ok(())
}

fn parse(line: &str) -> Result<Object, Box<dyn Error>> {
    let (path, file) = line.split_once("/@v/").ok_or_else(|| format!("no proxy-tree path: {line}"))?;
    let (version, kind) = match file.rsplit_once('.') {
        Some((version, "info")) => (version, Kind::Info),
        Some((version, "mod")) => (version, Kind::Mod),
        Some((version, "zip")) => (version, Kind::Zip),
        _ => return Err(format!("no object: {line}").into()),
    };
    Ok(Object::new(ModuleVersion::new(unescape_path(path)?, unescape_version(version)?), kind))
}

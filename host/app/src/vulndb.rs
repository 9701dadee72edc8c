//! Snapshots of vulnerability data: makes them from databases, and reads them.

use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::quantity::{bytes, count};
use crate::requests::Network;
use crate::vulnsource;
use airgo_bundle::Sha256;
use airgo_gomod::Setting;
use airgo_model::atomic::{self, Access};
use airgo_vulndb::{Builder, Header, Snapshot};
use jiff::{SignedDuration, Timestamp};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes of a snapshot, as of any data source.
const MAX_SNAPSHOT: u64 = 1 << 30;
/// How far a database's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// What to import.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// Directories, zips, files and servers; of several the newest of each entry.
    pub sources: Vec<Setting>,
    /// The snapshot to write.
    pub output: PathBuf,
    /// How to reach the network.
    pub network: Network,
}

/// A snapshot that is whole and reads throughout.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its first line.
    pub header: Header,
    /// All of it.
    pub snapshot: Vec<u8>,
    /// Its digest.
    pub sha256: String,
}

/// Makes a snapshot of the sources and writes it.
///
/// # Errors
/// A source cannot be read or is not whole, or its date is to come. Then the
/// snapshot is not written.
pub fn import(context: &Context, request: &ImportRequest) -> Result<Imported> {
    let target = shown(&request.output);
    write(context, request).map_err(|failure| failure.outcome(format!("{target} was not written")))
}

fn write(context: &Context, request: &ImportRequest) -> Result<Imported> {
    let mut builder = Builder::default();
    for source in &request.sources {
        vulnsource::read(context, &request.network, source, &mut builder)?;
    }
    let snapshot = builder.finish();
    let header = header(&snapshot, &request.output)?;
    let now = Timestamp::now();
    let date = header.modified.parse::<Timestamp>().map_err(|e| {
        Failure::failed(format!("the date of the data, {:?}, cannot be read: {e}", header.modified))
    })?;
    // A date to come would never be too old.
    if date.duration_since(now) > AHEAD {
        return Err(Failure::failed("the date of the data is in the future")
            .fact("data", &header.modified)
            .fact("clock", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .hint("check this machine's clock, and where the data come from"));
    }
    context.interrupt.check()?;
    atomic::replace(&request.output, &snapshot, Access::Public)
        .map_err(|e| disk::unwritable(&shown(&request.output), &e, "name another file: -o FILE"))?;
    let sha256 = Sha256::of(&snapshot).to_string();
    context.status(
        "Imported",
        format!(
            "{} of {} about {}: {} ({})",
            entries(header.entries),
            header.modified,
            count(header.modules as usize, "module"),
            shown(&request.output),
            bytes(snapshot.len() as u64)
        ),
    );
    Ok(Imported { header, snapshot, sha256 })
}

/// Reads all of a snapshot.
///
/// # Errors
/// The file cannot be read, is too large, or is not a snapshot.
pub fn read(file: &Path) -> Result<Imported> {
    let mut snapshot = Vec::new();
    let opened = std::fs::File::open(file).and_then(|f| f.take(MAX_SNAPSHOT + 1).read_to_end(&mut snapshot));
    opened.map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(file))))?;
    if snapshot.len() as u64 > MAX_SNAPSHOT {
        return Err(Failure::failed(format!("{} is larger than {MAX_SNAPSHOT} bytes", shown(file))));
    }
    let header = header(&snapshot, file)?;
    let sha256 = Sha256::of(&snapshot).to_string();
    Ok(Imported { header, snapshot, sha256 })
}

/// `1 entry`, `2 entries`.
pub fn entries(n: u64) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{n} entries") }
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
        Failure::failed(format!("{} is not a snapshot of vulnerability data: {e}", shown(file)))
            .hint("airgo vulndb import SOURCE -o FILE makes one")
    })
}

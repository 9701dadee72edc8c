//! What a consumer has let in before, so that an older bundle cannot come back.
//!
//! A record remembers for each *stream* the highest sequence that was accepted,
//! and of which manifest. A stream is the set of main modules that bundles are
//! for: who signs may change, what is built may not. The file is canonical JSON
//! (FORMAT.md, section 15), replaced as a whole while a lock beside it is held;
//! one that cannot be understood is an error and is never started again.
//!
//! ```no_run
//! # fn run(bundle: &airgo_bundle::SignedBundle) -> Result<(), airgo_bundle::LastSeenError> {
//! use airgo_bundle::LastSeen;
//! let seen = LastSeen::at("/var/lib/builds/last-seen.json".as_ref());
//! let version = bundle.stream_version();
//! seen.check(&version)?;                            // before anything is written
//! // … unpack …
//! seen.record(&version, jiff::Timestamp::now())?;   // checks again, under the lock
//! # Ok(()) }
//! ```

use crate::digest::Sha256;
use crate::json::{self, JsonError};
use airgo_model::atomic::{self, Access};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The schema of the record.
pub const LAST_SEEN_SCHEMA: &str = "https://airgo.dev/last-seen/v1";
/// Bytes of a record.
const MAX_BYTES: u64 = 16 << 20;

/// A record of what was let in.
#[derive(Debug, Clone)]
pub struct LastSeen {
    path: PathBuf,
}

/// The record as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Record {
    /// [`LAST_SEEN_SCHEMA`].
    schema: String,
    /// The last bundle of each, by its main modules.
    streams: Vec<Stream>,
}

/// The last bundle of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stream {
    /// Its content id.
    pub content_id: String,
    /// The paths of the main modules, sorted: the stream's name.
    pub main_modules: Vec<String>,
    /// The digest of its manifest.
    pub manifest_sha256: Sha256,
    /// When it was let in (RFC 3339, UTC).
    pub seen_at: String,
    /// Its sequence.
    pub sequence: u64,
}

/// Which bundle of which stream is to be let in, as the bundle itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamVersion {
    /// Its content id.
    pub content_id: String,
    /// The paths of the main modules, sorted: the stream's name.
    pub main_modules: Vec<String>,
    /// The digest of its manifest.
    pub manifest_sha256: Sha256,
    /// Its sequence, where a signature that counts states one.
    pub sequence: Option<u64>,
}

/// Whether a bundle is news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing of this stream was let in before.
    First,
    /// A later bundle than the one before.
    Newer {
        /// The one before.
        before: Stream,
    },
    /// The very bundle that was let in last.
    Again,
}

/// Why a bundle is not let in, or the record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LastSeenError {
    /// The record cannot be read, locked or written.
    #[error("cannot use the record of seen bundles {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The record is not what a record is.
    #[error("malformed record of seen bundles {path}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An older bundle than the one let in last.
    #[error(
        "the bundle of {stream} has sequence {found}, and {} was let in at {}: an older bundle came back",
        .last.sequence, .last.seen_at
    )]
    Rollback {
        /// The stream.
        stream: String,
        /// The bundle's sequence.
        found: u64,
        /// What was let in last.
        last: Box<Stream>,
    },
    /// Two bundles with one sequence.
    #[error(
        "the bundle of {stream} has sequence {} as the one let in at {}, but another manifest: expected sha256 {}, got {found}",
        .last.sequence, .last.seen_at, .last.manifest_sha256
    )]
    Fork {
        /// The stream.
        stream: String,
        /// The digest of this bundle's manifest.
        found: Sha256,
        /// What was let in last.
        last: Box<Stream>,
    },
    /// No signature that counts says which one this is.
    #[error("no trusted signature of the bundle of {stream} carries a sequence, so it may be an old one")]
    NoSequence {
        /// The stream.
        stream: String,
    },
}

impl LastSeenError {
    /// The name of the rule that refused the bundle, for machines; none where
    /// the record itself is at fault.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } | Self::Malformed { .. } => None,
            Self::Rollback { .. } => Some("rollback"),
            Self::Fork { .. } => Some("fork"),
            Self::NoSequence { .. } => Some("sequence"),
        }
    }
}

type Result<T> = std::result::Result<T, LastSeenError>;

impl LastSeen {
    /// The record in this file, which need not exist yet.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    fn io(&self) -> impl Fn(io::Error) -> LastSeenError + '_ {
        |source| LastSeenError::Io { path: self.path.display().to_string(), source }
    }

    fn malformed(&self, reason: impl ToString) -> LastSeenError {
        LastSeenError::Malformed { path: self.path.display().to_string(), reason: reason.to_string() }
    }

    /// The streams of the record; none where there is no file.
    ///
    /// # Errors
    /// A file that cannot be read or is not a record.
    pub fn streams(&self) -> Result<Vec<Stream>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(self.io()(e)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(self.io())?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.malformed(format!("it is larger than {MAX_BYTES} bytes")));
        }
        json::check_canonical(&bytes).map_err(|e: JsonError| self.malformed(e))?;
        let record: Record = serde_json::from_slice(&bytes).map_err(|e| self.malformed(e))?;
        if record.schema != LAST_SEEN_SCHEMA {
            let reason = format!("its schema is {:?}, this airgo reads {LAST_SEEN_SCHEMA}", record.schema);
            return Err(self.malformed(reason));
        }
        if !record.streams.is_sorted_by(|a, b| a.main_modules < b.main_modules) {
            return Err(self.malformed("its streams are not sorted"));
        }
        for stream in &record.streams {
            if !stream.main_modules.is_sorted_by(|a, b| a < b) || stream.main_modules.is_empty() {
                return Err(self.malformed("the main modules of a stream are not sorted"));
            }
            if crate::info::canonical_time(&stream.seen_at).as_ref() != Some(&stream.seen_at) {
                return Err(self.malformed(format!("{:?} is not a canonical UTC time", stream.seen_at)));
            }
        }
        Ok(record.streams)
    }

    /// Says whether the bundle may be let in; changes nothing.
    ///
    /// # Errors
    /// A bundle that is older than the last one, another one of the same
    /// sequence, or one without a sequence; a record that cannot be used.
    pub fn check(&self, bundle: &StreamVersion) -> Result<Seen> {
        compare(&self.streams()?, bundle)
    }

    /// Checks again and remembers the bundle: atomically, and one process after
    /// the other. When it returns, the record is on the disk.
    ///
    /// # Errors
    /// As [`LastSeen::check`]; the record is then as it was.
    pub fn record(&self, bundle: &StreamVersion, now: Timestamp) -> Result<Seen> {
        // The record itself is replaced, so the lock is on a file that stays.
        let mut name =
            self.path.file_name().ok_or_else(|| self.io()(io::ErrorKind::InvalidInput.into()))?.to_owned();
        name.push(".lock");
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.with_file_name(name))
            .map_err(self.io())?;
        lock.lock().map_err(self.io())?;
        let mut streams = self.streams()?;
        let seen = compare(&streams, bundle)?;
        if seen != Seen::Again {
            let StreamVersion { content_id, main_modules, manifest_sha256, sequence } = bundle.clone();
            let sequence =
                sequence.ok_or_else(|| LastSeenError::NoSequence { stream: main_modules.join(", ") })?;
            streams.retain(|s| s.main_modules != main_modules);
            let seen_at = now.to_string();
            streams.push(Stream { content_id, main_modules, manifest_sha256, seen_at, sequence });
            streams.sort_by(|a, b| a.main_modules.cmp(&b.main_modules));
            self.write(Record { schema: LAST_SEEN_SCHEMA.to_owned(), streams })?;
        }
        // Dropping the handle gives the lock back.
        drop(lock);
        Ok(seen)
    }

    fn write(&self, record: Record) -> Result<()> {
        let bytes = json::to_canonical(&record).map_err(|e| self.malformed(e))?;
        atomic::replace(&self.path, &bytes, Access::Private).map_err(self.io())
    }
}

fn compare(streams: &[Stream], bundle: &StreamVersion) -> Result<Seen> {
    let (mains, found) = (&bundle.main_modules, bundle.manifest_sha256);
    let stream = mains.join(", ");
    let Some(sequence) = bundle.sequence else { return Err(LastSeenError::NoSequence { stream }) };
    let Some(last) = streams.iter().find(|s| s.main_modules == *mains) else { return Ok(Seen::First) };
    let boxed = || Box::new(last.clone());
    match sequence.cmp(&last.sequence) {
        std::cmp::Ordering::Less => Err(LastSeenError::Rollback { stream, found: sequence, last: boxed() }),
        std::cmp::Ordering::Equal if found == last.manifest_sha256 => Ok(Seen::Again),
        std::cmp::Ordering::Equal => Err(LastSeenError::Fork { stream, found, last: boxed() }),
        std::cmp::Ordering::Greater => Ok(Seen::Newer { before: last.clone() }),
    }
}

//! Data sources: snapshots that a policy file names, such as a vulnerability
//! database. A file is one record with the empty path, a directory one record
//! a file.
//!
//! The digest of a file is its sha256; that of a directory the sha256 over
//! `<sha256>  <path>\n` of its files, sorted by path: what
//! `sha256sum $(find . -type f | sort) | sha256sum` would say of bare names.
//!
//! A source may say itself of when it is: a file by the member `modified` of the
//! JSON object in its first line, as a snapshot that `airgo vulndb` made; a
//! directory by that of its `index/db.json`, as the Go vulnerability database.
//! Where the policy file says so too, the older of the two counts.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Unit};
use sha2::{Digest, Sha256};

use crate::airgo_toml::DataEntry;
use crate::view::slice;
use crate::{FileEntry, ReadError};

/// Bytes of one data source.
const MAX_BYTES: u64 = 1 << 30;
/// Files of one data source.
const MAX_FILES: usize = 200_000;

/// Why a data source cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// It cannot be read.
    #[error("cannot read data source {name} from {path}: {source}")]
    Read {
        /// Its name in the policy file.
        name: String,
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is larger than this airgo reads.
    #[error("data source {name} is larger than {limit} {what}")]
    TooLarge {
        /// Its name in the policy file.
        name: String,
        /// How much is allowed.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// Other bytes than those that the policy file names.
    #[error("data source {name} has sha256 {found}, where the policy file pins {pinned}")]
    Digest {
        /// Its name in the policy file.
        name: String,
        /// What it hashes to.
        found: String,
        /// What was pinned.
        pinned: String,
    },
    /// Its age is limited, and cannot be told.
    #[error("data source {name} has a max-age, and nobody says of when it is")]
    NoDate {
        /// Its name in the policy file.
        name: String,
    },
    /// Older than the policy file allows.
    #[error("data source {name} is of {date}, {age} before {judged_at}; it may be {max_age} old")]
    TooOld {
        /// Its name in the policy file.
        name: String,
        /// When it was made.
        date: Timestamp,
        /// How old that is, in days.
        age: String,
        /// The time judged for.
        judged_at: Timestamp,
        /// How old it may be, in days.
        max_age: String,
    },
}

/// The data sources of a policy file, in memory: what was hashed is what a
/// plugin reads.
#[derive(Debug, Default)]
pub struct DataSet {
    sources: BTreeMap<String, Source>,
}

#[derive(Debug)]
struct Source {
    sha256: String,
    date: Option<Timestamp>,
    records: BTreeMap<String, Vec<u8>>,
}

impl DataSet {
    /// Reads the sources of a policy file, whose paths are relative to `base`.
    ///
    /// # Errors
    /// Where one is missing, too large, too old or not what was pinned.
    pub fn load(entries: &[DataEntry], base: &Path, judged_at: Timestamp) -> Result<Self, DataError> {
        let mut set = DataSet::default();
        for entry in entries {
            let source = Source::load(entry, base)?;
            check_age(entry, source.date, judged_at)?;
            set.sources.insert(entry.name.clone(), source);
        }
        Ok(set)
    }

    /// Adds a source from memory.
    pub fn insert(&mut self, name: &str, date: Option<Timestamp>, records: BTreeMap<String, Vec<u8>>) {
        let sha256 = digest(&records);
        self.sources.insert(name.to_owned(), Source { sha256, date, records });
    }

    /// Name, digest and date of each source, by name.
    pub fn digests(&self) -> impl Iterator<Item = (&str, &str, Option<Timestamp>)> {
        self.sources.iter().map(|(name, source)| (name.as_str(), source.sha256.as_str(), source.date))
    }

    pub(crate) fn total_bytes(&self) -> u64 {
        self.sources.values().flat_map(|s| s.records.values()).map(|bytes| bytes.len() as u64).sum()
    }

    pub(crate) fn stat(&self, name: &str) -> Result<(&str, Option<Timestamp>), ReadError> {
        self.source(name).map(|source| (source.sha256.as_str(), source.date))
    }

    pub(crate) fn list(&self, name: &str) -> Result<Vec<FileEntry>, ReadError> {
        let entry =
            |(path, bytes): (&String, &Vec<u8>)| FileEntry { path: path.clone(), size: bytes.len() as u64 };
        Ok(self.source(name)?.records.iter().map(entry).collect())
    }

    pub(crate) fn read(&self, name: &str, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        let record = self.source(name)?.records.get(path).ok_or(ReadError::NotFound)?;
        slice(record, offset, len)
    }

    fn source(&self, name: &str) -> Result<&Source, ReadError> {
        self.sources.get(name).ok_or(ReadError::NotFound)
    }
}

impl Source {
    fn load(entry: &DataEntry, base: &Path) -> Result<Self, DataError> {
        let path = base.join(&entry.path);
        let mut loader = Loader { name: &entry.name, bytes: 0, records: BTreeMap::new() };
        loader.load(&path)?;
        let sha256 = digest(&loader.records);
        if let Some(pinned) = entry.sha256.as_ref().filter(|pinned| **pinned != sha256) {
            let (name, pinned) = (entry.name.clone(), pinned.clone());
            return Err(DataError::Digest { name, found: sha256, pinned });
        }
        let own = own_date(&loader.records);
        let date = [entry.date, own].into_iter().flatten().min();
        Ok(Source { sha256, date, records: loader.records })
    }
}

struct Loader<'a> {
    name: &'a str,
    bytes: u64,
    records: BTreeMap<String, Vec<u8>>,
}

impl Loader<'_> {
    fn load(&mut self, path: &Path) -> Result<(), DataError> {
        let meta = fs::metadata(path).map_err(|source| self.unreadable(path, source))?;
        if meta.is_dir() { self.directory(path, "") } else { self.file(path, String::new()) }
    }

    fn directory(&mut self, dir: &Path, prefix: &str) -> Result<(), DataError> {
        for entry in fs::read_dir(dir).map_err(|source| self.unreadable(dir, source))? {
            let entry = entry.map_err(|source| self.unreadable(dir, source))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|source| self.unreadable(&path, source))?;
            let Ok(name) = entry.file_name().into_string() else {
                let source = std::io::Error::new(std::io::ErrorKind::InvalidData, "a name is not UTF-8");
                return Err(self.unreadable(&path, source));
            };
            let name = format!("{prefix}{name}");
            // What a link points to is not part of the snapshot.
            if kind.is_dir() {
                self.directory(&path, &format!("{name}/"))?;
            } else if kind.is_file() {
                self.file(&path, name)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: String) -> Result<(), DataError> {
        if self.records.len() >= MAX_FILES {
            return Err(self.too_large(MAX_FILES as u64, "files"));
        }
        let bytes = read_at_most(path, MAX_BYTES).map_err(|source| self.unreadable(path, source))?;
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_BYTES {
            return Err(self.too_large(MAX_BYTES, "bytes"));
        }
        self.records.insert(name, bytes);
        Ok(())
    }

    fn too_large(&self, limit: u64, what: &'static str) -> DataError {
        DataError::TooLarge { name: self.name.to_owned(), limit, what }
    }

    fn unreadable(&self, path: &Path, source: std::io::Error) -> DataError {
        DataError::Read { name: self.name.to_owned(), path: path.to_owned(), source }
    }
}

/// Of when a source says that it is.
fn own_date(records: &BTreeMap<String, Vec<u8>>) -> Option<Timestamp> {
    #[derive(serde::Deserialize)]
    struct Dated {
        modified: String,
    }
    let text = match (records.get(""), records.get("index/db.json")) {
        (Some(file), _) => file.split(|byte| *byte == b'\n').next()?,
        (None, Some(index)) => index,
        (None, None) => return None,
    };
    let dated = text.starts_with(b"{").then(|| serde_json::from_slice::<Dated>(text).ok());
    dated.flatten()?.modified.parse().ok()
}

fn check_age(entry: &DataEntry, date: Option<Timestamp>, judged_at: Timestamp) -> Result<(), DataError> {
    let Some(max_age) = entry.max_age else { return Ok(()) };
    let Some(date) = date else { return Err(DataError::NoDate { name: entry.name.clone() }) };
    let age = judged_at.duration_since(date);
    if age <= max_age {
        return Ok(());
    }
    let days = |duration: jiff::SignedDuration| match duration.as_hours() / 24 {
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    };
    Err(DataError::TooOld {
        name: entry.name.clone(),
        date: date.round(Unit::Second).unwrap_or(date),
        age: days(age),
        judged_at,
        max_age: days(max_age),
    })
}

fn digest(records: &BTreeMap<String, Vec<u8>>) -> String {
    if let (1, Some(bytes)) = (records.len(), records.get("")) {
        return sha256_hex(bytes);
    }
    let mut all = Sha256::new();
    for (path, bytes) in records {
        all.update(format!("{}  {path}\n", sha256_hex(bytes)));
    }
    hex(&all.finalize())
}

/// Reads a file, and of one that is longer than the limit one byte more: enough to
/// see that it is too long.
pub(crate) fn read_at_most(path: &Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The sha256 of bytes, in hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

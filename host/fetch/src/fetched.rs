//! An object that was fetched or found, hashed, and not yet checked.

use crate::error::FetchError;
use crate::info::Origin;
use crate::object::Object;
use crate::regular;
use crate::store::disk;
use airgo_gomod::H1;
use airgo_gomod::modzip::FileList;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A module file with the hashes of its bytes. The hashes are always computed
/// from the bytes in this run, never read from anywhere.
///
/// Nothing is proved yet: the caller compares `h1` with go.sum or the checksum
/// database and then gives the object to [`Fetcher::keep`](crate::Fetcher::keep).
/// Dropping it removes the downloaded file.
#[derive(Debug)]
pub struct Fetched {
    /// What it is.
    pub object: Object,
    /// Its bytes' count.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The hash that go.sum holds: of the zip's files, or of the go.mod. None for `.info`.
    pub h1: Option<H1>,
    /// The files of a zip: what `h1` is a hash of.
    pub files: Option<FileList>,
    /// Where the proxy says that the version came from; only for `.info`.
    pub origin: Option<Origin>,
    /// Who gave it: a proxy's address without credentials, or a directory.
    pub source: String,
    /// Whether it came from this machine: the store, a GOMODCACHE or a `file://` proxy.
    pub local: bool,
    pub(crate) body: Body,
}

/// Where the bytes are.
#[derive(Debug)]
pub(crate) enum Body {
    Memory(Vec<u8>),
    /// Ours alone; goes when dropped.
    Spooled(TempPath),
    /// In the store.
    Stored(PathBuf),
    /// In a directory that is not ours.
    Elsewhere(PathBuf),
}

impl Fetched {
    /// All bytes; meant for go.mod and `.info`, which are in memory unless cached.
    pub fn bytes(&self) -> Result<Vec<u8>, FetchError> {
        match &self.body {
            Body::Memory(bytes) => Ok(bytes.clone()),
            Body::Spooled(_) | Body::Stored(_) | Body::Elsewhere(_) => {
                let mut bytes = Vec::new();
                self.open()?
                    .read_to_end(&mut bytes)
                    .map_err(disk("read", self.path().unwrap_or(Path::new(""))))?;
                Ok(bytes)
            }
        }
    }

    /// Opens the bytes for reading. The file may have been changed since it was
    /// hashed: whoever copies it on compares the SHA-256 once more.
    pub fn open(&self) -> Result<Reader, FetchError> {
        match self.path() {
            Some(path) => regular::open(path).map(|(file, _)| Reader::File(file)).map_err(disk("open", path)),
            None => Ok(Reader::Memory(Cursor::new(self.bytes()?))),
        }
    }

    /// The file that holds the bytes, if they are not in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.body {
            Body::Memory(_) => None,
            Body::Spooled(path) => Some(path),
            Body::Stored(path) | Body::Elsewhere(path) => Some(path),
        }
    }
}

/// Reads an object's bytes.
#[derive(Debug)]
pub enum Reader {
    /// From memory.
    Memory(Cursor<Vec<u8>>),
    /// From a file.
    File(File),
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(r) => r.read(buf),
            Self::File(r) => r.read(buf),
        }
    }
}

impl Seek for Reader {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(r) => r.seek(pos),
            Self::File(r) => r.seek(pos),
        }
    }
}

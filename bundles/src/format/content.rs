//! Reading an entry's bytes from the bundle's one open handle, checked.

use crate::digest::Sha256;
use crate::error::{BundleError, EntriesError, ObjectError};
use crate::format::container::Entry;
use crate::positioned::ReadAt;
use crate::progress::{BUFFER, Progress};
use sha2::{Digest as _, Sha256 as Hasher};
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// The bytes of one entry: a window onto the bundle, cheap to clone, for any
/// thread. They are *unverified* until [`Content::verify`] or [`Content::checked`].
#[derive(Clone)]
pub struct Content {
    source: Arc<dyn ReadAt>,
    name: Arc<str>,
    start: u64,
    len: u64,
    at: u64,
    sha256: Sha256,
    crc: u32,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("name", &self.name).field("len", &self.len).finish_non_exhaustive()
    }
}

impl Content {
    pub(crate) fn new(source: &Arc<dyn ReadAt>, entry: &Entry, sha256: Sha256) -> Self {
        Self {
            source: Arc::clone(source),
            name: entry.meta.name.as_str().into(),
            start: entry.start,
            len: entry.meta.size,
            at: 0,
            sha256,
            crc: entry.meta.crc,
        }
    }

    /// The entry's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The digest that the manifest states.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// Reads some bytes at a place of the entry.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset);
        let n = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.source.read_at(&mut buf[..n], self.start + offset)
    }

    /// Hashes the whole entry and compares.
    pub fn verify(&self, buffer: &mut Vec<u8>, progress: &dyn Progress) -> Result<(), BundleError> {
        buffer.resize(BUFFER, 0);
        let mut check = Check::new();
        let mut at = 0;
        while at < self.len {
            if progress.cancelled() {
                return Err(BundleError::Cancelled);
            }
            let n = self.read_at(buffer, at).map_err(BundleError::read(&self.name))?;
            if n == 0 {
                return Err(BundleError::read(&self.name)(io::ErrorKind::UnexpectedEof.into()));
            }
            check.update(&buffer[..n]);
            at += n as u64;
            progress.bytes(n as u64);
        }
        check.finish(self)?;
        progress.object(&self.name);
        Ok(())
    }

    /// Reads the whole entry and verifies it; for what is known to be small.
    pub fn read_verified(&self) -> Result<Vec<u8>, BundleError> {
        let len = usize::try_from(self.len)
            .map_err(|_| BundleError::read(&self.name)(io::ErrorKind::OutOfMemory.into()))?;
        let mut bytes = vec![0; len];
        self.source.read_exact_at(&mut bytes, self.start).map_err(BundleError::read(&self.name))?;
        let mut check = Check::new();
        check.update(&bytes);
        check.finish(self)?;
        Ok(bytes)
    }

    /// A reader from the first byte to the last that ends with an error, not
    /// with end-of-file, if the bytes were wrong.
    pub fn checked(&self) -> CheckedReader {
        self.reader(Check::new())
    }

    /// The same for whoever takes the digest of the bytes anyway: everything but the
    /// digest is checked.
    pub fn checked_but_digest(&self) -> CheckedReader {
        self.reader(Check { sha256: None, ..Check::new() })
    }

    fn reader(&self, check: Check) -> CheckedReader {
        CheckedReader { check: Some(check), content: Self { at: 0, ..self.clone() }, refused: false }
    }
}

impl Read for Content {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.len.checked_add_signed(n),
            SeekFrom::Current(n) => self.at.checked_add_signed(n),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

struct Check {
    sha256: Option<Hasher>,
    crc: crc32fast::Hasher,
}

impl Check {
    fn new() -> Self {
        Self { sha256: Some(Hasher::new()), crc: crc32fast::Hasher::new() }
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        self.crc.update(bytes);
    }

    fn finish(self, content: &Content) -> Result<(), BundleError> {
        let name = || content.name.as_ref().to_owned();
        if let Some(sha256) = self.sha256
            && let actual = Sha256(sha256.finalize().into())
            && actual != content.sha256
        {
            return Err(ObjectError::Checksum { name: name(), expected: content.sha256, actual }.into());
        }
        if self.crc.finalize() != content.crc {
            return Err(EntriesError::Crc(name()).into());
        }
        Ok(())
    }
}

/// See [`Content::checked`].
pub struct CheckedReader {
    content: Content,
    check: Option<Check>,
    refused: bool,
}

impl Read for CheckedReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.refused {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.content.read(buf)?;
        match &mut self.check {
            Some(check) if n > 0 => check.update(&buf[..n]),
            Some(_) if self.content.at < self.content.len => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {}
        }
        // Compared with the last bytes, so that no reader of exactly `len` bytes misses it.
        if self.content.at == self.content.len
            && let Some(check) = self.check.take()
        {
            check.finish(&self.content).map_err(|e| {
                self.refused = true;
                io::Error::new(io::ErrorKind::InvalidData, e)
            })?;
        }
        Ok(n)
    }
}

//! The file of a bundle while it is written: beside its target, renamed last.

use super::container::{self, Meta};
use super::names::{self, Section};
use super::objects::Object;
use crate::attest::predicate::{PolicyVerdict, Predicate};
use crate::digest::Sha256;
use crate::error::{Bound, BundleError, ObjectError};
use crate::limits::Limits;
use crate::positioned;
use crate::progress::Progress;
use airgo_model::atomic::{self, Access};
use sha2::{Digest as _, Sha256 as Hasher};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// How many bytes.
    pub size: u64,
    /// The digest of the manifest.
    pub manifest_sha256: Sha256,
}

/// Whoever packs learns of a limit, not whoever reads.
pub(super) fn within(what: Bound, found: u64, limit: u64) -> Result<(), BundleError> {
    if found <= limit { Ok(()) } else { Err(BundleError::OverLimit { what, found, limit }) }
}

/// The temporary file and the headers so far.
#[derive(Debug)]
pub(crate) struct Output {
    target: PathBuf,
    file: NamedTempFile,
    /// Entries with the places of their local headers.
    pub(crate) metas: Vec<(u64, Meta)>,
    /// Where the next entry begins.
    pub(crate) at: u64,
}

impl Output {
    pub(crate) fn create(target: &Path) -> Result<Self, BundleError> {
        let fail = |source| BundleError::Write { path: target.display().to_string(), source };
        if target.is_dir() {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        if target.file_name().is_none() {
            return Err(fail(io::ErrorKind::InvalidInput.into()));
        }
        let file = atomic::create(atomic::directory(target), Access::Public).map_err(fail)?;
        Ok(Self { target: target.to_owned(), file, metas: Vec::new(), at: 0 })
    }

    fn fail(&self) -> impl Fn(io::Error) -> BundleError + '_ {
        |source| BundleError::Write { path: self.target.display().to_string(), source }
    }

    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Appends a small entry.
    pub(crate) fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        let meta = Meta { name: name.to_owned(), size: bytes.len() as u64, crc: crc32fast::hash(bytes) };
        let header = container::local_header(&meta);
        let start = self.at;
        positioned::write_all_at(self.file(), &header, start).map_err(self.fail())?;
        positioned::write_all_at(self.file(), bytes, start + header.len() as u64).map_err(self.fail())?;
        self.at = start + header.len() as u64 + meta.size;
        self.metas.push((start, meta));
        Ok(())
    }

    /// Copies an object to its place; gives its CRC.
    pub(super) fn copy(
        &self,
        object: &Object,
        start: u64,
        reader: &mut dyn Read,
        buffer: &mut [u8],
        progress: &dyn Progress,
    ) -> Result<u32, BundleError> {
        let mut sha256 = Hasher::new();
        let mut crc = crc32fast::Hasher::new();
        let body = start + container::local_header_len(&object.name, object.size);
        let mut done = 0;
        let size = |actual, more| {
            let name = object.name.clone();
            BundleError::Object(ObjectError::Size { name, expected: object.size, actual, more })
        };
        loop {
            if progress.cancelled() {
                return Err(BundleError::Cancelled);
            }
            let n = match reader.read(buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(BundleError::Source { name: object.name.clone(), source }),
            };
            if done + n as u64 > object.size {
                return Err(size(object.size, true));
            }
            sha256.update(&buffer[..n]);
            crc.update(&buffer[..n]);
            positioned::write_all_at(self.file(), &buffer[..n], body + done).map_err(self.fail())?;
            done += n as u64;
            progress.bytes(n as u64);
        }
        if done != object.size {
            return Err(size(done, false));
        }
        let actual = Sha256(sha256.finalize().into());
        if actual != object.sha256 {
            let (name, expected) = (object.name.clone(), object.sha256);
            return Err(ObjectError::Checksum { name, expected, actual }.into());
        }
        let crc = crc.finalize();
        let meta = Meta { name: object.name.clone(), size: object.size, crc };
        positioned::write_all_at(self.file(), &container::local_header(&meta), start).map_err(self.fail())?;
        Ok(crc)
    }

    /// Writes the envelopes and the directory, then renames into place.
    pub(crate) fn complete(
        mut self,
        envelopes: &BTreeMap<String, Vec<u8>>,
        manifest_sha256: Sha256,
    ) -> Result<Written, BundleError> {
        let limits = Limits::default();
        for (name, bytes) in envelopes {
            let label = names::parse_statement_name(name).map(|(label, _)| label);
            let is_verdict = label == Some(PolicyVerdict::LABEL);
            let what = if is_verdict { Bound::Verdict } else { Bound::Envelope };
            within(what, bytes.len() as u64, limits.envelope)?;
        }
        let total = envelopes.values().map(|bytes| bytes.len() as u64).sum();
        within(Bound::Envelopes, total, limits.envelope_total)?;
        within(Bound::EnvelopeCount, envelopes.len() as u64, limits.envelopes as u64)?;
        for section in [Section::Statement, Section::Signature] {
            for (name, bytes) in envelopes.iter().filter(|(name, _)| Section::of(name) == Some(section)) {
                self.append(name, bytes)?;
            }
        }
        let mut directory_bytes = Vec::new();
        for (start, meta) in &self.metas {
            directory_bytes.extend(container::central_header(meta, *start));
        }
        let (count, size) = (self.metas.len() as u64, directory_bytes.len() as u64);
        within(Bound::Entries, count, limits.entries)?;
        within(Bound::Directory, size, limits.directory)?;
        directory_bytes.extend(container::end_records(count, self.at, size));
        positioned::write_all_at(self.file(), &directory_bytes, self.at).map_err(self.fail())?;
        let size = self.at + directory_bytes.len() as u64;
        let Self { target, file, .. } = self;
        let fail = |source| BundleError::Write { path: target.display().to_string(), source };
        atomic::persist(file, &target).map_err(fail)?;
        Ok(Written { path: target.clone(), size, manifest_sha256 })
    }
}

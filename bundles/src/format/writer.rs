//! Writing a bundle: beside its target, checked as it streams, renamed last.
//!
//! The manifest decides every object's place before the first byte is written,
//! so objects are copied by several threads at once, each to its own place.
//! Until [`BundleWriter::finish`] has renamed it, the file is a temporary one
//! that vanishes with the writer.

use crate::digest::Sha256;
use crate::error::{Bound, BundleError, EntriesError, ObjectError};
use crate::format::container::{self, Meta};
use crate::format::content::{BUFFER, Progress};
use crate::format::manifest::Manifest;
use crate::format::names::{self, ObjectKind, Section};
use crate::format::objects::Object;
use crate::format::tail::{self, Signing};
use crate::limits::Limits;
use crate::media::delta::{self, Base};
use crate::positioned;
use airgo_model::atomic::{self, Access};
use sha2::{Digest as _, Sha256 as Hasher};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// Where the objects of a new bundle come from.
pub trait ObjectSource: Sync {
    /// The bytes of an object; called once for each, from any thread. Lists are
    /// never asked for: they follow from the manifest.
    fn open(&self, object: &Object) -> io::Result<Box<dyn Read + Send + '_>>;
}

impl<F> ObjectSource for F
where
    F: Fn(&Object) -> io::Result<Box<dyn Read + Send>> + Sync,
{
    fn open(&self, object: &Object) -> io::Result<Box<dyn Read + Send + '_>> {
        self(object)
    }
}

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

/// A bundle in the making.
#[derive(Debug)]
pub struct BundleWriter {
    out: Output,
    manifest_sha256: Sha256,
    objects: Vec<Object>,
    lists: BTreeMap<String, String>,
    evidence: BTreeMap<String, Vec<u8>>,
}

impl BundleWriter {
    /// Begins a bundle that will be at `target`, replacing what is there.
    pub fn create(target: &Path, manifest: &Manifest) -> Result<Self, BundleError> {
        manifest.check().map_err(|e| BundleError::Manifest(e.into()))?;
        let bytes = manifest.to_bytes()?;
        within(Bound::Manifest, bytes.len() as u64, Limits::default().manifest)?;
        let mut out = Output::create(target)?;
        out.append(names::MANIFEST, &bytes)?;
        Ok(Self {
            out,
            manifest_sha256: Sha256::of(&bytes),
            objects: manifest.objects(),
            lists: manifest.lists(),
            evidence: BTreeMap::new(),
        })
    }

    /// Begins a delta: of the manifest's objects only those that `base` lacks.
    pub fn create_delta(target: &Path, manifest: &Manifest, base: &Manifest) -> Result<Self, BundleError> {
        base.check().map_err(|e| BundleError::Manifest(e.into()))?;
        let mut writer = Self::create(target, manifest)?;
        writer.out.append(names::BASE, &Base::of(base)?.to_bytes()?)?;
        writer.objects = delta::missing_from(manifest, base);
        Ok(writer)
    }

    /// The objects still to be written: all of the manifest's, or a delta's.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The digest of the manifest, for statements that name it.
    pub fn manifest_sha256(&self) -> Sha256 {
        self.manifest_sha256
    }

    /// Copies every object of the manifest from its source, checking size and
    /// digest on the way.
    pub fn write_objects(
        &mut self,
        source: &dyn ObjectSource,
        jobs: NonZeroUsize,
        progress: &dyn Progress,
    ) -> Result<(), BundleError> {
        let mut at = self.out.at;
        let mut places = Vec::new();
        for object in std::mem::take(&mut self.objects) {
            let start = at;
            at = at + container::local_header_len(&object.name, object.size) + object.size;
            places.push((start, object));
        }
        let metas = Mutex::new(Vec::with_capacity(places.len()));
        let out = &self.out;
        let lists = &self.lists;
        let copy = |buffer: &mut Vec<u8>, (start, object): &(u64, Object)| {
            let crc = match (object.kind, lists.get(&object.module.path)) {
                (ObjectKind::List, Some(text)) => {
                    let mut reader = text.as_bytes();
                    out.copy(object, *start, &mut reader, buffer, progress)?
                }
                _ => {
                    let fail = |source| BundleError::Source { name: object.name.clone(), source };
                    let mut reader = source.open(object).map_err(fail)?;
                    out.copy(object, *start, &mut *reader, buffer, progress)?
                }
            };
            let meta = Meta { name: object.name.clone(), size: object.size, crc };
            metas.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((*start, meta));
            progress.object(&object.name);
            Ok(())
        };
        let errors = crate::parallel::each(jobs, &places, true, || vec![0; BUFFER], copy);
        if let Some((_, error)) = errors.into_iter().next() {
            return Err(error);
        }
        let mut metas = metas.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        metas.sort_by_key(|(start, _)| *start);
        self.out.metas.extend(metas);
        self.out.at = at;
        Ok(())
    }

    /// Adds a file of the checksum database's evidence, such as
    /// `proxy/sumdb/sum.golang.org/supported`.
    pub fn add_evidence(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), BundleError> {
        let fits = Section::of(name) == Some(Section::Evidence) && names::check_name(name.as_bytes()).is_ok();
        if !fits || self.evidence.insert(name.to_owned(), bytes).is_some() {
            return Err(EntriesError::Name(name.to_owned()).into());
        }
        Ok(())
    }

    /// One digest over the evidence added so far, for [`crate::attest::predicate::SumdbEvidence`].
    pub fn evidence_digest(&self) -> Sha256 {
        crate::attest::predicate::evidence_digest(&self.evidence_digests())
    }

    fn evidence_digests(&self) -> BTreeMap<String, Sha256> {
        self.evidence.iter().map(|(name, bytes)| (name.clone(), Sha256::of(bytes))).collect()
    }

    /// Signs, completes the file, makes it durable and puts it in its place.
    pub fn finish(self, signings: &[Signing<'_>]) -> Result<Written, BundleError> {
        let evidence = self.evidence_digests();
        let mut envelopes = BTreeMap::new();
        for signing in signings {
            tail::sign(&mut envelopes, self.manifest_sha256, &evidence, signing)?;
        }
        self.finish_with(&envelopes)
    }

    /// Completes the file with envelopes that exist.
    pub(crate) fn finish_with(
        mut self,
        envelopes: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Written, BundleError> {
        if let Some(object) = self.objects.first() {
            return Err(EntriesError::Missing(object.name.clone()).into());
        }
        for (name, bytes) in &self.evidence {
            self.out.append(name, bytes)?;
        }
        self.out.complete(envelopes, self.manifest_sha256)
    }
}

/// Whoever packs learns of a limit, not whoever reads.
fn within(what: Bound, found: u64, limit: u64) -> Result<(), BundleError> {
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
    fn copy(
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
        for bytes in envelopes.values() {
            within(Bound::Envelope, bytes.len() as u64, limits.envelope)?;
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

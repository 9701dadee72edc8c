//! Writing a bundle: beside its target, checked as it streams, renamed last.
//!
//! The manifest decides every object's place before the first byte is written,
//! so objects are copied by several threads at once, each to its own place.
//! Until [`BundleWriter::finish`] has renamed it, the file is a temporary one
//! that vanishes with the writer.

use super::base::{self, Base};
use super::container::{self, Meta};
use super::manifest::Manifest;
use super::names::{self, ObjectKind, Section};
use super::objects::Object;
use super::output::{Output, Written, within};
use crate::attest::claims::Signing;
use crate::attest::predicate::evidence_digest;
use crate::attest::sign::sign;
use crate::digest::Sha256;
use crate::error::{Bound, BundleError, EntriesError};
use crate::limits::Limits;
use crate::progress::{BUFFER, Progress};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;

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
        writer.objects = base::missing_from(manifest, base);
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
        let errors = airgo_model::parallel::each(jobs, &places, true, || vec![0; BUFFER], copy);
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
        evidence_digest(&self.evidence_digests())
    }

    fn evidence_digests(&self) -> BTreeMap<String, Sha256> {
        self.evidence.iter().map(|(name, bytes)| (name.clone(), Sha256::of(bytes))).collect()
    }

    /// Signs, completes the file, makes it durable and puts it in its place.
    pub fn finish(self, signings: &[Signing<'_>]) -> Result<Written, BundleError> {
        let evidence = self.evidence_digests();
        let mut envelopes = BTreeMap::new();
        for signing in signings {
            sign(&mut envelopes, self.manifest_sha256, &evidence, signing)?;
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

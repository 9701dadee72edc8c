//! Reading a bundle: structure, then signatures, then manifest, then objects.
//!
//! The types carry the order. [`Bundle::open`] gives an [`Unverified`], of which
//! only names and sizes are known to be sound; [`Unverified::verify_signatures`]
//! turns it into a [`SignedBundle`], and nothing else does. Objects are read
//! through the handle that was opened, and verified as they are read.

use super::base::{Base, DeltaError};
use super::container::{Container, Entry};
use super::content::{CheckedReader, Content};
use super::manifest::Manifest;
use super::names::{self, Section};
use super::objects::{self, Object};
use crate::attest::assess::{Attached, assess};
use crate::attest::demand::{Adding, require_trust};
use crate::attest::last_seen::StreamVersion;
use crate::attest::signer::Signers;
use crate::attest::trust::Trust;
use crate::digest::Sha256;
use crate::error::{BundleError, EntriesError, ObjectError};
use crate::limits::Limits;
use crate::positioned::{PositionedFile, ReadAt};
use crate::progress::Progress;
use airgo_gomod::H1;
use airgo_model::parallel;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Opens bundles.
#[derive(Debug, Clone, Copy)]
pub struct Bundle;

impl Bundle {
    /// Opens a file and checks its container.
    pub fn open(path: &Path, limits: &Limits) -> Result<Unverified, BundleError> {
        let file = PositionedFile::open(path)
            .map_err(|source| BundleError::Open { path: path.display().to_string(), source })?;
        Self::from_source(Arc::new(file), limits)
    }

    /// Checks the container of a bundle that is open, or in memory.
    pub fn from_source(source: Arc<dyn ReadAt>, limits: &Limits) -> Result<Unverified, BundleError> {
        Unverified::new(Container::open(source, limits)?, limits)
    }
}

/// A bundle whose container is canonical. Its contents are not verified.
pub struct Unverified {
    pub(crate) container: Container,
    pub(crate) manifest_bytes: Vec<u8>,
    /// What a delta builds on.
    base: Option<(Base, Vec<u8>)>,
    limits: Limits,
}

impl std::fmt::Debug for Unverified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unverified").field("entries", &self.container.entries.len()).finish_non_exhaustive()
    }
}

/// Reads what was verified before, and as it was then.
pub(crate) fn read_envelopes(
    envelopes: &BTreeMap<String, Content>,
) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    envelopes.iter().map(|(name, content)| Ok((name.clone(), content.read_verified()?))).collect()
}

fn bounded(entry: &Entry, limit: u64) -> Result<(), EntriesError> {
    let found = entry.meta.size;
    if found <= limit {
        return Ok(());
    }
    Err(EntriesError::Limit { name: entry.meta.name.clone(), found, limit })
}

impl Unverified {
    fn new(container: Container, limits: &Limits) -> Result<Self, BundleError> {
        let manifest = match container.entries.first() {
            Some(first) if first.meta.name == names::MANIFEST => first,
            _ => return Err(EntriesError::NoManifest.into()),
        };
        let mut last = None;
        for entry in &container.entries {
            let name = &entry.meta.name;
            let section = Section::of(name).ok_or_else(|| EntriesError::Extra(name.clone()))?;
            let place = (section, name);
            if last.is_some_and(|l| l >= place) {
                return Err(EntriesError::Order(name.clone()).into());
            }
            last = Some(place);
            match section {
                Section::Base => bounded(entry, limits.base)?,
                Section::Manifest => bounded(entry, limits.manifest)?,
                Section::Evidence => bounded(entry, limits.evidence)?,
                Section::Statement | Section::Signature => bounded(entry, limits.envelope)?,
                // Bounded by the manifest, which has its own limits.
                Section::Block | Section::Data | Section::Files | Section::Proxy => {}
            }
        }
        let read = |e: &Entry| container.read_whole(e).map_err(BundleError::read(&e.meta.name));
        let manifest_bytes = read(manifest)?;
        let is_envelope =
            |e: &&Entry| matches!(Section::of(&e.meta.name), Some(Section::Statement | Section::Signature));
        let found = container.entries.iter().filter(is_envelope).count();
        if found > limits.envelopes {
            return Err(EntriesError::Envelopes { found, limit: limits.envelopes }.into());
        }
        let found =
            container.entries.iter().filter(is_envelope).fold(0_u64, |n, e| n.saturating_add(e.meta.size));
        if found > limits.envelope_total {
            return Err(EntriesError::EnvelopeTotal { found, limit: limits.envelope_total }.into());
        }
        let base = match container.entries.get(1).filter(|e| e.meta.name == names::BASE) {
            Some(entry) => {
                let bytes = read(entry)?;
                Some((Base::parse(&bytes)?, bytes))
            }
            None => None,
        };
        Ok(Self { manifest_bytes, base, limits: limits.clone(), container })
    }

    /// The digest of the manifest's bytes: what signatures are about.
    pub fn manifest_sha256(&self) -> Sha256 {
        Sha256::of(&self.manifest_bytes)
    }

    /// What the bundle builds on, if it is a delta.
    pub fn base(&self) -> Option<&Base> {
        self.base.as_ref().map(|(base, _)| base)
    }

    /// The manifest as the file has it. Whoever made the file chose every word.
    pub fn manifest_unverified(&self) -> Result<Manifest, BundleError> {
        Ok(Manifest::parse(&self.manifest_bytes)?)
    }

    /// What the signatures and statements say, with the status that this trust
    /// gives each: to show, not to rely on. Wrong ones are an error here too.
    pub fn signatures(&self, trust: &Trust, now: Timestamp) -> Result<Signers, BundleError> {
        let statements: Vec<&Entry> = self.entries(Section::Statement).collect();
        let signatures: Vec<&Entry> = self.entries(Section::Signature).collect();
        let read = |name: &str| {
            let mut all = statements.iter().chain(&signatures);
            let found = all.find(|e| e.meta.name == name);
            let entry = found.ok_or_else(|| ObjectError::Unknown(name.to_owned()))?;
            self.container.read_whole(entry).map_err(BundleError::read(name))
        };
        let attached = Attached {
            manifest: self.manifest_sha256(),
            evidence: self.entries(Section::Evidence).map(|e| e.meta.name.as_str()).collect(),
            statements: statements.iter().map(|e| e.meta.name.as_str()).collect(),
            signatures: signatures.iter().map(|e| e.meta.name.as_str()).collect(),
            read: &read,
        };
        assess(&attached, trust, now)
    }

    /// The entries under `statements/` and `signatures/`, as they were verified.
    pub(crate) fn envelopes(&self, signers: &Signers) -> BTreeMap<String, Content> {
        let entries = self.entries(Section::Statement).chain(self.entries(Section::Signature));
        let known = |e: &Entry| {
            let known = signers.envelopes.get(&e.meta.name)?;
            Some((e.meta.name.clone(), Content::new(&self.container.source, e, known.sha256)))
        };
        entries.filter_map(known).collect()
    }

    pub(crate) fn entries(&self, section: Section) -> impl Iterator<Item = &Entry> {
        self.container.entries.iter().filter(move |e| Section::of(&e.meta.name) == Some(section))
    }

    /// Demands a signature that counts, then the manifest and exactly the
    /// entries that it accounts for.
    pub fn verify_signatures(self, trust: &Trust, now: Timestamp) -> Result<SignedBundle, BundleError> {
        self.verify(trust, now, None, None)
    }

    /// The same for a delta, whose other objects are in `base`.
    pub fn verify_with_base(
        self,
        trust: &Trust,
        now: Timestamp,
        base: &SignedBundle,
    ) -> Result<SignedBundle, BundleError> {
        self.verify(trust, now, Some(base), None)
    }

    /// The same for who is about to add a signature, and therefore demands only
    /// what that signature does not add: see [`Trust::lacks`] for what is then
    /// still missing.
    ///
    /// # Errors
    /// As [`Unverified::verify_signatures`].
    pub fn verify_to_sign(
        self,
        trust: &Trust,
        now: Timestamp,
        base: Option<&SignedBundle>,
        adding: &Adding<'_>,
    ) -> Result<SignedBundle, BundleError> {
        self.verify(trust, now, base, Some(adding))
    }

    /// What the signatures say, with the status that this trust gives each,
    /// also by the main modules that the manifest names: to show, not to rely on.
    ///
    /// # Errors
    /// As [`Unverified::signatures`], and a manifest that is not canonical.
    pub fn signers(&self, trust: &Trust, now: Timestamp) -> Result<Signers, BundleError> {
        let mut signers = self.signatures(trust, now)?;
        let manifest = self.manifest_unverified()?;
        trust.narrow(&mut signers, manifest.main_modules.iter().map(|m| m.path.as_str()));
        Ok(signers)
    }

    fn verify(
        self,
        trust: &Trust,
        now: Timestamp,
        base: Option<&SignedBundle>,
        adding: Option<&Adding<'_>>,
    ) -> Result<SignedBundle, BundleError> {
        let mut signers = self.signatures(trust, now)?;
        // Before the manifest is even parsed, somebody trusted must have signed it.
        require_trust(&signers, trust, adding)?;
        let (manifest, objects) = self.account(base)?;
        trust.narrow(&mut signers, manifest.main_modules.iter().map(|m| m.path.as_str()));
        require_trust(&signers, trust, adding)?;
        for entry in &self.container.entries {
            let crc = match entry.meta.name.as_str() {
                names::MANIFEST => Some(crc32fast::hash(&self.manifest_bytes)),
                names::BASE => self.base.as_ref().map(|(_, bytes)| crc32fast::hash(bytes)),
                name => signers.envelopes.get(name).map(|known| known.crc),
            };
            if crc.is_some_and(|crc| crc != entry.meta.crc) {
                return Err(EntriesError::Crc(entry.meta.name.clone()).into());
            }
        }
        let source = &self.container.source;
        let evidence = signers
            .evidence
            .iter()
            .zip(self.entries(Section::Evidence))
            .map(|((name, digest), entry)| (name.clone(), Content::new(source, entry, *digest)))
            .collect();
        Ok(SignedBundle {
            manifest: Arc::new(manifest),
            manifest_sha256: self.manifest_sha256(),
            envelopes: self.envelopes(&signers),
            signers,
            objects,
            evidence,
        })
    }

    /// The manifest, and its objects matched one to one with the entries, or in a
    /// delta with those and the base's.
    pub(crate) fn account(
        &self,
        base: Option<&SignedBundle>,
    ) -> Result<(Manifest, Vec<(Object, Content)>), BundleError> {
        match (&self.base, base) {
            (None, Some(_)) => return Err(DeltaError::NotADelta.into()),
            (Some((wanted, _)), None) => return Err(DeltaError::BaseMissing(wanted.clone()).into()),
            (Some((wanted, _)), Some(given)) => wanted.demand(given.manifest_sha256, &given.manifest)?,
            (None, None) => {}
        }
        let manifest = self.manifest_unverified()?;
        let mut entries = self
            .container
            .entries
            .iter()
            .filter(|e| Section::of(&e.meta.name).is_some_and(Section::is_object));
        let mut objects = Vec::new();
        for object in manifest.objects() {
            if let Some(content) = base.and_then(|b| b.same(&object)) {
                objects.push((object, content));
                continue;
            }
            let Some(entry) = entries.next() else {
                return Err(EntriesError::Missing(object.name).into());
            };
            // Both lists are sorted in the same order, so the smaller name is the odd one.
            match entry.meta.name.cmp(&object.name) {
                std::cmp::Ordering::Less => return Err(EntriesError::Extra(entry.meta.name.clone()).into()),
                std::cmp::Ordering::Greater => return Err(EntriesError::Missing(object.name).into()),
                std::cmp::Ordering::Equal => {}
            }
            let (found, expected) = (entry.meta.size, object.size);
            if found != expected {
                return Err(EntriesError::Size { name: object.name, expected, found }.into());
            }
            bounded(entry, objects::limit(object.kind, &self.limits))?;
            let content = Content::new(&self.container.source, entry, object.sha256);
            objects.push((object, content));
        }
        match entries.next() {
            Some(entry) => Err(EntriesError::Extra(entry.meta.name.clone()).into()),
            None => Ok((manifest, objects)),
        }
    }
}

/// A bundle that somebody trusted has signed: its manifest is what they signed,
/// and every object is either as the manifest says or an error when read.
pub struct SignedBundle {
    manifest: Arc<Manifest>,
    manifest_sha256: Sha256,
    signers: Signers,
    objects: Vec<(Object, Content)>,
    evidence: BTreeMap<String, Content>,
    envelopes: BTreeMap<String, Content>,
}

impl std::fmt::Debug for SignedBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedBundle").field("objects", &self.objects.len()).finish_non_exhaustive()
    }
}

/// What [`SignedBundle::verify_objects`] went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Objects and pieces of evidence.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl SignedBundle {
    /// The signed manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same, for whoever needs it longer than the bundle: it may be large.
    pub fn shared_manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.manifest)
    }

    /// The digest of the manifest's bytes, as signed.
    pub fn manifest_sha256(&self) -> Sha256 {
        self.manifest_sha256
    }

    /// Who signed, and what they stated.
    pub fn signers(&self) -> &Signers {
        &self.signers
    }

    /// Which bundle of its stream this is, for [`LastSeen`](crate::LastSeen).
    pub fn stream_version(&self) -> StreamVersion {
        let mains: BTreeSet<&str> = self.manifest.main_modules.iter().map(|m| m.path.as_str()).collect();
        StreamVersion {
            content_id: self.manifest.content_id.clone(),
            main_modules: mains.into_iter().map(str::to_owned).collect(),
            manifest_sha256: self.manifest_sha256,
            sequence: self.signers.sequence(),
        }
    }

    /// The manifest's objects, in the container's order.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().map(|(object, _)| object)
    }

    /// The window onto an object's bytes, not yet verified.
    pub fn content(&self, name: &str) -> Result<Content, BundleError> {
        match self.object(name) {
            Some((_, content)) => Ok(content.clone()),
            None => Err(ObjectError::Unknown(name.to_owned()).into()),
        }
    }

    pub(super) fn object(&self, name: &str) -> Option<&(Object, Content)> {
        let at = self.objects.binary_search_by(|(o, _)| o.name.as_str().cmp(name)).ok()?;
        self.objects.get(at)
    }

    /// The same object, as a delta means it.
    fn same(&self, object: &Object) -> Option<Content> {
        let (mine, content) = self.object(&object.name)?;
        ((mine.size, mine.sha256) == (object.size, object.sha256)).then(|| content.clone())
    }

    /// Every signature and statement, byte for byte.
    pub(crate) fn read_envelopes(&self) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
        read_envelopes(&self.envelopes)
    }

    /// A reader that verifies an object's size and digest as it goes.
    pub fn read_object(&self, name: &str) -> Result<CheckedReader, BundleError> {
        Ok(self.content(name)?.checked())
    }

    /// The names of the checksum database's evidence.
    pub fn evidence(&self) -> impl Iterator<Item = &str> {
        self.evidence.keys().map(String::as_str)
    }

    /// A piece of evidence, verified.
    pub fn read_evidence(&self, name: &str) -> Result<Vec<u8>, BundleError> {
        let content = self.evidence.get(name).ok_or_else(|| ObjectError::Unknown(name.to_owned()))?;
        content.read_verified()
    }

    /// Reads and checks every object and every piece of evidence. Of several
    /// wrong ones it names the first in the container's order.
    pub fn verify_objects(
        &self,
        jobs: NonZeroUsize,
        progress: &dyn Progress,
    ) -> Result<Verified, BundleError> {
        let all = self.all_contents();
        let bytes = all.iter().map(|c| c.len()).sum();
        let found =
            parallel::each(jobs, &all, true, Vec::new, |buffer, content| content.verify(buffer, progress));
        match found.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(Verified { objects: all.len(), bytes }),
        }
    }

    /// Reads and checks everything, and lists all that is wrong.
    pub fn damaged(&self, jobs: NonZeroUsize, progress: &dyn Progress) -> Vec<(String, BundleError)> {
        let all = self.all_contents();
        let check = |buffer: &mut Vec<u8>, content: &&Content| content.verify(buffer, progress);
        let found = parallel::each(jobs, &all, false, Vec::new, check);
        found.into_iter().map(|(at, error)| (all[at].name().to_owned(), error)).collect()
    }

    /// The objects that go.sum has a hash for.
    pub(crate) fn with_h1(&self) -> impl Iterator<Item = (&Object, &Content, H1)> {
        self.objects.iter().filter_map(|(object, content)| Some((object, content, object.h1?)))
    }

    fn all_contents(&self) -> Vec<&Content> {
        self.objects.iter().map(|(_, content)| content).chain(self.evidence.values()).collect()
    }
}

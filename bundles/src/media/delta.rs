//! Deltas: the manifest and signatures of a whole bundle, with only those
//! objects that an older bundle, the base, lacks (FORMAT.md, section 9).
//!
//! Which objects are left out follows from the two manifests, so there is
//! nothing to be believed: a delta is right or wrong, byte for byte.

use crate::digest::Sha256;
use crate::error::BundleError;
use crate::format::manifest::Manifest;
use crate::format::objects::Object;
use crate::format::reader::SignedBundle;
use crate::format::writer::{BundleWriter, ObjectSource, Written};
use crate::json::{self, JsonError};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;

/// The schema of `base.json`.
pub const DELTA_SCHEMA: &str = "https://airgo.dev/delta/v1";

/// The bundle that a delta builds on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Base {
    /// The base's content id.
    pub content_id: String,
    /// The digest of the base's manifest.
    pub manifest_sha256: Sha256,
    /// [`DELTA_SCHEMA`].
    pub schema: String,
}

/// Why a delta is no use.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// `base.json` is not canonical JSON.
    #[error("malformed base.json: {0}")]
    Json(#[from] JsonError),
    /// `base.json` has another shape.
    #[error("malformed base.json: {0}")]
    Shape(#[from] serde_json::Error),
    /// A schema that this airgo does not speak.
    #[error("the delta's schema is {0:?}, this airgo reads {DELTA_SCHEMA}")]
    Schema(String),
    /// The base is not at hand.
    #[error(
        "the bundle is a delta and needs the bundle that it builds on, with manifest sha256 {}",
        .0.manifest_sha256
    )]
    BaseMissing(Base),
    /// A base was given that the bundle does not build on.
    #[error("the bundle builds on a bundle with manifest sha256 {expected}, not {found}")]
    OtherBase {
        /// What `base.json` names.
        expected: Sha256,
        /// What was given.
        found: Sha256,
    },
    /// A base was given for a bundle that is whole.
    #[error("the bundle is whole and builds on no other")]
    NotADelta,
}

impl Base {
    /// Names a bundle by its manifest.
    pub fn of(manifest: &Manifest) -> Result<Self, BundleError> {
        Ok(Self {
            content_id: manifest.content_id.clone(),
            manifest_sha256: Sha256::of(&manifest.to_bytes()?),
            schema: DELTA_SCHEMA.to_owned(),
        })
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DeltaError> {
        json::check_canonical(bytes)?;
        let base: Self = serde_json::from_slice(bytes)?;
        if base.schema == DELTA_SCHEMA { Ok(base) } else { Err(DeltaError::Schema(base.schema)) }
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, DeltaError> {
        Ok(json::to_canonical(self)?)
    }

    /// Whether this names that bundle.
    pub(crate) fn demand(&self, bundle: &SignedBundle) -> Result<(), DeltaError> {
        let found = bundle.manifest_sha256();
        let same = found == self.manifest_sha256 && bundle.manifest().content_id == self.content_id;
        if same { Ok(()) } else { Err(DeltaError::OtherBase { expected: self.manifest_sha256, found }) }
    }
}

/// The objects of a manifest that a base's lacks: of another name, size or digest.
pub fn missing_from(manifest: &Manifest, base: &Manifest) -> Vec<Object> {
    let known: HashMap<String, Object> = base.objects().into_iter().map(|o| (o.name.clone(), o)).collect();
    let same = |o: &Object| known.get(&o.name).is_some_and(|k| (k.size, k.sha256) == (o.size, o.sha256));
    manifest.objects().into_iter().filter(|o| !same(o)).collect()
}

/// Takes a verified bundle's objects as a new one's.
struct FromBundle<'a>(&'a SignedBundle);

impl ObjectSource for FromBundle<'_> {
    fn open(&self, object: &Object) -> io::Result<Box<dyn Read + Send + '_>> {
        match self.0.read_object(&object.name) {
            Ok(reader) => Ok(Box::new(reader)),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl SignedBundle {
    /// Writes the bundle whole, with the same manifest, evidence and signatures:
    /// of a delta and its base, the very file that the delta was made from.
    pub fn write_whole(
        &self,
        target: &Path,
        jobs: NonZeroUsize,
        progress: &dyn crate::format::content::Progress,
    ) -> Result<Written, BundleError> {
        self.write_as(BundleWriter::create(target, self.manifest())?, jobs, progress)
    }

    /// Writes what a holder of `base` lacks. It carries the same signatures, and
    /// its verifier needs the base.
    pub fn write_delta(
        &self,
        base: &Manifest,
        target: &Path,
        jobs: NonZeroUsize,
        progress: &dyn crate::format::content::Progress,
    ) -> Result<Written, BundleError> {
        self.write_as(BundleWriter::create_delta(target, self.manifest(), base)?, jobs, progress)
    }

    fn write_as(
        &self,
        mut writer: BundleWriter,
        jobs: NonZeroUsize,
        progress: &dyn crate::format::content::Progress,
    ) -> Result<Written, BundleError> {
        writer.write_objects(&FromBundle(self), jobs, progress)?;
        for name in self.evidence() {
            writer.add_evidence(name, self.read_evidence(name)?)?;
        }
        writer.finish_with(&self.read_envelopes()?)
    }
}

//! What a delta builds on, by name (FORMAT.md, section 9), and which objects it
//! then leaves out: that follows from the two manifests.

use super::manifest::Manifest;
use super::manifest_text::ManifestError;
use super::objects::Object;
use crate::digest::Sha256;
use crate::json::{self, JsonError};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

/// Why a delta cannot be used.
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
    pub fn of(manifest: &Manifest) -> Result<Self, ManifestError> {
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

    /// Whether this names the bundle of that manifest, which has that digest.
    pub(crate) fn demand(&self, found: Sha256, manifest: &Manifest) -> Result<(), DeltaError> {
        let same = found == self.manifest_sha256 && manifest.content_id == self.content_id;
        if same { Ok(()) } else { Err(DeltaError::OtherBase { expected: self.manifest_sha256, found }) }
    }
}

/// The objects of a manifest that a base's lacks: of another name, size or digest.
pub fn missing_from(manifest: &Manifest, base: &Manifest) -> Vec<Object> {
    let known: HashMap<String, Object> = base.objects().into_iter().map(|o| (o.name.clone(), o)).collect();
    let same = |o: &Object| known.get(&o.name).is_some_and(|k| (k.size, k.sha256) == (o.size, o.sha256));
    manifest.objects().into_iter().filter(|o| !same(o)).collect()
}

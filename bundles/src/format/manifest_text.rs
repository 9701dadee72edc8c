//! Manifests as bytes: canonical JSON that keeps every rule.

use super::manifest::{Encoding, Manifest, SCHEMA, SCHEMA_2, SCHEMA_3};
use super::manifest_check::{self, RuleError};
use super::manifest_payload;
use crate::json::{self, JsonError};
use serde::Deserialize;

/// Why bytes are not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not the JSON that the format allows.
    #[error("malformed manifest: {0}")]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error("malformed manifest: {0}")]
    Shape(#[source] serde_json::Error),
    /// The right shape, but not the bytes that a writer would write.
    #[error("malformed manifest: an absent field is spelt out at byte {0}")]
    NotCanonical(usize),
    /// A schema that this airgo does not speak.
    #[error("the bundle's schema is {found:?}, this airgo reads {SCHEMA}, {SCHEMA_2} and {SCHEMA_3}")]
    Schema {
        /// What the manifest says.
        found: String,
    },
    /// A layout of the modules' files that this airgo does not know.
    #[error("the payload's encoding is {0:?}, this airgo reads goproxy-tree, compact and exact")]
    Encoding(String),
    /// Well-formed, but against a rule of the format.
    #[error("malformed manifest: {0}")]
    Rule(#[from] RuleError),
    /// A value that JSON cannot hold.
    #[error("the manifest cannot be written: {0}")]
    Write(#[source] serde_json::Error),
}

impl Manifest {
    /// Reads a manifest; accepts only the bytes that [`Manifest::to_bytes`] gives.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        json::check_canonical(bytes)?;
        #[derive(Deserialize)]
        struct Head {
            schema: String,
            payload: Option<HeadPayload>,
        }
        #[derive(Deserialize)]
        struct HeadPayload {
            encoding: String,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(ManifestError::Shape)?;
        if ![SCHEMA, SCHEMA_2, SCHEMA_3].contains(&head.schema.as_str()) {
            return Err(ManifestError::Schema { found: head.schema });
        }
        if let Some(HeadPayload { encoding }) = head.payload
            && serde_json::from_value::<Encoding>(encoding.as_str().into()).is_err()
        {
            return Err(ManifestError::Encoding(encoding));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(ManifestError::Shape)?;
        json::same_canonical(&manifest, bytes)
            .map_err(ManifestError::Write)?
            .map_err(ManifestError::NotCanonical)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        json::to_canonical(self).map_err(ManifestError::Write)
    }

    /// Sorts every list, fills what follows from the rest (`requiredBy`,
    /// `contentId`, `schema`), then checks the rules.
    pub fn seal(mut self) -> Result<Self, ManifestError> {
        self.arrange();
        self.schema = self.needed_schema().to_owned();
        self.content_id = self.compute_content_id();
        self.check()?;
        Ok(self)
    }

    /// Refuses a manifest that breaks a rule of the format.
    pub fn check(&self) -> Result<(), RuleError> {
        manifest_check::check(self)?;
        manifest_payload::check(self)
    }
}

//! What Go's checksum database answered: which tree, which modules, and one
//! digest over all pieces of evidence in the bundle.

use super::kind::Predicate;
use crate::digest::Sha256;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256 as Hasher};
use std::collections::BTreeMap;

/// The predicate `https://airgo.dev/attestation/sumdb/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SumdbEvidence {
    /// The database's name, such as `sum.golang.org`.
    pub database: String,
    /// [`evidence_digest`] of the bundle's evidence.
    pub evidence_sha256: Sha256,
    /// The modules that it verified, by name.
    pub lookups: Vec<Lookup>,
    /// The root hash of the tree that the answers were proved in, in base64.
    pub tree_hash: String,
    /// The number of records of that tree.
    pub tree_size: u64,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lookup {
    /// `path@version`.
    pub module: String,
    /// The number of its record in the database.
    pub record: u64,
}

/// One digest over all evidence: the SHA-256 of a line for each piece, ascending
/// by name, of its digest, two spaces and its name, as `sha256sum` prints them.
pub fn evidence_digest(evidence: &BTreeMap<String, Sha256>) -> Sha256 {
    let mut hasher = Hasher::new();
    for (name, digest) in evidence {
        hasher.update(format!("{digest}  {name}\n"));
    }
    Sha256(hasher.finalize().into())
}

impl Predicate for SumdbEvidence {
    const TYPE: &'static str = "https://airgo.dev/attestation/sumdb/v1";
    const LABEL: &'static str = "sumdb";

    fn check(&self) -> Result<(), String> {
        if !self.lookups.is_sorted_by(|a, b| a < b) {
            return Err("the lookups are not sorted".to_owned());
        }
        match self.lookups.iter().find(|l| l.record >= self.tree_size) {
            Some(l) => Err(format!("the record of {} is beyond the tree", l.module)),
            None => Ok(()),
        }
    }
}

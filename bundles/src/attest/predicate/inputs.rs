//! What a bundle was packed of, as digests: whoever has the same would pack the same.

use super::kind::Predicate;
use crate::digest::Sha256;
use serde::{Deserialize, Serialize};

/// The predicate `https://airgo.dev/attestation/inputs/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    /// What `airgo key` prints: of everything that decides what the bundle holds.
    pub key: Sha256,
    /// Of what the go.mod and go.work files say that decides it, without comments and
    /// order.
    pub modules: Sha256,
    /// Of what the packages of the main modules import.
    pub imports: Sha256,
    /// Of the policy file; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Sha256>,
}

impl Predicate for Inputs {
    const TYPE: &'static str = "https://airgo.dev/attestation/inputs/v1";
    const LABEL: &'static str = "inputs";

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

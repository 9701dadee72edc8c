//! Who signed a bundle and what they stated, each with the status that the
//! verifier's trust gives the signature.

use super::keys::{KeyId, PublicKey};
use super::statement::{self, Attestation};
use super::trusted_key::Revocation;
use crate::digest::Sha256;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a verifier's trust makes of a signature that is cryptographically right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustStatus {
    /// It counts.
    Trusted {
        /// Whose key it is, as far as the trust file says.
        name: Option<String>,
    },
    /// Nobody said to trust the key.
    Unknown,
    /// A trust file revokes the key.
    Revoked(Revocation),
    /// The trust file bounds the key in time, and now is too early.
    NotYetValid(Timestamp),
    /// The trust file bounds the key in time, and now is too late.
    NoLongerValid(Timestamp),
    /// The signer bounded the signature in time, and now is too late.
    Expired(Timestamp),
    /// The signer signed in a role that the trust file does not give the key.
    OtherRole {
        /// The role, if the signature names one.
        claimed: Option<String>,
        /// `file:line` of the key.
        place: Option<String>,
    },
    /// The trust file does not let the key sign for this main module.
    OtherModule {
        /// The main module.
        module: String,
        /// `file:line` of the key.
        place: Option<String>,
    },
}

impl TrustStatus {
    /// Whether the signature counts.
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Trusted { .. })
    }

    /// The name of the rule that refused it, for machines; none if it counts.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Trusted { .. } => None,
            Self::Unknown => Some("unknown-key"),
            Self::Revoked(_) => Some("revoked"),
            Self::NotYetValid(_) => Some("valid-after"),
            Self::NoLongerValid(_) => Some("valid-before"),
            Self::Expired(_) => Some("expires"),
            Self::OtherRole { .. } => Some("roles"),
            Self::OtherModule { .. } => Some("modules"),
        }
    }
}

fn at(place: Option<&String>) -> String {
    place.map(|p| format!(" ({p})")).unwrap_or_default()
}

impl std::fmt::Display for TrustStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trusted { name: Some(name) } => write!(f, "trusted as {name}"),
            Self::Trusted { name: None } => f.write_str("trusted"),
            Self::Unknown => f.write_str("not trusted"),
            Self::Revoked(Revocation { reason, place }) => {
                write!(f, "the key is revoked: {reason} ({place})")
            }
            Self::NotYetValid(t) => write!(f, "the key is trusted only from {t} on"),
            Self::NoLongerValid(t) => write!(f, "the key was trusted only until {t}"),
            Self::Expired(t) => write!(f, "the signature expired at {t}"),
            Self::OtherRole { claimed: Some(role), place } => {
                write!(f, "the key may not sign as {role}{}", at(place.as_ref()))
            }
            Self::OtherRole { claimed: None, place } => {
                write!(f, "the signature names no role, and the key has not just one{}", at(place.as_ref()))
            }
            Self::OtherModule { module, place } => {
                write!(f, "the key may not sign for {module}{}", at(place.as_ref()))
            }
        }
    }
}

/// A key that signed the bundle, rightly as far as cryptography goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSigner {
    /// The key's fingerprint.
    pub key_id: KeyId,
    /// The key, as the signature itself carries it.
    pub public_key: PublicKey,
    /// What it says beside its subjects.
    pub attestation: Attestation,
    /// The entries that it covers beside the manifest.
    pub covers: BTreeMap<String, Sha256>,
    /// The status that the verifier's trust gives it.
    pub status: TrustStatus,
}

/// A signed statement beside the manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedStatement {
    /// Its name, from the entry.
    pub name: String,
    /// Whose it is.
    pub key_id: KeyId,
    /// Whether that key's signature counts.
    pub trusted: bool,
    /// What kind of statement.
    pub predicate_type: String,
    /// The signed payload; empty where the signature does not count.
    pub(super) payload: Vec<u8>,
}

impl SignedStatement {
    /// What it says; null where its signer's signature does not count.
    pub(crate) fn predicate(&self) -> Result<Value, serde_json::Error> {
        if self.payload.is_empty() { Ok(Value::Null) } else { statement::predicate(&self.payload) }
    }
}

/// An envelope as it was read when it was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EnvelopeDigest {
    pub sha256: Sha256,
    pub crc: u32,
}

impl EnvelopeDigest {
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: Sha256::of(bytes), crc: crc32fast::hash(bytes) }
    }
}

/// Who signed, who is trusted, and what they stated. Made only by checking.
#[derive(Debug, Clone, PartialEq)]
pub struct Signers {
    pub(crate) all: Vec<BundleSigner>,
    pub(crate) statements: Vec<SignedStatement>,
    pub(crate) evidence: BTreeMap<String, Sha256>,
    pub(crate) envelopes: BTreeMap<String, EnvelopeDigest>,
}

impl Signers {
    /// All signers, by key.
    pub fn all(&self) -> &[BundleSigner] {
        &self.all
    }

    /// The signers whose signatures count.
    pub fn trusted(&self) -> impl Iterator<Item = &BundleSigner> {
        self.all.iter().filter(|s| s.status.is_trusted())
    }

    /// The number that grows from one bundle of a project to the next, as the
    /// signers that count agree on it.
    pub fn sequence(&self) -> Option<u64> {
        self.trusted().find_map(|s| s.attestation.sequence)
    }

    /// When the first signature that counts will no longer count.
    pub fn expires(&self) -> Option<Timestamp> {
        self.trusted().filter_map(|s| s.attestation.expires.as_deref()?.parse().ok()).min()
    }

    /// All statements, by entry; look at `trusted` before believing one.
    pub fn statements(&self) -> &[SignedStatement] {
        &self.statements
    }
}

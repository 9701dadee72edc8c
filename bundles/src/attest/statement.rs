//! In-toto Statements v1: what a signature says about which files.

use crate::attest::dsse::{Envelope, IN_TOTO};
use crate::attest::entries;
use crate::digest::Sha256;
use crate::json::{self, JsonError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The type of every statement that airgo reads and writes.
pub(crate) const TYPE: &str = "https://in-toto.io/Statement/v1";

/// The predicate type of the attestation that makes a bundle signed.
pub const BUNDLE_ATTESTATION: &str = "https://airgo.dev/attestation/bundle/v1";

/// A statement about entries of a bundle, the manifest always among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What kind of statement.
    pub predicate_type: String,
    /// What it says.
    pub predicate: Value,
    /// The digest of the manifest that it speaks about.
    pub manifest: Sha256,
    /// The other entries that it covers.
    pub covers: BTreeMap<String, Sha256>,
}

/// Why a payload is not a statement about a bundle.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The payload is said to be something else.
    #[error("the payload's type is {0:?}, not {IN_TOTO:?}")]
    PayloadType(String),
    /// Not JSON that every reader understands in the same way.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error(transparent)]
    Shape(#[from] serde_json::Error),
    /// Another version of in-toto.
    #[error("the statement's type is {0:?}, not {TYPE:?}")]
    Type(String),
    /// The manifest is not the first subject.
    #[error("the statement's first subject is not {}", entries::MANIFEST)]
    Subject,
    /// An entry covered twice.
    #[error("the statement's subject {0:?} is named twice")]
    SubjectName(String),
    /// Another kind of statement than its place asks for.
    #[error("the statement's predicate type is {0:?}")]
    PredicateType(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire<P> {
    #[serde(rename = "_type")]
    statement_type: String,
    #[serde(default)]
    predicate: P,
    predicate_type: String,
    subject: Vec<Subject>,
}

/// A statement whose predicate is read as `P`.
pub(crate) struct Read<P> {
    pub predicate_type: String,
    pub predicate: P,
    pub manifest: Sha256,
    pub covers: BTreeMap<String, Sha256>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    pub(super) digest: Digest,
    pub(super) name: String,
}

/// In-toto allows digests by several algorithms; what nobody compares says
/// nothing, so there is one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Digest {
    pub(super) sha256: Sha256,
}

impl Statement {
    /// The payload's bytes, in canonical JSON: the manifest first, then the
    /// other entries by name.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        to_bytes(&self.predicate_type, &self.predicate, self.manifest, &self.covers)
    }

    /// Reads the payload of an envelope, whose signature the caller verifies.
    pub fn parse(envelope: &Envelope) -> Result<Self, StatementError> {
        let Read { predicate_type, predicate, manifest, covers } = Read::parse(envelope)?;
        Ok(Self { predicate_type, predicate, manifest, covers })
    }
}

/// See [`Statement::to_bytes`]. A predicate of thousands of modules is large, so
/// it is written from where it is.
pub(crate) fn to_bytes(
    predicate_type: &str,
    predicate: &Value,
    manifest: Sha256,
    covers: &BTreeMap<String, Sha256>,
) -> Result<Vec<u8>, serde_json::Error> {
    let subject =
        |name: &str, digest: &Sha256| Subject { digest: Digest { sha256: *digest }, name: name.to_owned() };
    let others = covers.iter().map(|(name, digest)| subject(name, digest));
    json::to_canonical(&Wire {
        statement_type: TYPE.to_owned(),
        predicate,
        predicate_type: predicate_type.to_owned(),
        subject: std::iter::once(subject(entries::MANIFEST, &manifest)).chain(others).collect(),
    })
}

/// What the predicate of a statement says, whose payload has been read before.
pub(crate) fn predicate<P: DeserializeOwned + Default>(payload: &[u8]) -> Result<P, serde_json::Error> {
    Ok(serde_json::from_slice::<Wire<P>>(payload)?.predicate)
}

impl<P: DeserializeOwned + Default> Read<P> {
    /// As [`Statement::parse`]; a predicate that nobody asks for yet is passed
    /// over, since one of 12 MiB takes many times that as values.
    pub fn parse(envelope: &Envelope) -> Result<Self, StatementError> {
        if envelope.payload_type != IN_TOTO {
            return Err(StatementError::PayloadType(envelope.payload_type.clone()));
        }
        json::check_strict(&envelope.payload)?;
        let wire: Wire<P> = serde_json::from_slice(&envelope.payload)?;
        if wire.statement_type != TYPE {
            return Err(StatementError::Type(wire.statement_type));
        }
        let mut seen = BTreeSet::new();
        let mut digests = Vec::new();
        for subject in wire.subject {
            if !seen.insert(subject.name.clone()) {
                return Err(StatementError::SubjectName(subject.name));
            }
            digests.push((subject.name, subject.digest.sha256));
        }
        let mut digests = digests.into_iter();
        match digests.next() {
            Some((name, manifest)) if name == entries::MANIFEST => Ok(Self {
                predicate_type: wire.predicate_type,
                predicate: wire.predicate,
                manifest,
                covers: digests.collect(),
            }),
            _ => Err(StatementError::Subject),
        }
    }
}

/// What the attestation under `signatures/` says beside its subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attestation {
    /// Free text of the signer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When the signature stops counting, in UTC (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The signer's public key in OpenSSH's form. It gives no trust; it lets
    /// anyone distinguish a damaged signature from one by an unknown key.
    pub public_key: String,
    /// What the signer signs as, such as `packer` or `reviewer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// A number that grows from one bundle of a project to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When the signer says to have signed, in UTC (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<String>,
}

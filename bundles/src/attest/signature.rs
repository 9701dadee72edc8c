//! Who vouches for a bundle: every signature and statement judged together.
//!
//! A key that signs a bundle leaves `signatures/<key>.dsse.json`, whose subjects
//! are the manifest, the key's own statements and the evidence that the key
//! vouches for. Whatever is beside the manifest's objects is therefore covered
//! by somebody, and a wrong signature refuses the bundle even where nobody
//! needed it: a bundle is as its signers left it, or it is not accepted.

use crate::attest::dsse::{Envelope, EnvelopeError};
use crate::attest::keys::{KeyError, KeyId, PublicKey};
use crate::attest::refusal::Adding;
use crate::attest::statement::{self, Attestation, BUNDLE_ATTESTATION, Read, StatementError};
use crate::attest::trust::{Standing, Trust};
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::format::container::Entry;
use crate::format::names;
use crate::json;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::collections::BTreeMap;

/// A key that signed the bundle, rightly as far as cryptography goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    /// The key's fingerprint.
    pub key_id: KeyId,
    /// The key, as the signature itself carries it.
    pub public_key: PublicKey,
    /// What it says beside its subjects.
    pub attestation: Attestation,
    /// The entries that it covers beside the manifest.
    pub covers: BTreeMap<String, Sha256>,
    /// What the verifier thinks of it.
    pub standing: Standing,
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
    payload: Vec<u8>,
}

impl SignedStatement {
    /// What it says; null where its signer's signature does not count.
    pub(crate) fn predicate(&self) -> Result<Value, serde_json::Error> {
        if self.payload.is_empty() { Ok(Value::Null) } else { statement::predicate(&self.payload) }
    }
}

/// An envelope as it was read when it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    pub sha256: Sha256,
    pub crc: u32,
}

impl Judged {
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: Sha256::of(bytes), crc: crc32fast::hash(bytes) }
    }
}

/// Who signed, who is trusted, and what they stated. Made only by checking.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub(crate) signers: Vec<Signatory>,
    pub(crate) statements: Vec<SignedStatement>,
    pub(crate) evidence: BTreeMap<String, Sha256>,
    pub(crate) envelopes: BTreeMap<String, Judged>,
}

impl Verdict {
    /// All signers, by key.
    pub fn signers(&self) -> &[Signatory] {
        &self.signers
    }

    /// The signers whose signatures count.
    pub fn trusted(&self) -> impl Iterator<Item = &Signatory> {
        self.signers.iter().filter(|s| s.standing.is_trusted())
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

/// Why a bundle's signatures do not let it in.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// None at all.
    #[error("the bundle is not signed")]
    Missing,
    /// An entry that is no envelope.
    #[error("malformed signature {entry}: {source}")]
    Envelope {
        /// The entry.
        entry: String,
        /// Why not.
        source: EnvelopeError,
    },
    /// An envelope whose payload says nothing about a bundle.
    #[error("malformed signature {entry}: {source}")]
    Statement {
        /// The entry.
        entry: String,
        /// Why not.
        source: StatementError,
    },
    /// Claims of another shape, or with a malformed time.
    #[error("malformed signature {entry}: {reason}")]
    Claims {
        /// The entry.
        entry: String,
        /// Why not.
        reason: String,
    },
    /// The public key inside is unusable.
    #[error("malformed signature {entry}: {source}")]
    Key {
        /// The entry.
        entry: String,
        /// Why not.
        source: KeyError,
    },
    /// The entry's name, the envelope and the key do not agree.
    #[error("signature {entry} is by another key than its name says")]
    Name {
        /// The entry.
        entry: String,
    },
    /// The signature is not by that key over that payload.
    #[error("invalid signature {entry} by {key}")]
    Invalid {
        /// The entry.
        entry: String,
        /// The key that it is said to be by.
        key: KeyId,
    },
    /// Signed, but another manifest.
    #[error("the manifest is not the one that {key} signed: signed sha256 {signed}, found {found}")]
    Manifest {
        /// The signer.
        key: KeyId,
        /// The digest in the signature.
        signed: Sha256,
        /// The digest of the manifest.
        found: Sha256,
    },
    /// A signer covers an entry that is gone, changed, or not the signer's to cover.
    #[error("{key} signed an entry {entry} that the bundle does not hold so")]
    Covered {
        /// The signer.
        key: KeyId,
        /// The entry.
        entry: String,
    },
    /// Two signers disagree about an entry.
    #[error("signers disagree about {entry}")]
    Disagree {
        /// The entry.
        entry: String,
    },
    /// An entry that no signature, or none that counts, covers.
    #[error("no trusted signature covers {entry}")]
    Uncovered {
        /// The entry.
        entry: String,
    },
    /// The key has signed this bundle before.
    #[error("{key} has already signed the bundle")]
    AlreadySigned {
        /// The signer.
        key: KeyId,
    },
    /// Signed, but nobody among the signers is trusted.
    #[error("no trusted key signed the bundle; {}", list(.signers))]
    Untrusted {
        /// Who did sign.
        signers: Vec<Signatory>,
    },
    /// Signed by trusted keys, but by too few in a role.
    #[error("{role} needs {} ({place}), {found} of them signed; {}", keys(*.wanted), list(.signers))]
    Threshold {
        /// The role.
        role: String,
        /// How many distinct keys it needs.
        wanted: usize,
        /// How many signed.
        found: usize,
        /// `file:line` of the trust file.
        place: String,
        /// Who did sign.
        signers: Vec<Signatory>,
    },
    /// The trust file demands a sequence.
    #[error("no trusted signature carries a sequence, which the trust file requires")]
    NoSequence,
    /// The trust file demands an expiry.
    #[error("no trusted signature carries an expiry, which the trust file requires")]
    NoExpiry,
    /// Two trusted signers disagree about the sequence.
    #[error("{first} signed sequence {sequence} and {second} sequence {other}")]
    Sequences {
        /// One signer.
        first: KeyId,
        /// Its sequence.
        sequence: u64,
        /// The other.
        second: KeyId,
        /// Its sequence.
        other: u64,
    },
}

fn keys(wanted: usize) -> String {
    if wanted == 1 { "1 key".to_owned() } else { format!("{wanted} distinct keys") }
}

impl SignatureError {
    /// The name of the rule that refused the bundle, for machines.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Missing => "unsigned",
            Self::Envelope { .. } | Self::Statement { .. } | Self::Claims { .. } | Self::Key { .. } => {
                "malformed"
            }
            Self::Name { .. } | Self::Invalid { .. } => "invalid",
            Self::Manifest { .. } | Self::Covered { .. } | Self::Disagree { .. } | Self::Uncovered { .. } => {
                "subject"
            }
            Self::AlreadySigned { .. } => "already-signed",
            // One signer was refused by one rule: that is the one to name.
            Self::Untrusted { signers } => match &signers[..] {
                [one] => one.standing.rule().unwrap_or("untrusted"),
                _ => "untrusted",
            },
            Self::Threshold { .. } => "threshold",
            Self::NoSequence | Self::Sequences { .. } => "sequence",
            Self::NoExpiry => "expires",
        }
    }
}

fn list(signers: &[Signatory]) -> String {
    let one = |s: &Signatory| format!("signed by {} ({})", s.key_id, s.standing);
    signers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The longest remark that is kept of a signature that does not count.
const UNTRUSTED_COMMENT: usize = 4 << 10;

/// What is beside the manifest's objects, as read from the container.
pub(crate) struct Attached<'a> {
    /// The digest of the manifest's bytes.
    pub manifest: Sha256,
    /// Names of the evidence.
    pub evidence: Vec<&'a str>,
    /// Entries under `statements/`.
    pub statements: Vec<&'a Entry>,
    /// Entries under `signatures/`.
    pub signatures: Vec<&'a Entry>,
    /// Reads one of them. Anybody may have added some, as large as the limits
    /// allow: one at a time is in memory, until its signer is known.
    pub read: &'a dyn Fn(&Entry) -> Result<Vec<u8>, BundleError>,
}

/// Checks everything that cryptography can say. The standings are the trust's;
/// whether they suffice is for [`require_trust`].
pub(crate) fn assess(at: &Attached<'_>, trust: &Trust, now: Timestamp) -> Result<Verdict, BundleError> {
    if at.signatures.is_empty() {
        return Err(SignatureError::Missing.into());
    }
    let mut envelopes = BTreeMap::new();
    let mut signers = Vec::new();
    for entry in &at.signatures {
        let (name, bytes) = (&entry.meta.name, (at.read)(entry)?);
        envelopes.insert(name.clone(), Judged::of(&bytes));
        signers.push(check_signature(name, bytes, at.manifest, trust, now)?);
    }
    let mut statements = Vec::new();
    let mut present: BTreeMap<&str, Sha256> = BTreeMap::new();
    for entry in &at.statements {
        let (name, bytes) = (&entry.meta.name, (at.read)(entry)?);
        let judged = Judged::of(&bytes);
        present.insert(name, judged.sha256);
        envelopes.insert(name.clone(), judged);
        statements.push(check_statement(name, bytes, judged.sha256, at.manifest, &signers)?);
    }
    let mut evidence: BTreeMap<String, Sha256> = BTreeMap::new();
    for signer in &signers {
        for (entry, digest) in &signer.covers {
            let refuse = || SignatureError::Covered { key: signer.key_id, entry: entry.clone() };
            if at.evidence.binary_search(&entry.as_str()).is_ok() {
                if evidence.insert(entry.clone(), *digest).is_some_and(|other| other != *digest) {
                    return Err(SignatureError::Disagree { entry: entry.clone() }.into());
                }
                continue;
            }
            // Each vouches for its own statements only: another's may come and go.
            let own = names::parse_statement_name(entry).is_some_and(|(_, key)| key == signer.key_id);
            if !own || present.get(entry.as_str()) != Some(digest) {
                return Err(refuse().into());
            }
        }
    }
    if let Some(entry) = at.evidence.iter().find(|e| !evidence.contains_key(**e)) {
        return Err(SignatureError::Uncovered { entry: (*entry).to_owned() }.into());
    }
    Ok(Verdict { signers, statements, evidence, envelopes })
}

/// Demands that the trust's rules are met, and that a signature that counts
/// covers every piece of evidence.
pub(crate) fn require_trust(
    verdict: &Verdict,
    trust: &Trust,
    adding: Option<&Adding<'_>>,
) -> Result<(), SignatureError> {
    let own = match adding {
        None => trust.demand(verdict).map(|()| None)?,
        Some(adding) => trust.demand_to_sign(verdict, adding).map(|()| Some(adding.key))?,
    };
    for entry in verdict.evidence.keys() {
        // Whoever signs covers all evidence: a key that signs anew vouches for it again.
        let counts = |s: &&Signatory| s.standing.is_trusted() || Some(s.key_id) == own;
        if !verdict.signers.iter().filter(counts).any(|s| s.covers.contains_key(entry)) {
            return Err(SignatureError::Uncovered { entry: entry.clone() });
        }
    }
    Ok(())
}

/// Its predicate is read as `P`.
fn open<P: DeserializeOwned + Default>(
    entry: &str,
    bytes: Vec<u8>,
    key: Option<KeyId>,
) -> Result<(Envelope, Read<P>), SignatureError> {
    let name = || SignatureError::Name { entry: entry.to_owned() };
    let envelope = Envelope::parse(&bytes)
        .map_err(|source| SignatureError::Envelope { entry: entry.to_owned(), source })?;
    drop(bytes);
    if key.ok_or_else(name)? != envelope.key_id {
        return Err(name());
    }
    let statement = Read::parse(&envelope)
        .map_err(|source| SignatureError::Statement { entry: entry.to_owned(), source })?;
    Ok((envelope, statement))
}

fn check_signature(
    entry: &str,
    bytes: Vec<u8>,
    manifest: Sha256,
    trust: &Trust,
    now: Timestamp,
) -> Result<Signatory, SignatureError> {
    let claims = |reason: String| SignatureError::Claims { entry: entry.to_owned(), reason };
    let (envelope, statement) = open::<Value>(entry, bytes, names::parse_signature_name(entry))?;
    if statement.predicate_type != BUNDLE_ATTESTATION {
        let source = StatementError::PredicateType(statement.predicate_type);
        return Err(SignatureError::Statement { entry: entry.to_owned(), source });
    }
    if let Some(member) = json::null_member(&statement.predicate) {
        return Err(claims(format!("the member {member:?} is null")));
    }
    let mut attestation: Attestation =
        serde_json::from_value(statement.predicate).map_err(|e| claims(e.to_string()))?;
    for time in [&attestation.expires, &attestation.signed_at].into_iter().flatten() {
        if crate::info::canonical_time(time).as_deref() != Some(time) {
            return Err(claims(format!("{time:?} is not a canonical UTC time")));
        }
    }
    let public_key = PublicKey::parse(&attestation.public_key)
        .map_err(|source| SignatureError::Key { entry: entry.to_owned(), source })?;
    if public_key.id() != envelope.key_id || public_key.to_openssh() != attestation.public_key {
        return Err(SignatureError::Name { entry: entry.to_owned() });
    }
    if !envelope.verify(&public_key) {
        return Err(SignatureError::Invalid { entry: entry.to_owned(), key: envelope.key_id });
    }
    let key_id = envelope.key_id;
    if statement.manifest != manifest {
        return Err(SignatureError::Manifest { key: key_id, signed: statement.manifest, found: manifest });
    }
    let standing = trust.standing(&key_id, &attestation, now);
    // Nothing depends on the comment of an untrusted signer, and it may have 11 MiB.
    if !standing.is_trusted() && attestation.comment.as_ref().is_some_and(|c| c.len() > UNTRUSTED_COMMENT) {
        attestation.comment = None;
    }
    Ok(Signatory { key_id, public_key, attestation, covers: statement.covers, standing })
}

fn check_statement(
    entry: &str,
    bytes: Vec<u8>,
    digest: Sha256,
    manifest: Sha256,
    signers: &[Signatory],
) -> Result<SignedStatement, SignatureError> {
    let uncovered = || SignatureError::Uncovered { entry: entry.to_owned() };
    let (name, key) =
        names::parse_statement_name(entry).ok_or_else(|| SignatureError::Name { entry: entry.to_owned() })?;
    // The key itself is known from the signature of the same signer.
    let signer = signers.iter().find(|s| s.key_id == key).ok_or_else(uncovered)?;
    if signer.covers.get(entry) != Some(&digest) {
        return Err(uncovered());
    }
    let (envelope, statement) = open::<IgnoredAny>(entry, bytes, Some(key))?;
    if !envelope.verify(&signer.public_key) {
        return Err(SignatureError::Invalid { entry: entry.to_owned(), key });
    }
    if statement.manifest != manifest {
        return Err(SignatureError::Manifest { key, signed: statement.manifest, found: manifest });
    }
    if let Some(other) = statement.covers.keys().next() {
        return Err(SignatureError::Covered { key, entry: other.clone() });
    }
    let trusted = signer.standing.is_trusted();
    Ok(SignedStatement {
        name: name.to_owned(),
        key_id: key,
        trusted,
        predicate_type: statement.predicate_type,
        payload: if trusted { envelope.payload } else { Vec::new() },
    })
}

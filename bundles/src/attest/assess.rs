//! Who signed a bundle: every signature and statement verified together.
//!
//! A key that signs a bundle leaves `signatures/<key>.dsse.json`, whose subjects
//! are the manifest, the key's own statements and the evidence that the key
//! covers. Whatever is beside the manifest's objects is therefore covered
//! by somebody, and a wrong signature refuses the bundle even where nobody
//! needed it: a bundle is as its signers left it, or it is not accepted.

use super::dsse::Envelope;
use super::entries;
use super::keys::{KeyId, PublicKey};
use super::signature_error::SignatureError;
use super::signer::{BundleSigner, EnvelopeDigest, SignedStatement, Signers};
use super::statement::{Attestation, BUNDLE_ATTESTATION, Read, StatementError};
use super::trust::Trust;
use crate::digest::Sha256;
use crate::json;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest remark that is recorded of a signature that is not accepted.
const UNTRUSTED_COMMENT: usize = 4 << 10;

/// What is beside the manifest's objects: entries by name, and what reads them.
pub(crate) struct Attached<'a, E> {
    /// The digest of the manifest's bytes.
    pub manifest: Sha256,
    /// Names of the evidence.
    pub evidence: Vec<&'a str>,
    /// Entries under `statements/`.
    pub statements: Vec<&'a str>,
    /// Entries under `signatures/`.
    pub signatures: Vec<&'a str>,
    /// Reads one of them. Anybody may have added some, as large as the limits
    /// allow: one at a time is in memory, until its signer is known.
    pub read: &'a dyn Fn(&str) -> Result<Vec<u8>, E>,
}

/// Checks everything that cryptography can say. The status of each is the trust's;
/// whether they suffice is for `demand`.
pub(crate) fn assess<E: From<SignatureError>>(
    at: &Attached<'_, E>,
    trust: &Trust,
    now: Timestamp,
) -> Result<Signers, E> {
    if at.signatures.is_empty() {
        return Err(SignatureError::Missing.into());
    }
    let mut envelopes = BTreeMap::new();
    let mut signers = Vec::new();
    for name in &at.signatures {
        let bytes = (at.read)(name)?;
        envelopes.insert((*name).to_owned(), EnvelopeDigest::of(&bytes));
        signers.push(check_signature(name, bytes, at.manifest, trust, now)?);
    }
    let mut statements = Vec::new();
    let mut present: BTreeMap<&str, Sha256> = BTreeMap::new();
    for name in &at.statements {
        let bytes = (at.read)(name)?;
        let known = EnvelopeDigest::of(&bytes);
        present.insert(name, known.sha256);
        envelopes.insert((*name).to_owned(), known);
        statements.push(check_statement(name, bytes, known.sha256, at.manifest, &signers)?);
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
            // Each covers its own statements only: another's may come and go.
            let own = entries::parse_statement_name(entry).is_some_and(|(_, key)| key == signer.key_id);
            if !own || present.get(entry.as_str()) != Some(digest) {
                return Err(refuse().into());
            }
        }
    }
    if let Some(entry) = at.evidence.iter().find(|e| !evidence.contains_key(**e)) {
        return Err(SignatureError::Uncovered { entry: (*entry).to_owned() }.into());
    }
    Ok(Signers { all: signers, statements, evidence, envelopes })
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
) -> Result<BundleSigner, SignatureError> {
    let claims = |reason: String| SignatureError::Claims { entry: entry.to_owned(), reason };
    let (envelope, statement) = open::<Value>(entry, bytes, entries::parse_signature_name(entry))?;
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
    let status = trust.status(&key_id, &attestation, now);
    // Nothing depends on the comment of an untrusted signer, and it may have 11 MiB.
    if !status.is_trusted() && attestation.comment.as_ref().is_some_and(|c| c.len() > UNTRUSTED_COMMENT) {
        attestation.comment = None;
    }
    Ok(BundleSigner { key_id, public_key, attestation, covers: statement.covers, status })
}

fn check_statement(
    entry: &str,
    bytes: Vec<u8>,
    digest: Sha256,
    manifest: Sha256,
    signers: &[BundleSigner],
) -> Result<SignedStatement, SignatureError> {
    let uncovered = || SignatureError::Uncovered { entry: entry.to_owned() };
    let (name, key) = entries::parse_statement_name(entry)
        .ok_or_else(|| SignatureError::Name { entry: entry.to_owned() })?;
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
    let trusted = signer.status.is_trusted();
    Ok(SignedStatement {
        name: name.to_owned(),
        key_id: key,
        trusted,
        predicate_type: statement.predicate_type,
        payload: if trusted { envelope.payload } else { Vec::new() },
    })
}

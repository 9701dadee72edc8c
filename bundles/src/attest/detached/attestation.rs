//! A DSSE envelope over an in-toto Statement whose one subject is the file.

use super::format::{Detached, DetachedError, Format, counts, malformed, sha256};
use crate::attest::dsse::{Envelope, IN_TOTO};
use crate::attest::keys::Signer;
use crate::attest::statement::{Digest, Subject, TYPE};
use crate::attest::trust::Trust;
use crate::json;
use crate::positioned::ReadAt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The predicate type: give it to `cosign verify-blob-attestation --type`.
pub const FILE_ATTESTATION: &str = "https://airgo.dev/attestation/file/v1";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    #[serde(rename = "_type")]
    statement_type: String,
    predicate: Predicate,
    predicate_type: String,
    subject: Vec<Subject>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Predicate {
    /// Bytes of the file.
    size: u64,
}

pub(super) fn sign(signer: &dyn Signer, file: &dyn ReadAt, name: &str) -> Result<Vec<u8>, DetachedError> {
    let wrong = |reason: String| malformed(Format::Attestation, reason);
    let wire = Wire {
        statement_type: TYPE.to_owned(),
        predicate: Predicate { size: file.len() },
        predicate_type: FILE_ATTESTATION.to_owned(),
        subject: vec![Subject { digest: Digest { sha256: sha256(file)? }, name: name.to_owned() }],
    };
    let payload = json::to_canonical(&wire).map_err(|e| wrong(e.to_string()))?;
    Envelope::sign(IN_TOTO, payload, signer)?.to_bytes().map_err(|e| wrong(e.to_string()))
}

pub(super) fn verify(
    file: &dyn ReadAt,
    signature: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    let wrong = |reason: String| malformed(Format::Attestation, reason);
    let envelope = Envelope::parse(signature.trim_ascii_end()).map_err(|e| wrong(e.to_string()))?;
    let unknown = || {
        let status = trust.status_of_key(&envelope.key_id, now);
        let statuses = if status.is_trusted() { Vec::new() } else { vec![(envelope.key_id, status)] };
        DetachedError::Untrusted { statuses }
    };
    let key = trust.keys().find(|k| k.key.id() == envelope.key_id).ok_or_else(unknown)?;
    if !envelope.verify(&key.key) {
        return Err(unknown());
    }
    // Only now, because nobody needs to know what the payload of an unknown signer says.
    json::check_strict(&envelope.payload).map_err(|e| wrong(e.to_string()))?;
    let wire: Wire = serde_json::from_slice(&envelope.payload).map_err(|e| wrong(e.to_string()))?;
    let typed = envelope.payload_type == IN_TOTO && wire.statement_type == TYPE;
    let [subject] = &wire.subject[..] else {
        return Err(wrong("it has not just one subject".to_owned()));
    };
    if !typed || wire.predicate_type != FILE_ATTESTATION {
        return Err(DetachedError::Namespace { found: wire.predicate_type, expected: FILE_ATTESTATION });
    }
    let found = sha256(file)?;
    if found != subject.digest.sha256 || wire.predicate.size != file.len() {
        return Err(DetachedError::OtherFile { signed: subject.digest.sha256, found });
    }
    counts(&key.key, Format::Attestation, None, trust, now)
}

//! Signing: the envelopes of one signer.

use super::claims::Signing;
use super::dsse::{Envelope, EnvelopeError, IN_TOTO};
use super::entries;
use super::keys::KeyError;
use super::statement::{self, Attestation, BUNDLE_ATTESTATION, Statement};
use crate::digest::Sha256;
use std::collections::BTreeMap;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The signer failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The name of a statement is malformed or taken.
    #[error("{0:?} cannot be the name of such an entry")]
    Name(String),
}

fn json_error(e: serde_json::Error) -> KeyError {
    KeyError::Signing(e.to_string())
}

fn encode(envelope: &Envelope) -> Result<Vec<u8>, KeyError> {
    envelope.to_bytes().map_err(|e: EnvelopeError| KeyError::Signing(e.to_string()))
}

/// Adds a signer's statements and attestation to the envelopes.
pub(crate) fn sign(
    envelopes: &mut BTreeMap<String, Vec<u8>>,
    manifest: Sha256,
    evidence: &BTreeMap<String, Sha256>,
    signing: &Signing<'_>,
) -> Result<(), SignError> {
    let key = signing.signer.public_key();
    let id = key.id();
    let taken = |name: &str| SignError::Name(name.to_owned());
    let mut covers = evidence.clone();
    for new in &signing.statements {
        let entry = entries::statement_name(&new.name, &id);
        if !entries::is_label(&new.name) || envelopes.contains_key(&entry) {
            return Err(taken(&entry));
        }
        let nothing = BTreeMap::new();
        let payload = statement::to_bytes(&new.predicate_type, &new.predicate, manifest, &nothing)
            .map_err(json_error)?;
        let bytes = encode(&Envelope::sign(IN_TOTO, payload, signing.signer)?)?;
        covers.insert(entry.clone(), Sha256::of(&bytes));
        envelopes.insert(entry, bytes);
    }
    let claims = &signing.claims;
    let attestation = Attestation {
        comment: claims.comment.clone(),
        expires: claims.expires.map(|t| t.to_string()),
        public_key: key.to_openssh(),
        role: claims.role.clone(),
        sequence: claims.sequence,
        signed_at: claims.signed_at.map(|t| t.to_string()),
    };
    let predicate = serde_json::to_value(&attestation).map_err(json_error)?;
    let statement = Statement { predicate_type: BUNDLE_ATTESTATION.to_owned(), predicate, manifest, covers };
    let payload = statement.to_bytes().map_err(json_error)?;
    let entry = entries::signature_name(&id);
    let bytes = encode(&Envelope::sign(IN_TOTO, payload, signing.signer)?)?;
    match envelopes.insert(entry.clone(), bytes) {
        Some(_) => Err(taken(&entry)),
        None => Ok(()),
    }
}

//! DSSE envelopes (secure-systems-lab/dsse, protocol 1.0.2), one signature each.
//!
//! A signature covers the pre-authentication encoding of payload and type. What
//! it does not cover is the envelope's own JSON: that is therefore canonical,
//! with padded standard base64, so that one envelope has one form.

use crate::attest::keys::{KeyError, KeyId, PublicKey, Signer};
use crate::json::{self, JsonError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A payload with one signature over it, not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The type of the payload.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// The key that is said to have signed.
    pub key_id: KeyId,
    /// The signature.
    pub signature: [u8; 64],
}

/// Why bytes are not an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not canonical JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error(transparent)]
    Shape(#[from] serde_json::Error),
    /// Not exactly one signature.
    #[error("an envelope holds exactly one signature, this one {0}")]
    Count(usize),
    /// Not padded standard base64.
    #[error("the field {0} is not strict base64")]
    Base64(&'static str),
    /// Not 64 bytes.
    #[error("the signature is not 64 bytes")]
    Length,
    /// Not a fingerprint.
    #[error(transparent)]
    KeyId(KeyError),
    /// Another form of the same envelope.
    #[error("the envelope is not in canonical form")]
    NotCanonical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

/// As it is read: base64 has nothing to escape, so the payload stays where it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireRef<'a> {
    payload: &'a str,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    keyid: String,
    sig: String,
}

/// What is signed: `DSSEv1 <length> <type> <length> <payload>`.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend(payload);
    out
}

impl Envelope {
    /// Signs a payload, and verifies what the signer gave.
    pub fn sign(payload_type: &str, payload: Vec<u8>, signer: &dyn Signer) -> Result<Self, KeyError> {
        let signature = signer.sign(&pre_authentication_encoding(payload_type, &payload))?;
        let key = signer.public_key();
        let envelope = Self { payload_type: payload_type.to_owned(), payload, key_id: key.id(), signature };
        if !envelope.verify(key) {
            return Err(KeyError::Signing("the signature does not verify with the signer's key".into()));
        }
        Ok(envelope)
    }

    /// Whether this key signed this payload, and the envelope says that it did.
    pub fn verify(&self, key: &PublicKey) -> bool {
        let message = pre_authentication_encoding(&self.payload_type, &self.payload);
        self.key_id == key.id() && key.verify(&message, &self.signature)
    }

    /// The envelope's bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        let wire = Wire {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: vec![WireSignature {
                keyid: self.key_id.to_string(),
                sig: STANDARD.encode(self.signature),
            }],
        };
        Ok(json::to_canonical(&wire)?)
    }

    /// Reads an envelope; accepts only what [`Envelope::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        json::check_canonical(bytes)?;
        let wire: WireRef<'_> = serde_json::from_slice(bytes)?;
        let [signature] = &wire.signatures[..] else {
            return Err(EnvelopeError::Count(wire.signatures.len()));
        };
        let decode = |field, text: &str| STANDARD.decode(text).map_err(|_| EnvelopeError::Base64(field));
        let envelope = Self {
            payload: decode("payload", wire.payload)?,
            key_id: signature.keyid.parse().map_err(EnvelopeError::KeyId)?,
            signature: decode("sig", &signature.sig)?.try_into().map_err(|_| EnvelopeError::Length)?,
            payload_type: wire.payload_type,
        };
        // Base64 is decoded strictly and the JSON is canonical: the key's name is
        // all that could have been written otherwise.
        if envelope.key_id.to_string() != signature.keyid {
            return Err(EnvelopeError::NotCanonical);
        }
        Ok(envelope)
    }
}

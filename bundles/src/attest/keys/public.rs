//! Public keys: PEM (SubjectPublicKeyInfo) and OpenSSH.

use super::error::KeyError;
use super::id::KeyId;
use crate::positioned::{ReadAt, each_chunk};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io;
use std::path::Path;

const SSH_TYPE: &str = "ssh-ed25519";

/// An ed25519 public key that is safe to verify with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Takes the 32 bytes of a key; refuses points of small order, for which
    /// signatures can be made without a private key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key =
            VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Malformed("not a curve point".into()))?;
        Self::from_dalek(key)
    }

    pub(super) fn from_dalek(key: VerifyingKey) -> Result<Self, KeyError> {
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(Self(key)) }
    }

    /// The 32 bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The OpenSSH fingerprint.
    pub fn id(&self) -> KeyId {
        KeyId(Sha256::digest(self.ssh_blob()).into())
    }

    /// Verifies a signature (RFC 8032, cofactorless, canonical encodings only).
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// The same for a whole file, in bounded memory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn verify_file(&self, file: &dyn ReadAt, signature: &[u8; 64]) -> io::Result<bool> {
        verify_stream(self, file, signature)
    }

    /// Reads a key file: PEM, or a line of OpenSSH.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeyError::Read { path: path.display().to_string(), source })?;
        Self::parse(&text)
    }

    /// Reads PEM (`BEGIN PUBLIC KEY`) or one line of OpenSSH (`ssh-ed25519 AAAA… comment`).
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.contains("PRIVATE KEY-----") {
            return Err(KeyError::PrivateGiven);
        }
        if text.starts_with("-----BEGIN PUBLIC KEY-----") {
            let key =
                VerifyingKey::from_public_key_pem(text).map_err(|e| KeyError::Malformed(e.to_string()))?;
            return Self::from_dalek(key);
        }
        let mut words = text.split([' ', '\t']).filter(|w| !w.is_empty());
        match (words.next(), words.next()) {
            (Some(SSH_TYPE), Some(blob)) if !text.contains('\n') => Self::from_ssh_base64(blob),
            (Some(other), Some(blob)) if blob.starts_with("AAAA") && !text.contains('\n') => {
                Err(KeyError::Algorithm(other.to_owned()))
            }
            _ => Err(KeyError::Unrecognised),
        }
    }

    /// Reads the base64 part of an OpenSSH public key.
    pub(crate) fn from_ssh_base64(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed("not an OpenSSH ed25519 public key".into());
        let blob = STANDARD.decode(text).map_err(|_| malformed())?;
        let (head, key) = blob.split_last_chunk::<32>().ok_or_else(malformed)?;
        if head != ssh_head() {
            return Err(malformed());
        }
        Self::from_bytes(key)
    }

    /// OpenSSH's encoding of the key (RFC 8709).
    pub(crate) fn ssh_blob(&self) -> Vec<u8> {
        let mut blob = ssh_head();
        blob.extend(self.as_bytes());
        blob
    }

    /// The key as a line of OpenSSH without a comment and a newline.
    pub fn to_openssh(&self) -> String {
        format!("{SSH_TYPE} {}", STANDARD.encode(self.ssh_blob()))
    }

    /// The key as PEM (SubjectPublicKeyInfo), for openssl and cosign.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0.to_public_key_pem(Default::default()).map_err(|e| KeyError::Malformed(e.to_string()))
    }
}

/// Verifies a signature over a file as strictly as [`PublicKey::verify`].
fn verify_stream(public: &PublicKey, file: &dyn ReadAt, signature: &[u8; 64]) -> io::Result<bool> {
    // The half that is a point must not be of small order.
    let (point, _) = signature.split_at(32);
    let point = <[u8; 32]>::try_from(point).ok().and_then(|p| VerifyingKey::from_bytes(&p).ok());
    if point.is_none_or(|p| p.is_weak()) {
        return Ok(false);
    }
    let Ok(mut verifier) = public.0.verify_stream(&Signature::from_bytes(signature)) else {
        return Ok(false);
    };
    each_chunk(file, |part| verifier.update(part))?;
    Ok(verifier.finalize_and_verify().is_ok())
}

/// What precedes the key in OpenSSH's encoding: two length-prefixed strings (RFC 8709).
fn ssh_head() -> Vec<u8> {
    let mut head = Vec::with_capacity(51);
    head.extend((SSH_TYPE.len() as u32).to_be_bytes());
    head.extend(SSH_TYPE.as_bytes());
    head.extend(32_u32.to_be_bytes());
    head
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_openssh())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

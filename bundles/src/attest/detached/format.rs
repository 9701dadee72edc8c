//! The formats, what a signature in one of them says, and why it does not count.

use crate::attest::keys::{KeyError, KeyId, PublicKey};
use crate::attest::signer::TrustStatus;
use crate::attest::trust::Trust;
use crate::digest::Sha256;
use crate::positioned::{ReadAt, each_chunk};
use airgo_model::shortage::Shortage;
use airgo_model::{Hint, Line};
use jiff::Timestamp;
use sha2::Digest as _;
use std::io;

/// The kinds of detached signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// The 64 bytes of a pure ed25519 signature (RFC 8032).
    Raw,
    /// Those bytes in standard base64.
    Base64,
    /// OpenSSH's armored signature (PROTOCOL.sshsig), namespace `airgo-bundle@v1`.
    Ssh,
    /// minisign's, prehashed.
    Minisign,
    /// A DSSE envelope over an in-toto Statement about the file.
    Attestation,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Raw, Self::Base64, Self::Ssh, Self::Minisign, Self::Attestation];

    /// What is added to the file's name for the signature's.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Raw => ".sig",
            Self::Base64 => ".sig.b64",
            Self::Ssh => ".sshsig",
            Self::Minisign => ".minisig",
            Self::Attestation => ".att.json",
        }
    }
}

/// A detached signature that verifies with a trusted key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// How it was written.
    pub format: Format,
    /// Who signed.
    pub key_id: KeyId,
    /// Whose key it is, as far as the trust says.
    pub name: Option<String>,
    /// What the signature says beside: minisign's trusted comment.
    pub comment: Option<String>,
}

/// Why a detached signature does not count for a file.
#[derive(Debug, thiserror::Error)]
pub enum DetachedError {
    /// The file cannot be read.
    #[error("cannot read the signed file: {0}")]
    Read(#[from] io::Error),
    /// None of the formats.
    #[error("not a detached signature that airgo knows (raw, base64, SSH, minisign, DSSE)")]
    Unrecognised,
    /// One of the formats, broken.
    #[error("malformed {format:?} signature: {reason}")]
    Malformed {
        /// The format.
        format: Format,
        /// What is wrong.
        reason: String,
    },
    /// Signed for another purpose.
    #[error("the signature is for {found:?}, not for {expected:?}")]
    Namespace {
        /// What it is for.
        found: String,
        /// What it must be for.
        expected: &'static str,
    },
    /// It is about another file.
    #[error("the attestation is about a file of sha256 {signed}, this one is {found}")]
    OtherFile {
        /// The digest in the attestation.
        signed: Sha256,
        /// The file's.
        found: Sha256,
    },
    /// No key that counts made it, or the file was changed.
    #[error("no trusted key made this signature over this file{}", listed(.statuses))]
    Untrusted {
        /// The keys that it may be by, and why they do not count.
        statuses: Vec<(KeyId, TrustStatus)>,
    },
    /// The signer failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl DetachedError {
    /// What the machine lacks, where that is the cause.
    pub fn shortage(&self) -> Option<&Shortage> {
        if let Self::Key(key) = self { key.shortage() } else { None }
    }
}

impl Hint for DetachedError {
    fn hint(&self) -> Option<Line> {
        self.shortage().and_then(Hint::hint)
    }
}

fn listed(list: &[(KeyId, TrustStatus)]) -> String {
    list.iter().map(|(key, status)| format!("; by {key} ({status})")).collect()
}

pub(super) fn malformed(format: Format, reason: impl Into<String>) -> DetachedError {
    DetachedError::Malformed { format, reason: reason.into() }
}

/// The SHA-256 of a file.
///
/// # Errors
/// A file that cannot be read.
pub fn sha256(file: &dyn ReadAt) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    each_chunk(file, |part| hasher.update(part))?;
    Ok(Sha256(hasher.finalize().into()))
}

/// The result for a signature that verifies with this key.
pub(super) fn counts(
    key: &PublicKey,
    format: Format,
    comment: Option<String>,
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    let key_id = key.id();
    match trust.status_of_key(&key_id, now) {
        TrustStatus::Trusted { name } => Ok(Detached { format, key_id, name, comment }),
        status => Err(DetachedError::Untrusted { statuses: vec![(key_id, status)] }),
    }
}

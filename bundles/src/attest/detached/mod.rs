//! Signatures beside the file, over all of its bytes, that other tools verify.
//!
//! | format | file | verified by |
//! |---|---|---|
//! | [`Format::Raw`] | `.sig` | `openssl pkeyutl -verify -rawin` |
//! | [`Format::Base64`] | `.sig.b64` | `cosign verify-blob` |
//! | [`Format::Ssh`] | `.sshsig` | `ssh-keygen -Y verify -n airgo-bundle@v1` |
//! | [`Format::Minisign`] | `.minisig` | `minisign -V` |
//! | [`Format::Attestation`] | `.att.json` | `cosign verify-blob-attestation` |
//!
//! The bundle's own signatures, inside it, say more and are what airgo goes by;
//! these are for whoever lets a file across the gap without having airgo. The
//! key is the same ed25519 key throughout. Files are read in bounded memory.
//!
//! ```
//! use airgo_bundle::detached::{self, Format};
//! use airgo_bundle::keys::{Signer as _, SigningKey};
//! use airgo_bundle::{ReadAt, Trust, TrustedKey};
//! use std::sync::Arc;
//! let key = SigningKey::generate()?;
//! let file: Arc<dyn ReadAt> = Arc::new(b"a bundle's bytes".to_vec());
//! let now = jiff::Timestamp::UNIX_EPOCH;
//! let signature = detached::sign(&key, &file, Format::Minisign, "app.airgo", now)?;
//! let mut trust = Trust::new();
//! trust.add(TrustedKey::new(key.public_key().clone(), None));
//! assert_eq!(detached::verify(&*file, &signature, &trust, now)?.key_id, key.public_key().id());
//! # Ok::<(), airgo_bundle::detached::DetachedError>(())
//! ```

mod attestation;
mod minisign;
mod ssh;

pub use attestation::FILE_ATTESTATION;
pub use minisign::public_key as minisign_public_key;

use crate::attest::keys::{KeyError, KeyId, PublicKey, Signer, each_piece};
use crate::attest::trust::{Standing, Trust};
use crate::digest::Sha256;
use crate::positioned::ReadAt;
use airgo_model::shortage::Shortage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::Digest as _;
use std::io;
use std::sync::Arc;

/// Bytes of a detached signature; more is none.
const MAX_SIGNATURE: usize = 64 << 10;

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

/// Why a detached signature does not vouch for a file.
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
    #[error("no trusted key made this signature over this file{}", tell(.standings))]
    Untrusted {
        /// The keys that it may be by, and why they do not count.
        standings: Vec<(KeyId, Standing)>,
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

fn tell(list: &[(KeyId, Standing)]) -> String {
    list.iter().map(|(key, standing)| format!("; by {key} ({standing})")).collect()
}

fn malformed(format: Format, reason: impl Into<String>) -> DetachedError {
    DetachedError::Malformed { format, reason: reason.into() }
}

/// The SHA-256 of a file.
///
/// # Errors
/// A file that cannot be read.
pub fn sha256(file: &dyn ReadAt) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    each_piece(file, |part| hasher.update(part))?;
    Ok(Sha256(hasher.finalize().into()))
}

/// Signs a whole file. Its name and the time go where the format has a place
/// for them: minisign's trusted comment and the attestation's subject.
///
/// # Errors
/// A signer that fails, or a file that cannot be read or changes meanwhile.
pub fn sign(
    signer: &dyn Signer,
    file: &Arc<dyn ReadAt>,
    format: Format,
    name: &str,
    now: Timestamp,
) -> Result<Vec<u8>, DetachedError> {
    Ok(match format {
        Format::Raw => signer.sign_file(file)?.to_vec(),
        Format::Base64 => (STANDARD.encode(signer.sign_file(file)?) + "\n").into_bytes(),
        Format::Ssh => ssh::sign(signer, &**file)?.into_bytes(),
        Format::Minisign => minisign::sign(signer, &**file, name, now)?.into_bytes(),
        Format::Attestation => attestation::sign(signer, &**file, name)?,
    })
}

/// Checks a detached signature of any format against the keys that a trust
/// lets sign now. Roles and main modules are the business of the signatures
/// inside a bundle; a revoked or expired key counts here neither.
///
/// # Errors
/// Anything but a right signature by a key that counts.
pub fn verify(
    file: &dyn ReadAt,
    signature: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    if signature.len() > MAX_SIGNATURE {
        return Err(DetachedError::Unrecognised);
    }
    if let Ok(raw) = <[u8; 64]>::try_from(signature) {
        return verify_plain(file, &raw, Format::Raw, trust, now);
    }
    if signature.starts_with(b"-----BEGIN SSH SIGNATURE-----") {
        return ssh::verify(file, signature, trust, now);
    }
    if signature.starts_with(b"untrusted comment: ") {
        return minisign::verify(file, signature, trust, now);
    }
    if signature.starts_with(b"{") {
        return attestation::verify(file, signature, trust, now);
    }
    match STANDARD.decode(signature.trim_ascii()).ok().and_then(|b| b.try_into().ok()) {
        Some(raw) => verify_plain(file, &raw, Format::Base64, trust, now),
        None => Err(DetachedError::Unrecognised),
    }
}

/// A format that names no key: every trusted key may have made it.
fn verify_plain(
    file: &dyn ReadAt,
    signature: &[u8; 64],
    format: Format,
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    for key in trust.keys() {
        if key.key.verify_file(file, signature)? {
            return counts(&key.key, format, None, trust, now);
        }
    }
    Err(DetachedError::Untrusted { standings: Vec::new() })
}

/// The result for a signature that verifies with this key.
fn counts(
    key: &PublicKey,
    format: Format,
    comment: Option<String>,
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    let key_id = key.id();
    match trust.standing_of_key(&key_id, now) {
        Standing::Trusted { name } => Ok(Detached { format, key_id, name, comment }),
        standing => Err(DetachedError::Untrusted { standings: vec![(key_id, standing)] }),
    }
}

//! Ed25519 keys: the formats that openssl and ssh-keygen read and write.
//!
//! A key's name is its OpenSSH fingerprint, `SHA256:` and unpadded base64: the
//! one that `ssh-keygen -l` prints, and the only key id that sigstore's
//! verifiers accept beside an empty one.

mod command;
mod private;
mod public;
mod stream;

pub use command::{CommandError, CommandSigner, split_command};
pub use private::{Passphrase, SigningKey, create_private_file};
pub use public::PublicKey;
pub(crate) use stream::each_piece;

use crate::attest::trust_file::TrustFileError;
use crate::positioned::ReadAt;
use airgo_model::shortage::Shortage;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

/// The fingerprint of a public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// The 32 bytes of the fingerprint.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The fingerprint as part of a file's name: `SHA256-` and base64url.
    pub fn file_safe(&self) -> String {
        format!("SHA256-{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Reads [`KeyId::file_safe`] back.
    pub fn from_file_safe(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("SHA256-")?).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", STANDARD_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.strip_prefix("SHA256:")
            .and_then(|b| STANDARD_NO_PAD.decode(b).ok())
            .and_then(|b| b.try_into().ok())
            .map(Self)
            .ok_or_else(|| KeyError::Fingerprint(s.to_owned()))
    }
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read key file {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot write key file {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A key would overwrite something.
    #[error("{path} exists, and a key file is never overwritten")]
    Exists {
        /// The file.
        path: String,
    },
    /// Neither PEM nor OpenSSH.
    #[error("not a PEM or OpenSSH ed25519 key")]
    Unrecognised,
    /// A private key where a public one was wanted.
    #[error("a private key was given where a public key is wanted")]
    PrivateGiven,
    /// A public key where a private one was wanted.
    #[error("a public key was given where a private key is wanted")]
    PublicGiven,
    /// RSA, ECDSA and so on.
    #[error("the key is {0}, only ed25519 keys are supported")]
    Algorithm(String),
    /// The right kind of file, broken.
    #[error("malformed key: {0}")]
    Malformed(String),
    /// A key that signs anything for anyone.
    #[error("the key is a weak point of the curve")]
    Weak,
    /// Encrypted, and nobody to ask.
    #[error("the key is encrypted and no passphrase was given")]
    PassphraseMissing,
    /// Encrypted, and the passphrase does not open it.
    #[error("the passphrase does not open the key")]
    PassphraseWrong,
    /// Not `SHA256:` and 32 bytes of base64.
    #[error("malformed key fingerprint {0:?}")]
    Fingerprint(String),
    /// A trust file says something that is not understood.
    #[error(transparent)]
    TrustFile(#[from] TrustFileError),
    /// A signing command did not sign.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A signing command or a token failed.
    #[error("signing failed: {0}")]
    Signing(String),
}

impl KeyError {
    /// What the machine lacks, where that is the cause.
    pub fn shortage(&self) -> Option<&Shortage> {
        match self {
            Self::Command(CommandError::Shortage { shortage, .. }) => Some(shortage),
            _ => None,
        }
    }
}

/// Something that signs for a public key: a key in memory, a command, a token.
pub trait Signer {
    /// The key that the signatures verify with.
    fn public_key(&self) -> &PublicKey;

    /// A pure ed25519 signature (RFC 8032) of the message.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// The same for a whole file, in bounded memory.
    fn sign_file(&self, file: &Arc<dyn ReadAt>) -> Result<[u8; 64], KeyError>;
}

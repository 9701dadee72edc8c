//! Why a key cannot be used, or did not sign.

use airgo_model::shortage::Shortage;
use airgo_model::{Hint, Line};
use std::io;
use std::time::Duration;

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

impl Hint for KeyError {
    fn hint(&self) -> Option<Line> {
        self.shortage().and_then(Hint::hint)
    }
}

/// Why a signing command did not sign.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The words of the command are not well-formed.
    #[error("malformed signing command: {0}")]
    Words(&'static str),
    /// It could not be started.
    #[error("cannot run the signing command {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// Talking to it failed.
    #[error("cannot talk to the signing command {program}: {source}")]
    Talk {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system starts no process for it, or no thread that talks to it.
    #[error("cannot run the signing command {program}: {shortage}")]
    Shortage {
        /// The program.
        program: String,
        /// What the system refused.
        shortage: Shortage,
    },
    /// It took too long and was ended.
    #[error("the signing command {program} did not end within {} s", .limit.as_secs())]
    Timeout {
        /// The program.
        program: String,
        /// How long it had.
        limit: Duration,
    },
    /// It failed.
    #[error("the signing command {program} failed: {status}")]
    Status {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// It wrote something else than a signature.
    #[error("the signing command {program} wrote {found} bytes that are not an ed25519 signature")]
    Output {
        /// The program.
        program: String,
        /// How many bytes.
        found: usize,
    },
    /// It signed with another key, or something else.
    #[error("the signature of the signing command {program} does not verify with the public key {key}")]
    Wrong {
        /// The program.
        program: String,
        /// The key that was wanted.
        key: String,
    },
}

//! Why a bundle's signatures do not let it in.

use super::dsse::EnvelopeError;
use super::keys::{KeyError, KeyId};
use super::signer::{BundleSigner, Signers};
use super::statement::StatementError;
use crate::digest::Sha256;

/// A role in which too few keys signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The role.
    pub role: String,
    /// How many distinct keys it needs.
    pub wanted: usize,
    /// How many signed.
    pub found: usize,
    /// `file:line` of the trust file.
    pub place: String,
}

/// Why a bundle's signatures do not let it in.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// None at all.
    #[error("the bundle is not signed")]
    Missing,
    /// An entry that is not an envelope.
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
        signers: Vec<BundleSigner>,
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
        signers: Vec<BundleSigner>,
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
                [one] => one.status.rule().unwrap_or("untrusted"),
                _ => "untrusted",
            },
            Self::Threshold { .. } => "threshold",
            Self::NoSequence | Self::Sequences { .. } => "sequence",
            Self::NoExpiry => "expires",
        }
    }
}

fn list(signers: &[BundleSigner]) -> String {
    let one = |s: &BundleSigner| format!("signed by {} ({})", s.key_id, s.status);
    signers.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl SignatureError {
    pub(crate) fn threshold(lack: Lack, signers: &Signers) -> Self {
        let Lack { role, wanted, found, place } = lack;
        Self::Threshold { role, wanted, found, place, signers: signers.all().to_vec() }
    }
}

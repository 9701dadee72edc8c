//! Why signatures do not let a bundle in, as types that advice follows from:
//! each cause wants another remedy.

use super::keys::KeyId;
use super::signature_error::{Lack, SignatureError};
use super::signer::{BundleSigner, TrustStatus};

/// One cause for which signatures are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Nobody signed.
    Unsigned,
    /// Bytes that were signed, or a signature's own, are not as they were made.
    Damaged,
    /// The verifier trusts none of the keys that signed.
    UnknownSigner,
    /// A trust file revokes the key.
    Revoked(KeyId),
    /// The trust file lets the key sign only later.
    NotYetValid(KeyId),
    /// The trust file let the key sign only earlier.
    NoLongerValid(KeyId),
    /// The signature has expired.
    Expired(KeyId),
    /// The trust file does not give the key the role that it signed in.
    OtherRole(KeyId),
    /// The trust file does not let the key sign for this main module.
    OtherModule(KeyId),
    /// Too few signed in a role.
    MissingRole(Lack),
    /// The trust file demands a sequence.
    NoSequence,
    /// The trust file demands an expiry.
    NoExpiry,
    /// Signers that count state different sequences.
    Sequences,
    /// Evidence that no signature which counts covers.
    Uncovered,
    /// The key has signed the bundle before.
    AlreadySigned,
}

impl Cause {
    fn of(signer: &BundleSigner) -> Option<Self> {
        let key = signer.key_id;
        match signer.status {
            TrustStatus::Trusted { .. } => None,
            TrustStatus::Unknown => Some(Self::UnknownSigner),
            TrustStatus::Revoked(_) => Some(Self::Revoked(key)),
            TrustStatus::NotYetValid(_) => Some(Self::NotYetValid(key)),
            TrustStatus::NoLongerValid(_) => Some(Self::NoLongerValid(key)),
            TrustStatus::Expired(_) => Some(Self::Expired(key)),
            TrustStatus::OtherRole { .. } => Some(Self::OtherRole(key)),
            TrustStatus::OtherModule { .. } => Some(Self::OtherModule(key)),
        }
    }
}

impl SignatureError {
    /// The causes, the foremost first.
    pub fn causes(&self) -> Vec<Cause> {
        let mut all = Vec::new();
        let mut add = |cause: Cause| {
            if !all.contains(&cause) {
                all.push(cause);
            }
        };
        match self {
            Self::Missing => add(Cause::Unsigned),
            Self::Envelope { .. }
            | Self::Statement { .. }
            | Self::Claims { .. }
            | Self::Key { .. }
            | Self::Name { .. }
            | Self::Invalid { .. }
            | Self::Manifest { .. }
            | Self::Covered { .. }
            | Self::Disagree { .. } => add(Cause::Damaged),
            Self::Uncovered { .. } => add(Cause::Uncovered),
            Self::AlreadySigned { .. } => add(Cause::AlreadySigned),
            Self::Untrusted { signers } => {
                // A key that is known and refused says more than unknown ones do.
                let known = |s: &&BundleSigner| s.status != TrustStatus::Unknown;
                signers.iter().filter(known).filter_map(Cause::of).for_each(&mut add);
                signers.iter().filter(|s| !known(s)).filter_map(Cause::of).for_each(add);
            }
            Self::Threshold { role, wanted, found, place, signers } => {
                add(Cause::MissingRole(Lack {
                    role: role.clone(),
                    wanted: *wanted,
                    found: *found,
                    place: place.clone(),
                }));
                // Anybody may add a signature: one by an unknown key is not a reason.
                let known = |s: &&BundleSigner| s.status != TrustStatus::Unknown;
                signers.iter().filter(known).filter_map(Cause::of).for_each(add);
            }
            Self::NoSequence => add(Cause::NoSequence),
            Self::NoExpiry => add(Cause::NoExpiry),
            Self::Sequences { .. } => add(Cause::Sequences),
        }
        all
    }
}

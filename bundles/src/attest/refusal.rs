//! Why signatures do not let a bundle in, as types that advice follows from:
//! each cause wants another remedy.

use crate::attest::keys::KeyId;
use crate::attest::signature::{Signatory, SignatureError, Verdict};
use crate::attest::trust::{Standing, Trust};
use crate::format::tail::Claims;
use std::collections::BTreeSet;

/// The role in which `airgo pack` signs. Whoever signs after the packer demands
/// its signature; the other roles may sign in any order.
pub const PACKER: &str = "packer";

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
    fn of(signer: &Signatory) -> Option<Self> {
        let key = signer.key_id;
        match signer.standing {
            Standing::Trusted { .. } => None,
            Standing::Unknown => Some(Self::UnknownSigner),
            Standing::Revoked(_) => Some(Self::Revoked(key)),
            Standing::NotYetValid(_) => Some(Self::NotYetValid(key)),
            Standing::NoLongerValid(_) => Some(Self::NoLongerValid(key)),
            Standing::Expired(_) => Some(Self::Expired(key)),
            Standing::OtherRole { .. } => Some(Self::OtherRole(key)),
            Standing::OtherModule { .. } => Some(Self::OtherModule(key)),
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
                let known = |s: &&Signatory| s.standing != Standing::Unknown;
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
                let known = |s: &&Signatory| s.standing != Standing::Unknown;
                signers.iter().filter(known).filter_map(Cause::of).for_each(add);
            }
            Self::NoSequence => add(Cause::NoSequence),
            Self::NoExpiry => add(Cause::NoExpiry),
            Self::Sequences { .. } => add(Cause::Sequences),
        }
        all
    }
}

/// A signature that is about to be added to a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Adding<'a> {
    /// By whom.
    pub key: KeyId,
    /// What it will claim.
    pub claims: &'a Claims,
    /// Whether it takes the place of one by the same key.
    pub replace: bool,
}

impl Trust {
    /// The roles in which too few keys signed, in the order of their names.
    pub fn lacks(&self, verdict: &Verdict) -> Vec<Lack> {
        let lack = |(name, role): (&String, &crate::attest::trust::Role)| {
            let in_role = |s: &&Signatory| self.role_of(s) == Some(name.as_str());
            // A set, though the container holds at most one signature of a key.
            let found = verdict.trusted().filter(in_role).map(|s| s.key_id).collect::<BTreeSet<_>>().len();
            (found < role.threshold).then(|| Lack {
                role: name.clone(),
                wanted: role.threshold,
                found,
                place: role.place.clone(),
            })
        };
        self.roles.iter().filter_map(lack).collect()
    }

    /// Demands what a bundle needs before one more signature is added: somebody
    /// trusted signed it, the packer where the trust file has that role, and the
    /// new signature does not contradict those that count. What else is missing
    /// is for [`Trust::lacks`] to say, because others may sign later.
    ///
    /// # Errors
    /// The first rule that is not met, by name.
    pub(crate) fn demand_to_sign(
        &self,
        verdict: &Verdict,
        adding: &Adding<'_>,
    ) -> Result<(), SignatureError> {
        let expired = |s: &Signatory| matches!(s.standing, Standing::Expired(_));
        let renewed =
            adding.replace && verdict.signers().iter().any(|s| s.key_id == adding.key && expired(s));
        if renewed {
            return Ok(());
        }
        if verdict.trusted().next().is_none() {
            return Err(SignatureError::Untrusted { signers: verdict.signers().to_vec() });
        }
        let adds = adding.claims.role.as_deref();
        if let Some(lack) = self.lacks(verdict).into_iter().find(|l| l.role == PACKER && adds != Some(PACKER))
        {
            return Err(SignatureError::threshold(lack, verdict));
        }
        let others = verdict.trusted().filter(|s| s.key_id != adding.key || !adding.replace);
        let stated = others.filter_map(|s| Some((s.key_id, s.attestation.sequence?)));
        let own = adding.claims.sequence.map(|sequence| (adding.key, sequence));
        self.agree(stated.chain(own))?;
        let expires = verdict.trusted().any(|s| s.attestation.expires.is_some());
        if self.needs_expiry && adding.claims.expires.is_none() && !expires {
            return Err(SignatureError::NoExpiry);
        }
        Ok(())
    }

    /// Demands one sequence of all signers, and any where the trust file asks for it.
    pub(crate) fn agree(
        &self,
        mut sequences: impl Iterator<Item = (KeyId, u64)>,
    ) -> Result<(), SignatureError> {
        match sequences.next() {
            None if self.needs_sequence => Err(SignatureError::NoSequence),
            None => Ok(()),
            Some((first, sequence)) => match sequences.find(|(_, other)| *other != sequence) {
                Some((second, other)) => Err(SignatureError::Sequences { first, sequence, second, other }),
                None => Ok(()),
            },
        }
    }
}

impl SignatureError {
    pub(crate) fn threshold(lack: Lack, verdict: &Verdict) -> Self {
        let Lack { role, wanted, found, place } = lack;
        Self::Threshold { role, wanted, found, place, signers: verdict.signers().to_vec() }
    }
}

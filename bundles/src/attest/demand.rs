//! What a verifier demands of a bundle's signatures together: enough of them, in
//! each role, that agree.

use super::claims::Claims;
use super::keys::KeyId;
use super::signature_error::{Lack, SignatureError};
use super::signer::{BundleSigner, Signers, TrustStatus};
use super::trust::Trust;
use super::trusted_key::Role;
use std::collections::BTreeSet;

/// The role in which `airgo pack` signs. Whoever signs after the packer demands
/// its signature; the other roles may sign in any order.
pub const PACKER: &str = "packer";

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
    pub fn lacks(&self, signers: &Signers) -> Vec<Lack> {
        let lack = |(name, role): (&String, &Role)| {
            let in_role = |s: &&BundleSigner| self.role_of(s) == Some(name.as_str());
            // A set, though the container holds at most one signature of a key.
            let found = signers.trusted().filter(in_role).map(|s| s.key_id).collect::<BTreeSet<_>>().len();
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
        signers: &Signers,
        adding: &Adding<'_>,
    ) -> Result<(), SignatureError> {
        let expired = |s: &BundleSigner| matches!(s.status, TrustStatus::Expired(_));
        let renewed = adding.replace && signers.all().iter().any(|s| s.key_id == adding.key && expired(s));
        if renewed {
            return Ok(());
        }
        if signers.trusted().next().is_none() {
            return Err(SignatureError::Untrusted { signers: signers.all().to_vec() });
        }
        let adds = adding.claims.role.as_deref();
        if let Some(lack) = self.lacks(signers).into_iter().find(|l| l.role == PACKER && adds != Some(PACKER))
        {
            return Err(SignatureError::threshold(lack, signers));
        }
        let others = signers.trusted().filter(|s| s.key_id != adding.key || !adding.replace);
        let stated = others.filter_map(|s| Some((s.key_id, s.attestation.sequence?)));
        let own = adding.claims.sequence.map(|sequence| (adding.key, sequence));
        self.agree(stated.chain(own))?;
        let expires = signers.trusted().any(|s| s.attestation.expires.is_some());
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

    /// Demands that the signatures that count are enough: one at least, as many
    /// in each role as the trust files say, agreed on the sequence, and with a
    /// sequence and an expiry where they are demanded. The same key counts once.
    ///
    /// # Errors
    /// The first rule that is not met, by name.
    pub fn demand(&self, signers: &Signers) -> Result<(), SignatureError> {
        if signers.trusted().next().is_none() {
            return Err(SignatureError::Untrusted { signers: signers.all.clone() });
        }
        if let Some(lack) = self.lacks(signers).into_iter().next() {
            return Err(SignatureError::threshold(lack, signers));
        }
        self.agree(signers.trusted().filter_map(|s| Some((s.key_id, s.attestation.sequence?))))?;
        if self.needs_expiry && signers.trusted().all(|s| s.attestation.expires.is_none()) {
            return Err(SignatureError::NoExpiry);
        }
        Ok(())
    }
}

/// Demands that the trust's rules are met, and that a signature that counts
/// covers every piece of evidence.
pub(crate) fn require_trust(
    signers: &Signers,
    trust: &Trust,
    adding: Option<&Adding<'_>>,
) -> Result<(), SignatureError> {
    let own = match adding {
        None => trust.demand(signers).map(|()| None)?,
        Some(adding) => trust.demand_to_sign(signers, adding).map(|()| Some(adding.key))?,
    };
    for entry in signers.evidence.keys() {
        // Whoever signs covers all evidence: a key that signs again covers it again.
        let counts = |s: &&BundleSigner| s.status.is_trusted() || Some(s.key_id) == own;
        if !signers.all.iter().filter(counts).any(|s| s.covers.contains_key(entry)) {
            return Err(SignatureError::Uncovered { entry: entry.clone() });
        }
    }
    Ok(())
}

//! Whose signatures count, and how many of them a bundle needs.
//!
//! A verifier names keys one by one ([`Trust::add`], [`Trust::load`] with a
//! public key or an allowed-signers file), or in a trust file
//! (`trust_file.rs`), which also knows roles, revocations and what a key may
//! sign for. Several files add up: what one of them refuses stays refused.
//!
//! Each signature gets a [`TrustStatus`] by itself; then [`Trust::demand`] asks
//! whether those that count suffice. Nothing is trusted by default.

use super::keys::KeyId;
use super::signer::{BundleSigner, Signers, TrustStatus};
use super::statement::Attestation;
use super::trusted_key::{Revocation, Role, TrustedKey};
use airgo_gomod::module::match_prefix_patterns;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The keys that a verifier trusts, and what it demands of a bundle.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub(crate) keys: BTreeMap<KeyId, TrustedKey>,
    pub(crate) revoked: BTreeMap<KeyId, Revocation>,
    /// Role and number of distinct keys that it needs.
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) needs_sequence: bool,
    pub(crate) needs_expiry: bool,
}

impl Trust {
    /// Trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a key. Of two bounds for one key the later call's stand, unless a
    /// trust file has bound it: then the file's do.
    pub fn add(&mut self, key: TrustedKey) {
        let id = key.key.id();
        let bound = self.keys.get(&id).is_some_and(|k| k.place.is_some());
        if !bound || key.place.is_some() {
            self.keys.insert(id, key);
        }
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The trusted keys.
    pub fn keys(&self) -> impl Iterator<Item = &TrustedKey> {
        self.keys.values()
    }

    /// The roles that a bundle needs, with the number of keys for each.
    pub fn roles(&self) -> impl Iterator<Item = (&str, usize)> {
        self.roles.iter().map(|(name, role)| (name.as_str(), role.threshold))
    }

    /// What to think of a key at this moment, whatever it signed.
    pub fn status_of_key(&self, key: &KeyId, now: Timestamp) -> TrustStatus {
        if let Some(revocation) = self.revoked.get(key) {
            return TrustStatus::Revoked(revocation.clone());
        }
        let Some(trusted) = self.keys.get(key) else { return TrustStatus::Unknown };
        if let Some(from) = trusted.valid_after.filter(|t| now < *t) {
            return TrustStatus::NotYetValid(from);
        }
        if let Some(until) = trusted.valid_before.filter(|t| now >= *t) {
            return TrustStatus::NoLongerValid(until);
        }
        TrustStatus::Trusted { name: trusted.name.clone() }
    }

    /// What to think of a valid signature by this key at this moment. What it may
    /// sign for is checked by [`Trust::demand`], which knows the manifest.
    pub fn status(&self, key: &KeyId, attestation: &Attestation, now: Timestamp) -> TrustStatus {
        let status = self.status_of_key(key, now);
        let (TrustStatus::Trusted { .. }, Some(trusted)) = (&status, self.keys.get(key)) else {
            return status;
        };
        let expires = attestation.expires.as_deref().and_then(|t| t.parse::<Timestamp>().ok());
        if let Some(t) = expires.filter(|t| now >= *t) {
            return TrustStatus::Expired(t);
        }
        let claimed = attestation.role.as_deref();
        if !trusted.roles.is_empty() && trusted.role_for(claimed).is_none() {
            return TrustStatus::OtherRole {
                claimed: claimed.map(str::to_owned),
                place: trusted.place.clone(),
            };
        }
        status
    }

    /// Gives the signatures their status once more, now that the main modules are known.
    pub(crate) fn narrow<'a>(&self, signers: &mut Signers, mains: impl Iterator<Item = &'a str> + Clone) {
        for signer in &mut signers.all {
            let Some(trusted) = self.keys.get(&signer.key_id).filter(|_| signer.status.is_trusted()) else {
                continue;
            };
            let Some(patterns) = &trusted.modules else { continue };
            let foreign = |main: &&str| !patterns.iter().any(|pattern| matches(pattern, main));
            if let Some(module) = mains.clone().find(foreign) {
                let (module, place) = (module.to_owned(), trusted.place.clone());
                signer.status = TrustStatus::OtherModule { module, place };
            }
        }
        for statement in &mut signers.statements {
            let by = |s: &&BundleSigner| s.key_id == statement.key_id && s.status.is_trusted();
            statement.trusted = signers.all.iter().find(by).is_some();
        }
    }

    /// The role in which a signer's signature counts.
    pub fn role_of(&self, signer: &BundleSigner) -> Option<&str> {
        let trusted = self.keys.get(&signer.key_id).filter(|_| signer.status.is_trusted())?;
        trusted.role_for(signer.attestation.role.as_deref())
    }
}

/// GOPRIVATE's patterns, and `=path` for that path alone.
fn matches(pattern: &str, module: &str) -> bool {
    match pattern.strip_prefix('=') {
        Some(path) => path == module,
        None => match_prefix_patterns(pattern, module),
    }
}

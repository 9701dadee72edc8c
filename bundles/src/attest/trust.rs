//! Whose signatures count, and how many of them a bundle needs.
//!
//! A verifier names keys one by one ([`Trust::add`], [`Trust::load`] with a
//! public key or an allowed-signers file), or in a trust file
//! (`trust_file.rs`), which also knows roles, revocations and what a key may
//! sign for. Several files add up: what one of them refuses stays refused.
//!
//! Each signature gets a [`Standing`] by itself; then [`Trust::demand`] asks
//! whether those that count suffice. Nothing is trusted by default.

use crate::attest::keys::{KeyError, KeyId, PublicKey};
use crate::attest::signature::{Signatory, SignatureError, Verdict};
use crate::attest::statement::Attestation;
use airgo_gomod::module::match_prefix_patterns;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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

/// A key that a verifier trusts, and within which bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Whose it is, as far as the trust file says.
    pub name: Option<String>,
    /// Not before this moment.
    pub valid_after: Option<Timestamp>,
    /// Only before this moment.
    pub valid_before: Option<Timestamp>,
    /// The roles it may sign in; empty counts in no role.
    pub roles: BTreeSet<String>,
    /// The main modules it may sign for, as patterns like GOPRIVATE's, `=path`
    /// for one path alone; none is all.
    pub modules: Option<Vec<String>>,
    /// `file:line` of the trust file that bounds it.
    pub place: Option<String>,
}

/// A key that counts for nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Why, as the trust file says.
    pub reason: String,
    /// `file:line` of the trust file.
    pub place: String,
}

/// What a role needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// How many distinct keys must sign in it, at least one.
    pub threshold: usize,
    /// `file:line` of the trust file.
    pub place: String,
}

impl TrustedKey {
    /// A key without bounds and without a role.
    pub fn new(key: PublicKey, name: Option<String>) -> Self {
        Self {
            key,
            name,
            valid_after: None,
            valid_before: None,
            roles: BTreeSet::new(),
            modules: None,
            place: None,
        }
    }

    /// The role in which a signature with this claim counts: the one claimed, or
    /// the only one that the key has.
    fn role_for(&self, claimed: Option<&str>) -> Option<&str> {
        match claimed {
            Some(role) => self.roles.get(role).map(String::as_str),
            None => self.roles.first().filter(|_| self.roles.len() == 1).map(String::as_str),
        }
    }
}

/// What a verifier thinks of a signature that is cryptographically right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It counts.
    Trusted {
        /// Whose key it is, as far as the trust file says.
        name: Option<String>,
    },
    /// Nobody said to trust the key.
    Unknown,
    /// A trust file revokes the key.
    Revoked(Revocation),
    /// The trust file bounds the key in time, and now is too early.
    NotYetValid(Timestamp),
    /// The trust file bounds the key in time, and now is too late.
    NoLongerValid(Timestamp),
    /// The signer bounded the signature in time, and now is too late.
    Expired(Timestamp),
    /// The signer signed in a role that the trust file does not give the key.
    OtherRole {
        /// The role, if the signature names one.
        claimed: Option<String>,
        /// `file:line` of the key.
        place: Option<String>,
    },
    /// The trust file does not let the key sign for this main module.
    OtherModule {
        /// The main module.
        module: String,
        /// `file:line` of the key.
        place: Option<String>,
    },
}

impl Standing {
    /// Whether the signature counts.
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Trusted { .. })
    }

    /// The name of the rule that refused it, for machines; none if it counts.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Trusted { .. } => None,
            Self::Unknown => Some("unknown-key"),
            Self::Revoked(_) => Some("revoked"),
            Self::NotYetValid(_) => Some("valid-after"),
            Self::NoLongerValid(_) => Some("valid-before"),
            Self::Expired(_) => Some("expires"),
            Self::OtherRole { .. } => Some("roles"),
            Self::OtherModule { .. } => Some("modules"),
        }
    }
}

fn at(place: Option<&String>) -> String {
    place.map(|p| format!(" ({p})")).unwrap_or_default()
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trusted { name: Some(name) } => write!(f, "trusted as {name}"),
            Self::Trusted { name: None } => f.write_str("trusted"),
            Self::Unknown => f.write_str("not trusted"),
            Self::Revoked(Revocation { reason, place }) => {
                write!(f, "the key is revoked: {reason} ({place})")
            }
            Self::NotYetValid(t) => write!(f, "the key is trusted only from {t} on"),
            Self::NoLongerValid(t) => write!(f, "the key was trusted only until {t}"),
            Self::Expired(t) => write!(f, "the signature expired at {t}"),
            Self::OtherRole { claimed: Some(role), place } => {
                write!(f, "the key may not sign as {role}{}", at(place.as_ref()))
            }
            Self::OtherRole { claimed: None, place } => {
                write!(f, "the signature names no role, and the key has not just one{}", at(place.as_ref()))
            }
            Self::OtherModule { module, place } => {
                write!(f, "the key may not sign for {module}{}", at(place.as_ref()))
            }
        }
    }
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

    /// Trusts the keys of a file: a trust file if its name ends in `.toml`, else
    /// PEM, OpenSSH public keys, or an allowed-signers file. Says how many; keys
    /// of other algorithms are passed over.
    ///
    /// # Errors
    /// A file that cannot be read, or says something that is not understood:
    /// nothing of it is trusted then.
    pub fn load(&mut self, path: &Path) -> Result<usize, KeyError> {
        let read = |source| KeyError::Read { path: path.display().to_string(), source };
        let text = crate::attest::trust_file::read_text(path).map_err(read)?;
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            let base = path.parent().unwrap_or(Path::new("."));
            return Ok(self.parse_trust_file(&path.display().to_string(), &text, base)?);
        }
        self.parse(&text)
    }

    /// Trusts the keys of a text that is no trust file, as [`Trust::load`] does.
    ///
    /// # Errors
    /// As for [`Trust::load`].
    pub fn parse(&mut self, text: &str) -> Result<usize, KeyError> {
        let found = crate::attest::allowed_signers::parse(text)?;
        let count = found.len();
        found.into_iter().for_each(|key| self.add(key));
        Ok(count)
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
    pub fn standing_of_key(&self, key: &KeyId, now: Timestamp) -> Standing {
        if let Some(revocation) = self.revoked.get(key) {
            return Standing::Revoked(revocation.clone());
        }
        let Some(trusted) = self.keys.get(key) else { return Standing::Unknown };
        if let Some(from) = trusted.valid_after.filter(|t| now < *t) {
            return Standing::NotYetValid(from);
        }
        if let Some(until) = trusted.valid_before.filter(|t| now >= *t) {
            return Standing::NoLongerValid(until);
        }
        Standing::Trusted { name: trusted.name.clone() }
    }

    /// What to think of a valid signature by this key at this moment. What it may
    /// sign for is judged by [`Trust::demand`], which knows the manifest.
    pub fn standing(&self, key: &KeyId, attestation: &Attestation, now: Timestamp) -> Standing {
        let standing = self.standing_of_key(key, now);
        let (Standing::Trusted { .. }, Some(trusted)) = (&standing, self.keys.get(key)) else {
            return standing;
        };
        let expires = attestation.expires.as_deref().and_then(|t| t.parse::<Timestamp>().ok());
        if let Some(t) = expires.filter(|t| now >= *t) {
            return Standing::Expired(t);
        }
        let claimed = attestation.role.as_deref();
        if !trusted.roles.is_empty() && trusted.role_for(claimed).is_none() {
            return Standing::OtherRole { claimed: claimed.map(str::to_owned), place: trusted.place.clone() };
        }
        standing
    }

    /// Judges the signatures once more, now that the main modules are known.
    pub(crate) fn narrow<'a>(&self, verdict: &mut Verdict, mains: impl Iterator<Item = &'a str> + Clone) {
        for signer in &mut verdict.signers {
            let Some(trusted) = self.keys.get(&signer.key_id).filter(|_| signer.standing.is_trusted()) else {
                continue;
            };
            let Some(patterns) = &trusted.modules else { continue };
            let foreign = |main: &&str| !patterns.iter().any(|pattern| matches(pattern, main));
            if let Some(module) = mains.clone().find(foreign) {
                let (module, place) = (module.to_owned(), trusted.place.clone());
                signer.standing = Standing::OtherModule { module, place };
            }
        }
        for statement in &mut verdict.statements {
            let by = |s: &&Signatory| s.key_id == statement.key_id && s.standing.is_trusted();
            statement.trusted = verdict.signers.iter().find(by).is_some();
        }
    }

    /// Demands that the signatures that count are enough: one at least, as many
    /// in each role as the trust files say, agreed on the sequence, and with a
    /// sequence and an expiry where they are demanded. The same key counts once.
    ///
    /// # Errors
    /// The first rule that is not met, by name.
    pub fn demand(&self, verdict: &Verdict) -> Result<(), SignatureError> {
        if verdict.trusted().next().is_none() {
            return Err(SignatureError::Untrusted { signers: verdict.signers.clone() });
        }
        if let Some(lack) = self.lacks(verdict).into_iter().next() {
            return Err(SignatureError::threshold(lack, verdict));
        }
        self.agree(verdict.trusted().filter_map(|s| Some((s.key_id, s.attestation.sequence?))))?;
        if self.needs_expiry && verdict.trusted().all(|s| s.attestation.expires.is_none()) {
            return Err(SignatureError::NoExpiry);
        }
        Ok(())
    }

    /// The role in which a signer's signature counts.
    pub fn role_of(&self, signer: &Signatory) -> Option<&str> {
        let trusted = self.keys.get(&signer.key_id).filter(|_| signer.standing.is_trusted())?;
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

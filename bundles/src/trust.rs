//! Whose signatures count.

use crate::keys::{KeyError, KeyId, PublicKey};
use crate::statement::Attestation;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

/// The keys that a verifier trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: BTreeMap<KeyId, TrustedKey>,
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
}

impl TrustedKey {
    /// A key without bounds.
    pub fn new(key: PublicKey, name: Option<String>) -> Self {
        Self { key, name, valid_after: None, valid_before: None }
    }
}

/// What a verifier thinks of a signature that is cryptographically right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Trusted {
        /// Whose key it is, as far as the trust file says.
        name: Option<String>,
    },
    /// Nobody said to trust the key.
    Unknown,
    /// The trust file bounds the key in time, and now is too early.
    NotYetValid(Timestamp),
    /// The trust file bounds the key in time, and now is too late.
    NoLongerValid(Timestamp),
    /// The signer bounded the signature in time, and now is too late.
    Expired(Timestamp),
}

impl Standing {
    /// Whether the signature counts.
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Trusted { .. })
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trusted { name: Some(name) } => write!(f, "trusted as {name}"),
            Self::Trusted { name: None } => f.write_str("trusted"),
            Self::Unknown => f.write_str("not trusted"),
            Self::NotYetValid(t) => write!(f, "the key is trusted only from {t} on"),
            Self::NoLongerValid(t) => write!(f, "the key was trusted only until {t}"),
            Self::Expired(t) => write!(f, "the signature expired at {t}"),
        }
    }
}

impl Trust {
    /// Trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts a key. Of two bounds for one key the later call's stand.
    pub fn add(&mut self, key: TrustedKey) {
        self.keys.insert(key.key.id(), key);
    }

    /// Trusts the keys of a file: PEM, OpenSSH public keys, or an allowed-signers
    /// file. Says how many; keys of other algorithms are passed over.
    pub fn load(&mut self, path: &Path) -> Result<usize, KeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeyError::Read { path: path.display().to_string(), source })?;
        self.parse(&text)
    }

    /// Trusts the keys of a text, as [`Trust::load`] does those of a file.
    pub fn parse(&mut self, text: &str) -> Result<usize, KeyError> {
        let found = crate::allowed_signers::parse(text)?;
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

    /// What to think of a valid signature by this key at this moment.
    pub fn standing(&self, key: &KeyId, attestation: &Attestation, now: Timestamp) -> Standing {
        let Some(trusted) = self.keys.get(key) else { return Standing::Unknown };
        if let Some(from) = trusted.valid_after.filter(|t| now < *t) {
            return Standing::NotYetValid(from);
        }
        if let Some(until) = trusted.valid_before.filter(|t| now >= *t) {
            return Standing::NoLongerValid(until);
        }
        let expires = attestation.expires.as_deref().and_then(|t| t.parse::<Timestamp>().ok());
        match expires.filter(|t| now >= *t) {
            Some(t) => Standing::Expired(t),
            None => Standing::Trusted { name: trusted.name.clone() },
        }
    }
}

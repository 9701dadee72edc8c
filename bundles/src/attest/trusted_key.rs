//! A key that a verifier trusts and its bounds, as files of keys state them.

use super::keys::PublicKey;
use jiff::Timestamp;
use std::collections::BTreeSet;

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
    pub(super) fn role_for(&self, claimed: Option<&str>) -> Option<&str> {
        match claimed {
            Some(role) => self.roles.get(role).map(String::as_str),
            None => self.roles.first().filter(|_| self.roles.len() == 1).map(String::as_str),
        }
    }
}

//! What somebody who signs says.

use super::keys::Signer;
use serde_json::Value;

/// What a signer claims beside the contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Free text.
    pub comment: Option<String>,
    /// When the signature stops counting.
    pub expires: Option<jiff::Timestamp>,
    /// What the signer signs as, such as `packer` or `reviewer`.
    pub role: Option<String>,
    /// A number that grows from one bundle of a project to the next.
    pub sequence: Option<u64>,
    /// When the signature is made.
    pub signed_at: Option<jiff::Timestamp>,
}

/// A statement to be signed beside the manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStatement {
    /// Its name in the entry: lower-case letters, digits and hyphens.
    pub name: String,
    /// Its predicate type, a URI.
    pub predicate_type: String,
    /// Its predicate; integers only, no floats.
    pub predicate: Value,
}

/// One signer's part in a bundle.
pub struct Signing<'a> {
    /// Who signs.
    pub signer: &'a dyn Signer,
    /// What the signer claims.
    pub claims: Claims,
    /// What else the signer states.
    pub statements: Vec<NewStatement>,
}

impl<'a> Signing<'a> {
    /// A signature without claims and statements.
    pub fn new(signer: &'a dyn Signer) -> Self {
        Self { signer, claims: Claims::default(), statements: Vec::new() }
    }
}

//! A kind of statement as a type: written from it, and read back.

use crate::attest::claims::NewStatement;
use crate::attest::keys::KeyId;
use crate::attest::signer::{SignedStatement, Signers};
use crate::json;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A statement of a kind that airgo itself makes and reads.
pub trait Predicate: Serialize + DeserializeOwned {
    /// The predicate type of the in-toto Statement.
    const TYPE: &'static str;
    /// The label in the entry's name.
    const LABEL: &'static str;

    /// What the shape alone does not say; says what is wrong.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Why a statement is not of the kind that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum PredicateError {
    /// A label of ours with the predicate type of something else.
    #[error("the statement {label} of {key} is of type {found:?}, not {expected:?}")]
    Type {
        /// The label.
        label: String,
        /// The signer.
        key: KeyId,
        /// The predicate type that it has.
        found: String,
        /// The predicate type that the label stands for.
        expected: &'static str,
    },
    /// The right type with other members than the type has.
    #[error("the statement {label} of {key} is malformed: {reason}")]
    Shape {
        /// The label.
        label: String,
        /// The signer.
        key: KeyId,
        /// What is wrong.
        reason: String,
    },
    /// A value that cannot be written.
    #[error("the statement {label} cannot be made: {reason}")]
    Invalid {
        /// The label.
        label: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl NewStatement {
    /// A statement to be signed, under the label of its kind.
    ///
    /// # Errors
    /// A predicate that breaks the rules of its own kind, such as a malformed time.
    pub fn of<P: Predicate>(predicate: &P) -> Result<Self, PredicateError> {
        let invalid = |reason| PredicateError::Invalid { label: P::LABEL, reason };
        predicate.check().map_err(invalid)?;
        let value = serde_json::to_value(predicate).map_err(|e| invalid(e.to_string()))?;
        Ok(Self { name: P::LABEL.to_owned(), predicate_type: P::TYPE.to_owned(), predicate: value })
    }
}

impl SignedStatement {
    /// What the statement says, if it is labelled as one of this kind.
    ///
    /// # Errors
    /// The label of this kind with another predicate type or another shape.
    pub fn read<P: Predicate>(&self) -> Result<Option<P>, PredicateError> {
        if self.name != P::LABEL {
            return Ok(None);
        }
        let (label, key) = (self.name.clone(), self.key_id);
        if self.predicate_type != P::TYPE {
            let found = self.predicate_type.clone();
            return Err(PredicateError::Type { label, key, found, expected: P::TYPE });
        }
        let shape = |reason| PredicateError::Shape { label: self.name.clone(), key, reason };
        let said = self.predicate().map_err(|e| shape(e.to_string()))?;
        if let Some(member) = json::null_member(&said) {
            return Err(shape(format!("the member {member:?} is null")));
        }
        let read: P = serde_json::from_value(said).map_err(|e| shape(e.to_string()))?;
        read.check().map_err(shape)?;
        Ok(Some(read))
    }
}

impl Signers {
    /// All statements of a kind whose signers count, with their keys; a statement
    /// by anybody else is passed over.
    ///
    /// # Errors
    /// A trusted signer's statement of this kind that cannot be read.
    pub fn trusted_statements<P: Predicate>(&self) -> Result<Vec<(KeyId, P)>, PredicateError> {
        let mut found = Vec::new();
        for statement in self.statements().iter().filter(|s| s.trusted) {
            found.extend(statement.read::<P>()?.map(|p| (statement.key_id, p)));
        }
        Ok(found)
    }
}

/// Refuses a time that is not canonical, by the name of its member.
pub(super) fn check_time(member: &str, time: Option<&String>) -> Result<(), String> {
    match time {
        Some(t) if crate::info::canonical_time(t).as_ref() != Some(t) => {
            Err(format!("{member} {t:?} is not a canonical UTC time"))
        }
        _ => Ok(()),
    }
}

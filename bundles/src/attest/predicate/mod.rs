//! What signers say that differs from run to run, as types: where the modules
//! came from, what policy made of them, what the checksum database answered; what
//! the bundle was packed of; and that nothing is missing.
//!
//! The manifest of a bundle is the same wherever it is packed; these statements
//! are not, and are therefore signed beside it (FORMAT.md, section 7). A
//! [`Predicate`] knows its label and its predicate type, so that
//! [`NewStatement::of`] writes one and [`SignedStatement::read`] reads it back.
//!
//! ```
//! use airgo_bundle::predicate::{PolicyVerdict, Predicate as _, Ruling};
//! use airgo_bundle::NewStatement;
//! let verdict = PolicyVerdict::new("2026-09-01T00:00:00Z", Ruling::Allow);
//! let statement = NewStatement::of(&verdict)?;
//! assert_eq!(statement.name, "verdict");
//! assert_eq!(statement.predicate_type, PolicyVerdict::TYPE);
//! # Ok::<(), airgo_bundle::predicate::PredicateError>(())
//! ```

mod completeness;
mod evidence;
mod inputs;
mod kind;
mod provenance;
mod verdict;

pub use completeness::Completeness;
pub use evidence::{Lookup, SumdbEvidence, evidence_digest};
pub use inputs::Inputs;
pub use kind::{Predicate, PredicateError};
pub use provenance::{
    BuildDefinition, Builder, Dependency, DependencyNotes, Origin, PACK_BUILD, PackParameters, PackSettings,
    Provenance, RunDetails, RunMetadata,
};
pub use verdict::{
    DataRecord, ExceptionRecord, FindingRecord, PluginRecord, PolicyVerdict, Ruling, SignerRecord,
    VerdictCounts,
};

//! The one shape of an error.
//!
//! A failure is one lower-case sentence, an aligned block of the values that
//! differ, what was and was not written, and hints with the command to run.

use airgo_model::{Hint, Line};
use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};

/// What kind of failure it is, which a program may act upon. The numbers are
/// those of airgo's exit codes, and a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FailureKind {
    /// Could not do it: network, disk, a bad go.mod.
    Failed = 1,
    /// The request is wrong.
    Usage = 2,
    /// A signature is missing, invalid or not trusted.
    Signature = 10,
    /// Bytes do not have the checksum that they must have.
    Checksum = 11,
    /// A policy refused the bundle.
    Policy = 12,
    /// The bundle is malformed or over a limit.
    Malformed = 13,
    /// A vendor directory is not what go would write.
    Vendor = 14,
    /// Interrupted.
    Interrupted = 130,
}

impl FailureKind {
    /// Its number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command did not do what was asked; boxed, since every result of this
/// crate carries the size of one.
#[derive(Clone, Debug)]
pub struct Failure(Box<Details>);

/// What a failure says.
#[derive(Clone, Debug)]
pub struct Details {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// One lower-case sentence that names module@version where there is one.
    pub message: Line,
    /// Labelled values, aligned under the sentence.
    pub facts: Vec<(Line, Line)>,
    /// Lines shown as they are: a frame of a go.mod, a chain of requirements.
    pub block: Vec<Line>,
    /// What was and was not written.
    pub outcome: Option<Line>,
    /// What to do next.
    pub hints: Vec<Line>,
    /// The whole of what the text sums up; only `--json` shows it.
    pub report: Option<serde_json::Value>,
}

impl Deref for Failure {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure that is only its sentence.
    pub fn new(kind: FailureKind, message: impl Into<Line>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            facts: Vec::new(),
            block: Vec::new(),
            outcome: None,
            hints: Vec::new(),
            report: None,
        }))
    }

    /// A plain failure.
    pub fn failed(message: impl Into<Line>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// The user stopped the run.
    pub fn interrupted() -> Self {
        Self::new(FailureKind::Interrupted, "interrupted")
    }

    /// Adds a labelled value.
    pub fn fact(mut self, label: impl Into<Line>, value: impl Into<Line>) -> Self {
        self.facts.push((label.into(), value.into()));
        self
    }

    /// Adds a line shown as it is.
    pub fn line(mut self, line: impl Into<Line>) -> Self {
        self.block.push(line.into());
        self
    }

    /// Says what was and was not written, unless an inner failure said so.
    pub fn outcome(mut self, outcome: impl Into<Line>) -> Self {
        self.outcome.get_or_insert(outcome.into());
        self
    }

    /// Adds a hint.
    pub fn hint(mut self, hint: impl Into<Line>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what the error itself says that helps.
    pub fn hint_of(mut self, error: &impl Hint) -> Self {
        self.hints.extend(error.hint());
        self
    }

    /// The text for a terminal, without the leading `error: `.
    pub fn text(&self) -> String {
        let mut out = self.message.to_string();
        for line in &self.block {
            let _ = write!(out, "\n  {}", line.opening());
        }
        let labels: Vec<String> = self.facts.iter().map(|(label, _)| format!("{label}:")).collect();
        let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        for (label, (_, value)) in labels.iter().zip(&self.facts) {
            let _ = write!(out, "\n  {label:width$} {value}");
        }
        if let Some(outcome) = &self.outcome {
            let _ = write!(out, "\n{}", outcome.opening());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_the_values_that_differ() {
        let failure = Failure::new(FailureKind::Checksum, "checksum mismatch for a.b/c@v1.0.0")
            .fact("go.sum", "h1:x")
            .fact("downloaded", "h1:y")
            .outcome("app.airgo was not written");
        assert_eq!(
            failure.text(),
            "checksum mismatch for a.b/c@v1.0.0\n  go.sum:     h1:x\n  downloaded: h1:y\napp.airgo was not written"
        );
    }
}

//! What helps against an error, known to the error itself.

use crate::Line;

/// An error that knows what helps against it. It is implemented beside the error, so
/// that a new variant gets its hint where it is defined; what depends on the command
/// that failed is added by the workflow.
pub trait Hint {
    /// The command or setting that helps, where there is one.
    fn hint(&self) -> Option<Line>;
}

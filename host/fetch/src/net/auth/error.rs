//! A GOAUTH that cannot be used.

/// Why GOAUTH cannot be used. Arguments of commands are not shown: they may be
/// secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// `;;`, or a `;` at the end.
    #[error("GOAUTH holds an empty command")]
    Empty,
    /// `off` beside others.
    #[error("GOAUTH=off cannot be combined with other authentication commands")]
    OffCombined,
    /// Not `git` and one absolute directory.
    #[error("GOAUTH=git needs the absolute path of a directory, and nothing else")]
    GitDirectory,
    /// A quote that is not closed.
    #[error("GOAUTH command {0:?} holds a quote that is not closed")]
    Quote(String),
}

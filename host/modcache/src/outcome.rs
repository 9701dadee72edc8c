//! What became of a module.

/// What became of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was installed, or what was missing of it.
    Installed,
    /// A part of it was there, and there is more of it now. The go command keeps an index
    /// of a module's directories in GOCACHE by the path of its tree alone (cmd/go
    /// modindex/read.go, moduleHash): where it has one, it does not see what is new.
    Extended,
    /// It was there, with other content than it should have, and was replaced.
    Repaired,
    /// It was there already, complete and with the same hashes.
    AlreadyPresent,
}

//! How the files of a module in the cache differ from those it was made of.

use std::fmt;

/// Files that differ, the first of them by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The files, sorted: at least one, at most [`Changes::NAMED`].
    pub files: Vec<Change>,
    /// How many more there are.
    pub more: usize,
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Where in the cache.
    pub file: String,
    /// What became of it.
    pub kind: ChangeKind,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It has other content.
    Changed,
    /// The module has no such file.
    Added,
    /// The module has it, and the cache does not.
    Missing,
}

impl Changes {
    /// How many files are named.
    pub const NAMED: usize = 10;

    /// None where nothing differs.
    pub(crate) fn of(mut files: Vec<Change>) -> Option<Self> {
        files.sort();
        let more = files.len().saturating_sub(Self::NAMED);
        files.truncate(Self::NAMED);
        (!files.is_empty()).then_some(Self { files, more })
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, change) in self.files.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", change.file, change.kind)?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "was changed",
            Self::Added => "was added",
            Self::Missing => "is missing",
        })
    }
}

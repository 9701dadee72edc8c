//! What can be wrong with a module zip.

use crate::dirhash::NewlineInName;
use crate::module::{ModuleError, ModuleVersion};
use std::error::Error;
use std::{fmt, io};

/// A module zip that is refused or cannot be read.
#[derive(Debug)]
pub struct ModZipError {
    /// The module that the zip is said to be.
    pub module: ModuleVersion,
    /// What is wrong with it.
    pub fault: Box<Fault>,
}

impl fmt::Display for ModZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zip of {}: {}", self.module, self.fault)
    }
}

impl Error for ModZipError {
    /// The fault is in the message already; what may be behind it is the
    /// system's error.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with a module zip.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The zip cannot be read.
    #[error("cannot read it")]
    Io(#[from] io::Error),
    /// The module path or version cannot be that of a zip.
    #[error(transparent)]
    Module(Box<ModuleError>),
    /// The version has another, canonical spelling.
    #[error("the version is not canonical, it should be {0:?}")]
    Version(String),
    /// The zip as a whole is over a limit.
    #[error("{what} is too large: {size}, the limit is {limit}")]
    TooLarge {
        /// What is too large, with its unit.
        what: &'static str,
        /// How large it is.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The container is malformed, or readers could take it for different
    /// archives.
    #[error("not a well-formed zip: {0}")]
    Container(&'static str),
    /// One entry is wrong.
    #[error("{name:?}: {fault}")]
    Entry {
        /// The entry's full name.
        name: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// A name cannot be hashed.
    #[error(transparent)]
    Newline(#[from] NewlineInName),
    /// No such file was asked for.
    #[error("no file {0:?} in it")]
    NoSuchFile(String),
}

/// What is wrong with one entry of a module zip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// The name does not start with `path@version/`.
    #[error("unexpected file: the name does not start with {prefix:?}")]
    Prefix {
        /// How it should start.
        prefix: String,
    },
    /// The name is not valid UTF-8.
    #[error("the name is not valid UTF-8")]
    NotUtf8,
    /// The name breaks the rules for file paths in modules.
    #[error(transparent)]
    Name(Box<ModuleError>),
    /// Another name differs in case only.
    #[error("case-insensitive file name collision with {0:?}")]
    Collision(String),
    /// The name stands for a file and for a directory.
    #[error("both a file and a directory")]
    FileAndDirectory,
    /// The name is there twice.
    #[error("more than one entry of this name")]
    Duplicate,
    /// A go.mod below the root.
    #[error("go.mod file not in module root directory")]
    GoModNotInRoot,
    /// A go.mod with capital letters.
    #[error("go.mod files must have lowercase names")]
    GoModCase,
    /// The file is over the limit for its name.
    #[error("the file is too large: {size} bytes, the limit is {limit} bytes")]
    TooLarge {
        /// Its declared size.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The entry uses a feature that Go's zips do not have.
    #[error("{0} is not allowed")]
    Feature(&'static str),
    /// The compression method is neither store nor deflate.
    #[error("compression method {0} is not supported")]
    Method(u16),
    /// The local header says something else than the central directory.
    #[error("the local header differs from the central directory in {0}")]
    LocalHeader(&'static str),
    /// The entry's bytes are not where they should be.
    #[error("{0}")]
    Layout(&'static str),
    /// The data do not inflate.
    #[error("the compressed data are corrupt")]
    Corrupt,
    /// The data are not as long as declared.
    #[error("the data are not {declared} {} long, as declared", if *declared == 1 { "byte" } else { "bytes" })]
    Size {
        /// The size in the central directory.
        declared: u64,
    },
    /// The CRC-32 does not match.
    #[error("the data do not match their crc32: want {want:08x}, got {got:08x}")]
    Checksum {
        /// The checksum in the central directory.
        want: u32,
        /// The checksum of the data.
        got: u32,
    },
}

impl Fault {
    /// This fault, of the zip of that module.
    pub(super) fn of(self, module: &ModuleVersion) -> ModZipError {
        ModZipError { module: module.clone(), fault: Box::new(self) }
    }

    /// Whether the module's own files are to blame, such as by a name that go
    /// does not take, so that the zip is as bad wherever it comes from. Else
    /// the zip is damaged, or was made wrongly.
    pub fn is_of_content(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Newline(_) => true,
            Self::Entry { fault, .. } => matches!(
                fault,
                EntryFault::NotUtf8
                    | EntryFault::Name(_)
                    | EntryFault::Collision(_)
                    | EntryFault::FileAndDirectory
                    | EntryFault::GoModNotInRoot
                    | EntryFault::GoModCase
                    | EntryFault::TooLarge { .. }
            ),
            _ => false,
        }
    }
}

impl From<ModuleError> for Fault {
    fn from(error: ModuleError) -> Self {
        Self::Module(Box::new(error))
    }
}

impl From<ModuleError> for EntryFault {
    fn from(error: ModuleError) -> Self {
        Self::Name(Box::new(error))
    }
}

impl EntryFault {
    /// This fault, of the entry with that name.
    pub(super) fn of(self, name: &str) -> Fault {
        Fault::Entry { name: name.to_owned(), fault: self }
    }
}

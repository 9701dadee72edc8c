//! Why a module was not installed.

use crate::changes::Changes;
use crate::outcome::Outcome;
use crate::writer::system::what_stands_there;
use airgo_gomod::module::ModuleError;
use airgo_gomod::modzip::{FileListError, ModZipError};
use airgo_gomod::{H1, ModuleVersion};
use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

/// The module cache cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the module cache {}", path.display())]
pub struct OpenError {
    /// The cache's directory.
    pub path: PathBuf,
    /// The system's reason.
    #[source]
    pub source: io::Error,
}

/// A module that was not installed. Nothing of it is left in the cache that the
/// go command would take for complete.
#[derive(Debug)]
pub struct InstallError {
    /// The module.
    pub module: ModuleVersion,
    /// Why it was not installed. What caused this is the error's source.
    pub problem: Box<Problem>,
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot install {}: {}", self.module, self.problem)
    }
}

impl Error for InstallError {
    /// The problem is in the message already; what may be behind it is
    /// the system's error.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.problem {
            Problem::Zip(error) => error.source(),
            Problem::List(error) => error.source(),
            problem => problem.source(),
        }
    }
}

/// Why a module was not installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The module cannot have a place in a cache.
    #[error(transparent)]
    Module(ModuleError),
    /// The version has another, canonical spelling.
    #[error("the version is not canonical, it should be {0:?}")]
    NotCanonical(String),
    /// The content is not what was promised. Nothing of the module was
    /// installed.
    #[error("checksum mismatch for {what}: want {want}, got {got}")]
    Mismatch {
        /// Which hash differs.
        what: Hashed,
        /// The hash that was promised.
        want: String,
        /// The hash of what came.
        got: String,
    },
    /// The zip breaks the rules for module zips. Nothing of the module was
    /// installed.
    #[error("its zip is refused: {}", .0.fault)]
    Zip(ModZipError),
    /// The zip cannot be read from where it comes from.
    #[error("cannot read its zip")]
    Source(#[source] io::Error),
    /// The cache holds other content under this module's name. Nothing was
    /// changed.
    #[error("the module cache has other content for {what} in {file}: want {want}, have {have}")]
    Conflict {
        /// Which hash differs.
        what: Hashed,
        /// Where that is in the cache.
        file: String,
        /// The hash that was promised.
        want: H1,
        /// The hash that the cache has.
        have: String,
    },
    /// The cache holds the module's hash, and other files than those it was made
    /// of. Nothing was changed.
    #[error("the module cache was changed since it was filled: {changes}")]
    Changed {
        /// The files.
        changes: Changes,
        /// The extracted tree, below the cache.
        tree: String,
        /// What the names of the module's other files start with, below the
        /// cache.
        download: String,
    },
    /// Something is in the cache where no writer of caches puts it, such as
    /// a symbolic link. Nothing was changed.
    #[error("{file} in the module cache is {what}")]
    Obstacle {
        /// Where in the cache.
        file: String,
        /// What is there.
        what: &'static str,
    },
    /// What is in the cache cannot be read. Nothing was changed.
    #[error("cannot read {file} in the module cache")]
    Read {
        /// Where in the cache.
        file: String,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The cache cannot be written. What had been written of the module was
    /// removed again.
    #[error("cannot write {file} in the module cache")]
    Write {
        /// Where in the cache.
        file: String,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The list of the module's files breaks the rules for module zips.
    #[error("its file list is refused: {0}")]
    List(FileListError),
    /// It is not said of each file whether it is carried.
    #[error("its file list has {files} files, and {flags} flags say which are carried")]
    Carried {
        /// Files of the list.
        files: usize,
        /// Flags.
        flags: usize,
    },
    /// The content of a file is not what the module's list says.
    #[error("checksum mismatch for the file {file}: want {want}, got {got}")]
    FileMismatch {
        /// The file, below the module's root.
        file: String,
        /// What the list says.
        want: String,
        /// What came.
        got: String,
    },
    /// The file of this index is not carried.
    #[error("file {index} of its list is not carried")]
    NotCarried {
        /// Of the list.
        index: usize,
    },
    /// The content of a carried file was never given.
    #[error("its file {file} is missing")]
    NotGiven {
        /// The file, below the module's root.
        file: String,
    },
    /// The cache holds complete modules, and parts of modules would be taken for
    /// complete ones there. Nothing was changed.
    #[error(
        "the module cache holds complete modules, {file} for one: a part of a module would be taken for complete there"
    )]
    Shared {
        /// The zip of one of them, below the cache.
        file: String,
    },
    /// The document that says which modules came without their zips.
    #[error(transparent)]
    Marker(#[from] MarkerError),
    /// The caller gave up. What had been written of the module was removed
    /// again.
    #[error("interrupted")]
    Cancelled,
}

/// `cache/airgo-exact.json`, which says which modules came without their zips.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarkerError {
    /// It cannot be read, locked or written.
    #[error("cannot use {file} in the module cache")]
    Io {
        /// Where in the cache.
        file: &'static str,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// It is not what airgo writes.
    #[error("malformed {file} in the module cache: {reason}")]
    Malformed {
        /// Where in the cache.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Problem {
    pub(crate) fn write(file: String, source: io::Error) -> Self {
        Self::Write { file, source }
    }

    /// What an error at a directory or a file that must not be a link means.
    pub(crate) fn in_the_way(file: String, error: io::Error) -> Self {
        match what_stands_there(&error) {
            Some(what) => Self::Obstacle { file, what },
            None => Self::write(file, error),
        }
    }

    pub(crate) fn of(self, module: &ModuleVersion) -> InstallError {
        InstallError { module: module.clone(), problem: Box::new(self) }
    }
}

impl From<ModZipError> for InstallError {
    fn from(error: ModZipError) -> Self {
        let module = error.module.clone();
        Self { module, problem: Box::new(Problem::Zip(error)) }
    }
}

/// Which hash of a module differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashed {
    /// The `h1:` hash of the go.mod file.
    GoMod,
    /// The `h1:` hash of the zip's files.
    Zip,
    /// The SHA-256 of the zip file.
    ZipFile,
    /// The length of the zip file.
    ZipSize,
    /// The `h1:` hash of the extracted files.
    Tree,
    /// The `h1:` hash of the list of files.
    List,
    /// The length and SHA-256 of a zip that was made again of the files.
    RebuiltZip,
}

impl fmt::Display for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GoMod => "go.mod",
            Self::Zip => "the zip's content",
            Self::ZipFile => "the zip file",
            Self::ZipSize => "the zip file's length",
            Self::Tree => "the extracted files",
            Self::List => "the list of its files",
            Self::RebuiltZip => "the zip that is made again of its files",
        })
    }
}

/// Staging or publishing stopped at the first failure.
#[derive(Debug)]
pub struct InstallAllError {
    /// The failure that stopped it.
    pub error: InstallError,
    /// Failures of modules that were on their way at that moment.
    pub others: Vec<InstallError>,
    /// The modules that are in the cache, whole.
    pub finished: Vec<(ModuleVersion, Outcome)>,
    /// The others, of which nothing is left.
    pub not_installed: Vec<ModuleVersion>,
}

impl Error for InstallAllError {
    /// The first failure is in the message already.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl fmt::Display for InstallAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, others, finished, not_installed } = self;
        let all = finished.len() + 1 + others.len() + not_installed.len();
        let modules = if all == 1 { "module" } else { "modules" };
        write!(f, "{error}; {} of {all} {modules} installed", finished.len())
    }
}

//! What can be asked for: one of the three files a proxy holds for a module
//! at a version (go.dev/ref/mod#goproxy-protocol).

use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{ModuleError, canonical_version, escape_path, escape_version};
use std::fmt;

/// Which of a module version's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `.info`: version and commit time as JSON.
    Info,
    /// `.mod`: the go.mod file, raw.
    Mod,
    /// `.zip`: the module's files.
    Zip,
    /// A file of the checksum database that the object's path names; never
    /// submitted, only named in errors (see [`crate::SumDbSource`]).
    SumDb,
    /// A file that is not a module's, below the address that the object's path
    /// names; never submitted, only named in errors (see [`crate::FileSource`]).
    File,
}

impl Kind {
    /// The file name's ending, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
            Self::SumDb => "sumdb",
            Self::File => "file",
        }
    }

    /// The name used in sentences.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Info => ".info",
            Self::Mod => "go.mod",
            Self::Zip => "zip",
            Self::SumDb => "record",
            Self::File => "file",
        }
    }
}

/// One file of one module version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object {
    /// The module, after replacement, at a canonical version.
    pub module: ModuleVersion,
    /// Which of its files.
    pub kind: Kind,
}

impl Object {
    /// Names a file of a module version; checks nothing yet.
    pub fn new(module: ModuleVersion, kind: Kind) -> Self {
        Self { module, kind }
    }

    /// The object's place in a proxy tree: `<escaped path>/@v/<escaped version>.<ext>`.
    ///
    /// Refuses what the go command would not ask a proxy for: a bad path, or a
    /// version that is not canonical (cmd/go modfetch/proxy.go, GoMod and Zip).
    pub fn proxy_path(&self) -> Result<String, ObjectError> {
        let ModuleVersion { path, version } = &self.module;
        let escaped = escape_path(path).map_err(ObjectError::Module)?;
        if version.is_empty() || canonical_version(version) != *version {
            return Err(ObjectError::NotCanonical(version.clone()));
        }
        let version = escape_version(version).map_err(ObjectError::Module)?;
        Ok(format!("{escaped}/@v/{version}.{}", self.kind.extension()))
    }
}

impl fmt::Display for Object {
    /// `zip of example.com/m@v1.0.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.kind.noun(), self.module)
    }
}

/// Why an object can be asked of no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The path or version breaks Go's rules.
    #[error(transparent)]
    Module(ModuleError),
    /// A branch, `latest`, or a version with leading zeros or build metadata.
    #[error("version {0:?} is not canonical")]
    NotCanonical(String),
}

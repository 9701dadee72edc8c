//! Modules at versions, and which paths and versions are well formed
//! (golang.org/x/mod/module).
//!
//! Paths and versions travel in two forms. People, go.mod and go.sum write
//! them plainly; file systems and proxies, which may not distinguish upper from lower
//! case, get them escaped: every upper-case letter becomes `!` and the lower
//! one.
//!
//! ```
//! use airgo_gomod::module;
//!
//! let escaped = module::escape_path("github.com/BurntSushi/toml")?;
//! assert_eq!(escaped, "github.com/!burnt!sushi/toml");
//! assert_eq!(module::unescape_path(&escaped)?, "github.com/BurntSushi/toml");
//! # Ok::<(), module::ModuleError>(())
//! ```

mod check;
mod error;
mod escape;
mod lengths;
mod pattern;
mod version;

pub use check::{check_file_path, check_import_path, check_path};
pub use error::{InvalidVersion, ModuleError, PathKind, PathProblem, VersionProblem};
pub use escape::{escape_path, escape_version, unescape_path, unescape_version};
pub use lengths::{System, TooLong};
pub use pattern::{BadPattern, has_path_prefix, match_prefix_patterns, path_match};
pub use version::{
    canonical_version, check, check_path_major, is_incompatible, match_path_major, path_major_prefix,
    split_path_version,
};

use std::cmp::Ordering;
use std::fmt;

/// The family of a module: the first two elements of its path, which modules of one
/// repository host and owner have in common. Blocks of files and layers of images go by it.
///
/// ```
/// use airgo_gomod::module::family;
///
/// assert_eq!(family("github.com/aws/aws-sdk-go/v2"), "github.com/aws");
/// assert_eq!(family("go.uber.org/zap"), "go.uber.org/zap");
/// ```
#[must_use]
pub fn family(path: &str) -> &str {
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
    &path[..end]
}

/// A module path with a version, both unescaped. The main module has the
/// empty version (cmd/go modload/mvs.go).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleVersion {
    /// The module path, such as `golang.org/x/mod`.
    pub path: String,
    /// The version, such as `v1.2.3`; empty for a main module.
    pub version: String,
}

impl ModuleVersion {
    /// Pairs a path with a version; checks neither.
    pub fn new(path: impl Into<String>, version: impl Into<String>) -> Self {
        Self { path: path.into(), version: version.into() }
    }
}

impl fmt::Display for ModuleVersion {
    /// `path@version`, or the path alone where the version is empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.version.is_empty() {
            f.write_str(&self.path)
        } else {
            write!(f, "{}@{}", self.path, self.version)
        }
    }
}

impl PartialOrd for ModuleVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Bytewise by path, then bytewise by version: a stable order for files. It is
/// not the order of versions; that is [`crate::gover::mod_compare`].
impl Ord for ModuleVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path.cmp(&other.path).then_with(|| self.version.cmp(&other.version))
    }
}

//! A module at a version: Go's `module.Version` (golang.org/x/mod/module).

use std::cmp::Ordering;
use std::fmt;

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
/// not the order of versions; that is `semver::compare`.
impl Ord for ModuleVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path.cmp(&other.path).then_with(|| self.version.cmp(&other.version))
    }
}

//! What go refuses while it loads packages.

use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::On;

/// Why go does not load a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// No module provides it.
    Missing,
    /// It would be one of the project's own.
    Own,
    /// It has no dot in its first element, as packages of the standard library,
    /// and is not one of them.
    NotStandard,
    /// The module that may provide it is not at hand: after replacement; a
    /// directory has no version.
    NotAtHand(ModuleVersion),
    /// go.mod does not list the module that may provide it.
    Unlisted(ModuleVersion),
    /// What replaces this would provide it, and nothing requires it.
    Replaced(ModuleVersion),
    /// go.sum lacks the lines of zips.
    ZipSum {
        /// Those that provide the package, or would, had no other module it.
        modules: Vec<ModuleVersion>,
        /// Whether another one provides it.
        found: bool,
    },
    /// go.sum lacks the line of a go.mod file.
    GoModSum(ModuleVersion),
    /// Several modules provide it.
    Ambiguous(Vec<ModuleVersion>),
    /// It is internal elsewhere.
    Internal,
    /// A relative path.
    Relative,
    /// Not an import path.
    Malformed(String),
}

/// Where a package is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Importer {
    /// The importing package.
    pub package: String,
    /// Its module's version; empty in a main module.
    pub version: String,
    /// Whether it is the project's own.
    pub main: bool,
    /// The file, where it is in a directory: that, and its path below.
    pub file: Option<(String, String)>,
}

/// Something that go refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub fault: Fault,
    /// The package; empty for a go.mod file.
    pub package: String,
    /// Who imports it first.
    pub importer: Option<Importer>,
    /// On which platforms, in builds and in tests.
    pub on: On,
}

impl Problem {
    /// The project's own files first, builds before tests.
    pub(super) fn key(&self) -> (bool, bool, &str, &Fault) {
        let foreign = self.importer.as_ref().is_none_or(|i| !i.main);
        (foreign, self.on.is_tests_only(), &self.package, &self.fault)
    }
}

//! The packages that a build loads, as they are counted and stated.

use airgo_bundle::Sha256;
use airgo_resolve::packages::Closure;
use std::collections::BTreeSet;

/// The packages that were loaded, and the modules that provide them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// A line each: `path module@version`; a module of the project's own, and a
    /// directory that replaces one, have no version.
    packages: BTreeSet<String>,
    /// `module@version`.
    modules: BTreeSet<String>,
}

impl Contents {
    /// Adds what was loaded.
    pub fn add(&mut self, closure: &Closure) {
        for package in closure.packages.iter().map(|reached| &reached.package) {
            let module = package.module.to_string();
            self.packages.insert(format!("{} {module}", package.path));
            self.modules.insert(module);
        }
    }

    /// How many packages.
    #[must_use]
    pub fn packages(&self) -> usize {
        self.packages.len()
    }

    /// How many modules provide them.
    #[must_use]
    pub fn modules(&self) -> usize {
        self.modules.len()
    }

    /// The SHA-256 of the lines, sorted by their bytes, each with a newline.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        let text: String = self.packages.iter().flat_map(|line| [line, "\n"]).collect();
        Sha256::of(text.as_bytes())
    }
}

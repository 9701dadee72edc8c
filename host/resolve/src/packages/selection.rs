//! Which files of which modules a build reads: a module cache with these alone
//! builds, vets and tests the project as the whole one does.
//!
//! What go reads of a package is its directory, what its files embed (cmd/go
//! load/pkg.go, resolveEmbed), and what a C compiler or assembler is led to from
//! there. `go mod vendor` copies licences on the way up to the module's root, too
//! (modcmd/vendor.go, copyMetadata). Of modules that could hold a package and do
//! not, go asks that there is a directory, and reads go.mod in it (modload/import.go,
//! importFromModules; modfetch/fetch.go, Download).

use super::c_sources;
use super::copied;
use super::embed;
use super::files::{Entry, EntryKind, ModuleFiles, Place};
use super::load::{Closure, Package};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::{ancestors, join};
use std::collections::{BTreeMap, BTreeSet};

/// What of a module is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of it: of a package that is built from C or assembly nobody knows what
    /// it includes from other directories.
    Whole,
    /// These files, below the module's root. Where there is none, go still asks
    /// for the module's directory.
    Files(BTreeSet<String>),
}

/// For what files are selected.
#[derive(Clone, Copy, Debug)]
pub struct Selecting<'a> {
    /// Whether the `_test.go` files beside a package's files are included. No
    /// command needs those of dependencies; `go list -json` and reviewers see them.
    pub tests: bool,
    /// For `go mod vendor` in a main module of this go version, with a closure of
    /// [`super::Builds::Any`] and of tests.
    pub vendor: Option<&'a str>,
}

/// What a build reads of modules of zips, by the name that each is stored under, of
/// a closure that was loaded with [`embeds`](super::Settings::embeds). `files` has
/// to give all files of a directory, not only those of Go.
///
/// # Errors
/// What `files` gives.
pub fn select<F: ModuleFiles>(
    closure: &Closure,
    selecting: &Selecting<'_>,
    files: &mut F,
) -> Result<BTreeMap<ModuleVersion, Selection>, F::Error> {
    let mut of_modules: BTreeMap<&ModuleVersion, Vec<usize>> = BTreeMap::new();
    for module in &closure.opened {
        of_modules.insert(module, Vec::new());
    }
    for (at, reached) in closure.packages.iter().enumerate() {
        if let Place::Zip(module) = &reached.package.place {
            of_modules.entry(module).or_default().push(at);
        }
    }
    let mut found = BTreeMap::new();
    for (module, packages) in of_modules {
        let mut module_files = OfModule { files, selecting, names: BTreeSet::new() };
        let place = Place::Zip(module.clone());
        let whole = module_files.add_all(closure, &place, &packages)?;
        let selection = if whole { Selection::Whole } else { Selection::Files(module_files.names) };
        found.insert(module.clone(), selection);
    }
    Ok(found)
}

/// The files of one module so far.
struct OfModule<'a, F> {
    files: &'a mut F,
    selecting: &'a Selecting<'a>,
    names: BTreeSet<String>,
}

impl<F: ModuleFiles> OfModule<'_, F> {
    /// Whether all of the module is needed.
    fn add_all(&mut self, closure: &Closure, place: &Place, packages: &[usize]) -> Result<bool, F::Error> {
        let root = self.files.directory(place, "")?;
        self.names.extend(names(&root).filter(|name| *name == "go.mod").map(str::to_owned));
        let mut seen = BTreeSet::new();
        for reached in packages.iter().filter_map(|at| closure.packages.get(*at)) {
            let package = &reached.package;
            let entries = self.files.directory(place, &package.dir)?;
            if c_sources::reach_out(self.files, package, &entries, &reached.cgo)? {
                return Ok(true);
            }
            for name in names(&entries) {
                if self.selecting.tests || !name.ends_with("_test.go") {
                    self.names.insert(join(&package.dir, name));
                }
            }
            let embedded = &reached.embedded;
            self.names.extend(embedded.files.iter().chain(&embedded.test_files).cloned());
            if let Some(go) = self.selecting.vendor {
                self.vendored_embeds(package, &entries, go)?;
            }
            for above in ancestors(&package.dir).chain([""]) {
                if seen.insert(above) {
                    self.metadata(place, above)?;
                }
            }
        }
        if !packages.is_empty() {
            // Where https://reuse.software has licences.
            for name in names(&self.files.directory(place, "LICENSES")?) {
                self.names.insert(join("LICENSES", name));
            }
        }
        Ok(false)
    }

    fn metadata(&mut self, place: &Place, dir: &str) -> Result<(), F::Error> {
        for name in names(&self.files.directory(place, dir)?).filter(|name| is_metadata(name)) {
            self.names.insert(join(dir, name));
        }
        Ok(())
    }

    /// What `go mod vendor` embeds, and the files that have the patterns: for them go
    /// reads tests of dependencies too.
    fn vendored_embeds(&mut self, package: &Package, entries: &[Entry], go: &str) -> Result<(), F::Error> {
        for file in copied::go_files(self.files, package, entries, go)? {
            if !file.patterns.is_empty() {
                self.names.insert(join(&package.dir, &file.name));
            }
            for pattern in &file.patterns {
                let resolved = embed::resolve(self.files, &package.place, &package.dir, pattern)?;
                self.names.extend(resolved.unwrap_or_default());
            }
        }
        Ok(())
    }
}

fn names(entries: &[Entry]) -> impl Iterator<Item = &str> {
    let files = entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File(_)));
    files.map(|entry| entry.name.as_str())
}

/// Whether a file says who may use the code: by the names that `go mod vendor`
/// copies (modcmd/vendor.go, metaPrefixes), and by those that authors use as well.
fn is_metadata(name: &str) -> bool {
    const WORDS: [&str; 11] = [
        "licens",
        "licenc",
        "unlicen",
        "copying",
        "copyright",
        "copyleft",
        "notice",
        "patents",
        "authors",
        "legal",
        "eula",
    ];
    if copied::is_metadata(name) {
        return true;
    }
    let lower = name.to_lowercase();
    // A Go file would look like a package that is not there.
    !lower.ends_with(".go")
        && lower.split(['.', '-', '_', ' ']).any(|part| WORDS.iter().any(|w| part.starts_with(w)))
}

#[cfg(test)]
mod tests {
    use super::is_metadata;

    #[test]
    fn licences_by_their_names() {
        for (name, metadata) in [
            ("LICENSE", true),
            ("LICENSE.go", true),
            ("license.go", false),
            ("license.md", true),
            ("LICENCE", true),
            ("MIT-LICENSE.txt", true),
            ("third_party_licenses.txt", true),
            ("UNLICENSE", true),
            ("PATENTS", true),
            ("authors", true),
            ("README.md", false),
            ("go.mod", false),
        ] {
            assert_eq!(is_metadata(name), metadata, "{name}");
        }
    }
}

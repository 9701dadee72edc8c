//! The walk along imports, from the main modules' packages into the modules that
//! provide what they import (cmd/go modload/load.go).

use super::embed::{self, EmbedError, Embedded};
use super::fault::{Fault, Importer, Problem};
use super::files::{ModuleFiles, Packages, Place};
use super::lookup::{Lookup, Modules};
use super::{On, is_below, join, matching};
use crate::{Project, Resolution};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::{Platform, embed_patterns};
use airgo_gomod::gosum::Subject;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// Whether go.sum has the line for a module's zip or go.mod.
pub type Sums<'a> = &'a dyn Fn(&ModuleVersion, Subject) -> bool;

/// For what packages are loaded.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The platforms; of more than 64 the first.
    pub platforms: &'a [Platform],
    /// Build tags that are set.
    pub tags: &'a [String],
    /// Whether cgo is on; where nobody knows, files count that either way builds.
    pub cgo: Option<bool>,
    /// Whether the tests of the main modules' packages are followed.
    pub tests: bool,
    /// Whether the files that packages embed are looked up.
    pub embeds: bool,
    /// go.sum, where go wants all sums from it (cmd/go mustHaveSums).
    pub sums: Option<Sums<'a>>,
    /// Whether the standard library has this package; None where nobody knows.
    pub standard: &'a dyn Fn(&str) -> Option<bool>,
}

/// A package, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its import path.
    pub path: String,
    /// The module that provides it, under its own name also where it is replaced;
    /// a main module has no version.
    pub module: ModuleVersion,
    /// Whether that is a main module.
    pub main: bool,
    /// Where the module's files are.
    pub place: Place,
    /// Its directory below the module's root.
    pub dir: String,
}

/// A package that the project's packages lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The package.
    pub package: Rc<Package>,
    /// For what it is needed.
    pub on: On,
    /// What it embeds, where asked for.
    pub embedded: Embedded,
}

/// What was loaded.
#[derive(Clone, Debug, Default)]
pub struct Closure {
    /// All packages but those of the standard library, by their paths.
    pub packages: Vec<Reached>,
    /// What go would refuse, the project's own files first.
    pub problems: Vec<Problem>,
    /// Patterns of `//go:embed` that go would refuse.
    pub embed_errors: Vec<EmbedError>,
    /// Lines that go.sum lacks, for go.mod files that only commands which read
    /// the whole graph ask for, such as `go list -m all`.
    pub unsummed: Vec<ModuleVersion>,
}

/// Loads the packages of `./...` in all main modules, and what they import.
///
/// # Errors
/// What `files` gives. What go would refuse is a [`Problem`].
pub fn load<F: ModuleFiles>(
    project: &Project,
    resolution: &Resolution,
    settings: &Settings<'_>,
    files: &mut F,
) -> Result<Closure, F::Error> {
    let packages = Packages::new(files, settings.platforms, settings.tags, settings.cgo);
    let modules = Modules::new(project, resolution, settings);
    Loader { settings, packages, modules, reached: HashMap::new(), problems: HashMap::new() }.run()
}

struct Loader<'a, F: ModuleFiles> {
    settings: &'a Settings<'a>,
    packages: Packages<'a, F>,
    modules: Modules<'a>,
    reached: HashMap<String, (Rc<Package>, On)>,
    problems: HashMap<(String, Fault), Problem>,
}

impl<F: ModuleFiles> Loader<'_, F> {
    fn run(mut self) -> Result<Closure, F::Error> {
        let matched = self.follow()?;
        let mut closure = Closure { unsummed: self.go_mod_sums(), ..Closure::default() };
        closure.problems = self.problems.into_values().collect();
        closure.problems.sort_by(|a, b| a.key().cmp(&b.key()));
        let mut reached: Vec<_> = self.reached.into_values().collect();
        reached.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        for (package, on) in reached {
            let mut embedded = Embedded::default();
            if self.settings.embeds {
                let tests = self.settings.tests && matched.contains(&package.path);
                embedded = embeds(&mut self.packages, &package, on, tests, &mut closure.embed_errors)?;
            }
            closure.packages.push(Reached { package, on, embedded });
        }
        Ok(closure)
    }

    /// Walks; gives the packages that `./...` matches.
    fn follow(&mut self) -> Result<HashSet<String>, F::Error> {
        let everywhere = On::builds_on_all(self.settings.platforms.len());
        let (mut queue, mut matched) = (VecDeque::new(), HashSet::new());
        for main in &self.modules.project.mains {
            let Some(decl) = &main.modfile.module else { continue };
            let place = Place::Directory(main.dir.clone());
            let ignored: Vec<&str> = main.modfile.ignore.iter().map(|i| i.path.as_str()).collect();
            for dir in matching::directories(self.packages.files, &place, &ignored)? {
                // Where no file is built, `./...` passes the directory over.
                let built = self.packages.package(&place, &dir)?.iter().fold(0, |all, file| all | file.built);
                let on = On { builds: everywhere.builds & built, tests: 0 };
                if on.is_none() {
                    continue;
                }
                let path = if dir.is_empty() { decl.path.clone() } else { join(&decl.path, &dir) };
                let module = ModuleVersion::new(decl.path.as_str(), "");
                let package = Rc::new(Package { path, module, main: true, place: place.clone(), dir });
                matched.insert(package.path.clone());
                self.reached.insert(package.path.clone(), (package.clone(), on));
                queue.push_back((package, on));
            }
        }
        while let Some((package, on)) = queue.pop_front() {
            let tested = self.settings.tests && matched.contains(&package.path);
            let files = self.packages.package(&package.place, &package.dir)?;
            for file in files.iter().filter(|file| !file.is_test || tested) {
                let on = on.of_file(file.built, file.is_test);
                if on.is_none() {
                    continue;
                }
                for import in &file.imports {
                    let lookup = self.modules.lookup(&mut self.packages, import)?;
                    match &*lookup {
                        Lookup::Standard => {}
                        Lookup::Fault(fault) => self.problem(&package, &file.name, import, fault.clone(), on),
                        Lookup::Package(imported) => {
                            if let Some(fault) = self.refused(&package, imported) {
                                self.problem(&package, &file.name, import, fault, on);
                                continue;
                            }
                            let known = self
                                .reached
                                .entry(imported.path.clone())
                                .or_insert_with(|| (imported.clone(), On::default()));
                            let new = on.without(known.1);
                            if !new.is_none() {
                                known.1 = known.1 | new;
                                queue.push_back((imported.clone(), new));
                            }
                        }
                    }
                }
            }
        }
        Ok(matched)
    }

    fn problem(&mut self, package: &Package, file: &str, import: &str, fault: Fault, on: On) {
        let problem = self.problems.entry((import.to_owned(), fault.clone())).or_insert_with(|| {
            let importer = Importer {
                package: package.path.clone(),
                version: package.module.version.clone(),
                main: package.main,
                file: match &package.place {
                    Place::Directory(root) => Some((root.clone(), join(&package.dir, file))),
                    Place::Zip(_) => None,
                },
            };
            Problem { fault, package: import.to_owned(), importer: Some(importer), on: On::default() }
        });
        problem.on = problem.on | on;
    }

    /// Why one package may not import the other, which is there.
    fn refused(&self, importer: &Package, imported: &Package) -> Option<Fault> {
        // What the project itself imports has to stand in its go.mod.
        let listed = imported.main || self.modules.is_root(&imported.module.path);
        if self.settings.sums.is_some() && importer.main && !listed {
            return Some(Fault::Unlisted(imported.module.clone()));
        }
        let parent = internal_parent(&imported.path)?;
        (!is_below(&importer.path, parent)).then_some(Fault::Internal)
    }

    /// Notes the lines that go.sum lacks for go.mod files; gives those that only
    /// some commands ask for.
    fn go_mod_sums(&mut self) -> Vec<ModuleVersion> {
        let Some(sums) = self.settings.sums else { return Vec::new() };
        let unsummed = |m: &&ModuleVersion| !m.version.is_empty() && !sums(m, Subject::GoMod);
        let mut needed: BTreeSet<ModuleVersion> = self.modules.providers.clone();
        let all = &self.modules.resolution.go_mods;
        if self.modules.graph_read {
            needed.extend(all.iter().cloned());
        }
        for module in needed.iter().filter(unsummed) {
            let fault = Fault::GoModSum(module.clone());
            let problem =
                Problem { fault: fault.clone(), package: String::new(), importer: None, on: On::default() };
            self.problems.insert((String::new(), fault), problem);
        }
        all.iter().filter(unsummed).filter(|m| !needed.contains(*m)).cloned().collect()
    }
}

/// What the files of a package embed that are built where it is needed.
fn embeds<F: ModuleFiles>(
    packages: &mut Packages<'_, F>,
    package: &Package,
    on: On,
    tests: bool,
    errors: &mut Vec<EmbedError>,
) -> Result<Embedded, F::Error> {
    let mut embedded = Embedded::default();
    let files = packages.package(&package.place, &package.dir)?;
    let read = files.iter().filter(|f| f.embeds && f.built & on.any() != 0 && (tests || !f.is_test));
    for file in read {
        let text = packages.files.read(&package.place, &join(&package.dir, &file.name), file.size)?;
        for pattern in embed_patterns(&text) {
            match embed::resolve(packages.files, &package.place, &package.dir, &pattern)? {
                Ok(names) if file.is_test => embedded.test_files.extend(names),
                Ok(names) => embedded.files.extend(names),
                Err(problem) => {
                    errors.push(EmbedError { package: package.path.clone(), pattern, problem });
                }
            }
        }
    }
    Ok(embedded)
}

/// Below which path a package with `internal` in its own may be imported
/// (cmd/go load/pkg.go, findInternal).
fn internal_parent(path: &str) -> Option<&str> {
    let at = match path.strip_suffix("/internal") {
        Some(parent) => return Some(parent),
        None => path.rfind("/internal/"),
    };
    match at {
        Some(at) => path.get(..at),
        None => (path == "internal" || path.starts_with("internal/")).then_some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_is_the_last_element_of_that_name() {
        for (path, parent) in [
            ("a/internal", Some("a")),
            ("a/internal/b", Some("a")),
            ("a/internal/b/internal/c", Some("a/internal/b")),
            ("a/internals/b", None),
            ("internal/b", Some("")),
        ] {
            assert_eq!(internal_parent(path), parent, "{path}");
        }
        assert!(is_below("a/b", "a") && is_below("a", "a") && !is_below("ab", "a"));
    }
}

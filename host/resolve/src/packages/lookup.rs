//! Which module provides a package (cmd/go modload/import.go).

use super::fault::Fault;
use super::files::{ModuleFiles, Packages, Place};
use super::load::{Package, Providers, Settings, Sums};
use super::starts::Searched;
use crate::{MainModule, Project, Replacement, Resolution, Selected};
use airgo_gomod::gosource::closure::{Builds, ancestors, directory_in};
use airgo_gomod::gosum::Subject;
use airgo_gomod::module::has_path_prefix;
use airgo_gomod::{ModuleVersion, gover};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// What an import path leads to.
pub(crate) enum Lookup {
    /// A package of the standard library.
    Standard,
    /// A package of a module; of each version, where several are carried.
    Packages(Vec<Rc<Package>>),
    /// Go refuses it.
    Fault(Fault),
}

/// The modules of a project.
pub(super) struct Modules<'a> {
    pub project: &'a Project,
    pub resolution: &'a Resolution,
    /// Go reads the go.mod files of the whole graph.
    pub graph_read: bool,
    /// Modules that provide packages, of which go reads the go.mod file.
    pub used: BTreeSet<ModuleVersion>,
    /// Stored modules that go opens to see whether they have a package.
    pub opened: BTreeSet<ModuleVersion>,
    selected: HashMap<&'a str, &'a Selected>,
    /// The main modules, and what go.mod lists.
    roots: HashSet<&'a str>,
    /// Go looks there first, and finds all that a tidy go.mod lets it find;
    /// else it begins with the whole graph.
    roots_first: bool,
    sums: Option<Sums<'a>>,
    standard: &'a dyn Fn(&str) -> Option<bool>,
    /// `go mod vendor` follows imports that the compiler will refuse, and passes
    /// over those of App Engine's old library (cmd/go modload/load.go, scanDir).
    vendors: bool,
}

impl<'a> Modules<'a> {
    pub fn new(project: &'a Project, resolution: &'a Resolution, settings: &Settings<'a>) -> Self {
        let single = project.workspace.is_none();
        let pruned = !single || gover::compare(project.go_version(), "1.17").is_ge();
        let required = project.mains.iter().flat_map(|m| &m.modfile.require).filter(|_| single);
        let mains = project.mains.iter().filter_map(|m| m.modfile.module.as_ref()).map(|m| m.path.as_str());
        Self {
            project,
            resolution,
            graph_read: !pruned,
            used: BTreeSet::new(),
            opened: BTreeSet::new(),
            selected: resolution.build_list.iter().map(|s| (s.module.path.as_str(), s)).collect(),
            roots: required.map(|r| r.module.path.as_str()).chain(mains).collect(),
            roots_first: pruned,
            sums: settings.sums,
            standard: settings.standard,
            vendors: matches!(settings.builds, Builds::Any),
        }
    }

    /// Whether it is a main module, or go.mod lists it.
    fn is_root(&self, module: &str) -> bool {
        self.roots.contains(module)
    }

    /// The one module of several that provides a package; None where none does.
    fn among<F: ModuleFiles>(
        &mut self,
        packages: &mut Packages<'_, '_, F>,
        path: &str,
        candidates: &[&'a Selected],
    ) -> Result<Option<Lookup>, F::Error> {
        let (mut found, mut unsummed) = (Vec::new(), Vec::new());
        for selected in candidates {
            let Some(place) = self.place(selected) else { continue };
            if let Place::Zip(module) = &place
                && self.sums.is_some_and(|sums| !sums(module, Subject::Zip))
            {
                unsummed.push(module.clone());
                continue;
            }
            if !packages.files.files.has(&place) {
                return Ok(Some(Lookup::Fault(Fault::NotAtHand(place.module()))));
            }
            self.open(&place);
            let dir = directory_in(path, &selected.module.path);
            if packages.has_package(&place, dir)? {
                let (module, main) = (selected.module.clone(), selected.main);
                found.push(Package { path: path.to_owned(), place, dir: dir.to_owned(), module, main });
            }
        }
        if found.len() > 1 {
            let mut modules: Vec<_> = found.into_iter().map(|p| p.module).collect();
            modules.reverse();
            return Ok(Some(Lookup::Fault(Fault::Ambiguous(modules))));
        }
        if !unsummed.is_empty() {
            return Ok(Some(Lookup::Fault(Fault::ZipSum { modules: unsummed, found: !found.is_empty() })));
        }
        Ok(found.pop().map(|package| {
            if let Place::Zip(module) = &package.place {
                self.used.insert(module.clone());
            }
            Lookup::Packages(vec![Rc::new(package)])
        }))
    }

    /// All modules: whether each is a main module, and where its files are.
    pub fn all(&self) -> Vec<Searched> {
        let modules = self.resolution.build_list.iter();
        modules.filter_map(|s| Some((s.module.clone(), s.main, self.place(s)?))).collect()
    }

    pub fn open(&mut self, place: &Place) {
        if let Place::Zip(module) = place
            && !self.opened.contains(module)
        {
            self.opened.insert(module.clone());
        }
    }

    /// Opens the modules that could hold a package, as go does also where the
    /// standard library has it.
    fn open_candidates(&mut self, candidates: &[&'a Selected]) {
        let candidates = candidates.iter().filter(|s| !self.roots_first || self.is_root(&s.module.path));
        let places: Vec<Place> = candidates.filter_map(|selected| self.place(selected)).collect();
        places.iter().for_each(|place| self.open(place));
    }

    /// Go looks further than go.mod, and refuses whatever it finds: it would
    /// have to write it into go.mod (cmd/go modload/buildlist.go,
    /// updatePrunedRoots). Which module it is, only the zips tell, that
    /// nobody asked for.
    fn beyond_roots(&mut self, path: &str, candidates: &[&'a Selected]) -> Lookup {
        self.graph_read = true;
        let implicit = candidates.iter().find(|s| !self.is_root(&s.module.path)).map(|s| s.module.clone());
        Lookup::Fault(match implicit {
            Some(module) => Fault::Unlisted(module),
            None => self.missing(path),
        })
    }

    fn missing(&self, path: &str) -> Fault {
        let mut mains = self.project.mains.iter().filter_map(|m| m.modfile.module.as_ref());
        if mains.any(|m| has_path_prefix(path, &m.path)) {
            return Fault::Own;
        }
        let of_work = self.project.workspace.iter().flat_map(|w| &w.file.replace);
        let replaces = of_work.chain(self.project.mains.iter().flat_map(|m| &m.modfile.replace));
        let unused = |old: &ModuleVersion| !self.selected.contains_key(old.path.as_str());
        let replaced = replaces.map(|r| &r.old).filter(|old| has_path_prefix(path, &old.path) && unused(old));
        match replaced.max_by_key(|old| old.path.len()) {
            Some(old) => Fault::Replaced(old.clone()),
            None => Fault::Missing,
        }
    }

    fn place(&self, selected: &Selected) -> Option<Place> {
        if selected.main {
            let of =
                |m: &&MainModule| m.modfile.module.as_ref().is_some_and(|d| d.path == selected.module.path);
            return self.project.mains.iter().find(of).map(|m| Place::Directory(m.dir.clone()));
        }
        match &selected.replacement {
            Some(Replacement::Directory { dir, .. }) => Some(Place::Directory(dir.clone())),
            _ => selected.stored().map(|m| Place::Zip(m.clone())),
        }
    }
}

impl<'a> Providers for Modules<'a> {
    fn find<F: ModuleFiles>(
        &mut self,
        packages: &mut Packages<'_, '_, F>,
        path: &str,
    ) -> Result<Lookup, F::Error> {
        if self.vendors && ["appengine", "appengine_internal"].iter().any(|old| has_path_prefix(path, old)) {
            return Ok(Lookup::Standard);
        }
        if let Some(fault) = malformed(path) {
            return Ok(Lookup::Fault(fault));
        }
        let first = path.split('/').next().unwrap_or_default();
        let standard = if first.contains('.') { Some(false) } else { (self.standard)(path) };
        let candidates: Vec<&'a Selected> =
            ancestors(path).filter_map(|prefix| self.selected.get(prefix).copied()).collect();
        if standard == Some(true) {
            self.open_candidates(&candidates);
            return Ok(Lookup::Standard);
        }
        if candidates.is_empty() && !first.contains('.') {
            return Ok(match standard {
                Some(_) => Lookup::Fault(Fault::NotStandard),
                None => Lookup::Standard,
            });
        }
        if self.roots_first {
            let first: Vec<_> = candidates.iter().copied().filter(|s| self.is_root(&s.module.path)).collect();
            if let Some(found) = self.among(packages, path, &first)? {
                return Ok(found);
            }
            if self.project.workspace.is_none() {
                return Ok(self.beyond_roots(path, &candidates));
            }
        }
        self.graph_read = true;
        let found = self.among(packages, path, &candidates)?;
        Ok(found.unwrap_or_else(|| Lookup::Fault(self.missing(path))))
    }

    fn refused(&self, importer: &Package, imported: &Package) -> Option<Fault> {
        // What the project itself imports has to be in its go.mod.
        let listed = imported.main || self.is_root(&imported.module.path);
        if self.sums.is_some() && importer.main && !listed {
            return Some(Fault::Unlisted(imported.module.clone()));
        }
        if self.vendors { None } else { internal(importer, imported) }
    }
}

/// What the `ignore` lines of a main module name.
pub(crate) fn ignored<'a>(project: &'a Project, main: &str) -> Vec<&'a str> {
    let is = |m: &&MainModule| m.modfile.module.as_ref().is_some_and(|decl| decl.path == main);
    let lines = project.mains.iter().filter(is).flat_map(|m| &m.modfile.ignore);
    lines.map(|line| line.path.as_str()).collect()
}

/// Why this is not the path of a package, if it is not.
pub(crate) fn malformed(path: &str) -> Option<Fault> {
    if path.starts_with("./") || path.starts_with("../") || matches!(path, "." | "..") {
        return Some(Fault::Relative);
    }
    airgo_gomod::module::check_import_path(path).err().map(|e| Fault::Malformed(e.to_string()))
}

/// Packages below `internal` are for those beside it.
pub(crate) fn internal(importer: &Package, imported: &Package) -> Option<Fault> {
    let parent = internal_parent(&imported.path)?;
    (!has_path_prefix(&importer.path, parent)).then_some(Fault::Internal)
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
        assert!(has_path_prefix("a/b", "a") && has_path_prefix("a", "a") && !has_path_prefix("ab", "a"));
    }
}

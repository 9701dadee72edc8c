//! Loads packages as `go build ./...` and `go vet ./...` do offline: from the
//! main modules' packages along their imports into the modules that provide
//! them (cmd/go modload/load.go and import.go).

use super::packages::{Place, Sources};
use super::problem::{Fault, Importer, Problem};
use super::{HALF, Mask};
use crate::Context;
use crate::failure::Result;
use crate::project::Loaded;
use crate::sources;
use airgo_gomod::gosum::Subject;
use airgo_gomod::{ModuleVersion, gover};
use airgo_resolve::{Mode, Replacement, Resolution, Selected};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What an import path leads to.
enum Lookup {
    /// Nothing that has to be carried.
    Standard,
    /// A package of a module.
    Package(Rc<Package>),
    /// Go refuses it.
    Fault(Fault),
}

/// A package, and where it is.
#[derive(Debug)]
struct Package {
    path: String,
    place: Place,
    /// Below the module's root.
    dir: String,
    /// The module; of a main module without a version.
    module: ModuleVersion,
    main: bool,
}

/// Loads one project.
pub struct Load<'a, 's> {
    loaded: &'a Loaded,
    resolution: &'a Resolution,
    sources: &'a mut Sources<'s>,
    selected: HashMap<&'a str, &'a Selected>,
    /// The main modules, and what go.mod lists.
    roots: HashSet<&'a str>,
    /// Go looks there first, and finds all that a tidy go.mod lets it find;
    /// else it begins with the whole graph.
    roots_first: bool,
    /// Whether go wants all sums from go.sum (cmd/go mustHaveSums).
    sums_needed: bool,
    /// GOROOT/src, where it is that of the go that will build.
    standard: Option<PathBuf>,
    lookups: HashMap<String, Rc<Lookup>>,
    /// Go reads the go.mod files of the whole graph.
    graph_read: bool,
    /// Modules that provide packages, of which go reads the go.mod file.
    providers: BTreeSet<ModuleVersion>,
    problems: HashMap<(String, Fault), Problem>,
}

impl<'a, 's> Load<'a, 's> {
    pub fn new(
        context: &Context,
        loaded: &'a Loaded,
        resolution: &'a Resolution,
        sources: &'a mut Sources<'s>,
    ) -> Self {
        let project = &loaded.project;
        let single = project.workspace.is_none();
        let pruned = !single || gover::compare(project.go_version(), "1.17").is_ge();
        let required = project.mains.iter().flat_map(|m| &m.modfile.require).filter(|_| single);
        let mains = project.mains.iter().filter_map(|m| m.modfile.module.as_ref()).map(|m| m.path.as_str());
        let roots = required.map(|r| r.module.path.as_str()).chain(mains).collect();
        // A newer go may have more packages than the one here.
        let is_newest =
            context.env.go_version().is_some_and(|here| gover::compare(&project.running_go(), &here).is_le());
        let standard = context.env.goroot().filter(|_| is_newest).map(|dir| dir.join("src"));
        Self {
            loaded,
            resolution,
            sources,
            selected: resolution.build_list.iter().map(|s| (s.module.path.as_str(), s)).collect(),
            roots,
            roots_first: pruned,
            sums_needed: single && project.mode == Mode::Readonly,
            standard: standard.filter(|dir| dir.is_dir()),
            lookups: HashMap::new(),
            graph_read: !pruned,
            providers: BTreeSet::new(),
            problems: HashMap::new(),
        }
    }

    /// All that go would refuse, and the lines of go.sum that only commands
    /// which read the whole graph ask for, such as `go list -m all`.
    pub fn run(mut self, context: &Context) -> Result<(Vec<Problem>, Vec<ModuleVersion>)> {
        self.follow(context)?;
        let mut lacking = Vec::new();
        if self.sums_needed {
            let unsummed =
                |m: &&ModuleVersion| !self.loaded.sums.contains(m, Subject::GoMod) && !m.version.is_empty();
            let mut needed = self.providers.clone();
            if self.graph_read {
                needed.extend(self.resolution.go_mods.iter().cloned());
            }
            for module in needed.iter().filter(unsummed) {
                let fault = Fault::GoModSum(module.clone());
                let problem = Problem { fault: fault.clone(), package: String::new(), importer: None, on: 0 };
                self.problems.insert((String::new(), fault), problem);
            }
            let rest = self.resolution.go_mods.iter().filter(unsummed).filter(|m| !needed.contains(*m));
            lacking = rest.cloned().collect();
        }
        let mut problems: Vec<_> = self.problems.into_values().collect();
        problems.sort_by(|a, b| a.key().cmp(&b.key()));
        Ok((problems, lacking))
    }

    fn follow(&mut self, context: &Context) -> Result<()> {
        let platforms = self.sources.platforms.len();
        let everywhere: Mask = if platforms == 64 { HALF } else { (1 << platforms) - 1 };
        // What is loaded for builds (low half) and for tests (high half).
        let mut reached: HashMap<String, Mask> = HashMap::new();
        let mut queue: VecDeque<(Rc<Package>, Mask)> = VecDeque::new();
        let mut matched = HashSet::new();
        for main in &self.loaded.project.mains {
            let Some(decl) = &main.modfile.module else { continue };
            let root = Path::new(&main.dir);
            let ignored: Vec<&str> = main.modfile.ignore.iter().map(|i| i.path.as_str()).collect();
            for dir in sources::package_directories(context, root, &ignored)? {
                let path = if dir.is_empty() { decl.path.clone() } else { format!("{}/{dir}", decl.path) };
                let module = ModuleVersion::new(decl.path.as_str(), "");
                let place = Place::Directory(root.to_owned());
                matched.insert(path.clone());
                reached.insert(path.clone(), everywhere);
                queue.push_back((Rc::new(Package { path, place, dir, module, main: true }), everywhere));
            }
        }
        while let Some((package, on)) = queue.pop_front() {
            context.interrupt.check()?;
            let tested = matched.contains(&package.path);
            let files = self.sources.package(&package.place, &package.dir)?;
            for file in files.iter().filter(|f| !f.is_test || tested) {
                // A test is loaded where the package would be built.
                let on =
                    if file.is_test { (on & file.built) << 64 } else { on & (file.built | file.built << 64) };
                if on == 0 {
                    continue;
                }
                for import in file.imports.iter().filter(|i| *i != "C") {
                    let lookup = self.lookup(import)?;
                    match &*lookup {
                        Lookup::Standard => {}
                        Lookup::Fault(fault) => self.problem(&package, &file.name, import, fault.clone(), on),
                        Lookup::Package(imported) => {
                            if let Some(fault) = self.refused(&package, imported) {
                                self.problem(&package, &file.name, import, fault, on);
                                continue;
                            }
                            let known = reached.entry(imported.path.clone()).or_insert(0);
                            let new = on & !*known;
                            if new != 0 {
                                *known |= new;
                                queue.push_back((imported.clone(), new));
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn problem(&mut self, package: &Package, file: &str, import: &str, fault: Fault, on: Mask) {
        let problem = self.problems.entry((import.to_owned(), fault.clone())).or_insert_with(|| {
            let dir = match &package.place {
                Place::Directory(root) => Some(root.join(&package.dir)),
                Place::Zip(_) => None,
            };
            let importer = Importer {
                package: package.path.clone(),
                version: package.module.version.clone(),
                main: package.main,
                file: dir.map(|dir| dir.join(file)),
            };
            Problem { fault, package: import.to_owned(), importer: Some(importer), on: 0 }
        });
        problem.on |= on;
    }

    /// Why one package may not import the other, which is there.
    fn refused(&self, importer: &Package, imported: &Package) -> Option<Fault> {
        // What the project itself imports has to stand in its go.mod.
        let listed = imported.main || self.roots.contains(imported.module.path.as_str());
        if self.sums_needed && importer.main && !listed {
            return Some(Fault::Unlisted(imported.module.clone()));
        }
        let parent = internal_parent(&imported.path);
        let inside = |parent: &str| is_below(&importer.path, parent);
        parent.filter(|parent| !inside(parent)).map(|_| Fault::Internal)
    }

    fn lookup(&mut self, path: &str) -> Result<Rc<Lookup>> {
        if let Some(known) = self.lookups.get(path) {
            return Ok(known.clone());
        }
        let found = Rc::new(self.find(path)?);
        self.lookups.insert(path.to_owned(), found.clone());
        Ok(found)
    }

    fn find(&mut self, path: &str) -> Result<Lookup> {
        if path.starts_with("./") || path.starts_with("../") || matches!(path, "." | "..") {
            return Ok(Lookup::Fault(Fault::Relative));
        }
        if let Err(e) = airgo_gomod::module::check_import_path(path) {
            return Ok(Lookup::Fault(Fault::Malformed(e.to_string())));
        }
        let first = path.split('/').next().unwrap_or_default();
        let dotless = !first.contains('.');
        if dotless && self.standard.as_ref().is_some_and(|src| src.join(path).is_dir()) {
            return Ok(Lookup::Standard);
        }
        let candidates: Vec<&'a Selected> =
            ancestors(path).filter_map(|prefix| self.selected.get(prefix).copied()).collect();
        if candidates.is_empty() && dotless {
            return Ok(match &self.standard {
                Some(src) => Lookup::Fault(Fault::NotStandard(src.join(path).display().to_string())),
                None => Lookup::Standard,
            });
        }
        if self.roots_first {
            let first = candidates.iter().copied().filter(|s| self.roots.contains(s.module.path.as_str()));
            let first: Vec<_> = first.collect();
            if let Some(found) = self.among(path, &first)? {
                return Ok(found);
            }
            if self.loaded.project.workspace.is_none() {
                return self.beyond_roots(path, &candidates);
            }
        }
        self.graph_read = true;
        Ok(self.among(path, &candidates)?.unwrap_or_else(|| Lookup::Fault(self.missing(path))))
    }

    /// The one module of several that provides a package; None where none does.
    fn among(&mut self, path: &str, candidates: &[&'a Selected]) -> Result<Option<Lookup>> {
        let (mut found, mut unsummed) = (Vec::new(), Vec::new());
        for selected in candidates {
            let Some(place) = self.place(selected) else { continue };
            if let Place::Zip(module) = &place
                && self.sums_needed
                && !self.loaded.sums.contains(module, Subject::Zip)
            {
                unsummed.push(module.clone());
                continue;
            }
            if !self.sources.is_fetched(&place) {
                return Ok(Some(Lookup::Fault(Fault::Unlisted(selected.module.clone()))));
            }
            let dir = path.get(selected.module.path.len()..).unwrap_or_default().trim_start_matches('/');
            if self.sources.has_package(&place, dir)? {
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
                self.providers.insert(module.clone());
            }
            Lookup::Package(Rc::new(package))
        }))
    }

    /// Go looks further than go.mod, and refuses whatever it finds: it would
    /// have to write it into go.mod (cmd/go modload/buildlist.go,
    /// updatePrunedRoots). Which module it is, only the zips tell, that
    /// nobody asked for.
    fn beyond_roots(&mut self, path: &str, candidates: &[&'a Selected]) -> Result<Lookup> {
        self.graph_read = true;
        let is_root = |s: &Selected| self.roots.contains(s.module.path.as_str());
        let implicit = candidates.iter().find(|s| !is_root(s)).map(|s| s.module.clone());
        Ok(Lookup::Fault(match implicit {
            Some(module) => Fault::Unlisted(module),
            None => self.missing(path),
        }))
    }

    fn missing(&self, path: &str) -> Fault {
        let project = &self.loaded.project;
        let mains = project.mains.iter().filter_map(|m| m.modfile.module.as_ref());
        if mains.into_iter().any(|m| is_below(path, &m.path)) {
            return Fault::Own;
        }
        let of_work = project.workspace.iter().flat_map(|w| &w.file.replace);
        let replaces = of_work.chain(project.mains.iter().flat_map(|m| &m.modfile.replace));
        let unused = |old: &ModuleVersion| !self.selected.contains_key(old.path.as_str());
        let replaced = replaces.map(|r| &r.old).filter(|old| is_below(path, &old.path) && unused(old));
        match replaced.max_by_key(|old| old.path.len()) {
            Some(old) => Fault::Replaced(old.clone()),
            None => Fault::Missing,
        }
    }

    fn place(&self, selected: &Selected) -> Option<Place> {
        if selected.main {
            let mains = &self.loaded.project.mains;
            let of = |m: &&airgo_resolve::MainModule| {
                m.modfile.module.as_ref().is_some_and(|d| d.path == selected.module.path)
            };
            return mains.iter().find(of).map(|m| Place::Directory(PathBuf::from(&m.dir)));
        }
        match &selected.replacement {
            Some(Replacement::Directory { dir, .. }) => Some(Place::Directory(PathBuf::from(dir))),
            _ => selected.stored().map(|m| Place::Zip(m.clone())),
        }
    }
}

/// A path and those above it: `a/b/c`, `a/b`, `a`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

fn is_below(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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

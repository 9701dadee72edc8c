//! The walk along imports, from the main modules' packages into the modules that
//! provide what they import (cmd/go modload/load.go).

use super::embed::{self, EmbedError, Embedded};
use super::fault::{Fault, Importer, Problem};
use super::files::{ModuleFiles, Packages, Place, Reader};
use super::lookup::{Lookup, Modules};
use super::starts::Starts;
use crate::{Project, Resolution};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::{self, Builds, GoFile, Needed, On, join};
use airgo_gomod::gosource::{self, embed_patterns};
use airgo_gomod::gosum::Subject;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// Whether go.sum has the line for a module's zip or go.mod.
pub type Sums<'a> = &'a dyn Fn(&ModuleVersion, Subject) -> bool;

/// For what packages are loaded.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Which files count.
    pub builds: Builds<'a>,
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// An import of a package's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The path.
    pub path: Rc<str>,
    /// The package's place in [`Closure::packages`]; none for one of the standard
    /// library, and for one that go refuses. Where several versions of its module
    /// are carried, there is an import for each.
    pub package: Option<usize>,
    /// For what it is needed.
    pub on: On,
}

/// A package that the project's packages lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The package.
    pub package: Rc<Package>,
    /// For what it is needed.
    pub on: On,
    /// What the files import that are built there, sorted by path.
    pub imports: Vec<Import>,
    /// What it embeds, where asked for.
    pub embedded: Embedded,
    /// The names of those of its files, of a zip, that import "C".
    pub cgo: Vec<String>,
}

/// A file of a directory that go refuses: nobody can say what it imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The directory of its module.
    pub root: String,
    /// The file in it.
    pub file: String,
    /// Why.
    pub problem: String,
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
    /// Files of directories whose imports are not known.
    pub unreadable: Vec<Unreadable>,
    /// Lines that go.sum lacks, for go.mod files that only commands which read
    /// the whole graph ask for, such as `go list -m all`.
    pub unsummed: Vec<ModuleVersion>,
    /// Modules of zips that go opens to see whether they have a package, under
    /// the names of what replaces them: those that have one, and those that it
    /// rules out, whose path is the start of an import path as well.
    pub opened: BTreeSet<ModuleVersion>,
    /// Whether go reads the go.mod files of the whole module graph for this.
    pub graph_read: bool,
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
    load_from(&Starts::default(), project, resolution, settings, files)
}

/// Loads packages, and what they import.
///
/// # Errors
/// What `files` gives. What go would refuse is a [`Problem`].
pub fn load_from<F: ModuleFiles>(
    starts: &Starts<'_>,
    project: &Project,
    resolution: &Resolution,
    settings: &Settings<'_>,
    files: &mut F,
) -> Result<Closure, F::Error> {
    let mut walk = Walk::new(settings, files, Modules::new(project, resolution, settings));
    starts.reach(&mut walk)?;
    walk.steps.follow()?;
    let unsummed = walk.go_mod_sums();
    let opened = std::mem::take(&mut walk.steps.resolver.providers.opened);
    let graph_read = walk.steps.resolver.providers.graph_read;
    Ok(Closure { unsummed, opened, graph_read, ..walk.finish()? })
}

/// Who says what import paths lead to.
pub(crate) trait Providers {
    /// What this one leads to; asked once for each.
    fn find<F: ModuleFiles>(
        &mut self,
        packages: &mut Packages<'_, '_, F>,
        path: &str,
    ) -> Result<Lookup, F::Error>;

    /// Why one package may not import the other, which is there.
    fn refused(&self, importer: &Package, imported: &Package) -> Option<Fault>;
}

/// The shared walk, and what it is for.
pub(crate) struct Walk<'a, F: ModuleFiles, P: Providers> {
    pub settings: &'a Settings<'a>,
    pub steps: closure::Walk<'a, Reader<'a, F>, Resolver<P>>,
}

/// Notes what go refuses on the way.
pub(crate) struct Resolver<P> {
    pub providers: P,
    /// The packages whose tests are followed: those that patterns match.
    pub tested: HashSet<Rc<Package>>,
    /// So are those of the main modules' other packages.
    all_tested: bool,
    problems: HashMap<(String, Fault), Problem>,
}

impl<'a, F: ModuleFiles, P: Providers> closure::Resolver<Reader<'a, F>> for Resolver<P> {
    type Package = Package;
    type Found = Lookup;

    fn find(&mut self, packages: &mut Packages<'_, 'a, F>, path: &str) -> Result<Lookup, F::Error> {
        self.providers.find(packages, path)
    }

    fn imported(
        &mut self,
        from: Option<(&Package, &GoFile)>,
        path: &str,
        found: &Lookup,
        on: On,
        reach: &mut dyn FnMut(&Rc<Package>),
    ) {
        match found {
            Lookup::Standard => {}
            Lookup::Fault(fault) => self.problem(from, path, fault.clone(), on),
            Lookup::Packages(found) => {
                for imported in found {
                    match from.and_then(|(importer, _)| self.providers.refused(importer, imported)) {
                        Some(fault) => self.problem(from, path, fault, on),
                        None => reach(imported),
                    }
                }
            }
        }
    }

    fn place<'p>(&self, package: &'p Package) -> Option<(&'p Place, &'p str)> {
        Some((&package.place, &package.dir))
    }

    /// All of them, so that the nearest importer is the first, module by module:
    /// whoever reads zips keeps few of them open.
    fn take(&self, waiting: &mut Vec<Needed<Package>>) -> Vec<Needed<Package>> {
        let mut level = std::mem::take(waiting);
        level.sort_by(|a, b| a.0.place.cmp(&b.0.place));
        level
    }

    fn is_tested(&self, package: &Package) -> bool {
        self.all_tested && package.main || self.tested.contains(package)
    }
}

impl<P> Resolver<P> {
    fn problem(&mut self, from: Option<(&Package, &GoFile)>, import: &str, fault: Fault, on: On) {
        let problem = self.problems.entry((import.to_owned(), fault.clone())).or_insert_with(|| {
            let importer = from.map(|(package, file)| Importer {
                package: package.path.clone(),
                version: package.module.version.clone(),
                main: package.main,
                file: match &package.place {
                    Place::Directory(root) => Some((root.clone(), join(&package.dir, &file.name))),
                    Place::Zip(_) => None,
                },
            });
            Problem { fault, package: import.to_owned(), importer, on: On::default() }
        });
        problem.on |= on;
    }
}

impl<'a, F: ModuleFiles, P: Providers> Walk<'a, F, P> {
    pub fn new(settings: &'a Settings<'a>, files: &'a mut F, providers: P) -> Self {
        // As `all` in cmd/go modload/load.go, applyPkgFlags.
        let all_tested = settings.tests && matches!(settings.builds, Builds::Any);
        let resolver = Resolver { providers, tested: HashSet::new(), all_tested, problems: HashMap::new() };
        Self { settings, steps: closure::Walk::new(Reader::new(files), settings.builds, resolver) }
    }

    /// What was reached, in order.
    pub fn finish(mut self) -> Result<Closure, F::Error> {
        let problems = self.steps.resolver.problems.drain().map(|(_, p)| p).collect();
        let mut closure = Closure { problems, ..Closure::default() };
        closure.problems.sort_by(|a, b| a.key().cmp(&b.key()));
        let mut reached: Vec<_> = self.steps.reached.drain().collect();
        reached.sort_by(|(a, _), (b, _)| (&a.path, &a.module).cmp(&(&b.path, &b.module)));
        let places: HashMap<_, _> = reached.iter().zip(0..).map(|((p, _), at)| (p.clone(), at)).collect();
        for (package, on) in reached {
            let files = self.steps.packages.take_package(&package.place, &package.dir)?;
            let files = self.steps.files_of(&package, &files, on);
            let imports = self.imports(&package, &files, &places)?;
            if let Place::Directory(root) = &package.place {
                closure.unreadable.extend(files.iter().filter_map(|(file, _)| {
                    let problem = file.refused.as_ref()?.to_string();
                    Some(Unreadable { root: root.clone(), file: join(&package.dir, &file.name), problem })
                }));
            }
            let embedded = match self.settings.embeds {
                true => embeds(&mut self.steps.packages, &package, &files, &mut closure.embed_errors)?,
                false => Embedded::default(),
            };
            let cgo = cgo_files(&mut self.steps.packages, &package, &files)?;
            closure.packages.push(Reached { package, on, imports, embedded, cgo });
        }
        Ok(closure)
    }

    fn imports(
        &mut self,
        package: &Package,
        files: &[(&GoFile, On)],
        places: &HashMap<Rc<Package>, usize>,
    ) -> Result<Vec<Import>, F::Error> {
        let mut paths: BTreeMap<&Rc<str>, On> = BTreeMap::new();
        for (file, on) in files {
            for import in &file.imports {
                *paths.entry(import).or_default() |= *on;
            }
        }
        let mut imports = Vec::with_capacity(paths.len());
        for (path, on) in paths {
            let import = |package| Import { path: path.clone(), package, on };
            match &*self.steps.lookup(path)? {
                Lookup::Packages(found) => imports.extend(found.iter().map(|imported| {
                    let allowed = self.steps.resolver.providers.refused(package, imported).is_none();
                    import(places.get(imported).copied().filter(|_| allowed))
                })),
                Lookup::Standard | Lookup::Fault(_) => imports.push(import(None)),
            }
        }
        Ok(imports)
    }
}

impl<F: ModuleFiles> Walk<'_, F, Modules<'_>> {
    /// Notes the lines that go.sum lacks for go.mod files; gives those that only
    /// some commands ask for.
    fn go_mod_sums(&mut self) -> Vec<ModuleVersion> {
        let Some(sums) = self.settings.sums else { return Vec::new() };
        let unsummed = |m: &&ModuleVersion| !m.version.is_empty() && !sums(m, Subject::GoMod);
        let mut needed: BTreeSet<ModuleVersion> = self.steps.resolver.providers.used.clone();
        let all = &self.steps.resolver.providers.resolution.go_mods;
        if self.steps.resolver.providers.graph_read {
            needed.extend(all.iter().cloned());
        }
        for module in needed.iter().filter(unsummed) {
            let fault = Fault::GoModSum(module.clone());
            let problem =
                Problem { fault: fault.clone(), package: String::new(), importer: None, on: On::default() };
            self.steps.resolver.problems.insert((String::new(), fault), problem);
        }
        all.iter().filter(unsummed).filter(|m| !needed.contains(*m)).cloned().collect()
    }
}

/// Those files of a package of a zip that import "C".
fn cgo_files<F: ModuleFiles>(
    packages: &mut Packages<'_, '_, F>,
    package: &Package,
    files: &[(&GoFile, On)],
) -> Result<Vec<String>, F::Error> {
    let mut found = Vec::new();
    let reader = &mut packages.files;
    let Place::Zip(_) = package.place else { return Ok(found) };
    let Some(maybe) = reader.maybe_cgo.get(&package.place) else { return Ok(found) };
    for (file, _) in files.iter().filter(|(file, _)| !file.is_test) {
        let name = join(&package.dir, &file.name);
        if maybe.contains(&name) {
            let text = reader.files.read(&package.place, &name, file.size)?;
            if gosource::read(&text).imports.iter().any(|import| import.path == "C") {
                found.push(file.name.clone());
            }
        }
    }
    Ok(found)
}

/// What the files of a package embed.
fn embeds<F: ModuleFiles>(
    packages: &mut Packages<'_, '_, F>,
    package: &Package,
    files: &[(&GoFile, On)],
    errors: &mut Vec<EmbedError>,
) -> Result<Embedded, F::Error> {
    let mut embedded = Embedded::default();
    for (file, _) in files.iter().filter(|(file, _)| file.embeds()) {
        let text = packages.files.files.read(&package.place, &join(&package.dir, &file.name), file.size)?;
        for pattern in embed_patterns(&text) {
            match embed::resolve(packages.files.files, &package.place, &package.dir, &pattern)? {
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

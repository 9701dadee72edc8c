//! What a vendor/modules.txt says, and the packages that go finds by it (cmd/go
//! modload/vendor.go, readVendorList; modload/import.go, importFromModules).

use crate::Project;
use crate::packages::files::Packages;
use crate::packages::load::{Providers, Walk};
use crate::packages::lookup::{self, Lookup, internal};
use crate::packages::{Closure, Fault, ModuleFiles, Package, Place, Settings};
use airgo_gomod::gosource::closure::{Files as _, directory_in};
use airgo_gomod::gosource::is_hidden;
use airgo_gomod::module::{check_import_path, has_path_prefix};
use airgo_gomod::{ModuleVersion, gover, semver};
use std::collections::HashMap;
use std::rc::Rc;

/// A modules.txt as go reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModulesTxt {
    /// The modules that have packages, in order.
    pub(super) list: Vec<ModuleVersion>,
    /// The modules that it says are replaced.
    pub(super) replaced: Vec<ModuleVersion>,
    /// The versions of those that have packages.
    pub(super) versions: HashMap<String, String>,
    pub(super) said: HashMap<ModuleVersion, Said>,
    packages: HashMap<String, ModuleVersion>,
    go_lines: Vec<(ModuleVersion, String)>,
}

/// What is said of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub explicit: bool,
    pub replacement: Option<ModuleVersion>,
}

impl ModulesTxt {
    /// Reads a text. No text is an error: go passes over what it does not know.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut read = Self::default();
        let mut module: Option<ModuleVersion> = None;
        for line in String::from_utf8_lossy(text).split('\n') {
            if line.starts_with("# ") {
                let fields: Vec<&str> = line.split_whitespace().collect();
                if fields.len() >= 3 {
                    module = read.module(&fields);
                }
            } else if let Some(module) = &module {
                if let Some(annotations) = line.strip_prefix("## ") {
                    read.annotate(module, annotations);
                } else {
                    read.package(module, line);
                }
            }
        }
        read
    }

    fn module(&mut self, fields: &[&str]) -> Option<ModuleVersion> {
        let (module, rest) = if semver::is_valid(fields[2]) {
            (ModuleVersion::new(fields[1], fields[2]), &fields[3..])
        } else if fields[2] == "=>" {
            (ModuleVersion::new(fields[1], ""), &fields[2..])
        } else {
            return None;
        };
        let new = match rest {
            ["=>", dir] => Some(ModuleVersion::new(*dir, "")),
            ["=>", path, version] if semver::is_valid(version) => Some(ModuleVersion::new(*path, *version)),
            _ => None,
        };
        if new.is_some() {
            self.replaced.push(module.clone());
            self.said.entry(module.clone()).or_default().replacement = new;
        }
        Some(module)
    }

    fn annotate(&mut self, module: &ModuleVersion, annotations: &str) {
        for entry in annotations.split(';').map(str::trim) {
            if entry == "explicit" {
                self.said.entry(module.clone()).or_default().explicit = true;
            } else if let Some(go) = entry.strip_prefix("go ") {
                self.go_lines.push((module.clone(), go.to_owned()));
            }
        }
    }

    fn package(&mut self, module: &ModuleVersion, line: &str) {
        let mut fields = line.split_whitespace();
        let (Some(path), None) = (fields.next(), fields.next()) else { return };
        if check_import_path(path).is_err() {
            return;
        }
        self.packages.insert(path.to_owned(), module.clone());
        let known = self.versions.get(&module.path);
        if known.is_none_or(|known| semver::compare(known, &module.version).is_lt()) {
            self.list.push(module.clone());
            self.versions.insert(module.path.clone(), module.version.clone());
        }
    }

    /// The modules that have packages, each with what replaces it.
    pub fn modules(&self) -> impl Iterator<Item = (&ModuleVersion, Option<&ModuleVersion>)> {
        let replacement = |module| self.said.get(module).and_then(|said| said.replacement.as_ref());
        self.list.iter().map(move |module| (module, replacement(module)))
    }

    /// The module that it says a package is of.
    #[must_use]
    pub fn module_of(&self, package: &str) -> Option<&ModuleVersion> {
        self.packages.get(package)
    }

    /// The first module that needs a newer go than the one that runs, and which.
    #[must_use]
    pub fn too_new(&self, running: &str) -> Option<(&ModuleVersion, &str)> {
        let too_new = |(_, go): &&(ModuleVersion, String)| gover::compare(go, running).is_gt();
        self.go_lines.iter().find(too_new).map(|(module, go)| (module, go.as_str()))
    }
}

/// Loads the packages of `./...` in all main modules, and what they import, as go
/// does with `-mod=vendor`: from the main modules and from the vendor directory
/// `dir`.
///
/// # Errors
/// What `files` gives. What go would refuse is a [`crate::packages::Problem`].
pub fn load<F: ModuleFiles>(
    project: &Project,
    (dir, modules_txt): (&str, &ModulesTxt),
    settings: &Settings<'_>,
    files: &mut F,
) -> Result<Closure, F::Error> {
    let vendor = Place::Directory(dir.to_owned());
    let listed = gover::compare(project.go_version(), "1.23").is_ge();
    let providers = FromVendor { project, vendor, modules_txt, listed, standard: settings.standard };
    let mut walk = Walk::new(settings, files, providers);
    for main in &project.mains {
        let Some(decl) = &main.modfile.module else { continue };
        let module = ModuleVersion::new(decl.path.as_str(), "");
        let ignored = lookup::ignored(project, &decl.path);
        let place = Place::Directory(main.dir.clone());
        walk.reach_module((module, true, place), &ignored, &|_| true)?;
    }
    walk.steps.follow()?;
    walk.finish()
}

struct FromVendor<'a> {
    project: &'a Project,
    vendor: Place,
    modules_txt: &'a ModulesTxt,
    /// Since go 1.23 what modules.txt does not list is passed over.
    listed: bool,
    standard: &'a dyn Fn(&str) -> Option<bool>,
}

impl Providers for FromVendor<'_> {
    fn find<F: ModuleFiles>(
        &mut self,
        packages: &mut Packages<'_, '_, F>,
        path: &str,
    ) -> Result<Lookup, F::Error> {
        if let Some(fault) = lookup::malformed(path) {
            return Ok(Lookup::Fault(fault));
        }
        let dotted = path.split('/').next().is_some_and(|first| first.contains('.'));
        let standard = if dotted { Some(false) } else { (self.standard)(path) };
        let mut found = Vec::new();
        for main in &self.project.mains {
            let Some(decl) = main.modfile.module.as_ref().filter(|decl| has_path_prefix(path, &decl.path))
            else {
                continue;
            };
            let (place, dir) = (Place::Directory(main.dir.clone()), directory_in(path, &decl.path));
            if packages.has_package(&place, dir)? {
                let module = ModuleVersion::new(decl.path.as_str(), "");
                found.push(Package { path: path.to_owned(), module, main: true, place, dir: dir.to_owned() });
            }
        }
        // The trees of all modules lie over each other there: a go.mod file says nothing.
        let entries = packages.files.directory(&self.vendor, path)?;
        let known = self.modules_txt.module_of(path);
        if entries.iter().any(|(name, _)| name.ends_with(".go") && !is_hidden(name))
            && (known.is_some() || !self.listed)
        {
            let module = known.cloned().unwrap_or_else(|| ModuleVersion::new("", ""));
            let (place, dir) = (self.vendor.clone(), path.to_owned());
            found.push(Package { path: path.to_owned(), module, main: false, place, dir });
        }
        Ok(match (found.as_slice(), standard) {
            ([], Some(true)) => Lookup::Standard,
            ([], None) if !dotted => Lookup::Standard,
            ([], _) if !dotted => Lookup::Fault(Fault::NotStandard),
            ([], _) => Lookup::Fault(Fault::Missing),
            ([_], None | Some(false)) => Lookup::Packages(found.into_iter().map(Rc::new).collect()),
            _ => Lookup::Fault(Fault::Ambiguous(found.into_iter().map(|package| package.module).collect())),
        })
    }

    fn refused(&self, importer: &Package, imported: &Package) -> Option<Fault> {
        internal(importer, imported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_writes() {
        let text = "## workspace\n# a.b/c v1.0.0 => ./c\n## explicit; go 1.21\na.b/c\na.b/c/d\n\
            # a.b/e v1.0.0\n## explicit\n# x => ../x\n# y v1.0.0 => z v1.2.0\n# nonsense\nb\n# z 1\nq\n";
        let read = ModulesTxt::parse(text.as_bytes());
        let c = ModuleVersion::new("a.b/c", "v1.0.0");
        assert_eq!(read.module_of("a.b/c/d"), Some(&c));
        assert_eq!(read.module_of("q"), None);
        assert_eq!(read.list, [c.clone(), ModuleVersion::new("y", "v1.0.0")]);
        assert_eq!(read.replaced.len(), 3);
        assert!(read.said[&c].explicit && read.said[&ModuleVersion::new("a.b/e", "v1.0.0")].explicit);
        assert_eq!(read.too_new("1.20"), Some((&c, "1.21")));
        assert_eq!(read.too_new("1.21"), None);
    }
}

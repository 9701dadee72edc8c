//! What a bundle is built of: for which platforms and tags, and which packages
//! its main modules come to import.
//!
//! The packages are those of `go list -deps -test ./...`: from the imports
//! that pack recorded for the main modules, through the sources in the bundle,
//! package by package. Tests of dependencies are no part of it. A package of the
//! standard library is reached where one of these imports it itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use airgo_gosource::closure::{self, Files, GoFile, Packages, Resolver, Walk, longest};
use airgo_gosource::{Expr, Platform};

use crate::{Bundle, BundleInfo, CheckError, MainModule, ModuleInfo, ReadError};

pub use airgo_gosource::closure::On;

/// The builds that a bundle is for: its platforms, or all that Go knows where it
/// names none, with the tags that the packing assumed.
#[derive(Clone, Debug)]
pub struct Builds {
    platforms: Vec<Platform>,
    tags: Vec<String>,
}

impl Builds {
    /// Of a bundle, with further tags.
    #[must_use]
    pub fn of(info: &BundleInfo, tags: &[String]) -> Self {
        let named = info.platforms.iter().map(|name| {
            let (os, arch) = name.split_once('/').unwrap_or((name, ""));
            Platform { os: os.to_owned(), arch: arch.to_owned() }
        });
        let platforms: BTreeSet<Platform> = named.collect();
        let platforms =
            if platforms.is_empty() { Platform::ports() } else { platforms.into_iter().collect() };
        let packed = info.attributes.iter().filter(|(name, _)| name == "build-tags");
        let packed = packed.flat_map(|(_, tags)| tags.split(' ')).map(str::to_owned);
        Builds { platforms, tags: tags.iter().cloned().chain(packed).collect() }
    }

    /// As the shared walk takes them. Whether cgo is on, a bundle does not say.
    fn shared(&self) -> closure::Builds<'_> {
        closure::Builds::Of { platforms: &self.platforms, tags: &self.tags, cgo: None }
    }

    /// All of its platforms.
    #[must_use]
    pub fn all(&self) -> On {
        On::everywhere(self.shared())
    }

    /// Those of these names, as `os/arch`.
    fn named(&self, names: &[String]) -> On {
        let platforms = self.platforms.iter().enumerate();
        let named = platforms.filter(|(_, platform)| names.contains(&platform.to_string()));
        builds(named.fold(0, |all, (index, _)| all | closure::Builds::bit(index)))
    }

    /// The platforms on which all conditions hold, or may.
    #[must_use]
    pub fn on(&self, when: &[Expr]) -> On {
        builds(self.shared().when(when))
    }

    /// The operating systems that are all of `on`, where there are others.
    #[must_use]
    pub fn systems(&self, on: On) -> Option<BTreeSet<&str>> {
        let of = |on: On| -> BTreeSet<&str> {
            let platforms = self.platforms.iter().enumerate();
            let platforms = platforms.filter(|(index, _)| on.builds & closure::Builds::bit(*index) != 0);
            platforms.map(|(_, p)| p.os.as_str()).collect()
        };
        let systems = of(on);
        (systems != of(self.all())).then_some(systems)
    }
}

fn builds(builds: u64) -> On {
    On { builds, tests: 0 }
}

/// Whether the bundle says of every main module what it imports. Where it does
/// not, that nothing is reached proves nothing.
#[must_use]
pub fn is_recorded(info: &BundleInfo) -> bool {
    // An older airgo does not say whether it looked.
    let looked = |main: &MainModule| {
        main.attributes.iter().any(|a| *a == ("imports".to_owned(), "recorded".to_owned()))
    };
    !info.main_modules.is_empty()
        && info.main_modules.iter().all(|main| looked(main) || !main.imports.is_empty())
}

/// The imports of a main module that some platforms only have, with these. What
/// is not said holds for all.
fn imported_on(main: &MainModule) -> HashMap<String, Vec<String>> {
    let said = main.attributes.iter().find(|(name, _)| name == "imports.platforms");
    said.and_then(|(_, json)| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The packages that are reached.
#[derive(Debug, Default)]
pub struct Reach {
    packages: HashMap<Rc<str>, On>,
    /// One of those that are reached in each module.
    modules: BTreeMap<u32, Rc<str>>,
}

impl Reach {
    /// Follows the imports of the main modules.
    ///
    /// # Errors
    /// Where a source in the bundle cannot be read.
    pub fn of(bundle: &dyn Bundle, modules: &[ModuleInfo], builds: &Builds) -> Result<Self, CheckError> {
        let mut by_path: HashMap<&str, Vec<&ModuleInfo>> = HashMap::new();
        for module in modules {
            by_path.entry(&module.path).or_default().push(module);
        }
        let sources = Sources { bundle, modules, listed: HashMap::new() };
        let mut walk = Walk::new(sources, builds.shared(), Modules { by_path });
        for main in bundle.info().main_modules {
            let some = imported_on(&main);
            for package in main.imports {
                let on = some.get(&package).map_or_else(|| builds.all(), |names| builds.named(names));
                walk.import(None, &package, on)?;
            }
        }
        walk.follow()?;
        let mut reach = Reach::default();
        for (package, on) in &walk.reached {
            *reach.packages.entry(package.path.clone()).or_default() |= *on;
            if let Some((module, _)) = &package.place {
                let first = reach.modules.entry(*module).or_insert_with(|| package.path.clone());
                if package.path < *first {
                    *first = package.path.clone();
                }
            }
        }
        Ok(reach)
    }

    /// Whether a package is reached at all.
    #[must_use]
    pub fn has(&self, package: &str) -> bool {
        !self.on(package).is_none()
    }

    /// The platforms on which a package is reached.
    #[must_use]
    pub fn on(&self, package: &str) -> On {
        self.packages.get(package).copied().unwrap_or_default()
    }

    /// The first package, by path, that is reached in a module.
    #[must_use]
    pub fn any_of(&self, module: u32) -> Option<String> {
        self.modules.get(&module).map(ToString::to_string)
    }
}

/// A package, with the index of the module that has it and its directory there;
/// those of the standard library have none.
#[derive(PartialEq, Eq, Hash)]
struct Package {
    path: Rc<str>,
    place: Option<(u32, String)>,
}

/// The modules of a bundle by path.
struct Modules<'a> {
    by_path: HashMap<&'a str, Vec<&'a ModuleInfo>>,
}

impl<'a> Resolver<Sources<'a>> for Modules<'a> {
    type Package = Package;
    type Found = Vec<Rc<Package>>;

    /// Of several versions, which projects in one bundle may have, each.
    fn find(
        &mut self,
        packages: &mut Packages<'_, Sources<'a>>,
        package: &str,
    ) -> Result<Self::Found, CheckError> {
        let path: Rc<str> = Rc::from(package);
        let mut found = longest(package, |module, dir| {
            let mut found = Vec::new();
            for module in self.by_path.get(module).into_iter().flatten() {
                // A directory of the project is not in the bundle: its packages
                // are taken for granted, and pack has recorded what they import.
                if is_directory(module) || packages.has_package(&module.index, dir)? {
                    let place = Some((module.index, dir.to_owned()));
                    found.push(Rc::new(Package { path: path.clone(), place }));
                }
            }
            Ok(found)
        })?;
        if found.is_empty() {
            found.push(Rc::new(Package { path, place: None }));
        }
        Ok(found)
    }

    fn imported(
        &mut self,
        _: Option<(&Package, &GoFile)>,
        _: &str,
        found: &Self::Found,
        _: On,
        reach: &mut dyn FnMut(&Rc<Package>),
    ) {
        found.iter().for_each(reach);
    }

    fn place<'p>(&self, package: &'p Package) -> Option<(&'p u32, &'p str)> {
        package.place.as_ref().map(|(module, dir)| (module, dir.as_str()))
    }
}

/// Directory → names and sizes of its Go files.
type Listed = HashMap<String, Vec<(String, u64)>>;

/// The files of a bundle's modules.
struct Sources<'a> {
    bundle: &'a dyn Bundle,
    modules: &'a [ModuleInfo],
    listed: HashMap<u32, Listed>,
}

impl Sources<'_> {
    fn module(&self, index: u32) -> Result<&ModuleInfo, CheckError> {
        let found = self.modules.iter().find(|module| module.index == index);
        found.ok_or_else(|| CheckError::Input(format!("the bundle has no module {index}")))
    }

    fn list(&self, index: u32) -> Result<Listed, CheckError> {
        let files = match self.bundle.list_files(index) {
            Ok(files) => files,
            Err(ReadError::NotFound) => Vec::new(),
            Err(err) => return Err(unreadable(self.module(index)?, "the zip", &err)),
        };
        let mut listed = Listed::new();
        for file in files.into_iter().filter(|f| f.path.ends_with(".go") && !f.path.ends_with("_test.go")) {
            let (dir, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            if let Some(names) = listed.get_mut(dir) {
                names.push((name.to_owned(), file.size));
            } else {
                listed.insert(dir.to_owned(), vec![(name.to_owned(), file.size)]);
            }
        }
        Ok(listed)
    }
}

impl Files for Sources<'_> {
    type Module = u32;
    type Error = CheckError;

    fn directory(&mut self, module: &u32, dir: &str) -> Result<Vec<(String, u64)>, CheckError> {
        if !self.listed.contains_key(module) {
            let listed = self.list(*module)?;
            self.listed.insert(*module, listed);
        }
        Ok(self.listed.get(module).and_then(|dirs| dirs.get(dir)).cloned().unwrap_or_default())
    }

    fn read(&mut self, module: &u32, file: &str, limit: u64) -> Result<Vec<u8>, CheckError> {
        let len = u32::try_from(limit).unwrap_or(u32::MAX);
        let read = self.bundle.read(*module, file, 0, len);
        read.or_else(|err| Err(unreadable(self.module(*module)?, file, &err)))
    }

    /// A policy rather takes too many for reached.
    fn follows_refused(&self) -> bool {
        true
    }
}

/// Whether a directory of the project stands in for a module.
fn is_directory(module: &ModuleInfo) -> bool {
    module.replaced_by.as_ref().is_some_and(|other| other.version.is_empty())
}

fn unreadable(module: &ModuleInfo, path: &str, err: &ReadError) -> CheckError {
    CheckError::Input(format!("{path} of {}@{} cannot be read: {err:?}", module.path, module.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeBundle;

    /// a is imported on windows alone, b everywhere; both lead to c.
    #[test]
    fn imports_of_some_platforms_lead_on_there() {
        let module = |bundle: FakeBundle, name: &str, imports: &str| {
            let source = format!("package {name}\n{imports}");
            bundle.module(&format!("example.com/{name}"), "v1.0.0", &[("x.go", &source)])
        };
        let bundle = module(FakeBundle::new(), "a", "import _ \"example.com/c\"\n");
        let bundle = module(bundle, "b", "//\nimport _ \"example.com/d\"\n");
        let mut bundle = module(module(bundle, "c", ""), "d", "");
        let on = |platforms: &str, said: Option<&str>| {
            let mut attributes = vec![("imports".to_owned(), "recorded".to_owned())];
            attributes.extend(said.map(|json| ("imports.platforms".to_owned(), json.to_owned())));
            bundle.platforms = platforms.split_whitespace().map(str::to_owned).collect();
            bundle.main_modules = vec![MainModule {
                path: "example.com/main".to_owned(),
                go_version: None,
                imports: vec!["example.com/a".to_owned(), "example.com/b".to_owned()],
                attributes,
            }];
            let builds = Builds::of(&bundle.info(), &[]);
            let reach = Reach::of(&bundle, &bundle.modules(), &builds).unwrap();
            ["a", "b", "c", "d"].map(|name| match builds.systems(reach.on(&format!("example.com/{name}"))) {
                None => "all".to_owned(),
                Some(systems) => systems.into_iter().collect::<Vec<_>>().join(" "),
            })
        };
        let mut on = on;
        let windows = r#"{"example.com/a":["windows/amd64","windows/arm64"]}"#;
        assert_eq!(on("", Some(windows)), ["windows", "all", "windows", "all"]);
        assert_eq!(on("linux/amd64 windows/amd64", Some(windows)), ["windows", "all", "windows", "all"]);
        assert_eq!(on("linux/amd64", Some(windows)), ["", "all", "", "all"]);
        // What does not read says nothing.
        assert_eq!(on("linux/amd64", Some("{")), ["all"; 4]);
        assert_eq!(on("linux/amd64 windows/amd64", None), ["all"; 4]);
    }
}

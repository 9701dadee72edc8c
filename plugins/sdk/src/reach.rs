//! What a bundle is built of: for which platforms and tags, and which packages
//! its main modules come to import.
//!
//! The packages are those of `go list -deps -test ./...`: from the imports
//! that pack recorded for the main modules, through the sources in the bundle,
//! package by package. Tests of dependencies are no part of it. A package of the
//! standard library is reached where one of these imports it itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::BitOrAssign;

use airgo_gosource::{Expr, Platform, Tags, Truth, is_hidden, read, when_built};

use crate::{Bundle, BundleInfo, CheckError, MainModule, ModuleInfo, ReadError};

/// Bytes of a source file that are read at first for its imports: few have
/// more before their code.
const HEAD: u32 = 8 << 10;
/// The most that are read: no file of a module's zip may hide its imports
/// behind a comment.
const MOST: u32 = 512 << 20;

/// Some of the platforms of [`Builds`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct On(u128);

impl On {
    /// None of them.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        On(self.0 & other.0)
    }
}

impl BitOrAssign for On {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

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

    /// All of its platforms.
    #[must_use]
    pub fn all(&self) -> On {
        let mut on = On::default();
        for index in 0..self.platforms.len() {
            on |= bit(index);
        }
        on
    }

    /// Those of these names, as `os/arch`.
    fn named(&self, names: &[String]) -> On {
        let mut on = On::default();
        for (index, platform) in self.platforms.iter().enumerate() {
            if names.contains(&platform.to_string()) {
                on |= bit(index);
            }
        }
        on
    }

    /// The platforms on which all conditions hold, or may.
    #[must_use]
    pub fn on(&self, when: &[Expr]) -> On {
        if when.is_empty() {
            return self.all();
        }
        let mut on = On::default();
        for (index, platform) in self.platforms.iter().enumerate() {
            let tags = Tags { platform: Some(platform), build: &self.tags, cgo: None };
            if when.iter().all(|expr| expr.evaluate(&|tag| tags.has(tag)) != Truth::No) {
                on |= bit(index);
            }
        }
        on
    }

    /// The operating systems that are all of `on`, where there are others.
    #[must_use]
    pub fn systems(&self, on: On) -> Option<BTreeSet<&str>> {
        let of = |on: On| -> BTreeSet<&str> {
            let platforms = self.platforms.iter().enumerate();
            platforms
                .filter(|(index, _)| !on.and(bit(*index)).is_none())
                .map(|(_, p)| p.os.as_str())
                .collect()
        };
        let systems = of(on);
        (systems != of(self.all())).then_some(systems)
    }
}

/// More platforms than Go has share the last bit.
fn bit(index: usize) -> On {
    On(1 << index.min(127))
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
    packages: HashMap<String, On>,
    /// The first package reached in each module.
    modules: BTreeMap<u32, String>,
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
        let mut walk = Walk { bundle, by_path, builds, sources: HashMap::new(), imports: HashMap::new() };
        let mut reach = Reach::default();
        let mut todo = Vec::new();
        for main in bundle.info().main_modules {
            let some = imported_on(&main);
            for package in main.imports {
                let on = some.get(&package).map_or_else(|| builds.all(), |names| builds.named(names));
                todo.push((package, on));
            }
        }
        while let Some((package, on)) = todo.pop() {
            let known = reach.packages.entry(package.clone()).or_default();
            let before = *known;
            *known |= on;
            if *known == before {
                continue;
            }
            let on = *known;
            for (module, dir) in walk.modules_of(&package)? {
                reach.modules.entry(module.index).or_insert_with(|| package.clone());
                let imports = walk.imports(module, &dir)?.iter();
                let further = imports.map(|(import, built)| (import.clone(), on.and(*built)));
                todo.extend(further.filter(|(_, on)| !on.is_none()));
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

    /// A package reached in a module.
    #[must_use]
    pub fn any_of(&self, module: u32) -> Option<String> {
        self.modules.get(&module).cloned()
    }
}

/// Directory → names of its Go sources, tests aside.
type Sources = HashMap<String, Vec<String>>;
/// What a package imports, and on which platforms.
type Imports = BTreeMap<String, On>;

struct Walk<'a> {
    bundle: &'a dyn Bundle,
    by_path: HashMap<&'a str, Vec<&'a ModuleInfo>>,
    builds: &'a Builds,
    sources: HashMap<u32, Sources>,
    imports: HashMap<(u32, String), Imports>,
}

impl<'a> Walk<'a> {
    /// The module with the longest path that has the package (cmd/go
    /// modload/import.go), and the directory in it. Of several versions, which
    /// projects in one bundle may have, each.
    fn modules_of(&mut self, package: &str) -> Result<Vec<(&'a ModuleInfo, String)>, CheckError> {
        let mut prefix = package;
        loop {
            let mut found = Vec::new();
            for module in self.by_path.get(prefix).cloned().unwrap_or_default() {
                let dir = package.get(prefix.len()..).unwrap_or_default().trim_start_matches('/').to_owned();
                // A directory of the project is not in the bundle: its packages
                // are taken for granted, and pack has recorded what they import.
                if is_directory(module) || self.sources(module)?.contains_key(&dir) {
                    found.push((module, dir));
                }
            }
            match prefix.rsplit_once('/') {
                Some((shorter, _)) if found.is_empty() => prefix = shorter,
                _ => return Ok(found),
            }
        }
    }

    fn sources(&mut self, module: &ModuleInfo) -> Result<&Sources, CheckError> {
        if !self.sources.contains_key(&module.index) {
            let files = match self.bundle.list_files(module.index) {
                Ok(files) => files,
                Err(ReadError::NotFound) => Vec::new(),
                Err(err) => return Err(unreadable(module, "the zip", &err)),
            };
            let mut sources = Sources::new();
            for file in files.into_iter().filter(|f| f.path.ends_with(".go") && !f.path.ends_with("_test.go"))
            {
                let (dir, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
                if !is_hidden(name) {
                    sources.entry(dir.to_owned()).or_default().push(name.to_owned());
                }
            }
            self.sources.insert(module.index, sources);
        }
        self.sources
            .get(&module.index)
            .ok_or_else(|| CheckError::Input(format!("{} has no sources", module.path)))
    }

    fn imports(&mut self, module: &ModuleInfo, dir: &str) -> Result<&Imports, CheckError> {
        let key = (module.index, dir.to_owned());
        if !self.imports.contains_key(&key) {
            let names = self.sources(module)?.get(dir).cloned().unwrap_or_default();
            let mut imports = Imports::new();
            for name in names {
                let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
                let (on, paths) = self.file(module, &path, &name)?;
                for import in paths.into_iter().filter(|_| !on.is_none()) {
                    *imports.entry(import).or_default() |= on;
                }
            }
            self.imports.insert(key.clone(), imports);
        }
        self.imports.get(&key).ok_or_else(|| CheckError::Input(format!("{} has no imports", module.path)))
    }

    /// Where a file is built, and what it imports.
    fn file(&self, module: &ModuleInfo, path: &str, name: &str) -> Result<(On, Vec<String>), CheckError> {
        let mut len = HEAD;
        loop {
            let bytes =
                self.bundle.read(module.index, path, 0, len).map_err(|err| unreadable(module, path, &err))?;
            let cut = bytes.len() >= len as usize;
            // A line that is cut could be taken for another thing: the first
            // half of `//` for a declaration, after which no import comes.
            let end = if cut { bytes.iter().rposition(|b| *b == b'\n').unwrap_or(0) } else { bytes.len() };
            let source = read(bytes.get(..end).unwrap_or_default());
            // Cut off before the first declaration: there may be more imports.
            if !source.complete && cut && len < MOST {
                len *= 8;
                continue;
            }
            let on = when_built(name, &source).map(|when| self.builds.on(&when)).unwrap_or_default();
            return Ok((on, source.imports.into_iter().map(|import| import.path).collect()));
        }
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

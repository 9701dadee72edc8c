//! What the main modules' own packages import: read from their sources, for
//! policies that ask which packages of a dependency are reached.
//!
//! That is what `./...` matches, with the packages of the project that it leads
//! to: in `testdata` and other directories that the pattern passes over, and in
//! directories that stand in for a module. Of the latter all packages count,
//! since a dependency may import them, and no bundle carries them.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::project::{Loaded, shown};
use airgo_bundle::manifest::Import;
use airgo_gomod::gosource::{Platform, Source, Tags, Truth, is_built, is_hidden, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// What the sources are read for.
#[derive(Default)]
pub struct Build {
    /// None means any.
    pub platforms: Vec<Platform>,
    /// Build tags that are set.
    pub tags: Vec<String>,
}

/// How a directory is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Of the main module: its tests too, and what is below.
    Main,
    /// Of what stands in for a module: what is below, without tests.
    Replacement,
    /// One package that another one imports.
    Package,
}

/// The imports of each main module, in the order of `loaded.project.mains`.
pub fn imports(context: &Context, loaded: &Loaded, build: &Build) -> Result<Vec<Vec<Import>>> {
    let mains = loaded.project.mains.iter().map(|main| {
        let mut found = Found::default();
        let path = main.modfile.module.as_ref().map(|m| m.path.as_str()).unwrap_or_default();
        let ignored: Vec<&str> = main.modfile.ignore.iter().map(|i| i.path.as_str()).collect();
        let reader = Reader { context, build, root: Path::new(&main.dir), ignored: &ignored };
        found.read_all(&reader, Path::new(&main.dir), Part::Main)?;
        for dir in loaded.project.replacement_directories() {
            let dir = PathBuf::from(dir);
            // One that is never used need not be there.
            if dir.is_dir() && !loaded.project.mains.iter().any(|main| Path::new(&main.dir) == dir) {
                found.read_all(&Reader { root: &dir, ignored: &[], ..reader }, &dir, Part::Replacement)?;
            }
        }
        let mut roots = vec![(path, PathBuf::from(&main.dir))];
        roots.extend(replacements(loaded));
        found.follow(&reader, &roots)?;
        Ok(found.finish(path, build))
    });
    mains.collect()
}

/// What all directories of a module are read with.
#[derive(Clone, Copy)]
struct Reader<'a> {
    context: &'a Context,
    build: &'a Build,
    root: &'a Path,
    ignored: &'a [&'a str],
}

/// Import path to where it was met: on which platforms, by code or by tests.
#[derive(Default)]
struct Found {
    code: BTreeMap<String, BTreeSet<String>>,
    tests: BTreeMap<String, BTreeSet<String>>,
    /// Directories that were looked at.
    read: BTreeSet<PathBuf>,
}

impl Found {
    fn read_all(&mut self, reader: &Reader<'_>, dir: &Path, part: Part) -> Result<()> {
        let mut open = vec![dir.to_owned()];
        while let Some(dir) = open.pop() {
            self.read_directory(reader, &dir, part, &mut open)?;
        }
        Ok(())
    }

    /// Reads the packages of the project's modules that its packages import and
    /// `./...` does not match, until there is no further one.
    fn follow(&mut self, reader: &Reader<'_>, roots: &[(&str, PathBuf)]) -> Result<()> {
        loop {
            let paths = self.code.keys().chain(self.tests.keys());
            let dirs = paths.flat_map(|path| {
                roots.iter().filter_map(move |(module, root)| {
                    let rest = path.strip_prefix(module)?;
                    match rest.strip_prefix('/') {
                        // A name that leads out of the module is no package of it.
                        Some(below)
                            if Path::new(below).components().all(|c| matches!(c, Component::Normal(_))) =>
                        {
                            Some(root.join(below))
                        }
                        None if rest.is_empty() => Some(root.clone()),
                        _ => None,
                    }
                })
            });
            let new: BTreeSet<PathBuf> =
                dirs.filter(|dir| !self.read.contains(dir) && dir.is_dir()).collect();
            if new.is_empty() {
                return Ok(());
            }
            for dir in new {
                self.read_directory(reader, &dir, Part::Package, &mut Vec::new())?;
            }
        }
    }

    /// Reads the Go files of one directory and says which to go on with: what
    /// `./...` matches (cmd/go modload/search.go), without links.
    fn read_directory(
        &mut self,
        reader: &Reader<'_>,
        dir: &Path,
        part: Part,
        open: &mut Vec<PathBuf>,
    ) -> Result<()> {
        let Reader { context, build, root, ignored } = *reader;
        context.interrupt.check()?;
        self.read.insert(dir.to_owned());
        let unreadable = |e: std::io::Error| Failure::failed(format!("could not read {}: {e}", shown(dir)));
        for entry in std::fs::read_dir(dir).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if is_hidden(&name) {
                continue;
            }
            let kind = entry.file_type().map_err(unreadable)?;
            // Go reads a file through a link, and passes over a linked directory.
            let is_file = kind.is_file() || kind.is_symlink() && path.is_file();
            if kind.is_dir() && part != Part::Package {
                let other = name == "testdata" || (dir == root && name == "vendor");
                if !other && !path.join("go.mod").is_file() && !is_ignored(root, &path, ignored) {
                    open.push(path);
                }
            } else if is_file && name.ends_with(".go") && (part == Part::Main || !name.ends_with("_test.go"))
            {
                let bytes = std::fs::read(&path)
                    .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(&path))))?;
                let source = read(&bytes);
                // Go refuses the file; what it would import, nobody knows.
                if self.add(&name, &source, build)
                    && let Some(e) = &source.error
                {
                    let path = shown(&path);
                    context.printer.warning(format!("the imports of {path} are not recorded: {e}"));
                }
            }
        }
        Ok(())
    }

    /// Whether the file is built at all.
    fn add(&mut self, name: &str, source: &Source, build: &Build) -> bool {
        let built =
            |platform| is_built(name, source, &Tags { platform, build: &build.tags, cgo: None }) != Truth::No;
        let on: BTreeSet<String> =
            build.platforms.iter().filter(|p| built(Some(p))).map(ToString::to_string).collect();
        if on.is_empty() && (!build.platforms.is_empty() || !built(None)) {
            return false;
        }
        let map = if name.ends_with("_test.go") { &mut self.tests } else { &mut self.code };
        for import in source.imports.iter().filter(|i| i.path != "C") {
            map.entry(import.path.clone()).or_default().extend(on.iter().cloned());
        }
        true
    }

    /// Leaves out the module's own packages: these are where the question starts.
    fn finish(mut self, module: &str, build: &Build) -> Vec<Import> {
        let own = |path: &str| path.strip_prefix(module).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        let plain = |path: &str| !path.is_empty() && !path.chars().any(|c| c.is_control() || c == ' ');
        let paths: BTreeSet<_> = self.code.keys().chain(self.tests.keys()).cloned().collect();
        let imports = paths.into_iter().filter(|p| !own(p) && plain(p)).map(|path| {
            let code = self.code.remove(&path);
            let test = code.is_none();
            let platforms = code.or_else(|| self.tests.remove(&path)).unwrap_or_default();
            let all = platforms.len() == build.platforms.len();
            Import { path, platforms: if all { Vec::new() } else { platforms.into_iter().collect() }, test }
        });
        imports.collect()
    }
}

/// Modules that directories replace, with these.
fn replacements(loaded: &Loaded) -> impl Iterator<Item = (&str, PathBuf)> {
    let work = loaded.project.workspace.iter().map(|work| (&work.dir, &work.file.replace));
    let mains = loaded.project.mains.iter().map(|main| (&main.dir, &main.modfile.replace));
    work.chain(mains).flat_map(|(dir, replaces)| {
        let local = replaces.iter().filter(|replace| replace.new.version.is_empty());
        local.map(|replace| (replace.old.path.as_str(), Path::new(dir).join(&replace.new.path)))
    })
}

fn is_ignored(root: &Path, dir: &Path, ignored: &[&str]) -> bool {
    dir.strip_prefix(root).is_ok_and(|inside| airgo_resolve::packages::is_ignored(&slashed(inside), ignored))
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

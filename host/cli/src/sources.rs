//! What the main modules' own packages import: read from their sources, for
//! policies that ask which packages of a dependency are reached.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::project::{Loaded, shown};
use airgo_bundle::manifest::Import;
use airgo_gomod::gosource::{Header, Platform, Tags, Truth, is_built, scan};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the sources are read for.
#[derive(Default)]
pub struct Build {
    /// None means any.
    pub platforms: Vec<Platform>,
    /// Build tags that are set.
    pub tags: Vec<String>,
}

/// The imports of each main module, in the order of `loaded.project.mains`.
pub fn imports(context: &Context, loaded: &Loaded, build: &Build) -> Result<Vec<Vec<Import>>> {
    let mains = loaded.project.mains.iter().map(|main| {
        let mut found = Found::default();
        let path = main.modfile.module.as_ref().map(|m| m.path.as_str()).unwrap_or_default();
        let ignored: Vec<&str> = main.modfile.ignore.iter().map(|i| i.path.as_str()).collect();
        let root = Path::new(&main.dir);
        let mut open = vec![root.to_owned()];
        while let Some(dir) = open.pop() {
            context.interrupt.check()?;
            found.read_directory(context, root, &dir, &ignored, build, &mut open)?;
        }
        Ok(found.finish(path, build))
    });
    mains.collect()
}

/// Import path to where it was met: on which platforms, by code or by tests.
#[derive(Default)]
struct Found {
    code: BTreeMap<String, BTreeSet<String>>,
    tests: BTreeMap<String, BTreeSet<String>>,
}

impl Found {
    /// Reads the Go files of one directory and says which to go on with: what
    /// `./...` matches (cmd/go modload/search.go), without links.
    fn read_directory(
        &mut self,
        context: &Context,
        root: &Path,
        dir: &Path,
        ignored: &[&str],
        build: &Build,
        open: &mut Vec<std::path::PathBuf>,
    ) -> Result<()> {
        let unreadable = |e: std::io::Error| Failure::failed(format!("could not read {}: {e}", shown(dir)));
        for entry in std::fs::read_dir(dir).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(['.', '_']) {
                continue;
            }
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                let other = name == "testdata" || (dir == root && name == "vendor");
                if !other && !path.join("go.mod").is_file() && !is_ignored(root, &path, ignored) {
                    open.push(path);
                }
            } else if kind.is_file() && name.ends_with(".go") {
                let bytes = std::fs::read(&path)
                    .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(&path))))?;
                match scan(&bytes) {
                    Ok(header) => self.add(&name, &header, build),
                    // It does not build either; what it would import, nobody knows.
                    Err(e) => context
                        .printer
                        .warning(format!("the imports of {} are not recorded: {e}", shown(&path))),
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, header: &Header, build: &Build) {
        let built =
            |platform| is_built(name, header, &Tags { platform, build: &build.tags, cgo: None }) != Truth::No;
        let on: BTreeSet<String> =
            build.platforms.iter().filter(|p| built(Some(p))).map(ToString::to_string).collect();
        if on.is_empty() && (!build.platforms.is_empty() || !built(None)) {
            return;
        }
        let map = if name.ends_with("_test.go") { &mut self.tests } else { &mut self.code };
        for import in header.imports.iter().filter(|i| *i != "C") {
            map.entry(import.clone()).or_default().extend(on.iter().cloned());
        }
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

/// `ignore ./dir` is a directory of the module, `ignore dir` one of that name
/// anywhere in it (cmd/go modload/search.go, pathInIgnore).
fn is_ignored(root: &Path, dir: &Path, ignored: &[&str]) -> bool {
    let Ok(inside) = dir.strip_prefix(root) else { return false };
    ignored.iter().any(|pattern| match pattern.strip_prefix("./") {
        Some(rooted) => inside == Path::new(rooted.trim_end_matches('/')),
        None => inside.ends_with(pattern.trim_matches('/')),
    })
}

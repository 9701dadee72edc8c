//! Several projects in one bundle: `airgo pack ./a ./b`, and every go.mod of a
//! monorepo by `./...`.

use crate::failure::{Failure, Result};
use crate::goenv::GoEnv;
use crate::paths::{absolute, argument, shown};
use crate::project::{self, Loaded};
use crate::requests::Scope;
use airgo_gomod::gosum::GoSum;
use std::path::{Component, Path, PathBuf};

/// The projects of one bundle.
pub struct Projects {
    /// Each once, in the order asked for; never empty.
    pub list: Vec<Loaded>,
    /// The closest directory that all of them are in.
    pub root: PathBuf,
}

/// Loads the projects that the arguments name. `DIR/...` means every
/// module in and below DIR; modules that a go.work file uses are one project.
pub fn load(args: &[PathBuf], env: &GoEnv, scope: Scope) -> Result<Projects> {
    let mut list: Vec<Loaded> = Vec::new();
    let mut add = |loaded: Loaded| {
        if list.iter().all(|l| l.identity() != loaded.identity()) {
            list.push(loaded);
        }
    };
    for arg in args {
        match below(arg) {
            None => {
                let loaded = project::load(arg, env)?;
                check_used(arg, &absolute(arg)?, &loaded)?;
                add(loaded);
            }
            Some(dir) => {
                for module in modules_below(&dir, arg)? {
                    add(load_of_tree(&module, env)?);
                }
            }
        }
    }
    for loaded in &mut list {
        // What tidy asks for beyond the graph is found while resolving.
        loaded.project.scope = scope.into();
    }
    let root = list.iter().map(|l| l.root.clone()).reduce(|a, b| common(&a, &b)).ok_or_else(|| {
        Failure::failed("no project is named").hint("airgo pack DIR -o FILE packs the Go module in DIR")
    })?;
    Ok(Projects { list, root })
}

impl Projects {
    /// What any project's go.sum has a line for.
    pub fn sums(&self) -> GoSum {
        GoSum::union(self.list.iter().map(|l| &l.sums))
    }
}

/// A module that a pattern found. Go refuses to work in a module that the
/// go.work file above does not use, so that it is a project of its own.
fn load_of_tree(module: &Path, env: &GoEnv) -> Result<Loaded> {
    let loaded = project::load(module, env)?;
    if loaded.project.mains.iter().any(|main| Path::new(&main.dir) == module) {
        return Ok(loaded);
    }
    project::load_without_workspace(module, env)
}

/// The directory of `DIR/...`.
pub(super) fn below(arg: &Path) -> Option<PathBuf> {
    (arg.file_name()? == "...").then(|| {
        let dir = arg.parent().unwrap_or(Path::new(""));
        if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() }
    })
}

/// The directories with a go.mod in and below `dir`, sorted. What the go
/// command's patterns skip is skipped (cmd/go modload/search.go): names that
/// begin with a dot or an underscore, testdata and vendor; and links.
fn modules_below(dir: &Path, arg: &Path) -> Result<Vec<PathBuf>> {
    let start = absolute(dir)?;
    if !start.is_dir() {
        return Err(Failure::failed(format!("{}: no such directory", dir.display())));
    }
    let (mut found, mut open) = (Vec::new(), vec![start]);
    while let Some(dir) = open.pop() {
        let unreadable = |e: std::io::Error| Failure::failed(format!("could not read {}: {e}", shown(&dir)));
        if dir.join("go.mod").is_file() {
            found.push(dir.clone());
        }
        for entry in std::fs::read_dir(&dir).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let skipped = name.starts_with(['.', '_']) || name == "testdata" || name == "vendor";
            if !skipped && entry.file_type().map_err(unreadable)?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::failed(format!("no go.mod matches {}", arg.display()))
            .hint("name a directory with Go modules in or below it: airgo pack DIR/... -o FILE"));
    }
    Ok(found)
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// `dir` as seen from `base`, both absolute and clean, with slashes: a manifest
/// names no place on the packing machine.
pub fn relative(base: &Path, dir: &Path) -> String {
    let same = base.components().zip(dir.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().skip(same).map(|_| "..".to_owned());
    let down = dir.components().skip(same).map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A directory that `project`'s go.mod or go.work replaces a module by, as the
/// manifest names it: as written, and seen from the common root where several
/// projects are packed and this one is not there.
pub fn replacement_directory(project: &str, written: &str) -> String {
    if project == "." || Path::new(written).is_absolute() {
        return written.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in Path::new(project).components().chain(Path::new(written).components()) {
        match part {
            Component::ParentDir if parts.last().is_some_and(|p| *p != "..") => drop(parts.pop()),
            Component::ParentDir => parts.push(".."),
            Component::Normal(name) => parts.extend(name.to_str()),
            _ => {}
        }
    }
    let joined = parts.join("/");
    if joined.starts_with("..") { joined } else { format!("./{joined}") }
}

/// Go does not work in a module that the go.work file in effect does not use
/// (cmd/go modload/load.go, resolveLocalPackage).
fn check_used(arg: &Path, start: &Path, loaded: &Loaded) -> Result<()> {
    let project = &loaded.project;
    let module = start.ancestors().find(|dir| dir.join("go.mod").is_file());
    let (Some(work), Some(module)) = (&project.workspace, module) else { return Ok(()) };
    if start == loaded.root || project.mains.iter().any(|main| Path::new(&main.dir) == module) {
        return Ok(());
    }
    let what = match arg.as_os_str().to_str() {
        Some("." | "./") => "current directory".to_owned(),
        _ => format!("directory {}", arg.display()),
    };
    let failure = Failure::failed(format!(
        "{what} is contained in a module that is not one of the workspace modules listed in go.work"
    ));
    let failure = failure.fact("go.work", &work.file_name);
    Err(failure
        .hint(format!("to add it to the workspace: go work use {}", argument_or_dot(module)))
        .hint(format!("to pack it without the workspace: GOWORK=off airgo pack {} -o FILE", argument(arg))))
}

fn argument_or_dot(dir: &Path) -> String {
    if shown(dir).is_empty() { ".".to_owned() } else { argument(dir) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_seen_from_the_root() {
        let relative = |base: &str, dir: &str| relative(Path::new(base), Path::new(dir));
        assert_eq!(relative("/p", "/p"), ".");
        assert_eq!(relative("/p", "/p/a/b"), "a/b");
        assert_eq!(relative("/p/work", "/p/lib"), "../lib");
        assert_eq!(relative("/p/x/y", "/q/z"), "../../../q/z");
    }

    #[test]
    fn replacing_directories_are_seen_from_the_root() {
        assert_eq!(replacement_directory(".", "../lib"), "../lib");
        assert_eq!(replacement_directory("a", "../lib"), "./lib");
        assert_eq!(replacement_directory("a/b", "./c"), "./a/b/c");
        assert_eq!(replacement_directory("a", "../../lib"), "../lib");
        assert_eq!(replacement_directory("a", "/lib"), "/lib");
    }
}

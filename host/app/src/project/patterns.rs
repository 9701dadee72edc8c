//! Package patterns among the arguments of `airgo pack --exact`: `./cmd/server` and
//! `./internal/...` below a module's root, or import paths, as `go build` takes them.

use super::load;
use super::several::below;
use crate::failure::{Failure, Result};
use crate::goenv::GoEnv;
use crate::paths::absolute;
use std::path::{Path, PathBuf};

/// The projects that arguments name, and the packages in them; without packages all.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// As `several::load` takes them.
    pub projects: Vec<PathBuf>,
    /// Import paths, with `...`.
    pub packages: Vec<String>,
}

impl Arguments {
    /// Takes the arguments apart.
    ///
    /// # Errors
    /// A directory that is in no module, or in a module of another workspace.
    pub fn of(arguments: &[PathBuf], env: &GoEnv) -> Result<Self> {
        let mut found = Self::default();
        let mut add = |project: PathBuf| {
            if !found.projects.contains(&project) {
                found.projects.push(project);
            }
        };
        let mut packages = Vec::new();
        for argument in arguments {
            let (dir, rest) = match below(argument) {
                Some(dir) => (dir, "/..."),
                None => (argument.clone(), ""),
            };
            let local = argument.is_absolute() || argument.starts_with(".") || argument.starts_with("..");
            if !dir.is_dir() && !local {
                packages.push(argument.to_string_lossy().into_owned());
                add(PathBuf::from("."));
                continue;
            }
            match package(&dir, env)? {
                None => add(argument.clone()),
                Some((root, path)) => {
                    packages.push(path + rest);
                    add(root);
                }
            }
        }
        found.packages = packages;
        Ok(found)
    }
}

/// The root of the module that a directory is in, and the import path of its package;
/// none for the root itself, and for what is not in a module.
fn package(dir: &Path, env: &GoEnv) -> Result<Option<(PathBuf, String)>> {
    let here = absolute(dir)?;
    if !here.is_dir() || ["go.mod", "go.work"].iter().any(|file| here.join(file).is_file()) {
        return Ok(None);
    }
    let Some(root) = here.ancestors().find(|above| above.join("go.mod").is_file()) else { return Ok(None) };
    let loaded = load(root, env)?;
    let main = loaded.project.mains.iter().find(|main| Path::new(&main.dir) == root);
    let path = main.and_then(|main| main.modfile.module.as_ref()).map(|module| module.path.clone());
    let path = path.ok_or_else(|| {
        Failure::failed(format!("{} is not in a main module of the workspace", dir.display()))
    })?;
    let below = here.strip_prefix(root).unwrap_or(Path::new(""));
    let below = below.iter().map(|element| element.to_string_lossy());
    Ok(Some((root.to_owned(), below.fold(path, |path, element| format!("{path}/{element}")))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use airgo_testkit::TempTree;

    #[test]
    fn directories_below_a_root_are_packages() {
        let place = TempTree::new();
        place.write("a/go.mod", "module x.test/a\n\ngo 1.21\n");
        place.write("a/cmd/server/main.go", "package main\n");
        let env = GoEnv::from_process([("GOWORK".to_owned(), "off".to_owned())].into());
        let of = |arguments: &[&str]| {
            let arguments: Vec<PathBuf> = arguments
                .iter()
                .map(
                    |a| if a.contains('.') && !a.starts_with("a") { PathBuf::from(a) } else { place.join(a) },
                )
                .collect();
            let found = Arguments::of(&arguments, &env).unwrap_or_else(|e| panic!("{}", e.message));
            let names = found
                .projects
                .iter()
                .map(|p| p.strip_prefix(place.path()).unwrap_or(p).display().to_string());
            (names.collect::<Vec<_>>(), found.packages)
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(of(&["a"]), (vec!["a".to_owned()], none.clone()));
        assert_eq!(of(&["a/..."]), (vec!["a/...".to_owned()], none));
        assert_eq!(
            of(&["a/cmd/server", "a/cmd/..."]),
            (vec!["a".to_owned()], vec!["x.test/a/cmd/server".to_owned(), "x.test/a/cmd/...".to_owned()])
        );
        assert_eq!(of(&["x.test/b/..."]), (vec![".".to_owned()], vec!["x.test/b/...".to_owned()]));
    }
}

//! Where in the project a finding belongs: the line of go.mod that requires its
//! module, so that code scanning and CI show it on the change that brought it.
//!
//! A manifest says where each go.mod is and what it hashes to. The file is
//! read where it still is that one: below the project that was checked, or of a
//! bundle below the working directory. Otherwise the place has no line.

use airgo_app::paths;
use airgo_bundle::{Manifest, Sha256};
use airgo_gomod::modfile;
use airgo_model::Line;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file of the project, relative to the working directory where it is inside,
/// with `/` between its parts; and a line of it, from 1, where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Line,
    /// The line.
    pub line: Option<u32>,
}

/// The go.mod files of a project.
#[derive(Debug, Default)]
pub struct Places {
    files: Vec<GoModFile>,
}

#[derive(Debug)]
struct GoModFile {
    /// The main module's path.
    module: String,
    shown: String,
    /// Whether it was read.
    known: bool,
    module_line: Option<u32>,
    /// The line that requires each module path.
    requires: BTreeMap<String, u32>,
}

impl Places {
    /// The go.mod files of a manifest's main modules, below `root`.
    pub fn of(manifest: &Manifest, root: &Path) -> Self {
        let file = |main: &airgo_bundle::manifest::MainModule| {
            let relative = Path::new(&main.dir).join("go.mod");
            let path = paths::absolute(&root.join(&relative)).unwrap_or_else(|_| root.join(&relative));
            let data = read(&path).filter(|data| Sha256::of(data) == main.go_mod_sha256);
            let parsed = data.and_then(|data| modfile::parse("go.mod", &data).ok());
            let requires = parsed.iter().flat_map(|file| &file.require);
            GoModFile {
                module: main.path.clone(),
                shown: relative_to_here(&path, &relative),
                known: parsed.is_some(),
                module_line: parsed.as_ref().and_then(|f| f.module.as_ref()).map(|m| m.pos.line),
                requires: requires.map(|r| (r.module.path.clone(), r.pos.line)).collect(),
            }
        };
        Self { files: manifest.main_modules.iter().map(file).collect() }
    }

    /// The requirement of a module: its own line, else that of the module in its
    /// `chain` which go.mod does require. Of the bundle as a whole, the module line.
    pub fn of_module(&self, module: Option<&str>, chain: Option<&[String]>) -> Option<Place> {
        let main = chain.and_then(|chain| chain.first());
        let of_chain = self.files.iter().find(|file| Some(&file.module) == main);
        let file = module.and_then(|m| self.files.iter().find(|f| f.requires.contains_key(m)));
        let file = file.or(of_chain).or_else(|| self.files.first())?;
        let line = match module {
            None => file.module_line,
            Some(module) => {
                let steps = chain.unwrap_or_default().iter().rev();
                let paths = steps.map(|step| step.split_once('@').map_or(step.as_str(), |(path, _)| path));
                let mut paths = std::iter::once(module).chain(paths);
                paths.find_map(|path| file.requires.get(path)).copied().or(file.module_line)
            }
        };
        Some(Place { file: (&file.shown).into(), line: line.filter(|_| file.known) })
    }
}

/// A regular file; go.mod is limited to 16 MiB, as for `go`.
fn read(path: &Path) -> Option<Vec<u8>> {
    let meta = std::fs::metadata(path).ok().filter(|meta| meta.is_file() && meta.len() <= 16 << 20);
    meta.and_then(|_| std::fs::read(path).ok())
}

/// Relative to the working directory; of a file outside it, to the project.
fn relative_to_here(path: &Path, relative: &Path) -> String {
    let here = std::env::current_dir().ok();
    let inside: Option<PathBuf> = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let path = inside.unwrap_or_else(|| relative.to_owned());
    let parts = path.components().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        std::path::Component::ParentDir => Some("..".to_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let requires = [("example.com/a".to_owned(), 7), ("example.com/b".to_owned(), 8)].into();
        let file = GoModFile {
            module: "example.com/app".to_owned(),
            shown: "app/go.mod".to_owned(),
            known: true,
            module_line: Some(1),
            requires,
        };
        Places { files: vec![file] }
    }

    fn chain(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn a_module_is_at_its_requirement_or_at_that_which_brings_it() {
        let places = places();
        let at = |module, steps: &[&str]| places.of_module(module, Some(&chain(steps))).unwrap();
        let line = |line| Place { file: "app/go.mod".into(), line: Some(line) };
        let (app, a, c) = ("example.com/app", "example.com/a@v1.0.0", "example.com/c@v1.0.0");
        assert_eq!(at(Some("example.com/b"), &[app, a, "example.com/b@v1.0.0"]), line(8));
        assert_eq!(at(Some("example.com/c"), &[app, a, c]), line(7));
        assert_eq!(at(Some("example.com/d"), &[app]), line(1));
        assert_eq!(at(None, &[]), line(1));
    }

    #[test]
    fn a_file_that_is_not_that_of_the_manifest_has_no_lines() {
        let mut places = places();
        places.files[0].known = false;
        places.files[0].requires.clear();
        let place = places.of_module(Some("example.com/a"), None).unwrap();
        assert_eq!(place, Place { file: "app/go.mod".into(), line: None });
        assert_eq!(Places::default().of_module(None, None), None);
    }
}

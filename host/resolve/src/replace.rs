//! Replacements: an exact version before a path at any version, go.work before
//! go.mod, the last module of a workspace before the others (cmd/go
//! modload/modfile.go, replacementFrom).

use std::collections::HashMap;

use airgo_gomod::ModuleVersion;
use airgo_gomod::modfile::Replace;

use crate::error::{ProjectError, ProjectFault, ReplaceConflict};
use crate::paths;
use crate::project::Project;

/// One file's replace lines.
struct Table {
    by_module: HashMap<ModuleVersion, ModuleVersion>,
    /// The directory of the go.mod file; empty for go.work.
    dir: String,
    file: String,
}

impl Table {
    fn new(dir: &str, file: &str, lines: &[Replace]) -> Result<Self, ProjectError> {
        let mut by_module: HashMap<ModuleVersion, ModuleVersion> = HashMap::new();
        for line in lines {
            let first = by_module.insert(line.old.clone(), line.new.clone());
            if let Some(first) = first.filter(|first| *first != line.new) {
                return Err(ProjectError {
                    file: file.to_owned(),
                    pos: Some(line.pos),
                    reason: conflict(&line.old, &first, &line.new),
                });
            }
        }
        Ok(Self { by_module, dir: dir.to_owned(), file: file.to_owned() })
    }

    /// The replacement, and whether it is for this version only.
    fn get(&self, m: &ModuleVersion) -> Option<(&ModuleVersion, bool)> {
        if self.by_module.is_empty() {
            return None;
        }
        let exact = self.by_module.get(m).map(|new| (new, !m.version.is_empty()));
        let any = || self.by_module.get(&ModuleVersion::new(m.path.as_str(), ""));
        exact.or_else(|| any().map(|new| (new, false)))
    }
}

fn conflict(old: &ModuleVersion, first: &ModuleVersion, second: &ModuleVersion) -> ProjectFault {
    let (old, first, second) = (old.clone(), first.clone(), second.clone());
    Box::new(ReplaceConflict { old, first, second }).into()
}

/// All replacements of a project.
pub(crate) struct Replacements {
    work: Option<Table>,
    mains: Vec<Table>,
    /// Where replacement directories start from: the directory of go.work, or
    /// of the only go.mod.
    root: String,
    in_workspace: bool,
}

impl Replacements {
    pub(crate) fn new(project: &Project) -> Result<Self, ProjectError> {
        let work = match &project.workspace {
            Some(w) => Some(Table::new("", &w.file_name, &w.file.replace)?),
            None => None,
        };
        let mains = project
            .mains
            .iter()
            .map(|m| Table::new(&m.dir, &m.file_name, &m.modfile.replace))
            .collect::<Result<Vec<_>, _>>()?;
        let dir = project.workspace.as_ref().map(|w| &w.dir);
        let root = dir.or(project.mains.first().map(|m| &m.dir)).cloned().unwrap_or_default();
        let all = Self { work, mains, root, in_workspace: project.in_workspace() };
        all.check(project)?;
        Ok(all)
    }

    /// Modules of a workspace must not replace the same thing differently,
    /// unless go.work settles it (cmd/go modload/init.go, makeMainModules).
    fn check(&self, project: &Project) -> Result<(), ProjectError> {
        let Some(work) = &project.workspace else { return Ok(()) };
        let settled = |path: &str| work.file.replace.iter().any(|r| r.old.path == path);
        let mut seen: HashMap<&ModuleVersion, ModuleVersion> = HashMap::new();
        for main in &project.mains {
            for line in main.modfile.replace.iter().filter(|r| !settled(&r.old.path)) {
                let mut new = line.new.clone();
                if new.version.is_empty() {
                    new.path = paths::join(&main.dir, &new.path);
                }
                let first = seen.insert(&line.old, new.clone());
                if let Some(first) = first.filter(|first| *first != new) {
                    return Err(ProjectError {
                        file: main.file_name.clone(),
                        pos: Some(line.pos),
                        reason: conflict(&line.old, &first, &new),
                    });
                }
            }
        }
        Ok(())
    }

    /// What replaces `m`, if anything. The path of a directory is as written,
    /// or in a workspace relative to go.work.
    pub(crate) fn get(&self, m: &ModuleVersion) -> Result<Option<ModuleVersion>, ProjectError> {
        if let Some((new, _)) = self.work.as_ref().and_then(|w| w.get(m)) {
            return Ok(Some(new.clone()));
        }
        let mut found: Option<(&ModuleVersion, &Table)> = None;
        for table in &self.mains {
            let Some((new, exact)) = table.get(m) else { continue };
            if let Some((first, _)) = found.filter(|(first, _)| exact && *first != new) {
                return Err(ProjectError {
                    file: table.file.clone(),
                    pos: None,
                    reason: conflict(m, first, new),
                });
            }
            found = Some((new, table));
        }
        Ok(found.map(|(new, table)| self.seen_from_root(new, &table.dir)))
    }

    /// cmd/go modload/modfile.go, canonicalizeReplacePath.
    fn seen_from_root(&self, new: &ModuleVersion, dir: &str) -> ModuleVersion {
        if !self.in_workspace || !new.version.is_empty() || new.path.starts_with('/') {
            return new.clone();
        }
        let whole = paths::join(dir, &new.path);
        let path = paths::relative(&self.root, &whole).unwrap_or(whole);
        ModuleVersion::new(paths::to_directory_path(&path), "")
    }

    /// The directory that a replacement path means.
    pub(crate) fn directory(&self, path: &str) -> String {
        paths::join(&self.root, path)
    }
}

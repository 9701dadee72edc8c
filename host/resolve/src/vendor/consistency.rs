//! Whether go builds from a vendor directory at all: what its modules.txt says
//! against go.mod (cmd/go modload/vendor.go, checkVendorConsistency).

use super::listed::ModulesTxt;
use super::modules_txt::Replacing;
use crate::Project;
use airgo_gomod::modfile::Replace;
use airgo_gomod::{ModuleVersion, gover};
use std::collections::HashSet;
use std::fmt;

/// A module of which go.mod and modules.txt do not say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inconsistency {
    /// The module; without a version where a line is for all of them.
    pub module: ModuleVersion,
    /// What is not the same, in go's words.
    pub detail: String,
}

impl fmt::Display for Inconsistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", described(&self.module), self.detail)
    }
}

/// Why go refuses to build from the vendor directory; nothing where it does not.
#[must_use]
pub fn inconsistencies(project: &Project, modules_txt: &ModulesTxt) -> Vec<Inconsistency> {
    let workspace = project.workspace.is_some();
    let old = !workspace && gover::compare(project.go_version(), "1.14").is_lt();
    let mut check = Check {
        modules_txt,
        replacing: Replacing::of(project),
        old,
        seen: HashSet::new(),
        found: Vec::new(),
    };
    for main in &project.mains {
        for required in &main.modfile.require {
            check.required(&required.module);
        }
    }
    for main in &project.mains {
        check.replaced(&main.modfile.replace, &main.file_name);
    }
    if let Some(work) = &project.workspace {
        check.replaced(&work.file.replace, &work.file_name);
    }
    let required: HashSet<&ModuleVersion> =
        project.mains.iter().flat_map(|main| &main.modfile.require).map(|r| &r.module).collect();
    let article = if workspace { "a " } else { "" };
    for module in &modules_txt.list {
        if modules_txt.said.get(module).is_some_and(|said| said.explicit) && !required.contains(module) {
            check.add(
                module,
                format!("is marked as explicit in vendor/modules.txt, but not explicitly required in {article}go.mod"),
            );
        }
    }
    let place = if workspace { "the workspace" } else { "go.mod" };
    for module in &modules_txt.replaced {
        if check.replacing.by(module).is_none() {
            check.add(
                module,
                format!("is marked as replaced in vendor/modules.txt, but not replaced in {place}"),
            );
        }
    }
    check.found
}

struct Check<'a> {
    modules_txt: &'a ModulesTxt,
    replacing: Replacing<'a>,
    /// Before go 1.14 modules.txt said less.
    old: bool,
    seen: HashSet<&'a ModuleVersion>,
    found: Vec<Inconsistency>,
}

impl<'a> Check<'a> {
    fn add(&mut self, module: &ModuleVersion, detail: String) {
        self.found.push(Inconsistency { module: module.clone(), detail });
    }

    fn required(&mut self, module: &ModuleVersion) {
        if self.modules_txt.said.get(module).is_some_and(|said| said.explicit) {
            return;
        }
        let vendored = self.modules_txt.versions.get(&module.path);
        if !self.old {
            let detail = "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt";
            self.add(module, detail.to_owned());
        } else if let Some(vendored) = vendored.filter(|vendored| **vendored != module.version) {
            let path = &module.path;
            let indicates = format!("vendor/modules.txt indicates {path}@{vendored}");
            self.add(module, format!("is explicitly required in go.mod, but {indicates}"));
        }
    }

    fn replaced(&mut self, lines: &'a [Replace], file: &str) {
        for Replace { old, .. } in lines {
            if !self.seen.insert(old) {
                continue;
            }
            let new = self.replacing.by(old);
            let said = self.modules_txt.said.get(old).and_then(|said| said.replacement.as_ref());
            match (said, new) {
                (None, None) => {}
                (None, Some(_)) => {
                    let vendored = self.modules_txt.versions.get(&old.path);
                    if !(self.old && (old.version.is_empty() || vendored != Some(&old.version))) {
                        let detail = "but not marked as replaced in vendor/modules.txt";
                        self.add(old, format!("is replaced in {file}, {detail}"));
                    }
                }
                (Some(said), new) if new.as_ref() != Some(said) => {
                    let by = new.as_ref().map_or_else(String::new, described);
                    let said = described(said);
                    self.add(
                        old,
                        format!("is replaced by {by} in {file}, but marked as replaced by {said} in vendor/modules.txt"),
                    );
                }
                _ => {}
            }
        }
    }
}

fn described(module: &ModuleVersion) -> String {
    match module.version.as_str() {
        "" => module.path.clone(),
        version => format!("{}@{version}", module.path),
    }
}

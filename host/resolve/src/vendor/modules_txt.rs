//! The text of vendor/modules.txt (cmd/go modcmd/vendor.go, RunVendor).

use super::VendorFault;
use crate::packages::Closure;
use crate::replace::Replacements;
use crate::{GoModSource, Project, Replacement, Resolution, Selected, paths};
use airgo_gomod::modfile::{self, Replace};
use airgo_gomod::{ModuleVersion, gover, semver};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

/// The text, and why go does not write it.
pub(super) struct Text {
    pub text: String,
    pub faults: Vec<VendorFault>,
}

/// Writes it for these packages.
pub(super) fn write(
    project: &Project,
    resolution: &Resolution,
    closure: &Closure,
    go_mods: &mut dyn GoModSource,
) -> Text {
    let mut packages: HashMap<&ModuleVersion, BTreeSet<&str>> = HashMap::new();
    for package in closure.packages.iter().map(|reached| &reached.package).filter(|p| !p.main) {
        packages.entry(&package.module).or_default().insert(&package.path);
    }
    let go = project.go_version();
    let states_go = project.workspace.is_some() || project.mains.iter().any(|m| m.modfile.go.is_some());
    let complete = gover::compare(go, "1.14").is_ge() && states_go;
    let requires = project.mains.iter().flat_map(|main| &main.modfile.require).map(|r| &r.module);
    let explicit: HashSet<&ModuleVersion> = requires.filter(|_| complete).collect();
    let mut modules: Vec<&ModuleVersion> = explicit.iter().copied().chain(packages.keys().copied()).collect();
    modules.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| semver::compare(&a.version, &b.version)));
    modules.dedup();

    let replacing = Replacing::of(project);
    let mut lines = Lines { text: String::new(), faults: Vec::new() };
    if project.workspace.is_some() {
        lines.text.push_str("## workspace\n");
    }
    let versions = match gover::compare(go, "1.17").is_ge() {
        true => go_versions(project, resolution, &modules, go_mods),
        false => HashMap::new(),
    };
    for module in &modules {
        let replacement = replacing.by(module);
        lines.module(module, replacement.as_ref());
        let go = versions.get(module.path.as_str()).filter(|go| !go.is_empty());
        let text = &mut lines.text;
        // Writing to a string does not fail.
        let _ = match (explicit.contains(module), go) {
            (true, Some(go)) => writeln!(text, "## explicit; go {go}"),
            (true, None) => writeln!(text, "## explicit"),
            (false, Some(go)) => writeln!(text, "## go {go}"),
            (false, None) => Ok(()),
        };
        for package in packages.get(module).into_iter().flatten() {
            let _ = writeln!(text, "{package}");
        }
    }
    if complete {
        let mut written: HashSet<ModuleVersion> = modules.into_iter().cloned().collect();
        for line in project.workspace.iter().flat_map(|work| &work.file.replace) {
            if written.insert(line.old.clone()) {
                lines.module(&line.old, Some(&line.new));
            }
        }
        for Replace { old, .. } in project.mains.iter().flat_map(|main| &main.modfile.replace) {
            if written.insert(old.clone())
                && let Some(new) = replacing.by(old)
            {
                lines.module(old, Some(&new));
            }
        }
    }
    Text { text: lines.text, faults: lines.faults }
}

struct Lines {
    text: String,
    faults: Vec<VendorFault>,
}

/// What replaces modules that are not main ones.
pub(super) struct Replacing<'a> {
    replacements: Option<Replacements>,
    mains: HashSet<&'a str>,
}

impl<'a> Replacing<'a> {
    pub fn of(project: &'a Project) -> Self {
        let names = project.mains.iter().filter_map(|main| main.modfile.module.as_ref());
        let mains = names.map(|decl| decl.path.as_str()).collect();
        Self { replacements: Replacements::new(project).ok(), mains }
    }

    pub fn by(&self, module: &ModuleVersion) -> Option<ModuleVersion> {
        if module.version.is_empty() && self.mains.contains(module.path.as_str()) {
            return None;
        }
        self.replacements.as_ref()?.get(module).ok()?
    }
}

impl Lines {
    fn module(&mut self, module: &ModuleVersion, new: Option<&ModuleVersion>) {
        self.text.push_str("# ");
        name(&mut self.text, module);
        if let Some(new) = new {
            let clean = paths::clean(&new.path);
            if clean == "vendor" || clean.starts_with("vendor/") {
                self.faults.push(VendorFault::Inside(new.path.clone()));
            }
            self.text.push_str(" => ");
            name(&mut self.text, new);
        }
        self.text.push('\n');
    }
}

fn name(text: &mut String, module: &ModuleVersion) {
    text.push_str(&module.path);
    if !module.version.is_empty() {
        text.push(' ');
        text.push_str(&module.version);
    }
}

/// The go lines of these modules' go.mod files, as they are selected.
fn go_versions<'r>(
    project: &Project,
    resolution: &'r Resolution,
    modules: &[&ModuleVersion],
    go_mods: &mut dyn GoModSource,
) -> HashMap<&'r str, String> {
    let paths: HashSet<&str> = modules.iter().map(|module| module.path.as_str()).collect();
    let (mut found, mut asked) = (HashMap::new(), HashMap::<ModuleVersion, Vec<&'r str>>::new());
    for selected in resolution.build_list.iter().filter(|s| paths.contains(s.module.path.as_str())) {
        let path = selected.module.path.as_str();
        match &selected.go_version {
            Some(go) => drop(found.insert(path, go.clone())),
            None if selected.main => {}
            None => match (in_directory(project, selected), selected.stored()) {
                (Some(go), _) => drop(found.insert(path, go)),
                // Pruned out of the graph, so that nobody asked for it.
                (None, Some(stored)) if resolution.go_mods.binary_search(stored).is_err() => {
                    asked.entry(stored.clone()).or_default().push(path);
                }
                _ => {}
            },
        }
    }
    for module in asked.keys() {
        go_mods.request(module);
    }
    let mut left = asked.len();
    while left > 0 {
        let Some((module, answer)) = go_mods.next() else { break };
        left -= 1;
        let file = answer.ok().and_then(|bytes| modfile::parse_lax("go.mod", &bytes).ok());
        if let Some(go) = file.and_then(|file| file.go) {
            for path in asked.get(&module).into_iter().flatten() {
                found.insert(path, go.version.clone());
            }
        }
    }
    found
}

/// The go line of a directory that replaces a module.
fn in_directory(project: &Project, selected: &Selected) -> Option<String> {
    let Some(Replacement::Directory { dir, .. }) = &selected.replacement else { return None };
    let bytes = project.directories.get(dir)?.as_ref().ok()?;
    Some(modfile::parse_lax("go.mod", bytes).ok()?.go?.version)
}

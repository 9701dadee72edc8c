//! Whether `go build ./...` and `go vet ./...` work where there is no network:
//! `airgo check` asks it of a checkout and a bundle, `airgo pack` of what it is
//! about to sign.
//!
//! The packages of the main modules are loaded as go does it, along their
//! imports into the directories and the modules that provide them. What go would
//! refuse there is a [`Problem`], in its words: a package that no module
//! provides, a module that go.mod does not list, a line that go.sum lacks. A
//! tool's packages are not loaded, nor what only `go test all` reads.

mod carried;
mod check;
mod contents;
mod files;
mod from_vendor;
mod graph;
mod listed;
mod problem;
mod refusal;
mod selected;
mod sums;

pub use carried::{Carried, GoMods};
pub use check::{CheckRequest, Checked, check, directory, evaluate, host, target, toolchain_of};
pub use contents::Contents;
pub use files::{Files, Modules, Names, Opened, OwnFiles};
pub use graph::refused;
pub use problem::{ImportedBy, Problem, ProblemKind};
pub use refusal::{Refusal, SHOWN};
pub use selected::{Selected, Selection, part_of, read_by};

use crate::Context;
use crate::failure::Result;
use crate::paths::shown;
use crate::project::Loaded;
use crate::settings;
use airgo_gomod::goenv::GoFlags;
use airgo_gomod::gosource::Platform;
use airgo_gomod::gosum::Subject;
use airgo_gomod::{ModuleVersion, gover};
use airgo_resolve::packages::{self, Builds, Closure, Settings, Starts};
use airgo_resolve::{Project, Replacement, Resolution, Vendor};
use problem::Words;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The platforms where nothing names any.
const USUAL: [&str; 6] =
    ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"];

/// What is built.
#[derive(Clone, Debug)]
pub struct Target {
    /// The platforms, at most 64.
    pub platforms: Vec<Platform>,
    /// Build tags that are set.
    pub tags: Vec<String>,
    /// Whether cgo is on; where that is not known, either has to work.
    pub cgo: Option<bool>,
    /// Whether the files that packages embed have to be there.
    pub embeds: bool,
    /// Whether the tests of the project's packages are built.
    pub tests: bool,
    /// Package patterns; none: all packages of the main modules.
    pub packages: Vec<String>,
}

impl Target {
    /// These platforms, or the usual ones; these tags, and those of GOFLAGS.
    pub fn new(context: &Context, platforms: &[Platform], tags: &[String]) -> Self {
        let usual = USUAL.iter().filter_map(|name| Platform::parse(name));
        let mut platforms: Vec<Platform> =
            if platforms.is_empty() { usual.collect() } else { platforms.to_vec() };
        platforms.truncate(64);
        let mut tags = tags.to_vec();
        tags.extend(flag(context, "tags").split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned));
        Self { platforms, tags, cgo: None, embeds: false, tests: true, packages: Vec::new() }
    }
}

/// A flag of GOFLAGS.
fn flag(context: &Context, name: &str) -> String {
    let flags = GoFlags::parse(context.env.get_or_empty(settings::GOFLAGS).reveal()).ok();
    flags.as_ref().and_then(|f| f.value(name).ok().flatten()).unwrap_or_default().to_owned()
}

/// Loads the packages of a project in the modules of its build list, and says
/// what go would refuse.
pub fn load(
    context: &Context,
    loaded: &Loaded,
    resolution: &Resolution,
    target: &Target,
    files: &mut Files<'_>,
) -> Result<(Closure, Vec<Problem>)> {
    let speaking = Speaking::of(context, loaded);
    let has_sum = |module: &ModuleVersion, subject: Subject| loaded.sums.contains(module, subject);
    let is_standard = |path: &str| speaking.is_standard(path);
    let settings = Settings {
        builds: Builds::Of { platforms: &target.platforms, tags: &target.tags, cgo: target.cgo },
        tests: target.tests,
        embeds: target.embeds,
        sums: loaded.project.needs_sums().then_some(&has_sum),
        standard: &is_standard,
    };
    let patterns = &target.packages;
    let starts = Starts { project: patterns.is_empty(), tools: false, patterns };
    let closure = packages::load_from(&starts, &loaded.project, resolution, &settings, files)?;
    let problems =
        closure.problems.iter().map(|problem| speaking.problem(problem, &target.platforms)).collect();
    Ok((closure, problems))
}

/// What go's words depend on.
#[derive(Debug)]
pub struct Speaking {
    sum_file: String,
    standard: Option<PathBuf>,
}

impl Speaking {
    /// Of a project.
    pub fn of(context: &Context, loaded: &Loaded) -> Self {
        let standard = standard_library(context, &loaded.project);
        Self { sum_file: shown(&loaded.sum_file), standard }
    }

    /// Whether the standard library has this package; none where nobody knows.
    pub fn is_standard(&self, path: &str) -> Option<bool> {
        self.standard.as_ref().map(|src| src.join(path).is_dir())
    }

    /// A problem of packages that were loaded for these platforms; none means any.
    pub fn problem(&self, problem: &packages::Problem, platforms: &[Platform]) -> Problem {
        let words = Words { sum_file: &self.sum_file, standard: self.standard.as_deref(), platforms };
        words.problem(problem)
    }
}

/// Modules that are used under two paths (cmd/go modload/load.go,
/// checkMultiplePaths): among those of the whole graph where go reads it, else
/// among those that go.mod lists.
pub fn used_twice(project: &Project, resolution: &Resolution, graph_read: bool) -> Vec<Problem> {
    let listed: HashSet<&str> =
        project.mains.iter().flat_map(|m| &m.modfile.require).map(|r| r.module.path.as_str()).collect();
    let known = |path: &str| graph_read || project.workspace.is_none() && listed.contains(path);
    let mut first: HashMap<ModuleVersion, &str> = HashMap::new();
    let mut problems = Vec::new();
    for selected in resolution.build_list.iter().filter(|s| !s.main && known(&s.module.path)) {
        let path = selected.module.path.as_str();
        let used = match &selected.replacement {
            Some(Replacement::Directory { path, .. }) => ModuleVersion::new(path.as_str(), ""),
            Some(Replacement::Module(module)) => module.clone(),
            None => selected.module.clone(),
        };
        match first.get(&used) {
            Some(other) => {
                let message = format!("{used} used for two different module paths ({other} and {path})");
                problems.push(Problem::new(ProblemKind::Project, message).of(&used));
            }
            None => drop(first.insert(used, path)),
        }
    }
    problems
}

/// GOROOT/src, where it is that of the go that will build: a newer one may have
/// more packages than the one here.
fn standard_library(context: &Context, project: &Project) -> Option<PathBuf> {
    let here = context.env.go_version()?;
    let newest = gover::compare(&project.running_go(), &here).is_le();
    let dir = context.env.goroot().filter(|_| newest)?.join("src");
    dir.is_dir().then_some(dir)
}

/// The vendor directory that go builds from by default (cmd/go modload/init.go,
/// setDefaultBuildMod).
pub fn vendored(context: &Context, loaded: &Loaded) -> Option<PathBuf> {
    let mode = flag(context, "mod");
    let dir = loaded.root.join("vendor");
    if !dir.is_dir() || matches!(mode.as_str(), "mod" | "readonly") {
        return None;
    }
    let vendor = Vendor { modules_txt: std::fs::read(dir.join("modules.txt")).ok() };
    let project = &loaded.project;
    let project = Project {
        mains: project.mains.clone(),
        workspace: project.workspace.clone(),
        vendor: Some(vendor),
        ..Project::default()
    };
    (mode == "vendor" || project.builds_from_vendor()).then_some(dir)
}

/// The toolchain that the go of this machine switches to for a project, if it
/// does (cmd/go toolchain/select.go).
fn switches_to(context: &Context, project: &Project) -> Result<Option<String>> {
    let Some(here) = context.env.go_version() else { return Ok(None) };
    let setting = context.env.toolchain()?;
    let from = setting.minimum.clone().unwrap_or_else(|| here.clone());
    let named = (from != here).then(|| format!("go{from}"));
    let asked = if setting.switches { project.switched_from(&from) } else { None };
    Ok(asked.or(named))
}

/// Whether a command of this name is in PATH: there go looks for a toolchain
/// first.
fn in_path(context: &Context, name: &str) -> bool {
    let Some(path) = context.env.path(settings::PATH) else { return false };
    std::env::split_paths(&path).any(|dir| is_file(&dir, name))
}

fn is_file(dir: &Path, name: &str) -> bool {
    dir.join(name).is_file() || cfg!(windows) && dir.join(format!("{name}.exe")).is_file()
}

//! Whether `go build ./...` and `go vet ./...` will work where there is no
//! network: reported at pack, where it can still be repaired.
//!
//! The packages of the main modules are loaded as go does it, along their
//! imports into the directories and zips of the modules that provide them. What
//! go would refuse there is refused here, in its words: a package that no
//! module provides, a module that go.mod does not list, a line that go.sum
//! lacks. A tool's packages are not loaded, nor what only `go test all` reads.

mod problem;

use crate::Context;
use crate::collect::Build;
use crate::collect::sources::Files;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::project::Loaded;
use crate::project::several::Projects;
use crate::quantity::count;
use crate::settings;
use airgo_gomod::goenv::GoFlags;
use airgo_gomod::gosource::Platform;
use airgo_gomod::gosum::Subject;
use airgo_gomod::{ModuleVersion, gover};
use airgo_resolve::packages::{self, Builds, Closure, Fault, Problem, Settings};
use airgo_resolve::{Project, Resolution, Vendor};
use problem::Described;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The platforms where no `--platform` is given.
const USUAL: [&str; 6] =
    ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"];

/// How many problems, and how many commands, an error names.
const SHOWN: usize = 10;

/// Refuses what go will refuse; only warns where `allow` is given.
pub fn check(
    context: &Context,
    projects: &Projects,
    resolutions: &[Resolution],
    files: &mut Files<'_>,
    build: &Build,
    allow: bool,
) -> Result<()> {
    let usual = USUAL.iter().filter_map(|name| Platform::parse(name));
    let mut platforms: Vec<Platform> =
        if build.platforms.is_empty() { usual.collect() } else { build.platforms.clone() };
    platforms.truncate(64);
    let flags = GoFlags::parse(context.env.get_or_empty(settings::GOFLAGS).reveal()).ok();
    let flag =
        |name| flags.as_ref().and_then(|f| f.value(name).ok().flatten()).unwrap_or_default().to_owned();
    let mut tags = build.tags.clone();
    tags.extend(flag("tags").split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned));
    let mut refused = Refused::default();
    for (loaded, resolution) in projects.list.iter().zip(resolutions) {
        if let Some(dir) = vendored(loaded, &flag("mod")) {
            context.warning(format!(
                "`go build` takes all modules from {}: it needs no bundle; other commands and -mod=mod do",
                shown(&dir)
            ));
            continue;
        }
        let standard = standard_library(context, &loaded.project);
        let has_sum = |module: &ModuleVersion, subject: Subject| loaded.sums.contains(module, subject);
        let is_standard = |path: &str| standard.as_ref().map(|src| src.join(path).is_dir());
        let settings = Settings {
            builds: Builds::Of { platforms: &platforms, tags: &tags, cgo: None },
            tests: true,
            embeds: false,
            sums: loaded.project.needs_sums().then_some(&has_sum),
            standard: &is_standard,
        };
        let loading = packages::load(&loaded.project, resolution, &settings, files)?;
        let Closure { problems, unsummed: lacking, .. } = loading;
        let sum_file = shown(&loaded.sum_file);
        if let Some(first) = lacking.first() {
            context.warning(format!(
                "{sum_file} lacks {} that `go list -m all` needs on the other side, `go build` does not: {} {}/go.mod{}; go mod tidy adds {}",
                count(lacking.len(), "line"),
                first.path,
                first.version,
                if lacking.len() > 1 { " and others" } else { "" },
                if lacking.len() > 1 { "them" } else { "it" },
            ));
        }
        refused.add(&problems, &sum_file, standard.as_deref(), &platforms);
    }
    refused.end(context, allow)
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
fn vendored(loaded: &Loaded, mode: &str) -> Option<PathBuf> {
    let dir = loaded.root.join("vendor");
    if !dir.is_dir() || matches!(mode, "mod" | "readonly") {
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

/// What was found in all projects.
#[derive(Default)]
struct Refused {
    /// The first problem of all, alone.
    first: Option<String>,
    number: usize,
    lines: Vec<String>,
    commands: BTreeSet<String>,
    /// Whether something lacks on some platforms only.
    some_platforms: bool,
    own: bool,
}

impl Refused {
    fn add(&mut self, problems: &[Problem], sum_file: &str, standard: Option<&Path>, platforms: &[Platform]) {
        for problem in problems.iter().map(|problem| Described { problem, standard }) {
            self.number += 1;
            self.first.get_or_insert_with(|| problem.words());
            if self.number <= SHOWN {
                self.some_platforms |= problem.some_platforms(platforms).is_some();
                self.lines.extend(problem.lines(sum_file, platforms));
            }
            self.own |= matches!(problem.problem.fault, Fault::Own);
            self.commands.extend(problem.command());
        }
    }

    fn end(self, context: &Context, allow: bool) -> Result<()> {
        let Some(first) = self.first else { return Ok(()) };
        if allow {
            for line in &self.lines {
                context.warning(line);
            }
            context.warning(format!(
                "`go build ./...` or `go vet ./...` will refuse on the other side: {}; packed anyway (--allow-incomplete)",
                count(self.number, "problem")
            ));
            return Ok(());
        }
        let mut failure = Failure::failed(match self.number {
            1 => format!("this will not build on the other side: {first}"),
            n => format!("this will not build on the other side: {}", count(n, "problem")),
        });
        for line in self.lines {
            failure = failure.line(line);
        }
        if self.number > SHOWN {
            failure = failure.line(format!("and {} more", self.number - SHOWN));
        }
        if self.commands.len() > 3 {
            failure = failure.hint("to fix them: go mod tidy");
        } else {
            for command in &self.commands {
                failure = failure.hint(format!("to fix it: {command}"));
            }
        }
        if self.own {
            failure = failure.hint("a package that is generated has to be there: generate it first");
        }
        if self.some_platforms {
            failure = failure.hint(
                "--platform OS/ARCH names what it is built for; problems on other platforms are ignored",
            );
        }
        Err(failure.hint("to pack it anyway: --allow-incomplete"))
    }
}

//! A checkout that go builds from its vendor directory (cmd/go modload/vendor.go,
//! modload/import.go): of the bundle it needs a toolchain at most.

use super::carried::Carried;
use super::files::{Files, Modules, Names, Opened};
use super::problem::{Problem, ProblemKind};
use super::{Speaking, Target};
use crate::Context;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::{argument, shown};
use crate::project::Loaded;
use crate::quantity::count;
use crate::vendor::{self, Difference, Wrong};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Source;
use airgo_resolve::packages::{Builds, Closure, Fault, Place, Settings};
use airgo_resolve::vendor::{ModulesTxt, inconsistencies, load};
use std::collections::HashSet;
use std::path::Path;

/// What go would refuse of a build from the vendor directory.
pub fn evaluate(
    context: &Context,
    loaded: &Loaded,
    dir: &Path,
    target: &Target,
) -> Result<(Closure, Vec<Problem>)> {
    let (project, command) = (&loaded.project, vendor::command(loaded.project.workspace.is_some()));
    let file = dir.join(vendor::MODULES_TXT);
    let modules_txt = match std::fs::read(&file) {
        Ok(text) => ModulesTxt::parse(&text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => ModulesTxt::default(),
        Err(e) => return Err(Failure::failed(format!("could not read {}: {e}", shown(&file)))),
    };
    let refused = |message: String| Problem::new(ProblemKind::Project, message);
    let running = project.running_go();
    if let Some((module, go)) = modules_txt.too_new(&running) {
        let message =
            format!("{} in {} requires go >= {go} (running go {running})", module.path, shown(&file));
        return Ok((Closure::default(), vec![refused(message)]));
    }
    let inconsistent = inconsistencies(project, &modules_txt);
    if !inconsistent.is_empty() {
        let problem = |i: &dyn std::fmt::Display| {
            refused(format!("inconsistent vendoring: {i}")).fix(command.to_owned())
        };
        return Ok((Closure::default(), inconsistent.iter().map(|i| problem(i)).collect()));
    }
    let speaking = Speaking::of(context, loaded);
    let is_standard = |path: &str| speaking.is_standard(path);
    let settings = Settings {
        builds: Builds::Of { platforms: &target.platforms, tags: &target.tags, cgo: target.cgo },
        tests: target.tests,
        embeds: target.embeds,
        sums: None,
        standard: &is_standard,
    };
    let mut files = Files::new(context, &NoModules, Names::All);
    let closure = load(project, (&dir.to_string_lossy(), &modules_txt), &settings, &mut files)?;
    let problems = closure.problems.iter().map(|found| {
        let mut problem = speaking.problem(found, &target.platforms);
        if found.fault == Fault::Missing {
            let package = &found.package;
            problem.message = format!(
                "cannot find module providing package {package}: import lookup disabled by -mod=vendor"
            );
            problem.fixes = vec![command.to_owned()];
        }
        problem
    });
    let problems = problems.collect();
    Ok((closure, problems))
}

/// Compares the directory with the lists of the bundle: files that a build compiles and
/// that are not there, and what is to be said of the rest.
pub fn compare(
    context: &Context,
    loaded: &Loaded,
    dir: &Path,
    bundle: (&Path, &Carried<'_>),
    (closure, target): (&Closure, &Target),
) -> Result<(Vec<Problem>, Option<String>)> {
    let checked = match vendor::check_with(context, loaded, dir, bundle) {
        Ok(checked) => checked,
        Err(failure) if failure.kind == FailureKind::Interrupted => return Err(failure),
        Err(failure) => {
            let why = failure.message.raw();
            return Ok((Vec::new(), Some(format!("{} is not compared with go.sum: {why}", shown(dir)))));
        }
    };
    let reached = closure.packages.iter().map(|reached| &reached.package);
    let vendored = Place::Directory(dir.to_string_lossy().into_owned());
    let built: HashSet<&str> =
        reached.filter(|package| package.place == vendored).map(|package| package.dir.as_str()).collect();
    let builds = Builds::Of { platforms: &target.platforms, tags: &target.tags, cgo: target.cgo };
    let (mut problems, mut others) = (Vec::new(), checked.modules_txt.len());
    for difference in &checked.differences {
        if is_compiled(difference, &built, builds) {
            let path = shown(&dir.join(&difference.path));
            let mut problem = Problem::new(ProblemKind::File, format!("{path}: {}", difference.wrong.name()));
            problem.module.clone_from(&difference.module);
            problems.push(problem.fix(vendor::command(checked.workspace).to_owned()));
        } else {
            others += 1;
        }
    }
    let note = (others > 0).then(|| {
        let (dir, project) = (shown(dir), vendor::project_of(dir));
        format!(
            "{dir} is not what go.sum says and go would write: {}; airgo vendor --check {project} --bundle {} names them",
            count(others, "difference"),
            argument(bundle.0)
        )
    });
    Ok((problems, note))
}

/// Whether a build wants a file that is not to be had.
fn is_compiled(difference: &Difference, built: &HashSet<&str>, builds: Builds<'_>) -> bool {
    const SOURCES: [&str; 11] = ["go", "s", "S", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "m"];
    let (above, name) = difference.path.rsplit_once('/').unwrap_or(("", &difference.path));
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    matches!(difference.wrong, Wrong::Missing | Wrong::Unreadable)
        && built.contains(above)
        && extension.is_some_and(|extension| SOURCES.contains(&extension))
        && builds.of_file(name, &Source::default()) != 0
}

/// No module is looked for.
struct NoModules;

impl Modules for NoModules {
    fn has(&self, _: &ModuleVersion) -> bool {
        false
    }

    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Opened>> {
        Err(Failure::failed(format!("{module} is not looked for")))
    }
}

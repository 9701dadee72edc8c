//! Whether the projects build where there is no network: reported at pack, where
//! it can still be repaired, and stated in the bundle where they do.

use crate::Context;
use crate::collect::Build;
use crate::completeness::{Contents, Files, Problem, Refusal, SHOWN, Target, load, used_twice, vendored};
use crate::failure::Result;
use crate::paths::shown;
use crate::project::several::Projects;
use crate::quantity::count;
use airgo_resolve::Resolution;
use airgo_resolve::packages::Closure;

/// What the packages were loaded for, and which they are.
#[derive(Clone, Debug)]
pub struct Complete {
    /// For what.
    pub target: Target,
    /// Which packages, of all projects.
    pub contents: Contents,
}

/// Refuses what go will refuse; only warns where `allow` is given. None where
/// something is missing, or a project was not loaded; else also the packages of each
/// project.
pub fn check(
    context: &Context,
    projects: &Projects,
    resolutions: &[Resolution],
    files: &mut Files<'_>,
    build: &Build,
    allow: bool,
) -> Result<Option<(Complete, Vec<Closure>)>> {
    let target = Target { embeds: true, ..Target::new(context, &build.platforms, &build.tags) };
    let (mut problems, mut contents, mut all) = (Vec::new(), Contents::default(), true);
    let mut closures = Vec::new();
    for (loaded, resolution) in projects.list.iter().zip(resolutions) {
        if let Some(dir) = vendored(context, loaded) {
            context.warning(format!(
                "`go build` takes all modules from {}: it needs no bundle; other commands and -mod=mod do",
                shown(&dir)
            ));
            all = false;
            continue;
        }
        let (closure, mut found) = load(context, loaded, resolution, &target, files)?;
        if let Some(first) = closure.unsummed.first() {
            let lacking = closure.unsummed.len();
            context.warning(format!(
                "{} lacks {} that `go list -m all` needs on the other side, `go build` does not: {} {}/go.mod{}; go mod tidy adds {}",
                shown(&loaded.sum_file),
                count(lacking, "line"),
                first.path,
                first.version,
                if lacking > 1 { " and others" } else { "" },
                if lacking > 1 { "them" } else { "it" },
            ));
        }
        contents.add(&closure);
        found.extend(used_twice(&loaded.project, resolution, closure.graph_read));
        problems.append(&mut found);
        closures.push(closure);
    }
    if problems.is_empty() {
        return Ok(all.then_some((Complete { target, contents }, closures)));
    }
    if allow {
        for line in problems.iter().take(SHOWN).flat_map(Problem::lines) {
            context.warning(line);
        }
        context.warning(format!(
            "`go build ./...` or `go vet ./...` will refuse on the other side: {}; packed anyway (--allow-incomplete)",
            count(problems.len(), "problem")
        ));
        return Ok(None);
    }
    let refusal = Refusal { problems: &problems, shown: SHOWN, many: "go mod tidy" };
    let failure = refusal.failure("this will not build on the other side");
    Err(failure.hint("to pack it anyway: --allow-incomplete"))
}

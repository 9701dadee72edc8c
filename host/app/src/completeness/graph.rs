//! How much of the module graph go reads for a build, and what it makes of it:
//! the go.mod file of the project alone where that leads to every package, the
//! go.mod files of all that it leads to else (cmd/go modload/load.go,
//! loadFromRoots; modload/buildlist.go, updatePrunedRoots).

use super::carried::GoMods;
use super::files::Files;
use super::problem::{Problem, ProblemKind};
use super::{Target, load, used_twice};
use crate::Context;
use crate::errors::gomod_hints;
use crate::failure::Result;
use crate::project::Loaded;
use airgo_gomod::{ModuleVersion, gover};
use airgo_resolve::packages::Closure;
use airgo_resolve::{
    LoadError, LoadFault, Mode, Resolution, ResolveError, resolve, resolve_roots, spot_check,
};
use std::collections::BTreeSet;

/// What go loads of a project.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// The packages, as far as they are known.
    pub closure: Closure,
    /// What go refuses.
    pub problems: Vec<Problem>,
    /// The modules, of as much of the graph as was read; none where it cannot be.
    pub resolution: Option<Resolution>,
}

/// What is evaluated, and from what.
pub struct Evaluation<'e, 'f, 'm> {
    pub context: &'e Context,
    pub loaded: &'e Loaded,
    pub target: &'e Target,
    pub files: &'e mut Files<'f>,
    pub go_mods: &'e mut GoMods<'m>,
}

impl Evaluation<'_, '_, '_> {
    /// Loads the packages with as much of the graph as go reads.
    pub fn run(&mut self) -> Result<Evaluated> {
        let project = &self.loaded.project;
        let workspace = project.workspace.is_some();
        let pruned = workspace || gover::compare(project.go_version(), "1.17").is_ge();
        let mut first = None;
        if pruned && project.mode == Mode::Readonly {
            let roots = match resolve_roots(project) {
                Ok(roots) => roots,
                Err(e) => return Ok(Evaluated { problems: refused(&e), ..Evaluated::default() }),
            };
            let (closure, mut problems) = self.load(&roots)?;
            problems.extend(used_twice(project, &roots, false));
            let evaluated = Evaluated { closure, problems, resolution: Some(roots) };
            let used = used(&evaluated.closure);
            if !(evaluated.closure.graph_read || workspace && !used.is_empty()) {
                let spot = spot_check(project, &used, self.go_mods);
                if spot.is_ok_and(|spot| spot.agrees) {
                    return Ok(evaluated);
                }
            }
            first = Some(evaluated);
        }
        match resolve(project, self.go_mods) {
            Ok(resolution) => {
                let (closure, mut problems) = self.load(&resolution)?;
                // Go reads a module's go.mod for its language version, also where
                // that is pruned out of the graph.
                let spot = spot_check(project, &used(&closure), self.go_mods);
                problems.extend(spot.iter().flat_map(|spot| &spot.faults).map(|e| not_loaded(&[], e)));
                // It has read the graph by now, whatever the packages alone ask for.
                problems.extend(self.unsummed(&closure));
                problems.extend(used_twice(project, &resolution, true));
                Ok(Evaluated { closure, problems, resolution: Some(resolution) })
            }
            Err(e) => {
                let Evaluated { closure, mut problems, .. } = first.unwrap_or_default();
                // What else is missing without the graph; what it alone would tell is not.
                problems
                    .retain(|problem| !matches!(problem.kind, ProblemKind::Package | ProblemKind::NotListed));
                problems.extend(refused(&e));
                Ok(Evaluated { closure, problems, resolution: None })
            }
        }
    }

    fn load(&mut self, resolution: &Resolution) -> Result<(Closure, Vec<Problem>)> {
        load(self.context, self.loaded, resolution, self.target, self.files)
    }

    /// The lines that go.sum lacks for the go.mod files of the graph.
    fn unsummed(&self, closure: &Closure) -> Vec<Problem> {
        let file = crate::paths::shown(&self.loaded.sum_file);
        let problem = |m: &ModuleVersion| {
            let message = format!("{m}: missing go.sum entry for go.mod file");
            let mut problem = Problem::new(ProblemKind::SumMissing, message).of(m);
            problem.sums = vec![format!("{file} lacks: {} {}/go.mod h1:…", m.path, m.version)];
            problem.fix(format!("go mod download {m}"))
        };
        closure.unsummed.iter().map(problem).collect()
    }
}

/// What `go list -m all` and `go mod graph` give, which read the whole graph where a
/// build does not; or why they refuse.
pub fn whole_graph(
    loaded: &Loaded,
    go_mods: &mut GoMods<'_>,
) -> std::result::Result<Resolution, ResolveError> {
    resolve(&loaded.project, go_mods)
}

/// The modules that provide packages, each once, as they are required.
fn used(closure: &Closure) -> Vec<ModuleVersion> {
    let others = closure.packages.iter().filter(|reached| !reached.package.main);
    let modules: BTreeSet<&ModuleVersion> = others.map(|reached| &reached.package.module).collect();
    modules.into_iter().cloned().collect()
}

/// What go refuses before it loads a package.
#[must_use]
pub fn refused(error: &ResolveError) -> Vec<Problem> {
    match error {
        ResolveError::Graph(graph) => {
            let first = std::iter::once(not_loaded(&graph.chain, &graph.error));
            first.chain(graph.others.iter().map(|(chain, error)| not_loaded(chain, error))).collect()
        }
        ResolveError::UpdatesNeeded(updates) => {
            let problem = |reason: &airgo_resolve::UpdateReason| {
                Problem::new(ProblemKind::Project, format!("updates to go.mod needed: {reason}"))
                    .fix("go mod tidy")
            };
            updates.reasons.iter().map(problem).collect()
        }
        ResolveError::Project(project) => {
            let place = match &project.pos {
                Some(pos) => format!("{}:{}", project.file, pos.line),
                None => project.file.clone(),
            };
            let mut problem = Problem::new(ProblemKind::Project, error.to_string());
            problem.fixes = gomod_hints::of_project(&project.reason, &place);
            vec![problem]
        }
        _ => vec![Problem::new(ProblemKind::Project, error.to_string())],
    }
}

/// A go.mod file that cannot be used, and who requires it.
fn not_loaded(chain: &[ModuleVersion], error: &LoadError) -> Problem {
    let LoadError { module, actual, reason } = error;
    let by: Vec<String> =
        chain.iter().rev().skip(1).filter(|m| !m.version.is_empty()).map(ToString::to_string).collect();
    let required = by.first().map_or_else(String::new, |by| format!(" ({by} requires it)"));
    match reason {
        LoadFault::Source(_) if actual.version.is_empty() => {
            Problem::new(ProblemKind::Directory, error.to_string()).of(module)
        }
        LoadFault::Source(_) => {
            let message = format!("the bundle lacks the go.mod of {actual}{required}");
            Problem::new(ProblemKind::GoMod, message).of(actual)
        }
        _ => {
            let mut problem = Problem::new(ProblemKind::Project, format!("{error}{required}")).of(module);
            problem.fixes = gomod_hints::of_dependency(error).into_iter().collect();
            problem
        }
    }
}

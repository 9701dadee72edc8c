//! Downloads that failed, and projects that cannot be resolved for it.

use super::gomod_hints;
use crate::failure::{Failure, FailureKind};
use crate::quantity::count;
use airgo_fetch::FetchError;
use airgo_gomod::ModuleVersion;
use airgo_model::Line;
use airgo_resolve::{LoadFault, ResolveError};

/// A download that failed.
pub fn fetch_failure(error: &FetchError) -> Failure {
    if matches!(error, FetchError::Cancelled(_)) {
        return Failure::interrupted();
    }
    let mut failure = Failure::failed(error.to_string());
    if let Some(at) = error.at() {
        failure = failure.fact("asked", &at.site.url);
    }
    failure.hint_of(error)
}

/// The download that a project cannot be resolved for, and whose go.mod it is.
pub fn fetch_cause(error: &ResolveError) -> Option<(&FetchError, &ModuleVersion)> {
    let ResolveError::Graph(graph) = error else { return None };
    let LoadFault::Source(source) = &graph.error.reason else { return None };
    Some((source.cause().downcast_ref()?, &graph.error.actual))
}

/// A project that cannot be resolved.
pub fn resolve_failure(error: &ResolveError) -> Failure {
    let mut failure = Failure::failed(error.to_string());
    match error {
        ResolveError::Graph(graph) => {
            if let Some((fetch, _)) = fetch_cause(error) {
                let fetched = fetch_failure(fetch);
                if fetched.kind == FailureKind::Interrupted {
                    return fetched;
                }
                failure.facts.clone_from(&fetched.facts);
                failure.hints.clone_from(&fetched.hints);
            }
            if failure.hints.is_empty() {
                failure.hints.extend(gomod_hints::of_dependency(&graph.error).into_iter().map(Line::from));
            }
            if !graph.others.is_empty() {
                failure = failure.line(format!("and {} failed", count(graph.others.len(), "more module")));
            }
        }
        ResolveError::UpdatesNeeded(updates) => {
            for reason in updates.reasons.iter().skip(1).take(9) {
                failure = failure.line(reason.to_string());
            }
            failure = failure.hint("to update go.mod: go mod tidy");
        }
        ResolveError::Project(project) => {
            let place = match &project.pos {
                Some(pos) => format!("{}:{}", project.file, pos.line),
                None => project.file.clone(),
            };
            failure
                .hints
                .extend(gomod_hints::of_project(&project.reason, &place).into_iter().map(Line::from));
        }
        ResolveError::NoMainModule { in_workspace: true } => {
            failure = failure.hint("to add one: go work use DIR");
        }
        _ => {}
    }
    failure
}

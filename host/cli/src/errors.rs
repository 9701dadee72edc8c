//! From each room's typed errors to what the user sees: sentence, exit code,
//! hint.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::gomod_hints;
use crate::printer::count;
use airgo_fetch::FetchError;
use airgo_gomod::ModuleVersion;
use airgo_modcache::{InstallError, Problem};
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
    if let Some(hint) = error.hint() {
        failure = failure.hint(hint);
    }
    failure
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
                if fetched.exit == Exit::Interrupted {
                    return fetched;
                }
                failure.facts.clone_from(&fetched.facts);
                failure.hints.clone_from(&fetched.hints);
            }
            if failure.hints.is_empty() {
                failure.hints.extend(gomod_hints::of_dependency(&graph.error));
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
            failure.hints.extend(gomod_hints::of_project(&project.reason, &place));
        }
        ResolveError::NoMainModule { in_workspace: true } => {
            failure = failure.hint("to add one: go work use DIR");
        }
        _ => {}
    }
    failure
}

/// A module that could not be installed.
pub fn install_failure(error: &InstallError) -> Failure {
    let module = &error.module;
    let failure = |exit| Failure::new(exit, error.to_string());
    match &*error.problem {
        Problem::Cancelled => Failure::interrupted(),
        Problem::Mismatch { what, want, got } => {
            Failure::new(Exit::Checksum, format!("checksum mismatch for {what} of {module}"))
                .fact("manifest", want)
                .fact("found", got)
                .hint("the bundle was changed or damaged on its way: copy it again, then: airgo verify FILE")
        }
        Problem::Conflict { what, file, want, have } => Failure::new(
            Exit::Checksum,
            format!("the module cache has other content for {what} of {module}"),
        )
        .fact("bundle", want.to_string())
        .fact(file, have)
        .hint("find out who wrote it; then remove it (go clean -modcache) or name another: --gomodcache DIR"),
        Problem::Zip(_) | Problem::Module(_) | Problem::NotCanonical(_) => failure(Exit::Malformed),
        Problem::Write { source, .. } | Problem::Source(source) => {
            failure(Exit::Failed).fact("system", source.to_string()).hint(match source.kind() {
                std::io::ErrorKind::StorageFull => {
                    "free some space, then run the command again: it goes on from there"
                }
                _ => "name a directory that you may write to: --gomodcache DIR",
            })
        }
        _ => failure(Exit::Failed),
    }
}

//! From each crate's typed errors to what the user sees: sentence, exit code,
//! hint.

pub mod disk;
pub mod frame;
pub(crate) mod gomod_hints;
pub mod refusal;

use crate::failure::{Failure, FailureKind};
use crate::quantity::count;
use airgo_fetch::{FetchError, IoCause};
use airgo_gomod::ModuleVersion;
use airgo_modcache::{ChangeKind, Changes, InstallError, Problem};
use airgo_model::Line;
use airgo_resolve::{LoadFault, ResolveError};
use std::io;

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

/// A module that could not be installed.
pub fn install_failure(error: &InstallError) -> Failure {
    let module = &error.module;
    let failure = |exit| Failure::new(exit, error.to_string());
    match &*error.problem {
        Problem::Cancelled => Failure::interrupted(),
        Problem::Mismatch { what, want, got } => {
            Failure::new(FailureKind::Checksum, format!("checksum mismatch for {what} of {module}"))
                .fact("manifest", want)
                .fact("found", got)
                .hint("the bundle was changed or damaged on its way: copy it again, then: airgo verify FILE")
        }
        Problem::Conflict { what, file, want, have } => Failure::new(
            FailureKind::Checksum,
            format!("the module cache has other content for {what} of {module}"),
        )
        .fact("bundle", want.to_string())
        .fact(file, have)
        .hint("find out who wrote it; then remove it (go clean -modcache) or name another: --gomodcache DIR"),
        Problem::Changed { changes, tree, download } => changed(module, changes, tree, download),
        Problem::Zip(_) | Problem::Module(_) | Problem::NotCanonical(_) => failure(FailureKind::Malformed),
        Problem::Write { file, source } => cache_disk(failure(FailureKind::Failed), Some(file), source),
        Problem::Read { source, .. } => cache_disk(failure(FailureKind::Failed), None, source),
        Problem::Source(source) => failure(FailureKind::Failed).fact("system", source.to_string()),
        Problem::Obstacle { .. } => failure(FailureKind::Failed)
            .hint("find out who put it there; then remove it, or name another cache: --gomodcache DIR"),
        _ => failure(FailureKind::Failed),
    }
}

/// The files of a module that are not as they were when the cache was filled.
fn changed(module: &ModuleVersion, changes: &Changes, tree: &str, download: &str) -> Failure {
    let message = format!("checksum mismatch for {module} in the module cache");
    let mut failure = Failure::new(FailureKind::Checksum, message);
    for change in &changes.files {
        let what = match change.kind {
            ChangeKind::Changed => "changed",
            ChangeKind::Added => "added",
            ChangeKind::Missing => "missing",
        };
        failure = failure.fact(what, &change.file);
    }
    if changes.more > 0 {
        failure = failure.line(format!("  and {} more", changes.more));
    }
    failure.hint(format!(
        "find out who changed it; then remove {tree} and {download}.* from the cache and run the command again"
    ))
}

/// What the system said of the module cache, and what helps against it.
pub fn cache_disk(failure: Failure, file: Option<&str>, error: &io::Error) -> Failure {
    let failure = failure.fact("system", error.to_string());
    // As go and Linux have it: of an element 255 bytes, of a path 4095.
    let element = file.into_iter().flat_map(|file| file.split('/')).find(|element| element.len() > 255);
    let hint = match IoCause::of(error) {
        IoCause::Full => "free some space, then run the command again: it goes on from there",
        IoCause::ReadOnly => {
            "the file system is mounted read-only: name a directory on another one: --gomodcache DIR"
        }
        IoCause::NameTooLong => {
            if let Some(element) = element {
                return failure
                    .fact("limit", format!("255 bytes a file name; this one has {}", element.len()))
                    .hint("no module cache here can hold it: choose another version of the module, and pack again");
            }
            return failure
                .fact("limit", "4096 bytes a path")
                .hint("name a module cache with a shorter path: --gomodcache DIR");
        }
        IoCause::OpenFiles => {
            "raise the limit of open files (ulimit -n 1024), or run fewer at once: --jobs 1"
        }
        IoCause::Denied => "name a directory that you may write to: --gomodcache DIR",
        IoCause::Missing => "another program removed it meanwhile: run the command again",
        _ => return failure,
    };
    failure.hint(hint)
}

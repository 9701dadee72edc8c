//! From each crate's typed errors to what the user sees: sentence, exit code,
//! hint.

pub mod disk;
pub mod frame;
pub(crate) mod gomod_hints;
#[cfg(feature = "network")]
mod network;
pub mod refusal;

#[cfg(feature = "network")]
pub use network::{fetch_cause, fetch_failure, resolve_failure};

use crate::failure::{Failure, FailureKind};
use airgo_gomod::ModuleVersion;
use airgo_modcache::{ChangeKind, Changes, InstallError, MarkerError, Problem};
use airgo_model::io_cause::IoCause;
use std::io;

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
        Problem::FileMismatch { file, want, got } => {
            Failure::new(FailureKind::Checksum, format!("checksum mismatch for the file {file} of {module}"))
                .fact("list", want)
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
        Problem::Zip(_) | Problem::List(_) | Problem::Module(_) | Problem::NotCanonical(_) => {
            failure(FailureKind::Malformed)
        }
        Problem::NotGiven { .. } | Problem::NotCarried { .. } => failure(FailureKind::Malformed),
        Problem::Write { file, source } => cache_disk(failure(FailureKind::Failed), Some(file), source),
        Problem::Read { source, .. } => cache_disk(failure(FailureKind::Failed), None, source),
        Problem::Marker(MarkerError::Io { file, source }) => {
            cache_disk(failure(FailureKind::Failed), Some(file), source)
        }
        Problem::Marker(_) => failure(FailureKind::Failed).hint(
            "remove it, and the modules without zips that it names; or name another cache: --gomodcache DIR",
        ),
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
        IoCause::Full => "free some space, then run the command again",
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
        IoCause::NotADirectory => "a file is where a directory must be: name another one: --gomodcache DIR",
        IoCause::Exists => {
            "a file or a link to nothing is in the way: remove it, or name another directory: --gomodcache DIR"
        }
        IoCause::AcrossFileSystems => {
            "the module cache must be on one file system: mount all of it, not a directory in it, or name another: --gomodcache DIR"
        }
        IoCause::Denied => "name a directory that you may write to: --gomodcache DIR",
        IoCause::Missing => "another program removed it meanwhile: run the command again",
        _ => return failure,
    };
    failure.hint(hint)
}

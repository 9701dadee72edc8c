//! What the writer of a layout says, as the user sees it.

use crate::errors::disk::write_hint;
use crate::errors::install_failure;
use crate::failure::{Failure, FailureKind};
use crate::paths::shown;
use airgo_modcache::{DirectoryError, InstallError, Problem};
use airgo_model::Line;
use std::io;
use std::path::Path;

const DAMAGED: &str = "the bundle was changed or damaged on its way: copy it again, then: airgo verify FILE";

/// The failure for a directory that was not written.
pub fn directory(error: &DirectoryError) -> Failure {
    match error {
        DirectoryError::Obstacle { path, what } => {
            Failure::failed(format!("{} is {what}, and a directory is to be written there", shown(path)))
                .hint("find out who put it there; then remove it, or name another directory: --to DIR")
        }
        DirectoryError::OtherFileSystem { path } => {
            let path = shown(path);
            Failure::failed(format!(
                "{path} is on another file system than the directory that it is in, and cannot be replaced"
            ))
            .hint(format!("unmount {path}, or mount the directory that it is in instead"))
        }
        DirectoryError::NotOurs { path, entry } => {
            Failure::failed(format!("{} is not empty, and airgo did not write it", shown(path)))
                .fact("it has", entry)
                .hint("name a directory that is empty or not there yet: --to DIR")
        }
        DirectoryError::OtherLayout { path, found } => {
            Failure::failed(format!("{} has another layout", shown(path)))
                .fact("layout", found)
                .hint("name another directory: --to DIR")
        }
        DirectoryError::Mismatch { file, want, got } => {
            Failure::new(FailureKind::Checksum, format!("checksum mismatch for {file}"))
                .fact("list", want)
                .fact("found", got)
                .hint(DAMAGED)
        }
        DirectoryError::Write { path, source } => system(format!("could not write {}", shown(path)), source),
        DirectoryError::Read { path, source } => system(format!("could not read {}", shown(path)), source),
        other => Failure::failed(other.to_string()),
    }
}

/// The failure for a module that did not come into the tree at `dir`.
pub fn served(error: &InstallError, dir: &Path) -> Failure {
    let (module, below) = (&error.module, |file: &str| shown(&dir.join(file)));
    match &*error.problem {
        Problem::Conflict { what, file, want, have } => {
            Failure::new(FailureKind::Checksum, format!("{} is not that of {module}: {what}", below(file)))
                .fact("bundle", want.to_string())
                .fact("there", have)
                .hint("find out who wrote it; then remove it, or name another directory: --to DIR")
        }
        Problem::Obstacle { file, what } => {
            Failure::failed(format!("could not write {module}: {} is {what}", below(file)))
                .hint("find out who put it there; then remove it, or name another directory: --to DIR")
        }
        Problem::Write { file, source } => {
            system(format!("could not write {module}: {}", below(file)), source)
        }
        Problem::Read { file, source } => system(format!("could not read {}", below(file)), source),
        _ => install_failure(error),
    }
}

fn system(message: String, error: &io::Error) -> Failure {
    let mut failure = Failure::failed(message).fact("system", error.to_string());
    failure.hints.extend(write_hint(error, "name another directory: --to DIR").map(Line::from));
    failure
}

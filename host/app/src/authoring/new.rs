//! A new plugin, to start from: complete in its directory.

use super::Language;
use crate::errors::disk;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::shown;
use airgo_author::{NewFile, ScaffoldError, scaffold};
use airgo_model::atomic::{self, Access};
use std::io;
use std::path::{Path, PathBuf};

/// What to write.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// Its name: lower-case words joined by `-`.
    pub name: String,
    /// What to write it in.
    pub language: Language,
    /// Where to write it; default: a directory of its name.
    pub dir: Option<PathBuf>,
}

/// A plugin that was written.
#[derive(Clone, Debug)]
pub struct NewPlugin {
    /// Where it is.
    pub dir: PathBuf,
    /// Its files, relative to the directory, sorted.
    pub files: Vec<String>,
}

/// Writes the files; a directory that is there and not empty stays as it is.
///
/// # Errors
/// The name is not one of a plugin, the directory is taken, or it cannot be
/// written to.
pub fn new(request: &NewRequest) -> Result<NewPlugin> {
    let files = scaffold(request.language, &request.name).map_err(|e| {
        let kind = match e {
            ScaffoldError::Name(_) | ScaffoldError::Reserved(_) => FailureKind::Usage,
            _ => FailureKind::Failed,
        };
        Failure::new(kind, e.to_string()).outcome("nothing was written")
    })?;
    let dir = request.dir.clone().unwrap_or_else(|| PathBuf::from(&request.name));
    if !is_free(&dir) {
        return Err(Failure::failed(format!("{} is there already", shown(&dir)))
            .outcome("nothing was written")
            .hint("choose another name, or another place: --dir DIR"));
    }
    write(&dir, &files).map_err(|(path, e)| {
        disk::unwritable(&shown(&path), &e, "choose another place: --dir DIR")
            .outcome(format!("{} is incomplete", shown(&dir)))
    })?;
    Ok(NewPlugin { dir, files: files.into_iter().map(|file| file.path).collect() })
}

/// Not there, or an empty directory.
fn is_free(dir: &Path) -> bool {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}

fn write(dir: &Path, files: &[NewFile]) -> std::result::Result<(), (PathBuf, io::Error)> {
    for file in files {
        let path = dir.join(&file.path);
        let create = || {
            std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
            // Never over anything, whoever made it in the meantime.
            atomic::create_new(&path, &file.bytes, Access::Public)
        };
        create().map_err(|e| (path.clone(), e))?;
    }
    Ok(())
}

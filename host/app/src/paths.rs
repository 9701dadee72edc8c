//! Paths of the project: made absolute, cleaned, and as people read them.

use crate::failure::{Failure, Result};
use std::path::{Component, Path, PathBuf};

/// An absolute path without `.` and `..`.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    let absolute =
        std::path::absolute(path).map_err(|e| Failure::failed(format!("{}: {e}", path.display())))?;
    Ok(clean(&absolute))
}

/// Resolves `.` and `..` by words alone, as Go's filepath.Clean.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A path for people: relative to the working directory where it is inside.
pub fn shown(path: &Path) -> String {
    let inside = std::env::current_dir().ok().and_then(|cwd| path.strip_prefix(cwd).ok().map(Path::to_owned));
    inside.unwrap_or_else(|| path.to_owned()).display().to_string()
}

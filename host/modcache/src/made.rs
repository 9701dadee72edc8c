//! Directories that were made for a cache, and go again if nothing comes into it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Directories, the innermost last.
#[derive(Debug)]
pub(crate) struct Made {
    dirs: Vec<PathBuf>,
    kept: AtomicBool,
}

impl Made {
    /// Makes the directory and those that it is in.
    pub(crate) fn all(dir: &Path) -> io::Result<Self> {
        let missing: Vec<_> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
        let mut made = Self { dirs: Vec::new(), kept: AtomicBool::new(false) };
        for dir in missing.into_iter().rev() {
            match fs::create_dir(dir) {
                Ok(()) => made.dirs.push(dir.to_owned()),
                // Someone else made it meanwhile.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && dir.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }

    /// Something is in them now.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }
}

impl Drop for Made {
    /// Those that are empty.
    fn drop(&mut self) {
        if self.kept.load(Ordering::Relaxed) {
            return;
        }
        for dir in self.dirs.iter().rev() {
            let _ = fs::remove_dir(dir);
        }
    }
}

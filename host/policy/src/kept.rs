//! What is kept for plugins from run to run: how much it is, and how to be rid
//! of it. All of it can be made anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The directory that [`crate::EngineConfig::cache_dir`] names.
#[derive(Clone, Debug)]
pub struct Kept {
    dir: PathBuf,
}

/// Files, and their bytes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptFiles {
    /// How many.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

impl KeptFiles {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

impl Kept {
    /// A directory that need not be there.
    pub fn at(dir: PathBuf) -> Self {
        Kept { dir }
    }

    /// Compiled code.
    pub fn code(&self) -> KeptFiles {
        tally(&self.dir)
    }

    /// What plugins found out about modules.
    pub fn facts(&self) -> KeptFiles {
        tally(&self.dir.join(crate::memory::DIR))
    }

    /// Removes what was not used for longer than `max_age`; all of it where
    /// that is none. Says what was removed; what cannot be removed stays.
    pub fn trim(&self, max_age: Option<Duration>) -> KeptFiles {
        let now = SystemTime::now();
        let old = |meta: &fs::Metadata| {
            let Some(max_age) = max_age else { return true };
            let age = meta.modified().ok().and_then(|time| now.duration_since(time).ok());
            age.is_some_and(|age| age > max_age)
        };
        let mut removed = KeptFiles::default();
        for dir in [self.dir.join(crate::memory::DIR), self.dir.clone()] {
            for (path, meta) in entries(&dir) {
                if old(&meta) && fs::remove_file(path).is_ok() {
                    removed.add(meta.len());
                }
            }
        }
        removed
    }
}

fn tally(dir: &Path) -> KeptFiles {
    let mut all = KeptFiles::default();
    entries(dir).for_each(|(_, meta)| all.add(meta.len()));
    all
}

/// The regular files of a directory, without following links.
fn entries(dir: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> {
    let real = fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir());
    let entries = real.then(|| fs::read_dir(dir).ok()).flatten();
    entries.into_iter().flatten().flatten().filter_map(|entry| {
        let meta = entry.metadata().ok()?;
        meta.is_file().then(|| (entry.path(), meta))
    })
}

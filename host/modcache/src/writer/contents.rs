//! A tree that is filled file by file, in any order and by several threads.
//!
//! All directories are made before the first file, so that a file costs one open, one
//! write and one close. Each name is opened below the handle of the run's directory,
//! and the system resolves it beneath that (cap-std).

use crate::writer::stamp::Stamp;
use crate::writer::stamps::Stamps;
use crate::writer::system::{DirMode, create_tree_file, open_dir, open_file};
use crate::writer::temporary::Staged;
use cap_std::fs::{Dir, File};
use std::collections::BTreeSet;
use std::io;

/// A temporary tree with its directories.
#[derive(Debug)]
pub(crate) struct Contents {
    staged: Staged,
    /// Below the root, parents first.
    dirs: BTreeSet<String>,
}

impl Contents {
    /// Makes the directories that files of these names are in, below `root`, which was
    /// just made. An error comes with the directory's name.
    pub(crate) fn new<'n>(
        staged: Staged,
        root: &Dir,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Self, (String, io::Error)> {
        let mut dirs = BTreeSet::new();
        for mut name in names {
            while let Some((dir, _)) = name.rsplit_once('/') {
                if !dirs.insert(dir.to_owned()) {
                    break; // those that it is in were added with it
                }
                name = dir;
            }
        }
        for dir in &dirs {
            root.create_dir(dir).map_err(|error| (dir.clone(), error))?;
        }
        Ok(Self { staged, dirs })
    }

    /// Creates a file, which must not be there.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let (run, tree) = self.staged.place();
        create_tree_file(run, &format!("{tree}/{name}"))
    }

    /// Opens a file that was written.
    pub(crate) fn open(&self, name: &str) -> io::Result<File> {
        let (run, tree) = self.staged.place();
        open_file(run, format!("{tree}/{name}"))
    }

    /// Removes a file that came to nothing.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        let (run, tree) = self.staged.place();
        run.remove_file(format!("{tree}/{name}"))
    }

    /// Takes the right to write from all directories but the root, unless they shall stay
    /// writable: see [`crate::writer::tree::close_root`]. All files are there.
    pub(crate) fn close(&self, keep_writable: bool, stamps: &mut Stamps) -> Result<(), (String, io::Error)> {
        let (run, tree) = self.staged.place();
        for dir in self.dirs.iter().rev() {
            let closed = open_dir(run, format!("{tree}/{dir}")).and_then(|opened| {
                let mode = DirMode::of(&opened)?;
                if !keep_writable && mode.is_writable() {
                    mode.read_only().set(&opened)?;
                }
                stamps.directory(dir.as_str(), Stamp::of(&opened));
                Ok(())
            });
            closed.map_err(|error| (dir.clone(), error))?;
        }
        stamps.directory("", Stamp::at(run, tree));
        Ok(())
    }

    /// The tree, to be renamed to its place.
    pub(crate) fn into_staged(self) -> Staged {
        self.staged
    }
}

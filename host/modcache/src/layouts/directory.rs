//! A directory that is written out of sight as a whole, and then takes the place of the
//! one that is there: vendor/.
//!
//! ```text
//! <parent>/.airgo/airgo-tmp/<run>/<n>   where it is written, on the same file system
//! <parent>/<name>                       where it goes
//! ```
//!
//! The go command passes over directories whose names begin with a dot. Only the parent
//! itself may be reached through links; nothing below it is followed.

use super::error::{DirectoryError, kind, not_a_directory};
use super::exchange;
use crate::writer::copied::sized_text;
use crate::writer::system::{create_cache_file, open_dir};
use crate::writer::temporary::{Staged, Temporary};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rustix::fs::FileType;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where temporary files are, in the directory's parent.
pub(crate) const STAGING: &str = ".airgo";

/// The place of a directory that is written as a whole.
#[derive(Debug)]
pub struct DirectoryTarget {
    /// For messages.
    path: PathBuf,
    parent: Dir,
    name: String,
    temporary: Temporary,
}

/// A directory that is not in its place yet. What is not published is removed again.
#[derive(Debug)]
pub struct NewDirectory<'t> {
    target: &'t DirectoryTarget,
    staged: Staged,
    root: Dir,
    /// Files that were promised.
    wanted: usize,
    given: AtomicUsize,
}

/// Takes the content of a file, and compares it with what was promised. The file is there
/// once [`NewFile::finish`] says so.
#[derive(Debug)]
pub struct NewFile<'n> {
    directory: &'n NewDirectory<'n>,
    name: String,
    file: File,
    want: (u64, [u8; 32]),
    size: u64,
    sha256: Sha256,
}

impl DirectoryTarget {
    /// The directory `name` in `parent`, which is there.
    ///
    /// # Errors
    /// Something else than a directory of the parent's file system is there.
    pub fn open(parent: &Path, name: &str) -> Result<Self, DirectoryError> {
        let path = parent.join(name);
        let read = |source| DirectoryError::Read { path: parent.to_owned(), source };
        if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
            return Err(read(io::ErrorKind::InvalidInput.into()));
        }
        let dir = Dir::open_ambient_dir(parent, ambient_authority()).map_err(read)?;
        let temporary = Temporary::open(&dir, STAGING).map_err(read)?;
        let target = Self { path, parent: dir, name: name.to_owned(), temporary };
        target.is_there()?;
        Ok(target)
    }

    /// Whether a directory is there.
    ///
    /// # Errors
    /// Something else is.
    pub fn is_there(&self) -> Result<bool, DirectoryError> {
        let path = || self.path.clone();
        let read = |source| DirectoryError::Read { path: path(), source };
        match kind(&self.parent, &self.name).map_err(read)? {
            None => return Ok(false),
            Some(FileType::Directory) => {}
            Some(other) => {
                return Err(DirectoryError::Obstacle { path: path(), what: not_a_directory(other) });
            }
        }
        let device = |dir: &Dir| rustix::fs::fstat(dir).map(|stat| stat.st_dev).map_err(io::Error::from);
        let there = open_dir(&self.parent, &self.name).map_err(read)?;
        if device(&there).map_err(read)? != device(&self.parent).map_err(read)? {
            return Err(DirectoryError::OtherFileSystem { path: path() });
        }
        Ok(true)
    }

    /// Makes a directory out of sight, with the directories that files of these names are
    /// in. Each of the files has to be given.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn start<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<NewDirectory<'_>, DirectoryError> {
        let (mut dirs, mut wanted) = (BTreeSet::new(), 0);
        for mut name in names {
            wanted += 1;
            while let Some((dir, _)) = name.rsplit_once('/') {
                if !dirs.insert(dir) {
                    break; // those that it is in were added with it
                }
                name = dir;
            }
        }
        let (staged, root) = self.temporary.create_tree().map_err(|source| self.write_error("", source))?;
        for dir in dirs {
            root.create_dir(dir).map_err(|source| self.write_error(dir, source))?;
        }
        Ok(NewDirectory { target: self, staged, root, wanted, given: AtomicUsize::new(0) })
    }

    fn write_error(&self, name: &str, source: io::Error) -> DirectoryError {
        let path = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
        DirectoryError::Write { path, source }
    }
}

impl NewDirectory<'_> {
    /// Writes a file whose content the caller answers for: it was computed, or is that of
    /// a directory on this disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), DirectoryError> {
        let written = self.create(name).and_then(|mut file| {
            let written = file.write_all(bytes);
            written.map_err(|source| self.target.write_error(name, source))
        });
        written.map(|()| self.count())
    }

    /// Takes a file of this size and this SHA-256. It must not be there.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, name: &str, size: u64, sha256: [u8; 32]) -> Result<NewFile<'_>, DirectoryError> {
        let file = self.create(name)?;
        let (name, want) = (name.to_owned(), (size, sha256));
        Ok(NewFile { directory: self, name, file, want, size: 0, sha256: Sha256::new() })
    }

    /// Puts the directory into its place; what was there goes.
    ///
    /// # Errors
    /// A file was not given, or the directory cannot be moved there.
    pub fn publish(self) -> Result<(), DirectoryError> {
        let missing = self.wanted.saturating_sub(self.given.load(Ordering::Acquire));
        if missing > 0 {
            return Err(DirectoryError::NotGiven { missing });
        }
        let Self { target, staged, root, .. } = self;
        drop(root);
        let write = |source| target.write_error("", source);
        if target.is_there()? {
            let (run, from) = staged.place();
            return match exchange::replace(run, from, &target.parent, &target.name) {
                Err(error) if rustix::io::Errno::from_io_error(&error) == Some(rustix::io::Errno::BUSY) => {
                    Err(DirectoryError::OtherFileSystem { path: target.path.clone() })
                }
                done => done.map_err(write),
            };
        }
        staged.rename(&target.parent, &target.name).map_err(write)
    }

    fn create(&self, name: &str) -> Result<File, DirectoryError> {
        create_cache_file(&self.root, name).map_err(|source| self.target.write_error(name, source))
    }

    fn count(&self) {
        self.given.fetch_add(1, Ordering::Release);
    }
}

impl NewFile<'_> {
    /// Takes some more bytes.
    ///
    /// # Errors
    /// There are more than were promised, or they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DirectoryError> {
        self.size += bytes.len() as u64;
        if self.size > self.want.0 {
            return Err(self.mismatch("more".to_owned()));
        }
        self.sha256.update(bytes);
        let written = self.file.write_all(bytes);
        written.map_err(|source| self.directory.target.write_error(&self.name, source))
    }

    /// Compares what came with what was promised.
    ///
    /// # Errors
    /// It is something else.
    pub fn finish(mut self) -> Result<(), DirectoryError> {
        let sha256: [u8; 32] = std::mem::take(&mut self.sha256).finalize().into();
        if (self.size, sha256) != self.want {
            return Err(self.mismatch(sized_text(self.size, &sha256)));
        }
        self.directory.count();
        Ok(())
    }

    fn mismatch(&self, got: String) -> DirectoryError {
        let (size, sha256) = self.want;
        DirectoryError::Mismatch { file: self.name.clone(), want: sized_text(size, &sha256), got }
    }
}

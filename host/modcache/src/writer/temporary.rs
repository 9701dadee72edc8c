//! Files and trees that are not in their place yet, under names that are not taken
//! for more.
//!
//! ```text
//! <parent>/airgo-tmp/<run>/<n>     what a run writes, until it is renamed into place
//! <parent>/airgo-tmp/<run>.lock    locked while the run lives
//! ```
//!
//! All of a run's files are in one place, so that the next run finds what a
//! killed one left, whichever modules either of them installs; the lock tells
//! it from a run that is still alive. Nothing of it is there once no run is.

use crate::writer::stamp::Stamp;
use crate::writer::system::{
    DirMode, create_cache_file, create_private_file, edit_cache_file, make_dir, open_dir, open_file,
};
use crate::writer::tree::remove_tree;
use cap_std::fs::{Dir, File};
use rustix::fs::AtFlags;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the runs' directories are, in the parent that the layout names.
const NAME: &str = "airgo-tmp";

/// This run's temporary files. Nothing is made before the first is.
#[derive(Debug)]
pub(crate) struct Temporary {
    root: Dir,
    /// A directory in `root`.
    parent: &'static str,
    run: Mutex<Option<Arc<Run>>>,
    count: AtomicU64,
}

#[derive(Debug)]
struct Run {
    /// Of `root`, to be removed again where this run made it and left it empty.
    made: Option<(Dir, &'static str)>,
    parent: Dir,
    /// `airgo-tmp` in it.
    all: Dir,
    name: String,
    own: Dir,
    /// Held as long as the run lives.
    _lock: std::fs::File,
}

/// A temporary file or tree, removed unless it is renamed. It holds no file open:
/// there may be thousands.
#[derive(Debug)]
pub(crate) struct Staged {
    run: Arc<Run>,
    name: String,
    is_tree: bool,
    kept: bool,
}

/// A temporary file that is open for writing.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    staged: Staged,
    pub(crate) file: File,
}

impl Temporary {
    /// Removes what killed runs left, as well as can be.
    pub(crate) fn open(root: &Dir, parent: &'static str) -> io::Result<Self> {
        sweep(root, parent);
        Ok(Self { root: root.try_clone()?, parent, run: Mutex::new(None), count: AtomicU64::new(0) })
    }

    /// For messages: where the files are, below the root.
    pub(crate) fn place(&self) -> String {
        format!("{}/{NAME}", self.parent)
    }

    /// A new, empty file for reading and writing.
    pub(crate) fn create(&self) -> io::Result<TemporaryFile> {
        let (run, name) = self.next()?;
        let file = create_cache_file(&run.own, &name)?;
        Ok(TemporaryFile { staged: Staged { run, name, is_tree: false, kept: false }, file })
    }

    /// The same, for its owner alone.
    pub(crate) fn create_private(&self) -> io::Result<TemporaryFile> {
        let (run, name) = self.next()?;
        let file = create_private_file(&run.own, &name)?;
        Ok(TemporaryFile { staged: Staged { run, name, is_tree: false, kept: false }, file })
    }

    /// What time it is where the cache is: the change time of a file that is made now.
    pub(crate) fn now(&self) -> Option<i64> {
        Some(Stamp::of(&self.create().ok()?.file)?.ctime)
    }

    /// Moves a tree from its place to where no one sees it, and it is removed when what is
    /// returned is dropped; none where there is none.
    pub(crate) fn take_away(&self, parent: &Dir, name: &str) -> io::Result<Option<Staged>> {
        let (run, new) = self.next()?;
        let dir = match open_dir(parent, name) {
            Ok(dir) => dir,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // Only root may move a directory that is not writable.
        DirMode::of(&dir)?.removable().set(&dir)?;
        parent.rename(name, &run.own, &new)?;
        Ok(Some(Staged { run, name: new, is_tree: true, kept: false }))
    }

    /// A new, empty directory.
    pub(crate) fn create_tree(&self) -> io::Result<(Staged, Dir)> {
        let (run, name) = self.next()?;
        let dir = make_dir(&run.own, &name)?.0;
        Ok((Staged { run, name, is_tree: true, kept: false }, dir))
    }

    fn next(&self) -> io::Result<(Arc<Run>, String)> {
        let name = self.count.fetch_add(1, Ordering::Relaxed).to_string();
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = &*run {
            return Ok((Arc::clone(run), name));
        }
        let started = Arc::new(Run::start(&self.root, self.parent)?);
        *run = Some(Arc::clone(&started));
        Ok((started, name))
    }
}

impl TemporaryFile {
    /// Closes the file.
    pub(crate) fn close(self) -> Staged {
        self.staged
    }

    /// Moves the file, whole now, to its place; what was there goes.
    pub(crate) fn rename(self, dir: &Dir, name: &str) -> io::Result<()> {
        self.staged.rename(dir, name)
    }
}

impl Staged {
    /// Opens the file for reading.
    pub(crate) fn open(&self) -> io::Result<File> {
        open_file(&self.run.own, &self.name)
    }

    /// Opens the tree.
    pub(crate) fn open_tree(&self) -> io::Result<Dir> {
        open_dir(&self.run.own, &self.name)
    }

    /// The directory that it is in, and its name there.
    pub(crate) fn place(&self) -> (&Dir, &str) {
        (&self.run.own, &self.name)
    }

    /// Moves it to its place. A file that was there goes; where a tree goes, nothing
    /// may be.
    pub(crate) fn rename(mut self, dir: &Dir, name: &str) -> io::Result<()> {
        self.run.own.rename(&self.name, dir, name)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // What cannot be removed is left to the next run.
        let _ = match self.is_tree {
            true => remove_tree(&self.run.own, &self.name),
            false => self.run.own.remove_file(&self.name),
        };
    }
}

impl Run {
    fn start(root: &Dir, name: &'static str) -> io::Result<Self> {
        let (parent, is_new) = make_dir(root, name)?;
        let made = if is_new { Some((root.try_clone()?, name)) } else { None };
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::try_start(&parent, tries) {
                // Another run, the last one until now, has just removed the directory or
                // taken the lock for that of a dead one.
                Err(error)
                    if tries < 1000
                        && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {}
                Err(error) => return Err(error),
                Ok((all, name, own, lock)) => return Ok(Self { made, parent, all, name, own, _lock: lock }),
            }
        }
    }

    fn try_start(parent: &Dir, tries: u32) -> io::Result<(Dir, String, Dir, std::fs::File)> {
        let all = make_dir(parent, NAME)?.0;
        let random = RandomState::new().hash_one(tries);
        let name = format!("{}-{random:016x}", std::process::id());
        let lock_name = lock_name(&name);
        let lock = create_cache_file(&all, &lock_name)?.into_std();
        // Where the file system has no locks, no one removes anything either.
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(ErrorKind::NotFound.into());
        }
        let there = rustix::fs::statat(&all, lock_name.as_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        if there.st_ino != rustix::fs::fstat(&lock)?.st_ino {
            return Err(ErrorKind::NotFound.into());
        }
        let own = make_dir(&all, &name)?.0;
        Ok((all, name, own, lock))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.all.remove_dir(&self.name).is_ok() {
            let _ = self.all.remove_file(lock_name(&self.name));
        }
        // Not while another run has something there.
        let _ = self.parent.remove_dir(NAME);
        if let Some((root, parent)) = &self.made {
            let _ = root.remove_dir(parent);
        }
    }
}

fn lock_name(run: &str) -> String {
    format!("{run}.lock")
}

fn sweep(root: &Dir, parent: &str) {
    let Ok(parent) = open_dir(root, parent) else { return };
    let Ok(all) = open_dir(&parent, NAME) else { return };
    let Ok(entries) = all.entries() else { return };
    for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let Some(run) = name.strip_suffix(".lock") else { continue };
        let Ok(lock) = edit_cache_file(&all, &name) else { continue };
        if lock.into_std().try_lock().is_ok() && remove_tree(&all, run).is_ok() {
            let _ = all.remove_file(&name);
        }
    }
    let _ = parent.remove_dir(NAME);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;

    const PLACE: &str = "cache/airgo-tmp";

    fn open(temp: &airgo_testkit::TempTree) -> Temporary {
        let root = Dir::open_ambient_dir(temp.path(), cap_std::ambient_authority()).unwrap();
        Temporary::open(&root, "cache").unwrap()
    }

    #[test]
    fn removes_what_dead_runs_left_and_nothing_else() {
        let temp = airgo_testkit::TempTree::new();
        let place = temp.join(PLACE);
        fs::create_dir_all(place.join("7-dead/deep")).unwrap();
        fs::write(place.join("7-dead/0"), "half").unwrap();
        fs::write(place.join("7-dead.lock"), "").unwrap();
        let live = open(&temp);
        assert!(!place.exists());
        let mut file = live.create().unwrap();
        file.file.write_all(b"whole").unwrap();
        let second = open(&temp);
        let other = second.create().unwrap();
        drop(other);
        drop(second);
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2, "a live run's files were removed");
        let root = Dir::open_ambient_dir(temp.path(), cap_std::ambient_authority()).unwrap();
        file.rename(&root, "there").unwrap();
        drop(live.create().unwrap());
        drop(live);
        assert!(!place.exists());
        assert_eq!(fs::read(temp.join("there")).unwrap(), b"whole");
    }

    #[test]
    fn follows_no_link() {
        let temp = airgo_testkit::TempTree::new();
        let outside = airgo_testkit::TempTree::new();
        fs::write(outside.join("x.lock"), "").unwrap();
        fs::create_dir(outside.join("x")).unwrap();
        fs::create_dir(temp.join("cache")).unwrap();
        std::os::unix::fs::symlink(outside.path(), temp.join(PLACE)).unwrap();
        assert!(open(&temp).create().is_err());
        fs::remove_file(temp.join(PLACE)).unwrap();
        fs::create_dir(temp.join(PLACE)).unwrap();
        std::os::unix::fs::symlink(outside.join("x"), temp.join(PLACE).join("y")).unwrap();
        fs::write(temp.join(PLACE).join("y.lock"), "").unwrap();
        drop(open(&temp));
        assert!(outside.join("x").exists());
    }
}

//! Files that are whole or not there.
//!
//! A file is written beside its target, as `.airgo-<random>.tmp`, and renamed
//! when it is whole. It is removed when the work fails; when the process is
//! killed, the next run that writes in the same directory removes it. Whether a
//! temporary file is in use is known by its lock (flock on Unix), which ends with
//! the process. On a file system without locks nothing is removed.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir};

const PREFIX: &str = ".airgo-";
const SUFFIX: &str = ".tmp";
/// The random part of a name.
const RANDOM: usize = 12;
/// More often than a file can be removed between being made and being locked.
const TRIES: u32 = 20;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As any new file: what the umask leaves of 0666.
    Public,
    /// Its owner alone: 0600.
    Private,
}

/// Makes a temporary file in `dir`, open and locked. What killed runs left there
/// is removed first, as well as can be.
///
/// # Errors
/// The system's own.
pub fn create(dir: &Path, access: Access) -> io::Result<NamedTempFile> {
    remove_files_of_killed_runs(dir);
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    if let Some(permissions) = permissions(access) {
        builder.permissions(permissions);
    }
    let mut tries = 0;
    loop {
        let file = builder.tempfile_in(dir).map_err(plain)?;
        // Another run may have removed it before it was locked.
        let taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        tries += 1;
        if tries >= TRIES || !taken && file.path().exists() {
            return Ok(file);
        }
    }
}

/// Gives a temporary file its name, in the place of what has it, durably.
///
/// # Errors
/// The system's own; the temporary file is then removed.
pub fn persist(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(target).map_err(|e| e.error)?;
    sync_directory(directory(target))
}

/// Writes a file in the place of what is there. A link is followed; what is not
/// a regular file, such as a terminal or a pipe, is written to as it is.
///
/// # Errors
/// The system's own; a regular file at `target` is then as it was.
pub fn replace(target: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    if let Ok(meta) = fs::metadata(target)
        && !meta.is_file()
    {
        return fs::write(target, bytes);
    }
    let target = &fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
    let mut file = create(directory(target), access)?;
    file.write_all(bytes)?;
    persist(file, target)
}

/// As [`replace`], after making the directory where it is missing.
///
/// # Errors
/// The system's own; a regular file at `target` is then as it was.
pub fn replace_in(target: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    fs::create_dir_all(directory(target))?;
    replace(target, bytes, access)
}

/// Writes a file where there is none.
///
/// # Errors
/// `AlreadyExists` where there is one, which is then as it was; the system's own.
pub fn create_new(target: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    if fs::symlink_metadata(target).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut file = create(directory(target), access)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(target).map_err(|e| e.error)?;
    sync_directory(directory(target))
}

/// The directory that a file is in.
#[must_use]
pub fn directory(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename in this directory survive a power cut, where the system can.
///
/// # Errors
/// The system's own.
pub fn sync_directory(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

fn remove_files_of_killed_runs(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        // Not through links, and nothing is waited for.
        if !is_temporary(&entry.file_name()) || !entry.metadata().is_ok_and(|meta| meta.is_file()) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    let random =
        name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(is_random)
}

/// Whether this is the random part of a name, as tempfile makes it.
fn is_random(part: &str) -> bool {
    part.len() == RANDOM && part.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// tempfile wraps an error with a path of its own; the system's number says all.
fn plain(error: io::Error) -> io::Error {
    error.raw_os_error().map_or(error, io::Error::from_raw_os_error)
}

#[cfg(unix)]
fn permissions(access: Access) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(match access {
        Access::Public => 0o666,
        Access::Private => 0o600,
    }))
}

#[cfg(not(unix))]
fn permissions(_: Access) -> Option<Permissions> {
    None
}

/// A directory for one run's work, removed at its end; when the run is killed,
/// by the next one with the same parent and prefix.
#[derive(Debug)]
pub struct ScratchDir {
    dir: TempDir,
    /// Locked as long as the run lives.
    _lock: Option<File>,
}

impl ScratchDir {
    /// Makes a directory in `parent` whose name begins with `prefix`.
    ///
    /// # Errors
    /// The system's own.
    pub fn create(parent: &Path, prefix: &str) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let dir = Builder::new().prefix(prefix).rand_bytes(RANDOM).tempdir_in(parent).map_err(plain)?;
            let lock = File::open(dir.path()).ok();
            let taken = lock.as_ref().is_some_and(|l| matches!(l.try_lock(), Err(TryLockError::WouldBlock)));
            tries += 1;
            if tries < TRIES && (taken || !dir.path().exists()) {
                continue;
            }
            remove_directories_of_killed_runs(dir.path(), parent, prefix);
            return Ok(Self { dir, _lock: lock });
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// `own` is the directory just made: in a place that all users share, only what
/// belongs to its owner is removed.
fn remove_directories_of_killed_runs(own: &Path, parent: &Path, prefix: &str) {
    let (Ok(entries), Ok(own_meta)) = (fs::read_dir(parent), fs::symlink_metadata(own)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().and_then(|name| name.strip_prefix(prefix)).is_some_and(is_random);
        let path: PathBuf = entry.path();
        let same = entry.metadata().is_ok_and(|meta| meta.is_dir() && same_owner(&meta, &own_meta));
        if !ours || !same || path == own {
            continue;
        }
        let Ok(dir) = File::open(&path) else { continue };
        if dir.try_lock().is_ok() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(unix)]
fn same_owner(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

/// Without owners there is no way to know whose a directory is.
#[cfg(not(unix))]
fn same_owner(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_run_left_goes_and_what_is_in_use_stays() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str| File::create(dir.path().join(name)).unwrap();
        make(".airgo-killedkilled.tmp");
        let held = make(".airgo-workingworki.tmp");
        held.lock().unwrap();
        for other in ["airgo-foreignforei.tmp", ".airgo-notes.tmp", ".airgo-foreignforei.txt"] {
            make(other);
        }
        let one = create(dir.path(), Access::Public).unwrap();
        let other = create(dir.path(), Access::Public).unwrap();
        assert!(one.path().exists() && other.path().exists());
        assert_eq!(names(dir.path()).len(), 6);
        assert!(!dir.path().join(".airgo-killedkilled.tmp").exists());
        drop((one, other));
        assert_eq!(names(dir.path()).len(), 4);
    }

    #[test]
    fn runs_beside_each_other_keep_their_files() {
        let dir = tempfile::tempdir().unwrap();
        let work = || {
            for _ in 0..200 {
                replace(&dir.path().join("x"), b"whole", Access::Public).unwrap();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(work);
            }
        });
        assert_eq!(names(dir.path()), ["x"]);
    }

    #[test]
    fn a_new_file_is_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        create_new(&file, b"first", Access::Private).unwrap();
        let error = create_new(&file, b"second", Access::Private).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"first");
        assert_eq!(names(dir.path()), ["key"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_pipes_are_written_to() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        symlink("file", &link).unwrap();
        replace(&link, b"new", Access::Private).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        replace(Path::new("/dev/null"), b"gone", Access::Public).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_killed_runs_directory_goes_with_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let killed = dir.path().join("airgo-build-killedkilled");
        fs::create_dir_all(killed.join("deep")).unwrap();
        fs::create_dir(dir.path().join("airgo-build-mine")).unwrap();
        let one = ScratchDir::create(dir.path(), "airgo-build-").unwrap();
        let other = ScratchDir::create(dir.path(), "airgo-build-").unwrap();
        assert!(one.path().exists() && other.path().exists() && !killed.exists());
        drop((one, other));
        assert_eq!(names(dir.path()), ["airgo-build-mine"]);
    }
}

//! What is the operating system's: opening without following links and without
//! waiting, modes, locks. All else in this crate goes through cap-std alone.
//!
//! Every name that is opened here is a single element, relative to a handle of
//! its directory: the kernel walks no path per file, and there is no path that
//! could lead elsewhere.

use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::TryLockError;
use std::io::{self, ErrorKind, Read as _};
use std::os::fd::AsFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// The mode of files in an extracted tree, before the umask (x/mod/zip Unzip).
const TREE_FILE: u32 = 0o444;
/// The mode of all other files, before the umask (cmd/go modfetch/cache.go).
const CACHE_FILE: u32 = 0o666;
const PRIVATE_FILE: u32 = 0o600;
const WRITE_BITS: Mode = Mode::WUSR.union(Mode::WGRP).union(Mode::WOTH);

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Opens a directory that is not a link.
pub(crate) fn open_dir(parent: &Dir, name: impl AsRef<Path>) -> io::Result<Dir> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags(OFlags::DIRECTORY | OFlags::NOFOLLOW));
    Ok(Dir::from_std_file(parent.open_with(name, &options)?.into_std()))
}

/// Opens a directory, made if there is none; returns whether it was made.
pub(crate) fn make_dir(parent: &Dir, name: &str) -> io::Result<(Dir, bool)> {
    let made = match parent.create_dir(name) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    Ok((open_dir(parent, name)?, made))
}

/// Walks down `path`, one element after the other, and makes what is not there.
/// An error comes with the length of the path that it is about.
pub(crate) fn make_dirs(root: &Dir, path: &str) -> Result<Dir, (usize, io::Error)> {
    walk(root, path, |dir, name| match open_dir(dir, name) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(make_dir(dir, name)?.0),
        opened => opened,
    })
}

/// The same where all of them are to be there.
pub(crate) fn open_dirs(root: &Dir, path: &str) -> Result<Dir, (usize, io::Error)> {
    walk(root, path, |dir, name| open_dir(dir, name))
}

fn walk(
    root: &Dir,
    path: &str,
    step: impl Fn(&Dir, &str) -> io::Result<Dir>,
) -> Result<Dir, (usize, io::Error)> {
    let mut dir = root.try_clone().map_err(|error| (0, error))?;
    let mut at = 0;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        at += name.len() + usize::from(at > 0);
        dir = step(&dir, name).map_err(|error| (at, error))?;
    }
    Ok(dir)
}

/// Opens a directory that only its owner may enter, made if there is none.
pub(crate) fn make_private_dir(parent: &Dir, name: &str) -> io::Result<Dir> {
    match rustix::fs::mkdirat(parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => open_dir(parent, name),
        Err(error) => Err(error.into()),
    }
}

/// Creates a file that only its owner may read, which must not be there.
pub(crate) fn create_private_file(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    dir.open_with(name, options.read(true).write(true).create_new(true).mode(PRIVATE_FILE))
}

/// Whether an open file or directory is the user's own, and no one else may write to it.
pub(crate) fn is_private(handle: impl AsFd) -> bool {
    rustix::fs::fstat(handle).is_ok_and(|stat| {
        let mode = Mode::from_raw_mode(stat.st_mode);
        stat.st_uid == rustix::process::geteuid().as_raw() && !mode.intersects(Mode::WGRP | Mode::WOTH)
    })
}

/// Creates a file of an extracted tree, which must not be there.
pub(crate) fn create_tree_file(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    dir.open_with(name, options.write(true).create_new(true).mode(TREE_FILE))
}

/// Creates a file for reading and writing, which must not be there.
pub(crate) fn create_cache_file(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    dir.open_with(name, options.read(true).write(true).create_new(true).mode(CACHE_FILE))
}

/// Opens a file for reading and writing, created if there is none.
pub(crate) fn edit_cache_file(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(CACHE_FILE);
    open_regular(dir, name.as_ref(), &mut options)
}

/// Opens a file for reading that is a regular one.
pub(crate) fn open_file(dir: &Dir, name: impl AsRef<Path>) -> io::Result<File> {
    open_regular(dir, name.as_ref(), OpenOptions::new().read(true))
}

/// Opens without following a link and without waiting, as a named pipe would
/// have it for a writer that never comes.
fn open_regular(dir: &Dir, name: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let no_wait = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = dir.open_with(name, options.custom_flags(flags(no_wait)))?;
    let kind = file.metadata()?.file_type();
    match special(FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode)) {
        _ if kind.is_file() => Ok(file),
        what => Err(io::Error::other(NotRegular(what))),
    }
}

/// Reads a file of at most so many bytes; none of a longer one.
pub(crate) fn read_file(dir: &Dir, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    open_file(dir, name)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// What should have been a regular file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotRegular(&'static str);

/// What stands where a regular file should.
pub(crate) fn special(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "no regular file",
    }
}

/// What an error of the functions above says about a thing that should have been
/// a directory or a file, and is not.
pub(crate) fn what_stands_there(error: &io::Error) -> Option<&'static str> {
    if let Some(NotRegular(what)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return Some(what);
    }
    match Errno::from_io_error(error)? {
        // Linux says so of a link where a directory was asked for.
        Errno::NOTDIR => Some("no directory, or a symbolic link"),
        Errno::LOOP => Some("a symbolic link"),
        Errno::ISDIR => Some("a directory"),
        // Asked to open it; a device whose driver is missing says the same.
        Errno::NXIO | Errno::NODEV => Some("a socket or a device"),
        _ => None,
    }
}

/// A directory's permission bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DirMode(Mode);

impl DirMode {
    pub(crate) fn of(dir: &Dir) -> io::Result<Self> {
        Ok(Self(Mode::from_raw_mode(rustix::fs::fstat(dir)?.st_mode)))
    }

    /// Sets these bits.
    pub(crate) fn set(self, dir: &Dir) -> io::Result<()> {
        Ok(rustix::fs::fchmod(dir, self.0)?)
    }

    /// Without the right to write (cmd/go modfetch makeDirsReadOnly).
    pub(crate) fn read_only(self) -> Self {
        Self(self.0.difference(WRITE_BITS))
    }

    /// Whether someone may write.
    pub(crate) fn is_writable(self) -> bool {
        self.0.intersects(WRITE_BITS)
    }

    /// With all rights of the owner, as it takes to remove what is inside.
    pub(crate) fn removable(self) -> Self {
        Self(self.0.union(Mode::RWXU))
    }
}

/// How long until the lock of another process is tried again. A lock that the
/// kernel waits for cannot be given up.
const RETRY: Duration = Duration::from_millis(25);

/// Takes Go's lock on an open file (cmd/go lockedfile): flock on Unix, which
/// ends with the file handle, whatever becomes of the process. Calls `wait`
/// once where someone else holds it; an error of the kind `Interrupted` where
/// `cancelled` says so meanwhile.
pub(crate) fn lock(
    file: File,
    wait: impl FnOnce(),
    cancelled: impl Fn() -> bool,
) -> io::Result<std::fs::File> {
    let file = file.into_std();
    let mut wait = Some(wait);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Interrupted => return Err(error),
            Err(_) => {}
        }
        if cancelled() {
            return Err(ErrorKind::Interrupted.into());
        }
        if let Some(wait) = wait.take() {
            wait();
        }
        thread::sleep(RETRY);
    }
}

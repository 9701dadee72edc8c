//! What is the operating system's: opening without following links, modes,
//! locks. All else in this crate goes through cap-std alone.
//!
//! Every name that is opened here is a single element, relative to a handle of
//! its directory: the kernel walks no path per file, and there is no path that
//! could lead elsewhere.

use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::io::{self, ErrorKind};

/// The mode of files in an extracted tree, before the umask (x/mod/zip Unzip).
const TREE_FILE: u32 = 0o444;
/// The mode of all other files, before the umask (cmd/go modfetch/cache.go).
const CACHE_FILE: u32 = 0o666;
const WRITE_BITS: Mode = Mode::WUSR.union(Mode::WGRP).union(Mode::WOTH);

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Opens a directory that is no link.
pub(crate) fn open_dir(parent: &Dir, name: &str) -> io::Result<Dir> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags(OFlags::DIRECTORY | OFlags::NOFOLLOW));
    Ok(Dir::from_std_file(parent.open_with(name, &options)?.into_std()))
}

/// Opens a directory, made if there is none; tells whether it was made.
pub(crate) fn make_dir(parent: &Dir, name: &str) -> io::Result<(Dir, bool)> {
    let made = match parent.create_dir(name) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    Ok((open_dir(parent, name)?, made))
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
    dir.open_with(name, options.custom_flags(flags(OFlags::NOFOLLOW)))
}

/// Opens a file for reading that is no link.
pub(crate) fn open_file(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    dir.open_with(name, options.read(true).custom_flags(flags(OFlags::NOFOLLOW)))
}

/// What an error of the functions above says about a thing that should have been
/// a directory or a file, and is not.
pub(crate) fn what_stands_there(error: &io::Error) -> Option<&'static str> {
    match Errno::from_io_error(error)? {
        // Linux says so of a link where a directory was asked for.
        Errno::NOTDIR => Some("no directory, or a symbolic link"),
        Errno::LOOP => Some("a symbolic link"),
        Errno::ISDIR => Some("a directory"),
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

/// Takes Go's lock on an open file (cmd/go lockedfile): flock on Unix, which
/// ends with the file handle, whatever becomes of the process. Calls `wait`
/// once where someone else holds it.
pub(crate) fn lock(file: File, wait: impl FnOnce()) -> io::Result<std::fs::File> {
    let file = file.into_std();
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => wait(),
        Err(std::fs::TryLockError::Error(error)) => return Err(error),
    }
    loop {
        match file.lock() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result.map(|()| file),
        }
    }
}

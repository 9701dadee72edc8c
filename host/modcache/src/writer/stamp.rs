//! What the system says of a file or directory without reading it. Whoever changes a
//! file changes its stamp: content, name, mode and owner all move the time of the last
//! change (ctime), which no program can set.

use cap_std::fs::Dir;
use rustix::fs::AtFlags;
use std::os::fd::AsFd;

/// A file's or directory's identity and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    /// The file system, and which of its files.
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) size: u64,
    /// Kind and permissions.
    pub(crate) mode: u32,
    /// Of the content, and of anything at all; in nanoseconds since 1970.
    pub(crate) mtime: i64,
    pub(crate) ctime: i64,
}

impl Stamp {
    /// Of an open file or directory; none where the system has none, or one that cannot
    /// be written down.
    pub(crate) fn of(handle: impl AsFd) -> Option<Self> {
        Self::new(&rustix::fs::fstat(handle).ok()?)
    }

    /// Of what is at a path below a directory. A link at its end is not followed; that
    /// none is on the way is for the caller to know, by the stamps of the directories.
    pub(crate) fn at(dir: &Dir, path: &str) -> Option<Self> {
        Self::new(&rustix::fs::statat(dir, path, AtFlags::SYMLINK_NOFOLLOW).ok()?)
    }

    #[allow(clippy::useless_conversion, reason = "the numbers have other types on other systems")]
    fn new(stat: &rustix::fs::Stat) -> Option<Self> {
        let time = |seconds: i64, nanos: i64| seconds.checked_mul(1_000_000_000)?.checked_add(nanos);
        Some(Self {
            dev: stat.st_dev.try_into().ok()?,
            ino: stat.st_ino.try_into().ok()?,
            size: stat.st_size.try_into().ok()?,
            mode: stat.st_mode.into(),
            mtime: time(stat.st_mtime.try_into().ok()?, stat.st_mtime_nsec.try_into().ok()?)?,
            ctime: time(stat.st_ctime.try_into().ok()?, stat.st_ctime_nsec.try_into().ok()?)?,
        })
    }

    /// Whether this is the same file with the same content as before it was renamed or
    /// its mode was changed: all but mode and ctime.
    pub(crate) fn is_moved(&self, before: &Self) -> bool {
        let Self { dev, ino, size, mode: _, mtime, ctime: _ } = *self;
        (dev, ino, size, mtime) == (before.dev, before.ino, before.size, before.mtime)
    }
}

//! Why a directory was not written.

use crate::writer::system::special;
use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType};
use std::io;
use std::path::PathBuf;

/// Why a directory was not written. What was there is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Something else than a directory is there, such as a symbolic link.
    #[error("{} is {what}", path.display())]
    Obstacle {
        /// Where.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// It is the root of a file system, which can neither be moved nor be replaced.
    #[error("{} is on another file system than the directory that it is in", path.display())]
    OtherFileSystem {
        /// The directory.
        path: PathBuf,
    },
    /// It is not empty, and nothing says that airgo wrote it.
    #[error("{} is not empty, and airgo did not write it", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// Something that is in it.
        entry: String,
    },
    /// It has another layout than the one that is to be written.
    #[error("{} has the layout {found}", path.display())]
    OtherLayout {
        /// The directory.
        path: PathBuf,
        /// What it has.
        found: String,
    },
    /// The content of a file is not what was promised.
    #[error("checksum mismatch for {file}: want {want}, got {got}")]
    Mismatch {
        /// The file, below the directory.
        file: String,
        /// What was promised.
        want: String,
        /// What came.
        got: String,
    },
    /// A file was never given.
    #[error("{missing} files are missing")]
    NotGiven {
        /// How many.
        missing: usize,
    },
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// What.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

/// What is at a name, if anything is; a link is not followed.
pub(crate) fn kind(dir: &Dir, name: &str) -> io::Result<Option<FileType>> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What stands where a directory should, in words.
pub(crate) fn not_a_directory(kind: FileType) -> &'static str {
    if kind == FileType::RegularFile { "a file" } else { special(kind) }
}

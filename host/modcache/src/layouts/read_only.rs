//! A tree that everybody may read and nobody may write, whatever the umask was: for a
//! cache that another user builds from.

use super::error::{DirectoryError, kind};
use crate::writer::system::{open_dir, open_file};
use crate::writer::tree::names;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rustix::fd::AsFd;
use rustix::fs::{FileType, Mode};
use std::io;
use std::path::{Path, PathBuf};

const READ: Mode = Mode::RUSR.union(Mode::RGRP).union(Mode::ROTH);
const WRITE: Mode = Mode::WUSR.union(Mode::WGRP).union(Mode::WOTH);
const ENTER: Mode = Mode::XUSR.union(Mode::XGRP).union(Mode::XOTH);

/// Gives all users the right to read what is below a directory, and takes from all the
/// right to write it. No link is followed; what is neither a directory nor a regular
/// file stays as it is.
///
/// # Errors
/// The first directory or file whose mode cannot be set.
pub fn make_read_only(path: &Path) -> Result<(), DirectoryError> {
    let read = |source| DirectoryError::Read { path: path.to_owned(), source };
    let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(read)?;
    // That handle may be one that no mode can be set by.
    close(&open_dir(&dir, ".").map_err(read)?, path)
}

fn close(dir: &Dir, path: &Path) -> Result<(), DirectoryError> {
    let failed = |path: PathBuf| |source| DirectoryError::Write { path, source };
    for (name, is_dir) in names(dir).map_err(failed(path.to_owned()))? {
        let below = path.join(&name);
        if is_dir {
            let child = open_dir(dir, &name).map_err(failed(below.clone()))?;
            close(&child, &below)?;
        } else if is_file(dir, &name).map_err(failed(below.clone()))? {
            let file = open_file(dir, &name).map_err(failed(below.clone()))?;
            set(&file, READ).map_err(failed(below))?;
        }
    }
    set(dir, READ.union(ENTER)).map_err(failed(path.to_owned()))
}

fn is_file(dir: &Dir, name: &std::ffi::OsStr) -> io::Result<bool> {
    Ok(match name.to_str() {
        Some(name) => kind(dir, name)? == Some(FileType::RegularFile),
        None => false,
    })
}

fn set(of: &impl AsFd, more: Mode) -> io::Result<()> {
    let mode = Mode::from_raw_mode(rustix::fs::fstat(of)?.st_mode);
    let wanted = mode.union(more).difference(WRITE);
    if mode == wanted { Ok(()) } else { Ok(rustix::fs::fchmod(of, wanted)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn everybody_reads_and_nobody_writes() {
        let temp = airgo_testkit::TempTree::new();
        temp.write("outside", "x");
        temp.write("cache/a/file", "x");
        std::os::unix::fs::symlink("../outside", temp.join("cache/link")).unwrap();
        let mode = |name: &str| fs::metadata(temp.join(name)).unwrap().permissions().mode() & 0o777;
        let set = |name: &str, mode| {
            fs::set_permissions(temp.join(name), fs::Permissions::from_mode(mode)).unwrap()
        };
        set("outside", 0o600);
        set("cache/a/file", 0o600);
        set("cache/a", 0o700);
        make_read_only(&temp.join("cache")).unwrap();
        assert_eq!((mode("cache"), mode("cache/a"), mode("cache/a/file")), (0o555, 0o555, 0o444));
        assert_eq!(mode("outside"), 0o600);
        set("cache", 0o755);
        set("cache/a", 0o755);
    }
}

//! A tree takes the place of another.

use crate::writer::tree::remove_tree;
use cap_std::fs::Dir;
use rustix::io::Errno;
use std::io;

/// What the one that was there is called meanwhile, beside the new one.
fn aside(name: &str) -> String {
    format!("{name}-old")
}

/// Puts the tree `from` of `staging` in the place of the directory `name` in `parent`;
/// the one that was there is in `staging` afterwards, or gone.
///
/// Where the system can, both change places in one step. Else the old one is moved away
/// first: at no moment is a tree there that is not whole. A directory of a lower layer
/// of an overlay file system, as in an image, cannot be moved: it is removed first.
pub(crate) fn replace(staging: &Dir, from: &str, parent: &Dir, name: &str) -> io::Result<()> {
    match in_one_step(staging, from, parent, name) {
        Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP | Errno::XDEV) => {}
        done => return Ok(done?),
    }
    let old = aside(from);
    match parent.rename(name, staging, &old) {
        Ok(()) => {}
        Err(error) if Errno::from_io_error(&error) == Some(Errno::XDEV) => {
            remove_tree(parent, name)?;
            return staging.rename(from, parent, name);
        }
        Err(error) => return Err(error),
    }
    match staging.rename(from, parent, name) {
        Ok(()) => {
            // What cannot be removed is left to the next run.
            let _ = remove_tree(staging, &old);
            Ok(())
        }
        Err(error) => {
            staging.rename(&old, parent, name)?;
            Err(error)
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn in_one_step(staging: &Dir, from: &str, parent: &Dir, name: &str) -> Result<(), Errno> {
    rustix::fs::renameat_with(staging, from, parent, name, rustix::fs::RenameFlags::EXCHANGE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn in_one_step(_: &Dir, _: &str, _: &Dir, _: &str) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn open(temp: &airgo_testkit::TempTree, dir: &str) -> Dir {
        Dir::open_ambient_dir(temp.dir(dir), cap_std::ambient_authority()).unwrap()
    }

    #[test]
    fn the_old_tree_is_where_the_new_one_was() {
        let temp = airgo_testkit::TempTree::new();
        let (staging, parent) = (open(&temp, "staging"), open(&temp, "parent"));
        temp.write("staging/0/file", "new");
        temp.write("parent/vendor/file", "old");
        replace(&staging, "0", &parent, "vendor").unwrap();
        assert_eq!(fs::read(temp.join("parent/vendor/file")).unwrap(), b"new");
    }

    #[test]
    fn where_nothing_can_be_moved_the_old_tree_stays() {
        let temp = airgo_testkit::TempTree::new();
        let (staging, parent) = (open(&temp, "staging"), open(&temp, "parent"));
        temp.write("parent/vendor/file", "old");
        assert!(replace(&staging, "0", &parent, "vendor").is_err());
        assert_eq!(fs::read(temp.join("parent/vendor/file")).unwrap(), b"old");
    }
}

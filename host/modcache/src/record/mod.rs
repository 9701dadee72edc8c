//! What airgo wrote or hashed itself in a module cache, so that the next run need not hash
//! it again: one file a module, with the stamps of its zip and of all files and
//! directories of its tree.
//!
//! ```text
//! cache/airgo-record-<uid>/<digest of path@version>    0600, in a directory that is 0700
//! ```
//!
//! **A record is believed where it is the user's own:** directory and file belong to the
//! user who runs airgo, and no one else may write to them. It is read up to a limit,
//! ends with a digest, and says for which module and `h1:` it is. A wrong one, one of
//! another version of the format and none are the same: the module is hashed.
//!
//! **It never makes a changed tree accepted.** Everything that changes a file or directory
//! changes its stamp (`writer::stamp`), and every entry is compared: device, inode, size,
//! mode, mtime and ctime, of directories too, so that nothing need be listed. A copy of the
//! cache has other inodes, another file system another device. Times have a resolution, so
//! a file may change once more and keep its stamp, within the same tick of the clock. As
//! git does for its index, what is as new as the record is therefore not recorded: for
//! what is written here the tick must have passed before anyone else can see it, for what
//! is hashed here before it is read. A clock that is set back fails that comparison.
//!
//! A record speaks of accidents, of other programs and other users; who can write as the
//! same user can write the record too, as he can replace airgo itself.

mod format;

pub(crate) use crate::record::format::Known;
use crate::record::format::Record;
use crate::writer::copied::hex;
use crate::writer::stamp::Stamp;
use crate::writer::system::{is_private, make_private_dir, open_dir, open_file};
use crate::writer::temporary::Temporary;
use airgo_gomod::ModuleVersion;
use cap_std::fs::Dir;
use sha2::{Digest as _, Sha256};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::sync::{Mutex, PoisonError};

/// Bytes of a record: some hundred thousand files.
const MAX: u64 = 32 << 20;

/// The user's records in a module cache.
#[derive(Debug)]
pub(crate) struct Records {
    name: String,
    /// None as long as there is no directory that is the user's own.
    dir: Mutex<Option<Dir>>,
}

impl Records {
    /// Looks for those that are there.
    pub(crate) fn open(root: &Dir) -> Self {
        let name = format!("airgo-record-{}", rustix::process::geteuid().as_raw());
        let dir = open_dir(root, "cache").and_then(|cache| open_dir(&cache, &name));
        let dir = dir.ok().filter(|dir| is_private(dir));
        Self { name, dir: Mutex::new(dir) }
    }

    fn dir(&self) -> Option<Dir> {
        let dir = self.dir.lock().unwrap_or_else(PoisonError::into_inner);
        dir.as_ref().and_then(|dir| dir.try_clone().ok())
    }

    /// What is recorded of a module.
    pub(crate) fn read(&self, module: &ModuleVersion) -> Option<Known> {
        let known = read(&self.dir()?, &file_name(module))?;
        (known.module == *module).then_some(known)
    }

    /// All that is recorded, in no order.
    pub(crate) fn all(&self) -> io::Result<Vec<Known>> {
        let Some(dir) = self.dir() else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for entry in dir.entries()? {
            let name = entry?.file_name();
            let known = name.to_str().and_then(|name| Some((name, read(&dir, name)?)));
            if let Some((_, known)) = known.filter(|(name, known)| *name == file_name(&known.module)) {
                all.push(known);
            }
        }
        Ok(all)
    }

    /// Records a module, as well as can be: without a record it is hashed again.
    pub(crate) fn write(&self, root: &Dir, temporary: &Temporary, known: &Known) {
        let _ = self.try_write(root, temporary, known);
    }

    fn try_write(&self, root: &Dir, temporary: &Temporary, known: &Known) -> io::Result<()> {
        let bytes = Record(known).to_bytes();
        if bytes.len() as u64 > MAX {
            return Ok(());
        }
        let dir = self.make(root)?;
        let mut file = temporary.create_private()?;
        file.file.write_all(&bytes)?;
        file.rename(&dir, &file_name(&known.module))
    }

    fn make(&self, root: &Dir) -> io::Result<Dir> {
        let mut own = self.dir.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dir) = &*own {
            return dir.try_clone();
        }
        let dir = make_private_dir(&open_dir(root, "cache")?, &self.name)?;
        if !is_private(&dir) {
            return Err(ErrorKind::PermissionDenied.into());
        }
        own.insert(dir).try_clone()
    }

    /// For messages: where they are, below the cache.
    pub(crate) fn place(&self) -> String {
        format!("cache/{}", self.name)
    }

    /// Forgets a module.
    pub(crate) fn remove(&self, module: &ModuleVersion) {
        if let Some(dir) = self.dir() {
            let _ = dir.remove_file(file_name(module));
        }
    }
}

/// A name for any module: paths may be longer than names of files.
fn file_name(module: &ModuleVersion) -> String {
    hex(&Sha256::digest(module.to_string())[..20])
}

fn read(dir: &Dir, name: &str) -> Option<Known> {
    let file = open_file(dir, name).ok().filter(|file| is_private(file))?;
    let own = Stamp::of(&file)?;
    let mut bytes = Vec::with_capacity(usize::try_from(own.size.min(MAX)).ok()?);
    file.take(MAX + 1).read_to_end(&mut bytes).ok()?;
    let known = (bytes.len() as u64 <= MAX).then(|| format::parse(&bytes))??;
    // What it speaks of is older. What was renamed into place before it may be as new,
    // though not its content.
    let is_older = |stamp: Stamp| stamp.mtime < own.ctime && stamp.ctime <= own.ctime;
    (known.zip.is_none_or(is_older) && known.tree.all(|_, stamp| is_older(stamp))).then_some(known)
}

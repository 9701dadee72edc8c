//! Zips that broke off, kept for the next try and the next run:
//!
//! ```text
//! partial/<key>        what has come so far
//! partial/<key>.meta   how to ask for the rest; locked by who is at it
//! ```
//!
//! The key stands for one address, so that no two mirrors' bytes are joined.
//! A part that was damaged, or was of another file, makes a zip that fails its
//! checks; it is then thrown away and asked for from its beginning.

use super::objects::{Store, disk};
use super::text::{format_rest, hex, parse_rest};
use crate::error::FetchError;
use crate::transport::Rest;
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempPath;

/// A part that nobody has asked to go on for so long is no longer of use.
pub(super) const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// No longer file name, and no reader of the directory learns the address.
const KEY_BYTES: usize = 16;

/// One part, ours alone until dropped; dropping leaves it for the next.
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    /// Holds the lock.
    meta: File,
}

impl Store {
    /// What there is of the file at this address, with the hash of it and how
    /// to ask for the rest. None if nothing is there, or somebody else is at it.
    pub(crate) fn reopen_part(&self, url: &str) -> Option<(Part, Sha256, Rest)> {
        let _held = self.hold();
        let mut part = self.part(url, false)?;
        let mut text = String::new();
        part.meta.read_to_string(&mut text).ok()?;
        let mut rest = parse_rest(&text)?;
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; 128 << 10]);
        loop {
            let n = part.file.read(&mut buffer).ok()?;
            if n == 0 {
                break;
            }
            rest.offset += n as u64;
            digest.update(&buffer[..n]);
        }
        // Nothing to ask for: then what is there is not worth much either.
        let whole = rest.length.is_some_and(|l| l <= rest.offset);
        (rest.offset > 0 && !whole).then_some((part, digest, rest))
    }

    /// A new, empty part; none if somebody else is at it.
    pub(crate) fn new_part(&self, url: &str, rest: &Rest) -> Option<Part> {
        let _held = self.hold();
        let mut part = self.part(url, true)?;
        part.file.set_len(0).ok()?;
        part.describe(rest).ok()?;
        Some(part)
    }

    fn part(&self, url: &str, create: bool) -> Option<Part> {
        let dir = self.root.join("partial");
        let path = dir.join(hex(&Sha256::digest(url)[..KEY_BYTES]));
        let meta_path = path.with_extension("meta");
        if create {
            fs::create_dir_all(&dir).ok()?;
        }
        let open = |path: &Path| File::options().read(true).write(true).create(create).open(path).ok();
        let meta = open(&meta_path)?;
        match meta.try_lock() {
            // Without locks two runs might write one file.
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
            Ok(()) => {}
        }
        let file = open(&path)?;
        Some(Part { file, path, meta })
    }

    /// Removes parts that are too old or, with `all`, that nobody is at; gives
    /// their bytes' count. The caller holds the store alone.
    pub(super) fn sweep_parts(root: &Path, all: bool) -> u64 {
        let mut freed = 0;
        for entry in fs::read_dir(root.join("partial")).into_iter().flatten().flatten() {
            let meta_path = entry.path();
            if meta_path.extension().is_none_or(|e| e != "meta") {
                // A part without its description cannot be gone on with.
                if !meta_path.with_extension("meta").exists() {
                    freed += entry.metadata().map_or(0, |m| m.len());
                    let _ = fs::remove_file(&meta_path);
                }
                continue;
            }
            let path = meta_path.with_extension("");
            let Ok(meta) = File::options().read(true).write(true).open(&meta_path) else { continue };
            if meta.try_lock().is_err() {
                continue;
            }
            let length = fs::metadata(&path).map_or(0, |m| m.len());
            let changed = fs::metadata(&path).or_else(|_| meta.metadata()).and_then(|m| m.modified());
            let age = changed.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            if all || length == 0 || age.is_some_and(|age| age > KEPT) {
                freed += length;
                let _ = fs::remove_file(&path);
                let _ = fs::remove_file(&meta_path);
            }
        }
        freed
    }
}

impl Part {
    /// The file and its name.
    pub(crate) fn get(&mut self) -> (&mut File, &Path) {
        (&mut self.file, &self.path)
    }

    /// Throws it away.
    pub(crate) fn discard(self) {
        // What cannot be removed is empty at least, and swept later.
        let _ = self.file.set_len(0);
        let _ = self.meta.set_len(0);
        let _ = fs::remove_file(&self.path);
    }

    /// Moves the file, which is whole now, to where this run keeps its files.
    pub(crate) fn complete(self, to: &Path) -> Result<TempPath, FetchError> {
        // Its description goes first: the name is free for others from here on.
        let _ = self.meta.set_len(0);
        drop(self.file);
        fs::rename(&self.path, to).map_err(disk("move a download to", to))?;
        TempPath::try_from_path(to).map_err(disk("use", to))
    }

    fn describe(&mut self, rest: &Rest) -> io::Result<()> {
        self.meta.set_len(0)?;
        self.meta.rewind()?;
        self.meta.write_all(format_rest(rest).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://proxy.example/m/@v/v1.0.0.zip";

    fn rest() -> Rest {
        Rest { offset: 0, length: Some(10), etag: Some("\"v1\"".to_owned()) }
    }

    #[test]
    fn a_part_outlives_its_run() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert!(store.reopen_part(URL).is_none());
        let mut part = store.new_part(URL, &rest()).unwrap();
        part.get().0.write_all(b"half").unwrap();
        assert!(store.new_part(URL, &rest()).is_none(), "somebody else is at it");
        assert!(store.reopen_part(URL).is_none());
        drop(part);
        drop(store);

        let store = Store::open(dir.path()).unwrap();
        let (mut part, digest, found) = store.reopen_part(URL).unwrap();
        assert_eq!((found.offset, found.length, found.etag.as_deref()), (4, Some(10), Some("\"v1\"")));
        assert_eq!(digest.finalize(), Sha256::digest(b"half"));
        part.get().0.write_all(b" whole").unwrap();
        let whole = part.complete(&store.spool_path()).unwrap();
        assert_eq!(fs::read(&whole).unwrap(), b"half whole");
        assert!(store.reopen_part(URL).is_none());
        drop(whole);
        drop(store);
        // What is left is swept by the next run.
        drop(Store::open(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path().join("partial")).unwrap().count(), 0);
    }

    #[test]
    fn damage_is_no_part() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for meta in ["", "airgo-part 2\n", "airgo-part 1\nlength x\n", "airgo-part 1\n\n"] {
            let mut part = store.new_part(URL, &rest()).unwrap();
            part.get().0.write_all(b"half").unwrap();
            fs::write(part.path.with_extension("meta"), meta).unwrap();
            drop(part);
            assert!(store.reopen_part(URL).is_none(), "{meta:?}");
        }
        // As much as was announced, or more, has no rest.
        let mut part = store.new_part(URL, &rest()).unwrap();
        part.get().0.write_all(b"ten bytes.").unwrap();
        drop(part);
        assert!(store.reopen_part(URL).is_none());
        store.new_part(URL, &rest()).unwrap().discard();
        assert!(store.reopen_part(URL).is_none());
    }

    #[test]
    fn sweeping_spares_what_is_in_use_and_what_is_fresh() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let make = |url: &str| {
            let mut part = store.new_part(url, &rest()).unwrap();
            part.get().0.write_all(b"half").unwrap();
            part
        };
        drop(make("fresh"));
        let old = make("old");
        old.file.set_modified(SystemTime::now() - KEPT - Duration::from_secs(9)).unwrap();
        drop(old);
        let used = make("used");
        assert_eq!(Store::sweep_parts(dir.path(), false), 4);
        assert!(store.reopen_part("old").is_none() && store.reopen_part("fresh").is_some());
        assert_eq!(Store::sweep_parts(dir.path(), true), 4);
        assert!(store.reopen_part("fresh").is_none());
        drop(used);
        assert!(store.reopen_part("used").is_some());
    }
}

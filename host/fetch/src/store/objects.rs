//! One directory of objects: looking them up, keeping them, its locks.

use super::text::{Entry, format_entry, hex, parse_entry};
use crate::error::FetchError;
use crate::regular;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use tempfile::{Builder, NamedTempFile, TempPath};

/// A longer file is not an entry.
pub(super) const INDEX_LIMIT: u64 = 1 << 20;

/// The store of one directory, with this run's place for half-fetched files.
pub(crate) struct Store {
    pub(super) root: PathBuf,
    spool: PathBuf,
    lock_path: PathBuf,
    /// Held, so that no other process sweeps `spool`; released by closing.
    _lock: File,
    /// Names of files so far.
    count: AtomicU64,
}

/// The bytes to keep.
pub(crate) enum Content<'a> {
    Bytes(&'a [u8]),
    Spooled(TempPath),
}

impl Store {
    pub(crate) fn open(root: &Path) -> Result<Self, FetchError> {
        for sub in ["objects", "index", "tmp"] {
            let dir = root.join(sub);
            fs::create_dir_all(&dir).map_err(disk("create", &dir))?;
        }
        let tag = root.join("CACHEDIR.TAG");
        if !tag.exists() {
            // Backup tools pass a directory with this file over (bford.info/cachedir).
            let text = "Signature: 8a477f597d28d172789f06886806bc55\n# airgo's download store\n";
            fs::write(&tag, text).map_err(disk("write", &tag))?;
        }
        let tmp = root.join("tmp");
        sweep(&tmp);
        if let Ok(Some(_alone)) = lock_file(root).map(|file| file.filter(|f| f.try_lock().is_ok())) {
            Self::sweep_parts(root, false);
        }
        let (lock, lock_path) = take_run(&tmp)?;
        let spool = lock_path.with_extension("");
        fs::create_dir_all(&spool).map_err(disk("create", &spool))?;
        Ok(Self { root: root.to_owned(), spool, lock_path, _lock: lock, count: AtomicU64::new(0) })
    }

    /// A new empty file on the store's file system.
    pub(crate) fn spool_file(&self) -> Result<NamedTempFile, FetchError> {
        Builder::new().prefix("part-").tempfile_in(&self.spool).map_err(disk("create a file in", &self.spool))
    }

    /// A name for a file that is moved to where this run keeps its own.
    pub(crate) fn spool_path(&self) -> PathBuf {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        self.spool.join(format!("whole-{number}"))
    }

    /// Looks an object up and marks it as used, so that nobody trims it away
    /// while this run goes on. Nothing is checked but the index's form.
    pub(crate) fn find(&self, proxy_path: &str) -> Option<Entry> {
        let path = self.index_path(proxy_path);
        let _held = path.exists().then(|| self.hold());
        let entry = parse_entry(&regular::read_text(&path, INDEX_LIMIT).ok()?)?;
        if let Ok(file) = File::options().append(true).open(&path) {
            // Only a hint for trimming; a store that may only be read is as good.
            let _ = file.set_modified(SystemTime::now());
        }
        Some(entry)
    }

    pub(crate) fn object_path(&self, sha256: &[u8; 32]) -> PathBuf {
        self.root.join("objects").join(hex(sha256))
    }

    /// Adds an object; gives the path where it is now.
    pub(crate) fn keep(
        &self,
        proxy_path: &str,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<PathBuf, FetchError> {
        let object = self.object_path(&entry.sha256);
        let _held = self.hold();
        match content {
            Content::Bytes(bytes) => self.write(&object, bytes)?,
            Content::Spooled(path) => {
                path.persist(&object).map_err(|e| disk("write", &object)(e.error))?;
            }
        }
        let index = self.index_path(proxy_path);
        if let Some(dir) = index.parent() {
            fs::create_dir_all(dir).map_err(disk("create", dir))?;
        }
        self.write(&index, format_entry(entry).as_bytes())?;
        Ok(object)
    }

    /// Keeps others from removing anything, until dropped. Where the file
    /// system has no locks, nobody can be kept.
    pub(super) fn hold(&self) -> Option<File> {
        lock_file(&self.root).ok().flatten().filter(|file| file.lock_shared().is_ok())
    }

    /// Waits until nobody adds anything, and keeps others from it until dropped.
    pub(super) fn alone(root: &Path) -> Result<Option<File>, FetchError> {
        let file = lock_file(root)?;
        match file.as_ref().map(File::lock) {
            Some(Err(e)) if e.kind() != io::ErrorKind::Unsupported => {
                Err(disk("lock", &root.join("lock"))(e))
            }
            _ => Ok(file),
        }
    }

    /// When the oldest of the runs that are under way began.
    pub(super) fn oldest_run(root: &Path) -> Option<SystemTime> {
        let locks = fs::read_dir(root.join("tmp")).into_iter().flatten().flatten();
        let locks = locks.filter(|e| e.path().extension().is_some_and(|x| x == "lock"));
        let live = locks.filter(|e| {
            let file = File::options().write(true).open(e.path());
            file.is_ok_and(|f| f.try_lock().is_err())
        });
        live.filter_map(|e| e.metadata().ok()?.modified().ok()).min()
    }

    /// Drops an object whose bytes are not what the index says.
    pub(crate) fn forget(&self, proxy_path: &str, entry: &Entry) {
        // A failure to remove only means that the next run finds the damage again.
        let _ = fs::remove_file(self.index_path(proxy_path));
        let _ = fs::remove_file(self.object_path(&entry.sha256));
    }

    fn index_path(&self, proxy_path: &str) -> PathBuf {
        self.root.join("index").join(proxy_path)
    }

    fn write(&self, to: &Path, bytes: &[u8]) -> Result<(), FetchError> {
        let mut file = self.spool_file()?;
        file.write_all(bytes).map_err(disk("write", to))?;
        file.persist(to).map_err(|e| disk("write", to)(e.error))?;
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Files still in use keep the directory; the next run sweeps it.
        if fs::remove_dir(&self.spool).is_ok() {
            let _ = fs::remove_file(&self.lock_path);
        }
    }
}

/// Opens the file that `hold` and `alone` lock.
fn lock_file(root: &Path) -> Result<Option<File>, FetchError> {
    let path = root.join("lock");
    match File::options().create(true).truncate(false).write(true).open(&path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(e) => Err(disk("open", &path)(e)),
    }
}

/// Makes and locks `tmp/<run>.lock`.
fn take_run(tmp: &Path) -> Result<(File, PathBuf), FetchError> {
    loop {
        let made = Builder::new()
            .prefix("run-")
            .suffix(".lock")
            .tempfile_in(tmp)
            .map_err(disk("create a file in", tmp))?;
        let (file, path) = made.keep().map_err(|e| disk("create a file in", tmp)(e.error))?;
        match file.try_lock() {
            // Another process may have swept the file before it was locked.
            Ok(()) if path.exists() => return Ok((file, path)),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            // No locks on this file system: then nobody sweeps here either.
            Err(TryLockError::Error(_)) => return Ok((file, path)),
        }
    }
}

/// Removes what dead runs left behind.
pub(super) fn sweep(tmp: &Path) {
    let Ok(entries) = fs::read_dir(tmp) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.extension().is_some_and(|e| e == "lock")
            && let Ok(file) = File::options().write(true).open(&path)
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(path.with_extension(""));
            let _ = fs::remove_file(&path);
        }
    }
}

/// Wraps an I/O error with what was being done to which file.
pub(crate) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Disk { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::info::Origin;

    fn entry(bytes: &[u8]) -> Entry {
        use sha2::Digest;
        Entry {
            sha256: sha2::Sha256::digest(bytes).into(),
            size: bytes.len() as u64,
            source: "https://p.example".to_owned(),
            origin: Some(Origin { vcs: "git".to_owned(), ..Origin::default() }),
        }
    }

    #[test]
    fn keeps_finds_and_forgets() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let e = entry(b"module x\n");
        assert_eq!(store.find("x/@v/v1.0.0.mod"), None);
        let path = store.keep("x/@v/v1.0.0.mod", &e, Content::Bytes(b"module x\n")).unwrap();
        assert_eq!(fs::read(path).unwrap(), b"module x\n");
        assert_eq!(store.find("x/@v/v1.0.0.mod").unwrap(), e);

        let mut spooled = store.spool_file().unwrap();
        spooled.write_all(b"zip").unwrap();
        let z = entry(b"zip");
        store.keep("x/@v/v1.0.0.zip", &z, Content::Spooled(spooled.into_temp_path())).unwrap();
        assert_eq!(fs::read(store.object_path(&z.sha256)).unwrap(), b"zip");

        store.forget("x/@v/v1.0.0.mod", &e);
        assert_eq!(store.find("x/@v/v1.0.0.mod"), None);
    }

    #[test]
    fn sweeps_dead_runs_and_spares_live_ones() {
        let dir = tempfile::tempdir().unwrap();
        let live = Store::open(dir.path()).unwrap();
        let part = live.spool_file().unwrap();
        let dead = dir.path().join("tmp/run-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("part-1"), b"half").unwrap();
        fs::write(dir.path().join("tmp/run-dead.lock"), b"").unwrap();

        let second = Store::open(dir.path()).unwrap();
        assert!(!dead.exists());
        assert!(part.path().exists());
        drop(part);
        drop(live);
        drop(second);
        assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    }
}

//! Files that only this user can have written.
//!
//! What is kept from run to run is believed only where nobody else can have
//! put it there: a directory of this user's, mode 0700, and in it regular
//! files of this user's that nobody else can write, no links. Files appear
//! whole or not at all: each is written under another name first. Where
//! ownership cannot be checked (not Unix) nothing is kept.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes a directory where it is missing; `None` where it cannot be made, or
/// is not this user's alone.
pub fn open_dir(dir: &Path) -> Option<()> {
    imp::make_dir(dir).ok()?;
    imp::is_ours(dir).then_some(())?;
    sweep(dir);
    Some(())
}

/// Removes what killed runs left half written. Who writes a file holds its lock.
fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with('.') && name.contains(".airgo-"));
        if ours && imp::open(&entry.path()).is_some_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file of at most so many bytes; `None` where there is none that can be
/// believed.
pub fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    imp::read(path, limit)
}

/// Puts a file in the place of what was there. One that cannot be written is
/// not there: the next run does its work again.
pub fn replace(path: &Path, parts: &[&[u8]]) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else { return };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = dir.join(format!(".{}.{}.{count}", name.to_string_lossy(), std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = imp::create(&temporary)?;
        // Where a sweep was faster, the file goes, and is not kept this time.
        let _ = file.try_lock();
        parts.iter().try_for_each(|part| file.write_all(part))?;
        fs::rename(&temporary, path)
    };
    if write().is_err() {
        let _ = fs::remove_file(&temporary);
    }
}

#[cfg(unix)]
mod imp {
    use std::fs::{self, File, OpenOptions};
    use std::io::Read;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;

    pub fn make_dir(dir: &Path) -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }

    pub fn is_ours(dir: &Path) -> bool {
        fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir() && only_ours(&meta))
    }

    fn only_ours(meta: &fs::Metadata) -> bool {
        meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o077 == 0
    }

    pub fn create(path: &Path) -> std::io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }

    /// Opens a regular file of this user's; a named pipe is not waited for.
    pub fn open(path: &Path) -> Option<File> {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
        let meta = file.metadata().ok()?;
        (meta.is_file() && only_ours(&meta)).then_some(file)
    }

    pub fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
        let file = open(path)?;
        if file.metadata().ok()?.len() > limit {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

#[cfg(not(unix))]
mod imp {
    use std::fs::File;
    use std::path::Path;

    pub fn make_dir(_: &Path) -> std::io::Result<()> {
        Ok(())
    }
    pub fn is_ours(_: &Path) -> bool {
        false
    }
    pub fn create(path: &Path) -> std::io::Result<File> {
        File::create_new(path)
    }
    pub fn open(_: &Path) -> Option<File> {
        None
    }
    pub fn read(_: &Path, _: u64) -> Option<Vec<u8>> {
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_goes_and_what_a_live_one_writes_stays() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("kept");
        open_dir(&dir).unwrap();
        replace(&dir.join("a.airgo-code"), &[b"whole"]);
        let (dead, live) = (dir.join(".a.airgo-code.7.0"), dir.join(".a.airgo-code.8.0"));
        imp::create(&dead).unwrap();
        let file = imp::create(&live).unwrap();
        file.lock().unwrap();
        open_dir(&dir).unwrap();
        assert!(!dead.exists() && live.exists());
        assert_eq!(read(&dir.join("a.airgo-code"), 99).unwrap(), b"whole");
    }
}

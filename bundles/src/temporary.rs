//! Temporary files beside their target: renamed into place when they are whole,
//! removed when the work fails, and when its process is killed removed by the
//! next run that writes there.
//!
//! Each is locked (flock on Unix) for as long as it is written; the lock ends
//! with the process. One that is not locked was left behind. Whoever makes a file
//! looks once more when it is locked: another run may have swept it before.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

const SUFFIX: &str = ".tmp";
/// More often than a file can be swept between being made and being locked.
const TRIES: u32 = 20;

/// Makes a temporary file in `dir`, whose name begins with `prefix`; what killed
/// runs left there under such a name goes first, as well as can be.
pub(crate) fn create(
    dir: &Path,
    prefix: &OsStr,
    permissions: Option<fs::Permissions>,
) -> io::Result<NamedTempFile> {
    sweep(dir, prefix);
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(SUFFIX);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let mut tries = 0;
    loop {
        // tempfile wraps the error with its own path; the system's number is enough.
        let file =
            builder.tempfile_in(dir).map_err(|e| e.raw_os_error().map_or(e, io::Error::from_raw_os_error))?;
        // Where the file system has no locks, the file is as any other.
        let swept = matches!(file.as_file().try_lock(), Err(fs::TryLockError::WouldBlock));
        tries += 1;
        if tries >= TRIES || !swept && file.path().exists() {
            return Ok(file);
        }
    }
}

fn sweep(dir: &Path, prefix: &OsStr) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
        let ours = name.starts_with(prefix) && name.ends_with(SUFFIX.as_bytes());
        // Not through links, and nothing is waited for.
        if !ours || !entry.metadata().is_ok_and(|meta| meta.is_file()) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_goes_and_what_is_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let prefix = OsStr::new(".app.airgo.");
        let make = |name: &str| {
            let path = dir.path().join(name);
            let file = File::create(&path).unwrap();
            (path, file)
        };
        let left = make(".app.airgo.abc.tmp").0;
        let (busy, held) = make(".app.airgo.ghi.tmp");
        held.lock().unwrap();
        let foreign = make("app.airgo").0;
        let new = create(dir.path(), prefix, None).unwrap();
        assert!(!left.exists());
        assert!(busy.exists() && foreign.exists() && new.path().exists());
        // What this run writes is not taken for a leftover by another.
        let another = create(dir.path(), prefix, None).unwrap();
        assert!(new.path().exists() && another.path().exists());
    }

    #[test]
    fn runs_beside_each_other_keep_their_files() {
        let dir = tempfile::tempdir().unwrap();
        let work = || {
            for _ in 0..200 {
                let file = create(dir.path(), OsStr::new(".x."), None).unwrap();
                file.persist(dir.path().join("x")).unwrap();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(work);
            }
        });
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

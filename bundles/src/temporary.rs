//! Temporary files beside their target: renamed into place when they are whole,
//! removed when the work fails, and when its process is killed removed by the
//! next run that writes there.
//!
//! Each is locked (flock on Unix) for as long as it is written; the lock ends
//! with the process. One that is not locked was left behind. A file that is
//! younger than [`YOUNG`] may not be locked yet.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;
use tempfile::NamedTempFile;

const SUFFIX: &str = ".tmp";
/// Longer than it takes from making a file to locking it.
const YOUNG: Duration = Duration::from_secs(10);

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
    // tempfile wraps the error with its own path; the system's number is enough.
    let file =
        builder.tempfile_in(dir).map_err(|e| e.raw_os_error().map_or(e, io::Error::from_raw_os_error))?;
    // Where the file system has no locks, the file is as any other.
    let _ = file.as_file().try_lock();
    Ok(file)
}

fn sweep(dir: &Path, prefix: &OsStr) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
        let ours = name.starts_with(prefix) && name.ends_with(SUFFIX.as_bytes());
        // Not through links, and nothing is waited for.
        let old = ours
            && entry.metadata().is_ok_and(|meta| {
                let age = meta.modified().ok().and_then(|at| at.elapsed().ok());
                meta.is_file() && age.is_some_and(|age| age > YOUNG)
            });
        if old && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_a_killed_run_left_goes_and_what_is_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let prefix = OsStr::new(".app.airgo.");
        let make = |name: &str, age: u64| {
            let path = dir.path().join(name);
            let file = File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            (path, file)
        };
        let (left, _) = make(".app.airgo.abc.tmp", 60);
        let (young, _) = make(".app.airgo.def.tmp", 0);
        let (busy, held) = make(".app.airgo.ghi.tmp", 60);
        held.lock().unwrap();
        let (foreign, _) = make("app.airgo", 60);
        let new = create(dir.path(), prefix, None).unwrap();
        assert!(!left.exists());
        assert!(young.exists() && busy.exists() && foreign.exists() && new.path().exists());
    }
}

//! The checksum database's word for modules, where the go command looks for it
//! when a module is in no go.sum: `cache/download/sumdb/NAME/{lookup,tile}/…`
//! (cmd/go modfetch/sumdb.go ReadCache and WriteCache).
//!
//! The files prove themselves to `go`: it checks the database's signature and
//! the log's proofs each time. What is there already stays, for the go command
//! may have newer files of its own.

use crate::cache::ModCache;
use crate::input::Outcome;
use crate::writer::system::{make_dir, open_file};
use cap_std::fs::Dir;
use std::io::{self, ErrorKind, Write as _};

/// A file of the checksum database that could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {file} in the module cache: {source}")]
pub struct SumDbError {
    /// Where in the cache.
    pub file: String,
    /// The system's reason.
    #[source]
    pub source: io::Error,
}

impl ModCache {
    /// Keeps one file: `path` is `NAME/lookup/…` or `NAME/tile/…`.
    pub fn keep_sumdb(&self, path: &str, bytes: &[u8]) -> Result<Outcome, SumDbError> {
        let file = format!("cache/download/sumdb/{path}");
        self.write_sumdb(&file, bytes).map_err(|source| SumDbError { file, source })
    }

    fn write_sumdb(&self, file: &str, bytes: &[u8]) -> io::Result<Outcome> {
        let (dirs, name) = file.rsplit_once('/').ok_or(ErrorKind::InvalidInput)?;
        let mut dir: Option<Dir> = None;
        for part in dirs.split('/').chain([name]) {
            // Each name is opened below its parent's handle; none may step out.
            if matches!(part, "" | "." | "..") || part.contains(['\\', '\0']) {
                return Err(ErrorKind::InvalidInput.into());
            }
        }
        for part in dirs.split('/') {
            dir = Some(make_dir(dir.as_ref().unwrap_or(&self.root), part)?.0);
        }
        let dir = dir.ok_or(ErrorKind::InvalidInput)?;
        match open_file(&dir, name) {
            // Go takes an empty file for none (cmd/go modfetch/sumdb.go).
            Ok(there) if there.metadata()?.len() > 0 => return Ok(Outcome::AlreadyPresent),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        let mut temporary = self.temporary.create()?;
        temporary.file.write_all(bytes)?;
        self.made.keep();
        temporary.rename(&dir, name).map(|()| Outcome::Installed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Options;

    #[test]
    fn keeps_what_is_there_and_stays_inside() {
        let temp = airgo_testkit::TempTree::new();
        let cache = ModCache::open(temp.path(), Options::default()).unwrap();
        assert_eq!(cache.keep_sumdb("db/lookup/m@v1.0.0", b"one").unwrap(), Outcome::Installed);
        assert_eq!(cache.keep_sumdb("db/lookup/m@v1.0.0", b"two").unwrap(), Outcome::AlreadyPresent);
        let file = temp.path().join("cache/download/sumdb/db/lookup/m@v1.0.0");
        assert_eq!(std::fs::read(&file).unwrap(), b"one");
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
        std::fs::write(&file, "").unwrap();
        assert_eq!(cache.keep_sumdb("db/lookup/m@v1.0.0", b"two").unwrap(), Outcome::Installed);
        for path in ["../x", "db/../../x", "db//x", "db/a\\b"] {
            assert!(cache.keep_sumdb(path, b"").is_err(), "{path}");
        }
    }
}

//! The checksum database's word for modules, where the go command looks for it
//! when a module is in no go.sum: `cache/download/sumdb/NAME/{lookup,tile}/…`
//! (cmd/go modfetch/sumdb.go ReadCache and WriteCache).
//!
//! The files prove themselves to `go`: it checks the database's signature and
//! the log's proofs each time. What is there already stays, for the go command
//! may have newer files of its own.

use crate::cache::ModCache;
use crate::input::Outcome;
use crate::made::Made;
use crate::writer::system::{make_dirs, open_file};
use crate::writer::temporary::Temporary;
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
        let Self { root, temporary, made, .. } = self;
        keep(root, temporary, made, &file, bytes).map_err(|(_, source)| SumDbError { file, source })
    }
}

/// Writes a file below `root` where there is none. An error comes with the length of the
/// path that it is about.
pub(crate) fn keep(
    root: &Dir,
    temporary: &Temporary,
    made: &Made,
    file: &str,
    bytes: &[u8],
) -> Result<Outcome, (usize, io::Error)> {
    let failed = |error: io::Error| (file.len(), error);
    // Each name is opened below its parent's handle; none may step out.
    let is_name = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    let split = file.rsplit_once('/').filter(|_| file.split('/').all(is_name));
    let (dirs, name) = split.ok_or_else(|| failed(ErrorKind::InvalidInput.into()))?;
    let dir = make_dirs(root, dirs)?;
    match open_file(&dir, name).and_then(|there| there.metadata()) {
        // Go takes an empty file for none (cmd/go modfetch/sumdb.go).
        Ok(there) if there.len() > 0 => return Ok(Outcome::AlreadyPresent),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let write = || {
        let mut new = temporary.create()?;
        new.file.write_all(bytes)?;
        made.keep();
        new.rename(&dir, name)
    };
    write().map_err(failed)?;
    Ok(Outcome::Installed)
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

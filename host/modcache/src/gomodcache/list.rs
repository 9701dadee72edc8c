//! The `list` file of a module's versions, which a cache that is served as a
//! GOPROXY answers with (cmd/go modfetch/cache.go rewriteVersionList).

use crate::input::Progress;
use crate::writer::system::{edit_cache_file, lock, read_file};
use airgo_gomod::{module, semver};
use cap_std::fs::Dir;
use std::io::{self, Read, Seek, Write};

/// Bytes of a list that is read: some hundred thousand versions.
const MAX_LIST: u64 = 16 << 20;

/// Whether the list names the version, or it would not be in it.
pub(crate) fn lists(dir: &Dir, version: &str) -> io::Result<bool> {
    if module::canonical_version(version) != version {
        return Ok(true);
    }
    match read_file(dir, "list", MAX_LIST) {
        // One that is too long is written again, as one that lacks the version.
        Ok(list) => {
            Ok(list.is_some_and(|list| list.split(|b| *b == b'\n').any(|line| line == version.as_bytes())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the list again, under its lock, from the `.mod` files in the directory:
/// those whose names, escaped as they are, are canonical versions.
pub(crate) fn rewrite(dir: &Dir, progress: &dyn Progress) -> io::Result<()> {
    let mut file = lock(edit_cache_file(dir, "list")?, || (), || progress.cancelled())?;
    let mut versions = Vec::new();
    for entry in dir.entries()? {
        let name = entry?.file_name();
        let Some(version) = name.to_str().and_then(|name| name.strip_suffix(".mod")) else { continue };
        if !version.is_empty() && module::canonical_version(version) == version {
            versions.push(version.to_owned());
        }
    }
    semver::sort(&mut versions);
    let mut list = String::new();
    for version in versions {
        list.push_str(&version);
        list.push('\n');
    }
    let mut old = Vec::new();
    (&file).take(MAX_LIST).read_to_end(&mut old)?;
    if old == list.as_bytes() {
        return Ok(());
    }
    // As Go does it: whatever is cut short reads as zeros at the end.
    file.set_len(0)?;
    file.set_len(list.len() as u64)?;
    file.rewind()?;
    file.write_all(list.as_bytes())
}

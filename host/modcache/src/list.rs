//! The `list` file of a module's versions, which a cache that is served as a
//! GOPROXY answers with (cmd/go modfetch/cache.go rewriteVersionList).

use crate::system::{edit_cache_file, lock};
use airgo_gomod::{module, semver};
use cap_std::fs::Dir;
use std::io::{self, Read, Seek, Write};

/// Whether the list names the version, or it would not stand in it.
pub(crate) fn lists(dir: &Dir, version: &str) -> io::Result<bool> {
    if module::canonical_version(version) != version {
        return Ok(true);
    }
    match dir.read_to_string("list") {
        Ok(list) => Ok(list.lines().any(|line| line == version)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the list anew, under its lock, from the `.mod` files in the directory:
/// those whose names, escaped as they are, are canonical versions.
pub(crate) fn rewrite(dir: &Dir) -> io::Result<()> {
    let mut file = lock(edit_cache_file(dir, "list")?, || ())?;
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
    file.read_to_end(&mut old)?;
    if old == list.as_bytes() {
        return Ok(());
    }
    // As Go does it: whatever is cut short reads as zeros at the end.
    file.set_len(0)?;
    file.set_len(list.len() as u64)?;
    file.rewind()?;
    file.write_all(list.as_bytes())
}

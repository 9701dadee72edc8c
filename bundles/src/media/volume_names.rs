//! Names of volumes: which files beside a bundle's name may be volumes of it.

use airgo_model::atomic;
use std::io;
use std::path::{Path, PathBuf};

/// The stem and the number of a volume's name, if it is one: `app.airgo` and 3
/// of `app.airgo.003`.
pub(super) fn parts(name: &str) -> Option<(&str, u32)> {
    let (stem, digits) = name.rsplit_once('.')?;
    let number = digits.len() >= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    (number && !stem.is_empty()).then_some((stem, digits.parse().ok()?))
}

/// The files beside `path` that are named as volumes of `stem`, by number.
pub(super) fn named_after(path: &Path, stem: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(atomic::directory(path))? {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if let Some((_, number)) = parts(&name).filter(|(s, _)| *s == stem) {
            found.push((number, name));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, name)| path.with_file_name(name)).collect())
}

/// The volumes that a path stands for: of a volume's name those beside it, itself
/// first, and of the name that the bundle was split under, where no file has it,
/// all of them. Else the path alone.
pub(crate) fn siblings(path: &Path) -> Vec<PathBuf> {
    let alone = vec![path.to_owned()];
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return alone };
    if let Some((stem, _)) = parts(name) {
        let others = named_after(path, stem).unwrap_or_default();
        return alone.into_iter().chain(others.into_iter().filter(|p| p != path)).collect();
    }
    if path.symlink_metadata().is_ok() {
        return alone;
    }
    let beside = named_after(path, name).unwrap_or_default();
    if beside.is_empty() { alone } else { beside }
}

//! Names of volumes: which files beside a bundle's name are volumes of it, and
//! which of them an earlier packing has left.

use crate::error::BundleError;
use crate::media::pieces::Piece;
use crate::media::volume::VolumeError;
use airgo_model::atomic;
use std::io;
use std::path::{Path, PathBuf};

/// The stem and the number of a volume's name, if it is one: `app.airgo` and 3
/// of `app.airgo.003`.
fn parts(name: &str) -> Option<(&str, u32)> {
    let (stem, digits) = name.rsplit_once('.')?;
    let number = digits.len() >= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    (number && !stem.is_empty()).then_some((stem, digits.parse().ok()?))
}

/// The files beside `path` that are named as volumes of `stem`, by number.
fn named_after(path: &Path, stem: &str) -> io::Result<Vec<PathBuf>> {
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

/// What is left beside a bundle of an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftover {
    /// Volumes of an earlier set, which were removed.
    pub removed: Vec<PathBuf>,
    /// Files named as volumes that `airgo pack --split` did not write; they stay.
    pub foreign: Vec<PathBuf>,
}

/// Whether the file is a volume that a split has written under this name, also
/// one whose header is damaged since.
fn is_own(path: &Path) -> bool {
    if !path.symlink_metadata().is_ok_and(|m| m.is_file()) {
        return false;
    }
    match Piece::open(path) {
        Ok(piece) => {
            let named = path.file_name().and_then(|n| n.to_str()).and_then(parts);
            piece.header().volume.map(|v| v.number) == named.map(|(_, number)| number)
        }
        Err(error) => matches!(error, BundleError::Volume(VolumeError::Header { .. })),
    }
}

/// Whether a file has this name that is not a volume, and so is not to be replaced.
pub fn is_foreign_volume(path: &Path) -> bool {
    path.symlink_metadata().is_ok() && !is_own(path)
}

/// Removes the volumes of `target` that are not among `current`: those of an
/// earlier set. Call it when the new bundle is whole and has its name.
///
/// # Errors
/// A directory that cannot be read, a volume that cannot be removed.
pub fn remove_stale_volumes(target: &Path, current: &[PathBuf]) -> Result<Leftover, BundleError> {
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |source| BundleError::Write { path, source }
    };
    let mut left = Leftover::default();
    let Some(name) = target.file_name().and_then(|n| n.to_str()) else { return Ok(left) };
    for path in named_after(target, name).map_err(fail(target))? {
        if current.contains(&path) {
            continue;
        }
        if is_own(&path) {
            std::fs::remove_file(&path).map_err(fail(&path))?;
            left.removed.push(path);
        } else {
            left.foreign.push(path);
        }
    }
    if !left.removed.is_empty() {
        atomic::sync_directory(atomic::directory(target)).map_err(fail(target))?;
    }
    Ok(left)
}

//! Volumes that an earlier packing has left, and files that only have the name of
//! one.

use super::volume::VolumeError;
use super::volume_file::Volume;
use super::volume_names::{named_after, parts};
use crate::error::BundleError;
use airgo_model::atomic;
use std::path::{Path, PathBuf};

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
    match Volume::open(path) {
        Ok(volume) => {
            let named = path.file_name().and_then(|n| n.to_str()).and_then(parts);
            volume.header().volume.map(|v| v.number) == named.map(|(_, number)| number)
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

//! Answering a repair request from a good copy.

use super::repair_request::RepairRequest;
use super::split;
use super::volume::{VolumeError, WholeFile};
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::format::container::Container;
use crate::limits::Limits;
use crate::positioned::ReadAt;
use crate::progress::Progress;
use std::path::Path;
use std::sync::Arc;

/// Answers a request from a good copy of the file: writes a patch with the parts
/// that were asked for and nothing else.
///
/// # Errors
/// A file that is not the one that the request is about, or no good copy.
pub fn write_patch(
    good: &Arc<dyn ReadAt>,
    name: &str,
    request: &RepairRequest,
    target: &Path,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<u64, BundleError> {
    let (_, directory) = Container::directory(Arc::clone(good), limits)?;
    let other = |reason| BundleError::Volume(VolumeError::OtherFile { name: name.to_owned(), reason });
    let mut tail = vec![0; usize::try_from(good.len() - directory).unwrap_or(0)];
    good.read_exact_at(&mut tail, directory).map_err(BundleError::read(name))?;
    if request.size.is_some_and(|size| size != good.len()) {
        return Err(other("its size differs"));
    }
    let same = request.directory_sha256.is_none_or(|d| d == Sha256::of(&tail));
    if !same || request.directory.is_some_and(|at| at != directory) {
        return Err(other("its entries differ"));
    }
    let mut ranges: Vec<(u64, u64)> = request.ranges.iter().map(|r| (r.offset, r.size)).collect();
    if ranges.is_empty() {
        ranges.push((directory, good.len() - directory));
    }
    if ranges.iter().any(|(offset, size)| offset + size > good.len()) {
        return Err(other("it is shorter"));
    }
    let file = WholeFile { sha256: split::whole_digest(&**good, progress)?, size: good.len() };
    if request.file.is_some_and(|wanted| wanted != file) {
        return Err(other("its bytes differ"));
    }
    let patch = split::write(&**good, file, &ranges, None, target, progress)?;
    let size = patch.as_file().metadata().map_err(BundleError::read(name))?.len();
    split::persist(patch, target)?;
    Ok(size)
}

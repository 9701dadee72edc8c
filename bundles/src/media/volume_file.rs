//! A volume or a patch as an open file.

use super::volume::{MAX_VOLUMES, Part, VolumeError, VolumeHeader};
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::positioned::{PositionedFile, ReadAt};
use crate::progress::{BUFFER, Progress};
use sha2::{Digest as _, Sha256 as Hasher};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// One volume or patch.
#[derive(Clone)]
pub struct Volume {
    pub(super) name: String,
    pub(super) header: VolumeHeader,
    pub(super) source: Arc<dyn ReadAt>,
    /// Where its bytes begin.
    start: u64,
}

impl std::fmt::Debug for Volume {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Volume")
            .field("name", &self.name)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// Opens a file for reading at any place.
pub(crate) fn open_file(path: &Path) -> Result<Arc<dyn ReadAt>, BundleError> {
    let file = PositionedFile::open(path);
    let file = file.map_err(|source| BundleError::Open { path: path.display().to_string(), source })?;
    Ok(Arc::new(file))
}

impl Volume {
    /// Opens a volume or a patch and checks its header.
    ///
    /// # Errors
    /// A file that cannot be read, is not a volume, or has a damaged header.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        Self::from_source(path.display().to_string(), open_file(path)?)
    }

    /// The same for a source that is open; the name is for errors.
    ///
    /// # Errors
    /// As [`Volume::open`].
    pub fn from_source(name: String, source: Arc<dyn ReadAt>) -> Result<Self, BundleError> {
        let (header, start, _) = VolumeHeader::read(&*source, &name, 0)?;
        Ok(Self { name, header, source, start })
    }

    /// Opens the volumes that a file holds, several where they were joined by hand.
    ///
    /// # Errors
    /// As [`Volume::open`], for any of them.
    pub fn open_all(path: &Path) -> Result<Vec<Self>, BundleError> {
        let (name, source) = (path.display().to_string(), open_file(path)?);
        let mut all: Vec<Self> = Vec::new();
        let mut next = Some(0);
        while let Some(at) = next {
            if all.len() >= MAX_VOLUMES as usize {
                return Err(VolumeError::TooMany.into());
            }
            let (header, start, more) = VolumeHeader::read(&*source, &name, at)?;
            all.push(Self { name: name.clone(), header, source: Arc::clone(&source), start });
            next = more;
        }
        Ok(all)
    }

    /// Its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says it holds.
    pub fn header(&self) -> &VolumeHeader {
        &self.header
    }

    /// Its parts with the places of their bytes in the volume.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, u64)> {
        let mut at = self.start;
        self.header.parts.iter().map(move |part| {
            let start = at;
            at += part.size;
            (*part, start)
        })
    }

    /// Whether each part has the hash that the header says. One that cannot be
    /// read is as bad as one that was read wrong.
    pub(crate) fn sound(&self, progress: &dyn Progress) -> Vec<(Part, bool)> {
        let largest = self.header.parts.iter().map(|p| p.size).max().unwrap_or(0);
        let mut buffer = vec![0; BUFFER.min(usize::try_from(largest).unwrap_or(BUFFER))];
        let mut check = |part: &Part, start: u64| -> io::Result<bool> {
            let mut hasher = Hasher::new();
            let mut at = 0;
            while at < part.size && !progress.cancelled() {
                let want = buffer.len().min(usize::try_from(part.size - at).unwrap_or(usize::MAX));
                self.source.read_exact_at(&mut buffer[..want], start + at)?;
                hasher.update(&buffer[..want]);
                at += want as u64;
                progress.bytes(want as u64);
            }
            Ok(Sha256(hasher.finalize().into()) == part.sha256)
        };
        self.parts().map(|(part, start)| (part, check(&part, start).unwrap_or(false))).collect()
    }
}

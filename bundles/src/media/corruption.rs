//! The integrity scan: which entries of a damaged file are to be retransmitted.

use super::repair_request::{ByteRange, REPAIR_REQUEST_SCHEMA, RepairRequest};
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::format::container::{self, Container, Entry};
use crate::format::names;
use crate::limits::Limits;
use crate::positioned::ReadAt;
use crate::progress::{BUFFER, Progress};
use airgo_model::parallel;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

/// What is wrong with a bundle's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Corruption {
    /// Nothing that checksums show.
    None,
    /// These entries, and nothing else.
    Entries {
        /// In the order of the file.
        entries: Vec<CorruptEntry>,
        /// The digest of the central directory and the end records.
        directory_sha256: Sha256,
        /// Where they begin.
        directory: u64,
        /// The file's size.
        size: u64,
    },
    /// The table of entries itself: what else is corrupt is not known before it
    /// has been retransmitted.
    Directory {
        /// What is wrong with it.
        reason: String,
    },
}

/// An entry to be retransmitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorruptEntry {
    /// Its name.
    pub name: String,
    /// The module that it belongs to, `path@version`, if it is one's.
    pub module: Option<String>,
    /// Where its header begins.
    pub offset: u64,
    /// Bytes of header and content.
    pub size: u64,
}

impl Corruption {
    /// The modules that are to be retransmitted, sorted.
    pub fn modules(&self) -> Vec<&str> {
        let Self::Entries { entries, .. } = self else { return Vec::new() };
        let mut all: Vec<&str> = entries.iter().filter_map(|e| e.module.as_deref()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What to ask the sender for; nothing where nothing is damaged.
    pub fn repair_request(&self) -> Option<RepairRequest> {
        match self {
            Self::None => None,
            Self::Entries { entries, directory_sha256, directory, size } => Some(RepairRequest {
                directory_sha256: Some(*directory_sha256),
                ranges: join(entries.iter().map(|e| ByteRange { offset: e.offset, size: e.size })),
                schema: REPAIR_REQUEST_SCHEMA.to_owned(),
                directory: Some(*directory),
                size: Some(*size),
                file: None,
                volumes: None,
            }),
            Self::Directory { .. } => Some(RepairRequest {
                directory_sha256: None,
                ranges: Vec::new(),
                schema: REPAIR_REQUEST_SCHEMA.to_owned(),
                directory: None,
                size: None,
                file: None,
                volumes: None,
            }),
        }
    }
}

/// Neighbours become one.
fn join(ranges: impl Iterator<Item = ByteRange>) -> Vec<ByteRange> {
    let mut out: Vec<ByteRange> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if last.offset + last.size == range.offset => last.size += range.size,
            _ => out.push(range),
        }
    }
    out
}

/// Looks at every entry's local header and the CRC-32 of its bytes. A place that
/// cannot be read counts as damaged. One damage in four thousand million goes
/// unseen here; [`repair`](super::repair::repair) then refuses what came of it.
///
/// # Errors
/// An interrupt.
pub fn scan(
    source: &Arc<dyn ReadAt>,
    limits: &Limits,
    jobs: NonZeroUsize,
    progress: &dyn Progress,
) -> Result<Corruption, BundleError> {
    let (container, at) = match Container::directory(Arc::clone(source), limits) {
        Ok(found) => found,
        Err(error) => return Ok(Corruption::Directory { reason: error.to_string() }),
    };
    let mut tail = vec![0; usize::try_from(source.len() - at).unwrap_or(0)];
    if let Err(error) = source.read_exact_at(&mut tail, at) {
        return Ok(Corruption::Directory { reason: error.to_string() });
    }
    let bad = Mutex::new(vec![false; container.entries.len()]);
    let mark = |at: usize| bad.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at] = true;
    let places: Vec<usize> = (0..container.entries.len()).collect();
    let look = |buffer: &mut Vec<u8>, at: &usize| -> Result<(), BundleError> {
        match check_crc(&container, &container.entries[*at], buffer, progress) {
            Ok(true) => {}
            Ok(false) | Err(BundleError::Read { .. }) => mark(*at),
            Err(error) => return Err(error),
        }
        Ok(())
    };
    let failed = parallel::each(jobs, &places, true, Vec::new, look);
    if let Some((_, error)) = failed.into_iter().next() {
        return Err(error);
    }
    let bad = bad.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut entries = Vec::new();
    for (entry, _) in container.entries.iter().zip(&bad).filter(|(_, bad)| **bad) {
        let header = container::local_header_len(&entry.meta.name, entry.meta.size);
        entries.push(CorruptEntry {
            name: entry.meta.name.clone(),
            module: names::module_of(&entry.meta.name),
            offset: entry.start - header,
            size: header + entry.meta.size,
        });
    }
    if entries.is_empty() {
        return Ok(Corruption::None);
    }
    Ok(Corruption::Entries {
        entries,
        directory_sha256: Sha256::of(&tail),
        directory: at,
        size: source.len(),
    })
}

/// Whether an entry's local header and the CRC-32 of its content are right.
fn check_crc(
    container: &Container,
    entry: &Entry,
    buffer: &mut Vec<u8>,
    progress: &dyn Progress,
) -> Result<bool, BundleError> {
    let read = |e| BundleError::Read { name: entry.meta.name.clone(), source: e };
    if !container.check_local(entry, buffer).map_err(read)? {
        return Ok(false);
    }
    buffer.resize(BUFFER, 0);
    let mut crc = crc32fast::Hasher::new();
    let mut at = 0;
    while at < entry.meta.size {
        if progress.cancelled() {
            return Err(BundleError::Cancelled);
        }
        let want = buffer.len().min(usize::try_from(entry.meta.size - at).unwrap_or(usize::MAX));
        container.source.read_exact_at(&mut buffer[..want], entry.start + at).map_err(read)?;
        crc.update(&buffer[..want]);
        at += want as u64;
        progress.bytes(want as u64);
    }
    progress.object(&entry.meta.name);
    Ok(crc.finalize() == entry.meta.crc)
}

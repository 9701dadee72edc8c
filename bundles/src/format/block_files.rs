//! Single files out of blocks, for those who ask for one after the other.

use super::blocks::{BlockError, Blocks, ContentSink};
use super::contents::CarriedModule;
use super::reader::SignedBundle;
use crate::error::BundleError;
use crate::limits::Limits;
use airgo_gomod::ModuleVersion;
use sha2::{Digest as _, Sha256 as Hasher};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// How many unpacked blocks are held: each has at most 16 MiB.
const HELD: usize = 3;

/// The files of a bundle's blocks. It may be asked by several threads at once.
#[derive(Debug)]
pub struct BlockFiles {
    blocks: Blocks,
    modules: HashMap<ModuleVersion, usize>,
    /// The blocks asked for last, with their first content.
    held: Mutex<VecDeque<(usize, Arc<Vec<u8>>)>>,
}

impl BlockFiles {
    /// Reads and verifies the lists of a bundle's files.
    ///
    /// # Errors
    /// As [`SignedBundle::blocks`].
    pub fn of(bundle: &SignedBundle) -> Result<Self, BundleError> {
        let blocks = bundle.blocks()?;
        let modules = blocks.contents().modules().iter().map(|m| m.module.clone()).zip(0..).collect();
        Ok(Self { blocks, modules, held: Mutex::default() })
    }

    /// A module's list of files, and which of them are there.
    #[must_use]
    pub fn module(&self, module: &ModuleVersion) -> Option<&CarriedModule> {
        self.blocks.contents().modules().get(*self.modules.get(module)?)
    }

    /// Up to `len` bytes of a file from `offset` on; none where it is not there. What
    /// is given is what the module's list says.
    ///
    /// # Errors
    /// A block that is damaged, or a file that is not what the list says.
    pub fn read(
        &self,
        module: &ModuleVersion,
        name: &str,
        offset: u64,
        len: u64,
    ) -> Result<Option<Vec<u8>>, BundleError> {
        let Some(carried) = self.module(module) else { return Ok(None) };
        let Some((_, file)) = carried.files().find(|(_, file)| file.name == name) else { return Ok(None) };
        let Some(content) = self.blocks.contents().number(&file.sha256) else { return Ok(None) };
        let block = self.blocks.block_of(content);
        let start = offset.min(file.size);
        let end = start.saturating_add(len).min(file.size);
        if file.size > Limits::default().block {
            let mut part = Part {
                wanted: content,
                range: start..end,
                at: 0,
                here: false,
                bytes: Vec::new(),
                hasher: Hasher::new(),
                found: None,
            };
            self.read_into(block, &mut part)?;
            self.blocks.contents().demand(content, part.found.unwrap_or_default())?;
            return Ok(Some(part.bytes));
        }
        let unpacked = self.unpacked(block)?;
        let before: u64 =
            (self.blocks.block(block).0.start..content).map(|c| self.blocks.contents().size(c)).sum();
        // The sizes of the contents are those of the block, which fits into memory.
        let at = |offset: u64| usize::try_from(before + offset).unwrap_or(usize::MAX);
        let whole = unpacked.get(at(0)..at(file.size)).unwrap_or_default();
        self.blocks.contents().demand(content, Hasher::digest(whole).into())?;
        Ok(Some(unpacked.get(at(start)..at(end)).unwrap_or_default().to_vec()))
    }

    fn unpacked(&self, block: usize) -> Result<Arc<Vec<u8>>, BundleError> {
        let lock = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = lock();
        if let Some(at) = held.iter().position(|(known, _)| *known == block)
            && let Some(found) = held.remove(at)
        {
            let bytes = found.1.clone();
            held.push_back(found);
            return Ok(bytes);
        }
        drop(held);
        let mut whole = Whole(Vec::new());
        self.read_into(block, &mut whole)?;
        let bytes = Arc::new(whole.0);
        let mut held = lock();
        if held.len() >= HELD {
            held.pop_front();
        }
        held.push_back((block, bytes.clone()));
        Ok(bytes)
    }

    fn read_into(
        &self,
        block: usize,
        sink: &mut impl ContentSink<Error = BundleError>,
    ) -> Result<(), BundleError> {
        self.blocks.read(block, sink, &()).map_err(|error| match error {
            BlockError::Bundle(error) | BlockError::Sink(error) => error,
        })
    }
}

/// Takes all of a block.
struct Whole(Vec<u8>);

impl ContentSink for Whole {
    type Error = BundleError;

    fn start(&mut self, _: usize) -> Result<(), BundleError> {
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), BundleError> {
        Ok(())
    }
}

/// Takes a part of one content, which is too large to be held.
struct Part {
    wanted: usize,
    range: Range<u64>,
    at: u64,
    here: bool,
    bytes: Vec<u8>,
    hasher: Hasher,
    found: Option<[u8; 32]>,
}

impl ContentSink for Part {
    type Error = BundleError;

    fn start(&mut self, content: usize) -> Result<(), BundleError> {
        self.here = content == self.wanted;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        if self.here {
            self.hasher.update(bytes);
            let clip = |place: u64| {
                usize::try_from(place.saturating_sub(self.at)).unwrap_or(usize::MAX).min(bytes.len())
            };
            self.bytes.extend_from_slice(&bytes[clip(self.range.start)..clip(self.range.end)]);
            self.at += bytes.len() as u64;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), BundleError> {
        if self.here {
            self.found = Some(self.hasher.finalize_reset().into());
        }
        Ok(())
    }
}

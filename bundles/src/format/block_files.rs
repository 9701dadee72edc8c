//! Single files out of blocks, for those who ask for one after the other.

use super::block_writer::Take;
use super::blocks::{BlockError, Blocks, ContentSink};
use super::contents::CarriedModule;
use super::reader::SignedBundle;
use crate::error::BundleError;
use crate::limits::Limits;
use airgo_gomod::ModuleVersion;
use sha2::{Digest as _, Sha256 as Hasher};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How many unpacked blocks are held: each has at most 16 MiB.
const HELD: usize = 2;

/// The files of a bundle's blocks. It may be asked by several threads at once.
#[derive(Debug)]
pub struct BlockFiles {
    blocks: Blocks,
    modules: HashMap<ModuleVersion, usize>,
    /// The carried files of each module by their names, once one was asked for.
    by_name: Vec<OnceLock<HashMap<String, [u8; 32]>>>,
    /// Where each content begins in its block.
    starts: Vec<u64>,
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
        let contents = blocks.contents();
        let modules: HashMap<_, _> = contents.modules().iter().map(|m| m.module.clone()).zip(0..).collect();
        let by_name = contents.modules().iter().map(|_| OnceLock::new()).collect();
        let mut starts = Vec::with_capacity(contents.len());
        for index in 0..blocks.len() {
            let sizes = blocks.block(index).0.map(|content| contents.size(content));
            starts.extend(sizes.scan(0, |at, size| Some(std::mem::replace(at, *at + size))));
        }
        Ok(Self { blocks, modules, by_name, starts, held: Mutex::default() })
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
        let Some(content) = self.content(module, name) else { return Ok(None) };
        let size = self.blocks.contents().size(content);
        let block = self.blocks.block_of(content);
        let start = offset.min(size);
        let end = start.saturating_add(len).min(size);
        if size > Limits::default().block {
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
        let whole = self.part(&unpacked, content, 0..size);
        self.blocks.contents().demand(content, Hasher::digest(whole).into())?;
        Ok(Some(self.part(&unpacked, content, start..end).to_vec()))
    }

    /// Hands on all bytes of a file, in pieces, from first to last; false where it is not
    /// there. Who takes them compares them with the module's list.
    ///
    /// # Errors
    /// A block that is damaged, or the error that `take` gave.
    pub fn copy(&self, module: &ModuleVersion, name: &str, take: Take<'_>) -> io::Result<bool> {
        let Some(content) = self.content(module, name) else { return Ok(false) };
        let size = self.blocks.contents().size(content);
        let block = self.blocks.block_of(content);
        if size > Limits::default().block {
            let mut copying = Copying { wanted: content, here: false, take };
            return match self.blocks.read(block, &mut copying, &()) {
                Ok(()) => Ok(true),
                Err(BlockError::Sink(error)) => Err(error),
                Err(BlockError::Bundle(error)) => Err(io::Error::other(error)),
            };
        }
        let unpacked = self.unpacked(block).map_err(io::Error::other)?;
        take(self.part(&unpacked, content, 0..size))?;
        Ok(true)
    }

    /// Bytes of a content in its unpacked block.
    fn part<'b>(&self, unpacked: &'b [u8], content: usize, range: Range<u64>) -> &'b [u8] {
        let before = self.starts.get(content).copied().unwrap_or_default();
        // The sizes of the contents are those of the block, which fits into memory.
        let at = |offset: u64| usize::try_from(before + offset).unwrap_or(usize::MAX);
        unpacked.get(at(range.start)..at(range.end)).unwrap_or_default()
    }

    /// The content of a carried file.
    fn content(&self, module: &ModuleVersion, name: &str) -> Option<usize> {
        let index = *self.modules.get(module)?;
        let carried = self.blocks.contents().modules().get(index)?;
        let by_name = self
            .by_name
            .get(index)?
            .get_or_init(|| carried.files().map(|(_, file)| (file.name.to_owned(), file.sha256)).collect());
        self.blocks.contents().number(by_name.get(name)?)
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
        // Room is made before, so that no more blocks than that are in memory at once,
        // but for those that other threads unpack at this moment.
        while held.len() >= HELD {
            held.pop_front();
        }
        drop(held);
        let size = usize::try_from(self.blocks.unpacked(block)).unwrap_or_default();
        let mut whole = Whole(Vec::with_capacity(size));
        self.read_into(block, &mut whole)?;
        let bytes = Arc::new(whole.0);
        let mut held = lock();
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

/// Hands on one content.
struct Copying<'t> {
    wanted: usize,
    here: bool,
    take: Take<'t>,
}

impl ContentSink for Copying<'_> {
    type Error = io::Error;

    fn start(&mut self, content: usize) -> io::Result<()> {
        self.here = content == self.wanted;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.here { (self.take)(bytes) } else { Ok(()) }
    }

    fn end(&mut self) -> io::Result<()> {
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

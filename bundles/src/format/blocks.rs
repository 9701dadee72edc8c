//! Reading the files of modules out of blocks, with the lists that say what they
//! must be.

use super::carried::Carried;
use super::content::Content;
use super::contents::{CarriedModule, Contents};
use super::manifest::Block;
use super::names::{self, ObjectKind};
use super::reader::SignedBundle;
use super::zstd_frame::{self, Frame};
use crate::error::{BundleError, ModuleFault, ObjectError};
use crate::limits::Limits;
use crate::progress::Progress;
use airgo_gomod::modzip::{self, FileList};
use airgo_gomod::{H1, ModuleVersion};
use sha2::{Digest as _, Sha256 as Hasher};
use std::io;
use std::ops::Range;

/// How much is handed on at a time.
const PIECE: usize = 64 << 10;

/// Takes the contents of a block, one after the other.
pub trait ContentSink {
    /// Why it does not go on.
    type Error;
    /// A content starts: its number in [`Contents`].
    ///
    /// # Errors
    /// The sink's own.
    fn start(&mut self, content: usize) -> Result<(), Self::Error>;
    /// Its next bytes; never for an empty one.
    ///
    /// # Errors
    /// The sink's own.
    fn data(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
    /// It is as long as the lists say. Whether it is what they say, the sink finds
    /// out by its digest.
    ///
    /// # Errors
    /// The sink's own.
    fn end(&mut self) -> Result<(), Self::Error>;
}

/// Why reading a block ended early.
#[derive(Debug, thiserror::Error)]
pub enum BlockError<E> {
    /// The bundle is wrong.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The sink refused.
    #[error(transparent)]
    Sink(E),
}

/// The blocks of a bundle, and what is in them.
#[derive(Debug)]
pub struct Blocks {
    contents: Contents,
    blocks: Vec<(Block, Content, Range<usize>)>,
}

impl SignedBundle {
    /// The list of a stored module's files, where the bundle has it: it hashes to
    /// the module's `h1:`.
    ///
    /// # Errors
    /// A list that is damaged, malformed, or not that of the module.
    pub fn file_list(&self, module: &ModuleVersion) -> Result<Option<FileList>, BundleError> {
        let name = names::object_name(module, ObjectKind::FileList).ok();
        let Some((object, content)) = name.and_then(|name| self.object(&name)) else { return Ok(None) };
        object.h1.map(|expected| read_list(content, module, expected)).transpose()
    }

    /// The blocks and the lists of the files in them. The lists are verified, the
    /// contents are not yet.
    ///
    /// # Errors
    /// Lists that are damaged, malformed or not those of their modules, and blocks
    /// that do not hold what the lists say.
    pub fn blocks(&self) -> Result<Blocks, BundleError> {
        let mut modules = Vec::new();
        for (module, carried) in self.manifest().in_blocks() {
            let list = self.file_list(&module)?.ok_or_else(|| ObjectError::Unknown(module.to_string()))?;
            let carried = Carried::from_text(carried, list.len())
                .ok_or_else(|| super::contents::ContentsError::Carried(module.clone()))?;
            modules.push(CarriedModule { module, list, carried });
        }
        let contents = Contents::of(modules)?;
        let stated = &self.manifest().payload.blocks;
        let ranges = contents.ranges(stated)?;
        let blocks = stated.iter().zip(ranges).map(|(block, range)| {
            let content = self.content(&names::block_name(block.sha256))?;
            Ok((block.clone(), content, range))
        });
        let blocks = blocks.collect::<Result<_, BundleError>>()?;
        Ok(Blocks { contents, blocks })
    }
}

/// Reads a list and demands that it is that of the module.
pub(super) fn read_list(
    content: &Content,
    module: &ModuleVersion,
    expected: H1,
) -> Result<FileList, BundleError> {
    let limits = Limits::default();
    let bytes = zstd_frame::unpack(content.checked(), limits.unpacked_list)
        .map_err(|error| BundleError::compressed(content.name(), error))?;
    let list = FileList::from_bytes(&bytes, &modzip::Limits::default()).map_err(|fault| {
        BundleError::Module(Box::new(ModuleFault::List { module: module.clone(), fault }))
    })?;
    let actual = list.h1(module);
    if actual != expected {
        let (module, kind) = (module.clone(), ObjectKind::FileList);
        return Err(BundleError::Module(Box::new(ModuleFault::H1 { module, kind, expected, actual })));
    }
    Ok(list)
}

impl Blocks {
    /// What the blocks hold.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// How many blocks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The contents of a block, and how many bytes it is stored as.
    #[must_use]
    pub fn block(&self, index: usize) -> (Range<usize>, u64) {
        let (block, _, range) = &self.blocks[index];
        (range.clone(), block.size)
    }

    /// How many bytes a block unpacks to.
    #[must_use]
    pub fn unpacked(&self, index: usize) -> u64 {
        self.blocks[index].0.unpacked
    }

    /// The block that holds a content.
    #[must_use]
    pub fn block_of(&self, content: usize) -> usize {
        self.blocks.partition_point(|(_, _, range)| range.end <= content)
    }

    /// Reads a block once, from its first content to its last. Its own digest is
    /// verified when it ends without an error; the digests of the contents are for
    /// the sink to compare, which may have another reason to compute them.
    ///
    /// # Errors
    /// A block that is damaged or malformed, or the sink's own error.
    pub fn read<S: ContentSink>(
        &self,
        index: usize,
        sink: &mut S,
        progress: &dyn Progress,
    ) -> Result<(), BlockError<S::Error>> {
        let (block, stored, range) = &self.blocks[index];
        let wrong = |error| BlockError::Bundle(BundleError::compressed(stored.name(), error));
        let mut frame = Frame::new(stored.checked()).map_err(wrong)?;
        let mut buffer = vec![0; PIECE];
        for content in range.clone() {
            if progress.cancelled() {
                return Err(BundleError::Cancelled.into());
            }
            sink.start(content).map_err(BlockError::Sink)?;
            let mut left = self.contents.size(content);
            while left > 0 {
                let piece = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
                frame.read_exact(&mut buffer[..piece]).map_err(wrong)?;
                sink.data(&buffer[..piece]).map_err(BlockError::Sink)?;
                left -= piece as u64;
            }
            sink.end().map_err(BlockError::Sink)?;
        }
        frame.end().map_err(wrong)?;
        progress.bytes(block.size);
        progress.object(stored.name());
        Ok(())
    }

    /// Reads a block and compares each of its contents with the lists.
    ///
    /// # Errors
    /// A block that is damaged or malformed, and a content that is not what a list
    /// says.
    pub fn verify(&self, index: usize, progress: &dyn Progress) -> Result<(), BundleError> {
        let mut sink = Hashing { contents: &self.contents, hasher: Hasher::new(), content: 0 };
        self.read(index, &mut sink, progress).map_err(|error| match error {
            BlockError::Bundle(error) | BlockError::Sink(error) => error,
        })
    }
}

/// Hashes contents and compares.
struct Hashing<'a> {
    contents: &'a Contents,
    hasher: Hasher,
    content: usize,
}

impl ContentSink for Hashing<'_> {
    type Error = BundleError;

    fn start(&mut self, content: usize) -> Result<(), BundleError> {
        self.content = content;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.hasher.update(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), BundleError> {
        self.contents.demand(self.content, self.hasher.finalize_reset().into())
    }
}

impl Contents {
    /// Refuses a content that has another digest than the lists say, and names the
    /// first file that has it.
    ///
    /// # Errors
    /// [`ModuleFault::Content`].
    pub fn demand(&self, content: usize, actual: [u8; 32]) -> Result<(), BundleError> {
        let expected = self.sha256(content);
        if actual == expected {
            return Ok(());
        }
        let (module, file) = match self.places(content).first().and_then(|place| self.file(*place)) {
            Some((module, file)) => (module.clone(), file.name.to_owned()),
            None => (ModuleVersion::new("", ""), String::new()),
        };
        let (expected, actual) = (crate::Sha256(expected), crate::Sha256(actual));
        Err(BundleError::Module(Box::new(ModuleFault::Content { module, file, expected, actual })))
    }
}

impl BundleError {
    /// What is wrong with a compressed entry: the checks below decompression say it
    /// best, then the system, then the decompressor.
    pub(crate) fn compressed(name: &str, error: io::Error) -> Self {
        if error.raw_os_error().is_some() {
            return Self::Read { name: name.to_owned(), source: error };
        }
        let plain = |error: &dyn std::fmt::Display| Self::Compressed {
            name: name.to_owned(),
            reason: error.to_string(),
        };
        match error.downcast::<Self>() {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => plain(&"it ends too early"),
            Err(error) => plain(&error),
        }
    }
}

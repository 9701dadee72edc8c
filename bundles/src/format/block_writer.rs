//! Compressing the files of modules into blocks, before the manifest is written:
//! it states the digest of each.

use super::contents::Contents;
use super::manifest::Block;
use super::zstd_frame::{self, Compressor};
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::limits::Limits;
use crate::positioned::{self, PositionedFile, ReadAt as _};
use crate::progress::Progress;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::FileList;
use airgo_model::parallel;
use sha2::{Digest as _, Sha256 as Hasher};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;

/// How hard blocks are compressed: zstd's level. Of the levels from which the sizes
/// differ by a percent each, the fastest.
const LEVEL: i32 = 9;
/// Lists are small, and nearly all of what they hold is digests.
const LIST_LEVEL: i32 = 9;

/// Gives the files of modules while blocks are written; one for each thread.
pub trait FileSource {
    /// Hands on all bytes of a module's file, in pieces, from first to last.
    ///
    /// # Errors
    /// A file that cannot be read, or the error that `take` gave.
    fn copy(&mut self, module: &ModuleVersion, file: &str, take: Take<'_>) -> io::Result<()>;
}

/// Takes the next bytes of a file.
pub type Take<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

impl<S: FileSource + ?Sized> FileSource for Box<S> {
    fn copy(&mut self, module: &ModuleVersion, file: &str, take: Take<'_>) -> io::Result<()> {
        (**self).copy(module, file, take)
    }
}

/// Blocks that no bundle holds yet, in a temporary file that goes with this value.
#[derive(Debug)]
pub struct NewBlocks {
    file: PositionedFile,
    blocks: Vec<(Block, u64)>,
}

/// The list of a module's files, as a bundle stores it. The same list gives the same
/// bytes.
///
/// # Errors
/// Where memory lacks.
pub fn compress_list(list: &FileList) -> io::Result<Vec<u8>> {
    zstd_frame::compress(LIST_LEVEL, &list.to_bytes())
}

impl NewBlocks {
    /// Compresses contents, several blocks at once, into a temporary file in `dir`.
    /// The same contents give the same blocks.
    ///
    /// # Errors
    /// A file that cannot be read or is not what its list says, and a directory that
    /// cannot be written.
    pub fn compress<S: FileSource>(
        contents: &Contents,
        dir: &Path,
        jobs: NonZeroUsize,
        source: impl Fn() -> S + Sync,
        progress: &dyn Progress,
    ) -> Result<Self, BundleError> {
        let failed = |source| BundleError::Write { path: dir.display().to_string(), source };
        let spool = tempfile::tempfile_in(dir).map_err(failed)?;
        let cuts: Vec<_> = contents.cuts(Limits::default().block).into_iter().enumerate().collect();
        let done = Mutex::new((Vec::with_capacity(cuts.len()), 0_u64));
        let errors = parallel::each(jobs, &cuts, true, &source, |source, (number, range)| {
            let unpacked = range.clone().map(|content| contents.size(content)).sum();
            let wrong = |e| BundleError::Source { name: format!("block {number}"), source: e };
            let mut compressor = Compressor::new(LEVEL, unpacked).map_err(wrong)?;
            for content in range.clone() {
                if progress.cancelled() {
                    return Err(BundleError::Cancelled);
                }
                let sha256 = copy(contents, content, source, &mut compressor)?;
                contents.demand(content, sha256)?;
            }
            let bytes = compressor.finish().map_err(wrong)?;
            let (sha256, size) = (Sha256::of(&bytes), bytes.len() as u64);
            let block = Block { contents: range.len() as u64, sha256, size, unpacked };
            let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let at = done.1;
            done.1 += size;
            done.0.push((*number, (block, at)));
            drop(done);
            positioned::write_all_at(&spool, &bytes, at).map_err(failed)?;
            progress.bytes(unpacked);
            progress.object(&super::names::block_name(sha256));
            Ok(())
        });
        if let Some((_, error)) = errors.into_iter().next() {
            return Err(error);
        }
        let (mut blocks, _) = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        blocks.sort_by_key(|(number, _)| *number);
        let blocks = blocks.into_iter().map(|(_, block)| block).collect();
        Ok(Self { file: PositionedFile::new(spool).map_err(failed)?, blocks })
    }

    /// How many blocks there will be of these contents.
    #[must_use]
    pub fn count(contents: &Contents) -> usize {
        contents.cuts(Limits::default().block).len()
    }

    /// What a manifest says of them, in their order.
    pub fn stated(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().map(|(block, _)| block)
    }

    /// How many bytes they are stored as.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.blocks.iter().map(|(block, _)| block.size).sum()
    }

    /// Reads a block by its digest.
    #[must_use]
    pub fn open(&self, sha256: Sha256) -> Option<impl Read + Send + '_> {
        let (block, at) = self.blocks.iter().find(|(block, _)| block.sha256 == sha256)?;
        Some(Window { file: &self.file, at: *at, end: at + block.size })
    }
}

fn copy(
    contents: &Contents,
    content: usize,
    source: &mut impl FileSource,
    compressor: &mut Compressor,
) -> Result<[u8; 32], BundleError> {
    let place = contents.places(content).first().and_then(|place| contents.file(*place));
    let (module, file) = place.ok_or(BundleError::Cancelled)?;
    let failed = |source| BundleError::Source { name: format!("{} of {module}", file.name), source };
    let mut hasher = Hasher::new();
    let (mut at, size) = (0, contents.size(content));
    let copied = source.copy(module, file.name, &mut |bytes| {
        at += bytes.len() as u64;
        if at > size {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than its list says"));
        }
        hasher.update(bytes);
        compressor.write(bytes)
    });
    copied.map_err(failed)?;
    if at < size {
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(hasher.finalize().into())
}

/// Bytes of the temporary file.
struct Window<'a> {
    file: &'a PositionedFile,
    at: u64,
    end: u64,
}

impl Read for Window<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let n = buf.len().min(left);
        let n = self.file.read_at(&mut buf[..n], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

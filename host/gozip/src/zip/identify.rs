//! Finding the encoder that gives a zip back.
//!
//! The zip is read once, from front to back. A zip of Go's is one entry after the
//! other without gaps, so its directory is not needed to find them: it is
//! compared like all the rest. Each file is inflated, written again by every
//! encoder that is still possible, and the result compared with the zip while it
//! is made. The two encoders end every file differently, so that one of them is
//! out after the first file at the latest; most zips of others are out with their
//! first header.

use super::archive::Archive;
use super::raw::Raw;
use super::records::{LOCAL, LOCAL_SIZE};
use crate::Encoder;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};
use thiserror::Error;

/// What is inflated at a time.
const PIECE: usize = 32 << 10;
/// How far reading may be ahead of writing. An encoder holds back at most 64 KiB
/// of content and a block, which is no larger than 64 KiB when it is written: a
/// stream that is ahead of it by more is not its own.
const MAX_AHEAD: u64 = 1 << 20;

/// How large a zip may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The files' content together.
    pub content: u64,
    /// Entries.
    pub entries: u64,
    /// The directory, which is held in memory.
    pub directory: u64,
}

impl Default for Limits {
    /// What a module may be: 500 MiB (x/mod/zip, MaxZipFile), and a million
    /// entries in a directory of 128 MiB.
    fn default() -> Self {
        Self { content: 500 << 20, entries: 1_000_000, directory: 128 << 20 }
    }
}

/// Why it is not known how a zip was made.
#[derive(Debug, Error)]
pub enum IdentifyError {
    /// A limit was passed.
    #[error("the zip has more than {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The zip cannot be read.
    #[error("cannot read the zip: {0}")]
    Read(#[from] io::Error),
}

/// How a zip can be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identified {
    /// [`Writer`](super::Writer) with this encoder gives back the very bytes,
    /// from the names and contents in the zip's own order.
    By(Encoder),
    /// Neither encoder does: the zip itself has to be kept. It need not even be
    /// a zip.
    AsIs,
}

/// What a zip holds, in its own order.
#[derive(Debug)]
pub enum Part<'a> {
    /// The name of the next entry. One that ends in `/` has no content.
    Name(&'a [u8]),
    /// More of its content.
    Content(&'a [u8]),
}

/// Finds the encoder that made a zip.
///
/// Memory is bounded: about 3 MiB, and twice the directory.
///
/// # Errors
/// The zip is too large or cannot be read. A zip that is damaged, or none, is
/// [`Identified::AsIs`].
pub fn identify(zip: impl Read, limits: &Limits) -> Result<Identified, IdentifyError> {
    identify_with(zip, limits, |_| ())
}

/// [`identify`], with what the zip holds passed on while it is read. If the
/// answer is [`Identified::AsIs`], that was only some of it, and some of that may
/// not be in the zip by its own directory.
///
/// # Errors
/// As [`identify`].
pub fn identify_with(
    zip: impl Read,
    limits: &Limits,
    mut part: impl FnMut(Part<'_>),
) -> Result<Identified, IdentifyError> {
    let mut zip = Raw::new(zip);
    let mut candidates: Vec<Candidate> = Encoder::ALL.into_iter().map(Candidate::new).collect();
    let mut inflate = Decompress::new(false);
    let mut buffer = vec![0; PIECE];
    let (mut entries, mut content) = (0, 0);
    // Where all of the zip before was compared.
    while let Some(at) = candidates.first().map(|candidate| candidate.at) {
        zip.release(at);
        let header = zip.at(at, LOCAL_SIZE)?;
        if !header.starts_with(&LOCAL.to_le_bytes()) {
            break;
        }
        let Some(&[low, high]) = header.get(26..28) else { return Ok(Identified::AsIs) };
        let size = LOCAL_SIZE + usize::from(u16::from_le_bytes([low, high]));
        let Some(name) = zip.at(at, size)?.get(LOCAL_SIZE..size).map(<[u8]>::to_vec) else {
            return Ok(Identified::AsIs);
        };
        for candidate in &mut candidates {
            candidate.archive.begin(&name);
        }
        compare(&mut candidates, &mut zip)?;
        let Some(first) = candidates.first() else { break };
        entries += 1;
        check("entries", entries, limits.entries)?;
        let directory = first.archive.directory_size() + name.len() as u64;
        check("bytes of directory", directory, limits.directory)?;
        part(Part::Name(&name));
        if !first.archive.is_open() {
            continue;
        }

        let mut from = first.at;
        inflate.reset(false);
        while !candidates.is_empty() {
            let compressed = zip.at(from, 1)?;
            let (ins, outs) = (inflate.total_in(), inflate.total_out());
            let Ok(status) = inflate.decompress(compressed, &mut buffer, FlushDecompress::None) else {
                return Ok(Identified::AsIs);
            };
            let (ins, outs) = (inflate.total_in() - ins, inflate.total_out() - outs);
            from += ins;
            content += outs;
            check("bytes of content", content, limits.content)?;
            let inflated = &buffer[..outs as usize];
            if !inflated.is_empty() {
                part(Part::Content(inflated));
            }
            let ended = status == Status::StreamEnd;
            for candidate in &mut candidates {
                candidate.archive.content(inflated);
                if ended {
                    candidate.archive.end_file();
                }
            }
            compare(&mut candidates, &mut zip)?;
            if ended {
                break;
            }
            candidates.retain(|candidate| from.saturating_sub(candidate.at) <= MAX_AHEAD);
            if let Some(least) = candidates.iter().map(|candidate| candidate.at).min() {
                zip.release(least.min(from));
            }
            if ins == 0 && outs == 0 {
                return Ok(Identified::AsIs);
            }
        }
    }
    for candidate in &mut candidates {
        candidate.archive.finish();
    }
    compare(&mut candidates, &mut zip)?;
    for candidate in candidates {
        if zip.at(candidate.at, 1)?.is_empty() {
            return Ok(Identified::By(candidate.archive.encoder()));
        }
    }
    Ok(Identified::AsIs)
}

fn check(what: &'static str, found: u64, limit: u64) -> Result<(), IdentifyError> {
    if found > limit { Err(IdentifyError::TooLarge { what, limit }) } else { Ok(()) }
}

/// An encoder whose zip is the same so far.
struct Candidate {
    archive: Archive,
    /// How much of the zip was compared.
    at: u64,
}

impl Candidate {
    fn new(encoder: Encoder) -> Self {
        Self { archive: Archive::new(encoder), at: 0 }
    }
}

/// Drops the candidates that have written something else than the zip.
fn compare(candidates: &mut Vec<Candidate>, zip: &mut Raw<impl Read>) -> io::Result<()> {
    let mut failed = None;
    candidates.retain_mut(|candidate| {
        let output = candidate.archive.output();
        let is_same = match zip.at(candidate.at, output.len()) {
            Ok(bytes) => bytes.starts_with(output),
            Err(error) => {
                failed.get_or_insert(error);
                false
            }
        };
        candidate.at += output.len() as u64;
        candidate.archive.take();
        is_same
    });
    failed.map_or(Ok(()), Err)
}

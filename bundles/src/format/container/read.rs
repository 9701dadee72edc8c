//! Reading a container: the central directory first, from the very end of the
//! file, then every header against what the writer would have written.

use super::layout::{self, Meta};
use crate::format::names::{self, NameError};
use crate::limits::Limits;
use crate::positioned::ReadAt;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;

/// Why a file is not a canonical container.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The file cannot be read.
    #[error("cannot read the bundle: {0}")]
    Io(#[from] io::Error),
    /// The file as a whole.
    #[error("malformed bundle: {0}")]
    File(Reason),
    /// One entry.
    #[error("malformed bundle: entry {name:?}: {reason}")]
    Entry {
        /// The entry's name as the container has it, as far as it is text.
        name: String,
        /// What was wrong.
        reason: Reason,
    },
}

/// What is wrong with a container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Beyond a limit.
    #[error("{what} is {found}, over the limit of {limit}")]
    Limit {
        /// What was measured.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much may be.
        limit: u64,
    },
    /// No end record where one must be.
    #[error("the file does not end with a ZIP end record (it is cut short, or data follows)")]
    NoEnd,
    /// Other numbers in the end records than the directory has.
    #[error("the ZIP end records disagree with the central directory")]
    End,
    /// ZIP64 where no number needs it, or none where one does.
    #[error("ZIP64 fields are not exactly those that the numbers need")]
    Zip64,
    /// The directory is cut short or holds something else.
    #[error("the central directory is malformed")]
    Directory,
    /// A name that no writer makes.
    #[error("{0}")]
    Name(NameError),
    /// A name twice.
    #[error("the name appears twice")]
    Duplicate,
    /// Two names that some file systems take for one.
    #[error("the name differs from another only in case")]
    CaseFold,
    /// A general-purpose flag, such as encryption or a data descriptor.
    #[error("{}", flag_text(*.0))]
    Flags(u16),
    /// Compressed.
    #[error("the entry is compressed (method {0}); a bundle stores")]
    Compressed(u16),
    /// Two different sizes for a stored entry.
    #[error("the two sizes of a stored entry differ")]
    Sizes,
    /// A date or time of its own.
    #[error("the entry has a time of its own")]
    Time,
    /// A mode of its own, such as a symbolic link or a directory.
    #[error("{}", mode_text(*.0))]
    Attributes(u32),
    /// An extra field.
    #[error("the entry has an extra field")]
    Extra,
    /// A comment.
    #[error("the entry has a comment")]
    Comment,
    /// Any other field of a header that a writer would have filled otherwise.
    #[error("a header field differs from what airgo writes")]
    Header,
    /// Not where the entry before it ends: a gap, an overlap or a prefix.
    #[error("the entry begins at byte {found}, not at {expected} where the one before it ends")]
    Offset {
        /// Where the directory says.
        found: u64,
        /// Where it must be.
        expected: u64,
    },
    /// The local header says something else than the central directory.
    #[error("the local header differs from the central directory")]
    Local,
}

fn flag_text(flags: u16) -> String {
    match flags {
        f if f & 1 != 0 => "the entry is encrypted".to_owned(),
        f if f & 8 != 0 => "the entry has a data descriptor".to_owned(),
        f => format!("the entry has flags {f:#06x}"),
    }
}

fn mode_text(attributes: u32) -> String {
    match attributes >> 28 {
        0o12 => "the entry is a symbolic link".to_owned(),
        0o04 => "the entry is a directory".to_owned(),
        _ => format!("the entry has attributes {attributes:#x}"),
    }
}

/// An entry of an open container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What its headers say.
    pub meta: Meta,
    /// Where its bytes begin.
    pub start: u64,
}

/// A container whose headers have all been compared with what its writer would
/// have written. Its entries' contents have not been looked at.
#[derive(Clone)]
pub(crate) struct Container {
    pub(crate) source: Arc<dyn ReadAt>,
    pub(crate) entries: Vec<Entry>,
}

impl Container {
    pub(crate) fn open(source: Arc<dyn ReadAt>, limits: &Limits) -> Result<Self, ContainerError> {
        let (container, _) = Self::directory(source, limits)?;
        let mut have = Vec::new();
        for entry in &container.entries {
            if !container.check_local(entry, &mut have)? {
                let name = entry.meta.name.clone();
                return Err(ContainerError::Entry { name, reason: Reason::Local });
            }
        }
        Ok(container)
    }

    /// The entries as the central directory has them, and where it begins. Local
    /// headers have not been looked at: for finding out what is damaged.
    pub(crate) fn directory(source: Arc<dyn ReadAt>, limits: &Limits) -> Result<(Self, u64), ContainerError> {
        let len = source.len();
        bound("the file's size", len, limits.bundle).map_err(ContainerError::File)?;
        let end = End::read(&*source, limits)?;
        let size =
            usize::try_from(end.directory_size).map_err(|_| ContainerError::File(Reason::Directory))?;
        let mut directory = vec![0; size];
        source.read_exact_at(&mut directory, end.directory_offset)?;

        let mut parser = Parser { rest: &directory, limits };
        let mut entries = Vec::new();
        let mut names = HashSet::new();
        let mut folded = HashSet::new();
        let mut again = Vec::with_capacity(size);
        let mut at = 0;
        for _ in 0..end.count {
            let (meta, offset) = parser.record()?;
            let refuse = |reason| ContainerError::Entry { name: meta.name.clone(), reason };
            if !names.insert(meta.name.clone()) {
                return Err(refuse(Reason::Duplicate));
            }
            if !folded.insert(meta.name.to_ascii_lowercase()) {
                return Err(refuse(Reason::CaseFold));
            }
            if offset != at {
                return Err(refuse(Reason::Offset { found: offset, expected: at }));
            }
            let start = at + layout::local_header_len(&meta.name, meta.size);
            let next = start.checked_add(meta.size).filter(|n| *n <= end.directory_offset);
            again.extend(layout::central_header(&meta, at));
            at = next.ok_or_else(|| {
                refuse(Reason::Limit {
                    what: "the entry's end",
                    found: start.saturating_add(meta.size),
                    limit: end.directory_offset,
                })
            })?;
            entries.push(Entry { meta, start });
        }
        if !parser.rest.is_empty() || at != end.directory_offset {
            return Err(ContainerError::File(Reason::Directory));
        }
        // The fields were checked one by one for the sake of the message; this
        // comparison is what leaves no byte of the directory free.
        if again != directory {
            return Err(ContainerError::File(Reason::Directory));
        }
        Ok((Self { source, entries }, end.directory_offset))
    }

    /// Whether an entry's local header is what its writer would have written.
    pub(crate) fn check_local(&self, entry: &Entry, have: &mut Vec<u8>) -> io::Result<bool> {
        let want = layout::local_header(&entry.meta);
        have.resize(want.len(), 0);
        self.source.read_exact_at(have, entry.start - want.len() as u64)?;
        Ok(*have == want)
    }

    /// Reads an entry whole. The caller has bounded its size.
    pub(crate) fn read_whole(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let len = usize::try_from(entry.meta.size).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = vec![0; len];
        self.source.read_exact_at(&mut bytes, entry.start)?;
        Ok(bytes)
    }
}

fn bound(what: &'static str, found: u64, limit: u64) -> Result<(), Reason> {
    if found <= limit { Ok(()) } else { Err(Reason::Limit { what, found, limit }) }
}

/// What the end records say, compared byte for byte with what they should be.
struct End {
    count: u64,
    directory_offset: u64,
    directory_size: u64,
}

impl End {
    fn read(source: &dyn ReadAt, limits: &Limits) -> Result<Self, ContainerError> {
        let refuse = |reason| Err(ContainerError::File(reason));
        let len = source.len();
        let tail_len = len.min((layout::END64_LEN + layout::LOCATOR_LEN + layout::END_LEN) as u64);
        let mut tail = vec![0; tail_len as usize];
        source.read_exact_at(&mut tail, len - tail_len)?;
        let Some(end) = tail.len().checked_sub(layout::END_LEN).map(|at| Fields(&tail[at..])) else {
            return refuse(Reason::NoEnd);
        };
        if end.u32(0) != layout::END_SIGNATURE || end.u16(20) != 0 {
            return refuse(Reason::NoEnd);
        }
        let short = Self {
            count: end.u16(10).into(),
            directory_size: end.u32(12).into(),
            directory_offset: end.u32(16).into(),
        };
        let long = end.u16(10) == layout::COUNT_IN_64
            || end.u32(12) == layout::IN_64
            || end.u32(16) == layout::IN_64;
        let found = if long {
            let Some(at) = tail.len().checked_sub(layout::END64_LEN + layout::LOCATOR_LEN + layout::END_LEN)
            else {
                return refuse(Reason::Zip64);
            };
            let end64 = Fields(&tail[at..]);
            if end64.u32(0) != layout::END64_SIGNATURE
                || end64.u32(layout::END64_LEN) != layout::LOCATOR_SIGNATURE
            {
                return refuse(Reason::Zip64);
            }
            Self { count: end64.u64(32), directory_size: end64.u64(40), directory_offset: end64.u64(48) }
        } else {
            short
        };
        bound("the number of entries", found.count, limits.entries).map_err(ContainerError::File)?;
        bound("the central directory's size", found.directory_size, limits.directory)
            .map_err(ContainerError::File)?;
        if found.directory_offset > len {
            return refuse(Reason::End);
        }
        let want = layout::end_records(found.count, found.directory_offset, found.directory_size);
        if long && want.len() == layout::END_LEN {
            return refuse(Reason::Zip64);
        }
        if found.directory_offset + found.directory_size + want.len() as u64 != len {
            return refuse(Reason::End);
        }
        if !tail.ends_with(&want) {
            return refuse(if long { Reason::Zip64 } else { Reason::End });
        }
        Ok(found)
    }
}

/// Little-endian numbers at places that the caller knows to exist.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }
    fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) | u32::from(self.u16(at + 2)) << 16
    }
    fn u64(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) | u64::from(self.u32(at + 4)) << 32
    }
}

/// The records of the central directory.
struct Parser<'a> {
    rest: &'a [u8],
    limits: &'a Limits,
}

impl<'a> Parser<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], ContainerError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(ContainerError::File(Reason::Directory))?;
        self.rest = rest;
        Ok(head)
    }

    /// One record: what it says of the entry, and where the entry is.
    fn record(&mut self) -> Result<(Meta, u64), ContainerError> {
        let fixed = Fields(self.take(layout::CENTRAL_LEN)?);
        if fixed.u32(0) != layout::CENTRAL_SIGNATURE {
            return Err(ContainerError::File(Reason::Directory));
        }
        let raw_name = self.take(fixed.u16(28).into())?;
        let extra = self.take(fixed.u16(30).into())?;
        let comment = self.take(fixed.u16(32).into())?;
        let shown = String::from_utf8_lossy(raw_name).into_owned();
        let refuse = |reason| ContainerError::Entry { name: shown.clone(), reason };

        bound("the name's length", raw_name.len() as u64, self.limits.name.into()).map_err(refuse)?;
        let name = names::check_name(raw_name).map_err(|e| refuse(Reason::Name(e)))?;
        if fixed.u16(8) != 0 {
            return Err(refuse(Reason::Flags(fixed.u16(8))));
        }
        if fixed.u16(10) != 0 {
            return Err(refuse(Reason::Compressed(fixed.u16(10))));
        }
        if fixed.u16(12) != layout::TIME || fixed.u16(14) != layout::DATE {
            return Err(refuse(Reason::Time));
        }
        if !comment.is_empty() {
            return Err(refuse(Reason::Comment));
        }
        if fixed.u32(38) != layout::ATTRIBUTES {
            return Err(refuse(Reason::Attributes(fixed.u32(38))));
        }
        if fixed.u32(20) != fixed.u32(24) {
            return Err(refuse(Reason::Sizes));
        }
        let (size, offset) = long_numbers(fixed.u32(24), fixed.u32(42), extra).map_err(refuse)?;
        let meta = Meta { name: name.to_owned(), size, crc: fixed.u32(16) };
        let want = layout::central_header(&meta, offset);
        let head = &want[..layout::CENTRAL_LEN];
        if fixed.0 != head {
            return Err(refuse(Reason::Header));
        }
        Ok((meta, offset))
    }
}

/// Size and offset, from the ZIP64 field where the short numbers point there.
fn long_numbers(size: u32, offset: u32, extra: &[u8]) -> Result<(u64, u64), Reason> {
    let (long_size, long_offset) = (size == layout::IN_64, offset == layout::IN_64);
    let len = usize::from(long_size) * 16 + usize::from(long_offset) * 8;
    let expected = if len == 0 { 0 } else { len + 4 };
    if extra.len() != expected {
        return Err(if expected == 0 && !extra.starts_with(&[1, 0]) { Reason::Extra } else { Reason::Zip64 });
    }
    if expected == 0 {
        return Ok((size.into(), offset.into()));
    }
    let field = Fields(extra);
    if field.u16(0) != 1 || usize::from(field.u16(2)) != len {
        return Err(Reason::Zip64);
    }
    let real_size = if long_size { field.u64(4) } else { size.into() };
    let real_offset = if long_offset { field.u64(len - 4) } else { offset.into() };
    let contradicts = (long_size && (real_size < u64::from(layout::IN_64) || field.u64(12) != real_size))
        || (long_offset && real_offset < u64::from(layout::IN_64));
    if contradicts { Err(Reason::Zip64) } else { Ok((real_size, real_offset)) }
}

//! Volumes: a bundle in several files, or some ranges of one, each with its hash.
//!
//! A volume is a text of two lines and then bytes (FORMAT.md, section 13):
//!
//! ```text
//! airgo-volume/v1 <SHA-256 of the second line, without its newline>
//! {"file":{"sha256":…,"size":…},"parts":[{"offset":…,"sha256":…,"size":…}],"schema":…,"volume":{"number":1,"of":4}}
//! the parts' bytes, one after the other
//! ```
//!
//! `airgo pack --split` makes volumes of one part each. A patch, which answers a
//! request to send parts again, has no number and as many parts as were asked
//! for. Nothing here is trusted: hashes find damage, signatures find tampering.

use crate::digest::Sha256;
use crate::json;
use crate::positioned::ReadAt;
use serde::{Deserialize, Serialize};
use std::io;

/// The schema of a volume's header.
pub const VOLUME_SCHEMA: &str = "https://airgo.dev/volume/v1";
/// How a volume begins.
pub(crate) const MAGIC: &str = "airgo-volume/v1 ";
/// Bytes of a header line.
pub(crate) const MAX_HEADER: u64 = 32 << 20;
/// The most volumes of one file.
pub const MAX_VOLUMES: u32 = 9_999;
/// Bytes of the first line.
const FIRST: usize = MAGIC.len() + 64 + 1;

/// Why volumes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    /// A file does not begin as a volume.
    #[error("{0} is not a volume of a bundle")]
    NotAVolume(String),
    /// A header that is damaged or that no writer makes.
    #[error("{name}: the header of the volume is damaged: {reason}")]
    Header {
        /// The file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Volumes of two files.
    #[error("{name} is a volume of another file: expected sha256 {expected}, got {found}")]
    Foreign {
        /// The file.
        name: String,
        /// The digest of the file that the others are of.
        expected: Sha256,
        /// The digest of the file that this one is of.
        found: Sha256,
    },
    /// Some are not there.
    #[error("{} of {of} {} missing", numbers(.missing), if .missing.len() == 1 { "is" } else { "are" })]
    Missing {
        /// Their numbers, from 1, ascending.
        missing: Vec<u32>,
        /// How many there are in all.
        of: u32,
    },
    /// Patches that do not cover what is missing.
    #[error("bytes {from} to {to} of the file are in none of the volumes")]
    Gap {
        /// The first byte.
        from: u64,
        /// The byte after the last.
        to: u64,
    },
    /// A file that no split has written stands where a volume belongs.
    #[error("{0} exists and is not a volume of a bundle; it was not replaced")]
    Occupied(String),
    /// The size asked for holds nothing beside a header.
    #[error("volumes of {size} bytes are too small, the least is {least}")]
    TooSmall {
        /// What was asked for.
        size: u64,
        /// What would do.
        least: u64,
    },
    /// More volumes than the format numbers.
    #[error("the file would need more than {MAX_VOLUMES} volumes")]
    TooMany,
    /// Not a repair request.
    #[error("malformed repair request: {0}")]
    Request(String),
    /// The request is about another file.
    #[error("the repair request is about another file than {name}: {reason}")]
    OtherFile {
        /// The file that should answer it.
        name: String,
        /// What differs.
        reason: &'static str,
    },
}

/// Why a volume's header is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    /// The file cannot be read.
    #[error("cannot read {name}: {source}")]
    Read { name: String, source: io::Error },
    /// It is not a header, or a damaged one.
    #[error(transparent)]
    Volume(#[from] VolumeError),
}

impl HeaderError {
    fn read(name: &str) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { name: name.to_owned(), source }
    }
}

fn numbers(list: &[u32]) -> String {
    let text: Vec<String> = list.iter().map(u32::to_string).collect();
    format!("{} {}", if list.len() == 1 { "volume" } else { "volumes" }, text.join(", "))
}

/// The second line of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VolumeHeader {
    /// The file that it is of.
    pub file: WholeFile,
    /// What it holds, ascending by offset.
    pub parts: Vec<Part>,
    /// [`VOLUME_SCHEMA`].
    pub schema: String,
    /// Which volume it is; absent in a patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<Number>,
}

/// A file that volumes are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WholeFile {
    /// The digest of all its bytes.
    pub sha256: Sha256,
    /// Their number.
    pub size: u64,
}

/// A range of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Where it begins in the file.
    pub offset: u64,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// Their number.
    pub size: u64,
}

/// Which volume of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// From 1.
    pub number: u32,
    /// At most [`MAX_VOLUMES`].
    pub of: u32,
}

/// A source from a place on.
struct From<'a> {
    source: &'a dyn ReadAt,
    at: u64,
}

impl ReadAt for From<'_> {
    fn len(&self) -> u64 {
        self.source.len().saturating_sub(self.at)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.source.read_at(buf, self.at.saturating_add(offset))
    }
}

impl VolumeHeader {
    /// The two lines.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let line = json::to_canonical(self)?;
        let mut out = format!("{MAGIC}{}\n", Sha256::of(&line)).into_bytes();
        out.extend(line);
        out.push(b'\n');
        Ok(out)
    }

    /// Whether a file begins as a volume does.
    pub(crate) fn is_volume(source: &dyn ReadAt) -> io::Result<bool> {
        let mut head = [0; MAGIC.len()];
        if source.len() < head.len() as u64 {
            return Ok(false);
        }
        source.read_exact_at(&mut head, 0)?;
        Ok(head == MAGIC.as_bytes())
    }

    /// Reads the header of the volume that begins at `at`; gives it with the place
    /// where the bytes begin, and with the place where another volume follows, as
    /// where somebody has joined volumes by hand.
    pub(crate) fn read(
        source: &dyn ReadAt,
        name: &str,
        at: u64,
    ) -> Result<(Self, u64, Option<u64>), HeaderError> {
        let source = &From { source, at };
        let (header, start) = Self::read_one(source, name)?;
        let end = start + header.parts.iter().map(|p| p.size).sum::<u64>();
        if end >= source.len() {
            return Ok((header, at + start, None));
        }
        let more = &From { source, at: end };
        if Self::is_volume(more).map_err(HeaderError::read(name))? {
            return Ok((header, at + start, Some(at + end)));
        }
        let reason = format!("{} bytes follow its parts", source.len() - end);
        Err(VolumeError::Header { name: name.to_owned(), reason }.into())
    }

    fn read_one(source: &dyn ReadAt, name: &str) -> Result<(Self, u64), HeaderError> {
        let damaged = |reason: String| VolumeError::Header { name: name.to_owned(), reason };
        if !Self::is_volume(source).map_err(HeaderError::read(name))? {
            return Err(VolumeError::NotAVolume(name.to_owned()).into());
        }
        let mut first = [0; FIRST];
        let short = || damaged("it is cut short".to_owned());
        if source.len() < first.len() as u64 {
            return Err(short().into());
        }
        source.read_exact_at(&mut first, 0).map_err(HeaderError::read(name))?;
        let stated =
            std::str::from_utf8(&first[MAGIC.len()..FIRST - 1]).ok().and_then(|t| t.parse::<Sha256>().ok());
        let stated = stated.filter(|_| first[FIRST - 1] == b'\n');
        let stated = stated.ok_or_else(|| damaged("its first line is malformed".to_owned()))?;
        // In volumes that grow, so that a small header costs a small read.
        let (mut line, mut want) = (Vec::new(), 4096_u64);
        let end = loop {
            let len = want.min(source.len() - FIRST as u64).min(MAX_HEADER + 1);
            line.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
            source.read_exact_at(&mut line, FIRST as u64).map_err(HeaderError::read(name))?;
            match line.iter().position(|b| *b == b'\n') {
                Some(end) => break end,
                None if len < want => return Err(short().into()),
                None => want *= 4,
            }
        };
        line.truncate(end);
        if Sha256::of(&line) != stated {
            return Err(damaged("its checksum does not match".to_owned()).into());
        }
        json::check_canonical(&line).map_err(|e| damaged(e.to_string()))?;
        let header: Self = serde_json::from_slice(&line).map_err(|e| damaged(e.to_string()))?;
        let start = (FIRST + end + 1) as u64;
        header.check().map_err(damaged)?;
        Ok((header, start))
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != VOLUME_SCHEMA {
            return Err(format!("its schema is {:?}, this airgo reads {VOLUME_SCHEMA}", self.schema));
        }
        let mut at = 0;
        for part in &self.parts {
            let end = part.offset.checked_add(part.size).filter(|end| *end <= self.file.size);
            if part.offset < at || part.size == 0 || end.is_none() {
                return Err("its parts overlap, are empty or are not in the file".to_owned());
            }
            at = part.offset + part.size;
        }
        if self.parts.is_empty() {
            return Err("it has no parts".to_owned());
        }
        match self.volume {
            Some(n) if n.number == 0 || n.number > n.of || n.of > MAX_VOLUMES || self.parts.len() != 1 => {
                Err("its number is malformed".to_owned())
            }
            _ => Ok(()),
        }
    }
}

//! Damaged media: which parts of a bundle are to be sent again, and putting them
//! in their place.
//!
//! ```text
//! survey  damaged file -> Damage -> Request        (the receiver)
//! answer  Request + good file -> patch             (the sender)
//! repair  damaged file or volumes + patches -> a verified bundle
//! ```
//!
//! Looking for damage trusts nothing and proves nothing: it compares checksums
//! that lie in the same file. What [`repair`] writes has been verified like any
//! bundle before it gets its name.

use crate::attest::trust::Trust;
use crate::digest::Sha256;
use crate::error::{BundleError, EntriesError};
use crate::format::container::{self, Container};
use crate::format::content::Progress;
use crate::format::names;
use crate::format::reader::{Bundle, SignedBundle, Verified};
use crate::json;
use crate::limits::Limits;
use crate::media::pieces::Assembly;
use crate::media::split;
use crate::media::volume::{MAX_VOLUMES, VolumeError, WholeFile};
use crate::positioned::{self, ReadAt};
use airgo_model::atomic::{self, Access};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The schema of a request to send parts again.
pub const REQUEST_SCHEMA: &str = "https://airgo.dev/repair-request/v1";
/// The schema of a request to send volumes again.
pub const VOLUMES_REQUEST_SCHEMA: &str = "https://airgo.dev/repair-request/v2";
/// Bytes of a request.
const MAX_REQUEST: usize = 32 << 20;

/// What is wrong with a bundle's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// Nothing that checksums show.
    None,
    /// These entries, and nothing else.
    Entries {
        /// In the order of the file.
        entries: Vec<DamagedEntry>,
        /// The digest of the central directory and the end records.
        directory_sha256: Sha256,
        /// Where they begin.
        directory: u64,
        /// The file's size.
        size: u64,
    },
    /// The table of entries itself: what else is damaged cannot be told before it
    /// has been sent again.
    Directory {
        /// What is wrong with it.
        reason: String,
    },
}

/// An entry to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedEntry {
    /// Its name.
    pub name: String,
    /// The module that it belongs to, `path@version`, if it is one's.
    pub module: Option<String>,
    /// Where its header begins.
    pub offset: u64,
    /// Bytes of header and content.
    pub size: u64,
}

impl Damage {
    /// The modules that are to be sent again, sorted.
    pub fn modules(&self) -> Vec<&str> {
        let Self::Entries { entries, .. } = self else { return Vec::new() };
        let mut all: Vec<&str> = entries.iter().filter_map(|e| e.module.as_deref()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What to ask the sender for; nothing where nothing is damaged.
    pub fn request(&self) -> Option<Request> {
        match self {
            Self::None => None,
            Self::Entries { entries, directory_sha256, directory, size } => Some(Request {
                directory_sha256: Some(*directory_sha256),
                ranges: join(entries.iter().map(|e| Range { offset: e.offset, size: e.size })),
                schema: REQUEST_SCHEMA.to_owned(),
                directory: Some(*directory),
                size: Some(*size),
                file: None,
                volumes: None,
            }),
            Self::Directory { .. } => Some(Request {
                directory_sha256: None,
                ranges: Vec::new(),
                schema: REQUEST_SCHEMA.to_owned(),
                directory: None,
                size: None,
                file: None,
                volumes: None,
            }),
        }
    }
}

/// Neighbours become one.
fn join(ranges: impl Iterator<Item = Range>) -> Vec<Range> {
    let mut out: Vec<Range> = Vec::new();
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
/// unseen here; [`repair`] then refuses what came of it.
///
/// # Errors
/// Being told to stop.
pub fn survey(
    source: &Arc<dyn ReadAt>,
    limits: &Limits,
    jobs: NonZeroUsize,
    progress: &dyn Progress,
) -> Result<Damage, BundleError> {
    let (container, at) = match Container::directory(Arc::clone(source), limits) {
        Ok(found) => found,
        Err(error) => return Ok(Damage::Directory { reason: error.to_string() }),
    };
    let mut tail = vec![0; usize::try_from(source.len() - at).unwrap_or(0)];
    if let Err(error) = source.read_exact_at(&mut tail, at) {
        return Ok(Damage::Directory { reason: error.to_string() });
    }
    let bad = Mutex::new(vec![false; container.entries.len()]);
    let mark = |at: usize| bad.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at] = true;
    let places: Vec<usize> = (0..container.entries.len()).collect();
    let look = |buffer: &mut Vec<u8>, at: &usize| -> Result<(), BundleError> {
        match container.check_crc(&container.entries[*at], buffer, progress) {
            Ok(true) => {}
            Ok(false) | Err(BundleError::Read { .. }) => mark(*at),
            Err(error) => return Err(error),
        }
        Ok(())
    };
    let failed = crate::parallel::each(jobs, &places, true, Vec::new, look);
    if let Some((_, error)) = failed.into_iter().next() {
        return Err(error);
    }
    let bad = bad.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut entries = Vec::new();
    for (entry, _) in container.entries.iter().zip(&bad).filter(|(_, bad)| **bad) {
        let header = container::local_header_len(&entry.meta.name, entry.meta.size);
        entries.push(DamagedEntry {
            name: entry.meta.name.clone(),
            module: names::module_of(&entry.meta.name),
            offset: entry.start - header,
            size: header + entry.meta.size,
        });
    }
    if entries.is_empty() {
        return Ok(Damage::None);
    }
    Ok(Damage::Entries { entries, directory_sha256: Sha256::of(&tail), directory: at, size: source.len() })
}

/// A request to send parts of a file again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Where the central directory begins; absent where it is what is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<u64>,
    /// The digest of the bytes from there on: it names the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_sha256: Option<Sha256>,
    /// The file that the volumes are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<WholeFile>,
    /// What is wanted, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    /// [`REQUEST_SCHEMA`], or [`VOLUMES_REQUEST_SCHEMA`] of volumes.
    pub schema: String,
    /// The file's size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The volumes that are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<WantedVolumes>,
}

/// Volumes to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedVolumes {
    /// Their numbers, from 1, ascending.
    pub numbers: Vec<u32>,
    /// How many there are in all.
    pub of: u32,
}

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}

impl Request {
    pub(crate) fn of_volumes(file: WholeFile, of: u32, numbers: Vec<u32>, ranges: Vec<Range>) -> Self {
        Self {
            directory: None,
            directory_sha256: None,
            file: Some(file),
            ranges,
            schema: VOLUMES_REQUEST_SCHEMA.to_owned(),
            size: None,
            volumes: Some(WantedVolumes { numbers, of }),
        }
    }

    /// The request as canonical JSON.
    ///
    /// # Errors
    /// Numbers beyond what JSON keeps.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BundleError> {
        json::to_canonical(self).map_err(|e| VolumeError::Request(e.to_string()).into())
    }

    /// Reads a request.
    ///
    /// # Errors
    /// Anything but canonical JSON of a request whose ranges ascend.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let wrong = |reason: String| BundleError::Volume(VolumeError::Request(reason));
        if bytes.len() > MAX_REQUEST {
            return Err(wrong(format!("it is larger than {MAX_REQUEST} bytes")));
        }
        let bytes = bytes.trim_ascii_end();
        json::check_canonical(bytes).map_err(|e| wrong(e.to_string()))?;
        let request: Self = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if ![REQUEST_SCHEMA, VOLUMES_REQUEST_SCHEMA].contains(&request.schema.as_str()) {
            let reason = format!(
                "its schema is {:?}, this airgo reads {REQUEST_SCHEMA} and {VOLUMES_REQUEST_SCHEMA}",
                request.schema
            );
            return Err(wrong(reason));
        }
        let named = request.directory.is_some() as u8
            + request.directory_sha256.is_some() as u8
            + request.size.is_some() as u8;
        let asks = match (&request.file, &request.volumes) {
            (None, None) => {
                request.schema == REQUEST_SCHEMA
                    && (named == 0 || named == 3)
                    && (named == 3) != request.ranges.is_empty()
            }
            (Some(file), Some(volumes)) => {
                request.schema == VOLUMES_REQUEST_SCHEMA
                    && named == 0
                    && volumes.is_sound()
                    && volumes.numbers.len() == request.ranges.len()
                    && request
                        .ranges
                        .iter()
                        .all(|r| r.offset.checked_add(r.size).is_some_and(|end| end <= file.size))
            }
            _ => false,
        };
        if !asks {
            return Err(wrong("it asks for ranges without naming the file, or for nothing".to_owned()));
        }
        let mut at = 0;
        for range in &request.ranges {
            let end = range.offset.checked_add(range.size);
            if range.offset < at || range.size == 0 || end.is_none() {
                return Err(wrong("its ranges overlap or are empty".to_owned()));
            }
            at = range.offset + range.size;
        }
        Ok(request)
    }
}

impl WantedVolumes {
    fn is_sound(&self) -> bool {
        let within = |n: &u32| (1..=self.of).contains(n);
        self.of <= MAX_VOLUMES
            && !self.numbers.is_empty()
            && self.numbers.is_sorted_by(|a, b| a < b)
            && self.numbers.iter().all(within)
    }
}

/// Answers a request from a good copy of the file: writes a patch with the parts
/// that were asked for and nothing else.
///
/// # Errors
/// A file that is not the one that the request is about, or no good copy.
pub fn write_patch(
    good: &Arc<dyn ReadAt>,
    name: &str,
    request: &Request,
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

/// What is asked of a repaired bundle before it gets its name.
pub struct Demand<'a> {
    /// Whose signatures count.
    pub trust: &'a Trust,
    /// When.
    pub now: Timestamp,
    /// The bundle that a delta builds on.
    pub base: Option<&'a SignedBundle>,
    /// How large it may be.
    pub limits: &'a Limits,
    /// How many threads hash.
    pub jobs: NonZeroUsize,
}

/// Writes the assembled file to `target` once it verifies: container, signatures,
/// every object. Until then there is a temporary file beside it.
///
/// # Errors
/// A gap, or any reason for which the bundle would be refused; `target` is then
/// as it was.
pub fn repair(
    assembly: &Assembly,
    target: &Path,
    demand: &Demand<'_>,
    progress: &dyn Progress,
) -> Result<Verified, BundleError> {
    if let Some((from, to)) = assembly.gap() {
        return Err(VolumeError::Gap { from, to }.into());
    }
    if assembly.len() > demand.limits.bundle {
        let (found, limit) = (assembly.len(), demand.limits.bundle);
        return Err(EntriesError::Limit { name: target.display().to_string(), found, limit }.into());
    }
    let fail = |source: io::Error| BundleError::Write { path: target.display().to_string(), source };
    let out = atomic::create(atomic::directory(target), Access::Public).map_err(fail)?;
    let mut at = 0;
    let mut failed = None;
    let copied = crate::attest::keys::each_piece(assembly, |part| {
        if failed.is_none() && !progress.cancelled() {
            failed = positioned::write_all_at(out.as_file(), part, at).err();
            at += part.len() as u64;
        }
    });
    if progress.cancelled() {
        return Err(BundleError::Cancelled);
    }
    copied.map_err(BundleError::read("the parts"))?;
    match failed {
        Some(error) => return Err(fail(error)),
        None => out.as_file().sync_all().map_err(fail)?,
    }
    // What was written is what is verified, not what it was copied from.
    let written = out.as_file().try_clone().and_then(positioned::PositionedFile::new).map_err(fail)?;
    let opened = Bundle::from_source(Arc::new(written), demand.limits)?;
    let signed = match demand.base {
        Some(base) => opened.verify_with_base(demand.trust, demand.now, base)?,
        None => opened.verify_signatures(demand.trust, demand.now)?,
    };
    let verified = signed.verify_objects(demand.jobs, progress)?;
    split::persist(out, target)?;
    Ok(verified)
}

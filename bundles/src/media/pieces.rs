//! Reading a bundle from its volumes, in whatever order they were given, and
//! from patches laid over a damaged file.

use crate::digest::Sha256;
use crate::error::BundleError;
use crate::format::content::{BUFFER, Progress};
use crate::media::damage::{Range, Request};
use crate::media::volume::{MAX_VOLUMES, Part, VolumeError, VolumeHeader, WholeFile};
use crate::media::volume_names::siblings;
use crate::positioned::{PositionedFile, ReadAt};
use sha2::{Digest as _, Sha256 as Hasher};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One volume or patch.
#[derive(Clone)]
pub struct Piece {
    name: String,
    header: VolumeHeader,
    source: Arc<dyn ReadAt>,
    /// Where its bytes begin.
    start: u64,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Piece")
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

impl Piece {
    /// Opens a volume or a patch and checks its header.
    ///
    /// # Errors
    /// A file that cannot be read, is no volume, or has a damaged header.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        Self::from_source(path.display().to_string(), open_file(path)?)
    }

    /// The same for a source that is open; the name is for errors.
    ///
    /// # Errors
    /// As [`Piece::open`].
    pub fn from_source(name: String, source: Arc<dyn ReadAt>) -> Result<Self, BundleError> {
        let (header, start, _) = VolumeHeader::read(&*source, &name, 0)?;
        Ok(Self { name, header, source, start })
    }

    /// Opens the volumes that a file holds, several where they were joined by hand.
    ///
    /// # Errors
    /// As [`Piece::open`], for any of them.
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

    /// Its parts with the places of their bytes in the piece.
    fn parts(&self) -> impl Iterator<Item = (Part, u64)> {
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

/// A range of the assembled file and where its bytes are.
#[derive(Clone)]
struct Span {
    from: u64,
    to: u64,
    source: Arc<dyn ReadAt>,
    /// Where the byte `from` is in the source.
    start: u64,
}

/// A file put together from pieces, over a damaged copy of it if there is one.
#[derive(Clone)]
pub struct Assembly {
    /// Without overlaps, ascending.
    spans: Vec<Span>,
    file: WholeFile,
}

impl std::fmt::Debug for Assembly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assembly").field("file", &self.file).field("spans", &self.spans.len()).finish()
    }
}

impl Assembly {
    /// Puts pieces of one file together. Of two that hold the same bytes the
    /// earlier one in the list is read. Gaps stay, and reading one is an error.
    ///
    /// # Errors
    /// No pieces, or pieces of different files.
    pub fn new(pieces: &[Piece], beneath: Option<Arc<dyn ReadAt>>) -> Result<Self, BundleError> {
        let first = pieces.first().ok_or(VolumeError::Gap { from: 0, to: u64::MAX })?;
        let file = first.header.file;
        let mut all = Self { spans: Vec::new(), file };
        for piece in pieces {
            if piece.header.file != file {
                let (name, expected) = (piece.name.clone(), file.sha256);
                let found = piece.header.file.sha256;
                return Err(VolumeError::Foreign { name, expected, found }.into());
            }
            all.lay(piece.parts().map(|(p, start)| (p.offset, p.offset + p.size, start)), &piece.source);
        }
        if let Some(source) = beneath {
            let len = source.len().min(file.size);
            all.lay(std::iter::once((0, len, 0)), &source);
        }
        Ok(all)
    }

    /// Fills what is still free of ranges that do not overlap each other: from,
    /// to, and where the first byte is in the source.
    fn lay(&mut self, ranges: impl Iterator<Item = (u64, u64, u64)>, source: &Arc<dyn ReadAt>) {
        let mut free = Vec::new();
        for (from, to, start) in ranges {
            let mut fill = |a: u64, b: u64| {
                if a < b {
                    free.push(Span { from: a, to: b, source: Arc::clone(source), start: start + (a - from) });
                }
            };
            let mut at = from;
            let first = self.spans.partition_point(|s| s.to <= from);
            for span in self.spans[first..].iter().take_while(|s| s.from < to) {
                fill(at, span.from);
                at = at.max(span.to);
            }
            fill(at, to);
        }
        // Once for all of them: a patch may have very many.
        self.spans.extend(free);
        self.spans.sort_by_key(|s| s.from);
    }

    /// The file that the pieces are of.
    pub fn file(&self) -> WholeFile {
        self.file
    }

    /// The first range that no piece holds.
    pub(crate) fn gap(&self) -> Option<(u64, u64)> {
        let mut at = 0;
        for span in &self.spans {
            if span.from > at {
                return Some((at, span.from));
            }
            at = span.to;
        }
        (at < self.file.size).then_some((at, self.file.size))
    }
}

impl ReadAt for Assembly {
    fn len(&self) -> u64 {
        self.file.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.file.size || buf.is_empty() {
            return Ok(0);
        }
        let at = self.spans.partition_point(|s| s.to <= offset);
        match self.spans.get(at).filter(|s| s.from <= offset) {
            Some(span) => {
                let n = buf.len().min(usize::try_from(span.to - offset).unwrap_or(usize::MAX));
                match span.source.read_at(&mut buf[..n], span.start + (offset - span.from))? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    n => Ok(n),
                }
            }
            None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the bytes are in a missing volume")),
        }
    }
}

/// All volumes that are at hand.
#[derive(Debug, Clone)]
pub struct Volumes {
    /// By number; several where one was sent again.
    pieces: BTreeMap<u32, Vec<Piece>>,
    /// Files whose header could not be read, with the reason.
    unreadable: Vec<(String, String)>,
    of: u32,
    /// The file that they are of.
    file: Option<WholeFile>,
}

impl Volumes {
    /// Opens volumes in any order; one alone stands for all beside it whose names
    /// differ in the digits after the last dot only, and the name without digits
    /// for all of them. Of those that were not named, volumes of another file are
    /// passed over. A volume may be given more than once, such as the damaged one
    /// and the one sent again.
    ///
    /// # Errors
    /// No volume with a sound header, or volumes of different files.
    pub fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        let named = paths.len();
        let mut all = Self { pieces: BTreeMap::new(), unreadable: Vec::new(), of: 0, file: None };
        let mut failure = None;
        let found = if let [one] = paths { siblings(one) } else { paths.to_vec() };
        for path in &found {
            let pieces = match Piece::open_all(path) {
                Ok(pieces) => pieces,
                Err(error @ BundleError::Volume(VolumeError::Header { .. } | VolumeError::NotAVolume(_))) => {
                    all.unreadable.push((path.display().to_string(), error.to_string()));
                    failure = failure.or(Some(error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            for piece in pieces {
                all.add(piece, named == 1)?;
            }
        }
        match (all.file, failure) {
            (None, Some(error)) => Err(error),
            (None, None) => Err(VolumeError::Missing { missing: vec![1], of: 1 }.into()),
            _ => Ok(all),
        }
    }

    /// Adds one; those of another file or of another split of it are passed over
    /// where `lenient`, once the first has said what file it is.
    fn add(&mut self, piece: Piece, lenient: bool) -> Result<(), BundleError> {
        let Some(number) = piece.header.volume else {
            if lenient && self.file.is_some() {
                return Ok(());
            }
            return Err(VolumeError::NotAVolume(piece.name).into());
        };
        let file = *self.file.get_or_insert(piece.header.file);
        if self.of == 0 {
            self.of = number.of;
        }
        let other = piece.header.file != file;
        if lenient && (other || number.of != self.of) {
            return Ok(());
        }
        if other {
            let (name, found) = (piece.name, piece.header.file.sha256);
            return Err(VolumeError::Foreign { name, expected: file.sha256, found }.into());
        }
        if number.of != self.of {
            let reason = format!("it is one of {} volumes, where others are of {}", number.of, self.of);
            return Err(VolumeError::Header { name: piece.name, reason }.into());
        }
        self.pieces.entry(number.number).or_default().push(piece);
        Ok(())
    }

    /// All pieces, of several copies of a volume the sound ones first.
    pub fn pieces(&self) -> Vec<Piece> {
        self.pieces.values().flat_map(|copies| preferred(copies)).cloned().collect()
    }

    /// Asks for these volumes again: by their numbers, and by the bytes that they
    /// hold, which follow from any volume that is at hand.
    pub fn request(&self, numbers: &[u32]) -> Option<Request> {
        let file = self.file?;
        let (number, piece) = self.pieces.iter().find_map(|(n, copies)| Some((*n, copies.first()?)))?;
        let part = piece.header.parts.first()?;
        // All but the last are of one size; the last says where the others end.
        let size = if number < self.of { part.size } else { part.offset / u64::from(self.of - 1).max(1) };
        let range = |n: &u32| {
            let offset = u64::from(n - 1).checked_mul(size)?;
            let end = if *n == self.of { file.size } else { offset.checked_add(size)?.min(file.size) };
            (end > offset).then(|| Range { offset, size: end - offset })
        };
        let ranges = numbers.iter().map(range).collect::<Option<Vec<_>>>()?;
        Some(Request::of_volumes(file, self.of, numbers.to_vec(), ranges))
    }

    /// The numbers of those that are not there.
    pub fn missing(&self) -> Vec<u32> {
        (1..=self.of).filter(|n| !self.pieces.contains_key(n)).collect()
    }

    /// All volumes as one file, not yet verified.
    ///
    /// # Errors
    /// Missing volumes, or volumes that do not make up the file.
    pub fn assemble(&self) -> Result<Assembly, BundleError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(VolumeError::Missing { missing, of: self.of }.into());
        }
        let assembly = Assembly::new(&self.pieces(), None)?;
        match assembly.gap() {
            Some((from, to)) => Err(VolumeError::Gap { from, to }.into()),
            None => Ok(assembly),
        }
    }

    /// Hashes every volume; says which are to be sent again.
    ///
    /// # Errors
    /// Being told to stop.
    pub fn survey(&self, progress: &dyn Progress) -> Result<VolumeSurvey, BundleError> {
        let mut survey = VolumeSurvey {
            of: self.of,
            missing: self.missing(),
            damaged: Vec::new(),
            unreadable: self.unreadable.clone(),
        };
        for (number, copies) in &self.pieces {
            let sound = |p: &Piece| p.sound(progress).iter().all(|(_, sound)| *sound);
            if !copies.iter().any(sound) {
                survey.damaged.push((*number, copies[0].name.clone()));
            }
        }
        // What was not read to its end looks damaged.
        if progress.cancelled() { Err(BundleError::Cancelled) } else { Ok(survey) }
    }
}

/// Where several copies of a volume are at hand, the sound ones first.
fn preferred(copies: &[Piece]) -> Vec<&Piece> {
    let mut list: Vec<&Piece> = copies.iter().collect();
    if list.len() > 1 {
        list.sort_by_key(|p| !p.sound(&()).iter().all(|(_, sound)| *sound));
    }
    list
}

/// What is wrong with volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSurvey {
    /// How many volumes there are in all.
    pub of: u32,
    /// The numbers of those that are not there.
    pub missing: Vec<u32>,
    /// Those whose bytes are not as their header says, with their file.
    pub damaged: Vec<(u32, String)>,
    /// Files that begin as no volume does, and why: probably one of the missing.
    pub unreadable: Vec<(String, String)>,
}

impl VolumeSurvey {
    /// The numbers of the volumes to be sent again, ascending.
    pub fn send_again(&self) -> Vec<u32> {
        let mut all: Vec<u32> =
            self.missing.iter().copied().chain(self.damaged.iter().map(|d| d.0)).collect();
        all.sort_unstable();
        all
    }

    /// Whether every volume is there and sound.
    pub fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.damaged.is_empty()
    }
}

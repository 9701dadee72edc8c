//! Reading a bundle from its volumes, in whatever order they were given, and
//! from patches laid over a damaged file.

use crate::content::{BUFFER, Progress};
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::positioned::{PositionedFile, ReadAt};
use crate::volume::{Part, VolumeError, VolumeHeader, WholeFile};
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
        let (header, start) = VolumeHeader::read(&*source, &name)?;
        Ok(Self { name, header, source, start })
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
}

impl Volumes {
    /// Opens volumes in any order; one alone stands for all beside it whose names
    /// differ in the digits after the last dot only. A volume may be given more
    /// than once, such as the damaged one and the one sent again.
    ///
    /// # Errors
    /// No volume with a sound header, or volumes of different files.
    pub fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        let found;
        let paths = match paths {
            [one] => {
                found = siblings(one);
                &found
            }
            many => many,
        };
        let mut all = Self { pieces: BTreeMap::new(), unreadable: Vec::new(), of: 0 };
        let mut file: Option<WholeFile> = None;
        let mut failure = None;
        for path in paths {
            let piece = match Piece::open(path) {
                Ok(piece) => piece,
                Err(error @ BundleError::Volume(VolumeError::Header { .. } | VolumeError::NotAVolume(_))) => {
                    all.unreadable.push((path.display().to_string(), error.to_string()));
                    failure = failure.or(Some(error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(number) = piece.header.volume else {
                return Err(VolumeError::NotAVolume(piece.name).into());
            };
            let (expected, of) = match file {
                None => (piece.header.file, number.of),
                Some(file) => (file, all.of),
            };
            if piece.header.file == expected && number.of != of {
                let reason = format!("it is one of {} volumes, where others are of {of}", number.of);
                return Err(VolumeError::Header { name: piece.name, reason }.into());
            }
            if piece.header.file != expected {
                let found = piece.header.file.sha256;
                return Err(
                    VolumeError::Foreign { name: piece.name, expected: expected.sha256, found }.into()
                );
            }
            (file, all.of) = (Some(expected), of);
            all.pieces.entry(number.number).or_default().push(piece);
        }
        match (file, failure) {
            (None, Some(error)) => Err(error),
            (None, None) => Err(VolumeError::Missing { missing: vec![1], of: 1 }.into()),
            _ => Ok(all),
        }
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
        let pieces: Vec<Piece> = self.pieces.values().flat_map(|copies| preferred(copies)).cloned().collect();
        let assembly = Assembly::new(&pieces, None)?;
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

/// The stem of a volume's name, if it is one: `app.airgo` of `app.airgo.003`.
fn stem(name: &str) -> Option<&str> {
    let (stem, digits) = name.rsplit_once('.')?;
    (digits.len() >= 3 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(stem)
}

/// The volumes beside this one, itself among them, in the order of their names.
fn siblings(path: &Path) -> Vec<PathBuf> {
    let alone = vec![path.to_owned()];
    let Some(wanted) = path.file_name().and_then(|n| n.to_str()).and_then(stem) else { return alone };
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(dir) else { return alone };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| stem(name) == Some(wanted))
        .collect();
    names.sort();
    names.into_iter().map(|name| path.with_file_name(name)).collect()
}

//! Reading entries: one pass that inflates, checks and hashes every file and
//! hands its bytes on.

use super::container::{DESCRIPTOR_FLAG, Directory, Entry, LOCAL_LEN, Method};
use super::error::{EntryFault, Fault, ModZipError};
use super::inflate::{InflateFault, Inflater};
use super::list::{FileList, FileListError};
use super::local::{DESCRIPTOR_MAX, check_descriptor, check_header, header_len};
use super::window::Window;
use super::{ModuleZip, Sink};
use crate::dirhash::H1;
use crate::module::ModuleVersion;
use flate2::{Decompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek};

/// Files up to this size, compressed to at most as much, are inflated in one
/// go, unless the caller says otherwise; larger ones are streamed. Of the 43,000
/// files in the modules of a large project, 12 are larger than 4 MiB.
const WHOLE: u64 = 4 << 20;
/// How much of a larger file is read and handed on at a time.
const PIECE: usize = 256 << 10;
/// Less at a time would be all overhead.
const LEAST: usize = 2 << 10;

const LEFT: EntryFault = EntryFault::Layout("data behind the end of its compressed data");

/// Buffers for reading module zips, used for one zip after the other. They
/// grow to the largest file that is not streamed, inflated and compressed.
#[derive(Debug)]
pub struct Scratch {
    whole: u64,
    window: Window,
    output: Vec<u8>,
    inflater: Option<Inflater>,
    stream: Option<Box<Decompress>>,
}

impl Scratch {
    /// Starts with nothing allocated; 4 MiB is the largest file that is not
    /// streamed.
    pub fn new() -> Self {
        Self::for_files_up_to(WHOLE)
    }

    /// Starts with nothing allocated; larger files than this are streamed,
    /// which takes twice the time.
    pub fn for_files_up_to(whole: u64) -> Self {
        Self { whole, window: Window::default(), output: Vec::new(), inflater: None, stream: None }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a walk ended early.
#[derive(Debug, thiserror::Error)]
pub enum WalkError<E> {
    /// The zip is bad.
    #[error(transparent)]
    Zip(#[from] ModZipError),
    /// The sink refused.
    #[error(transparent)]
    Sink(E),
}

/// Why reading an entry ended early: the entry's fault, or the sink's.
enum Stop<E> {
    Io(io::Error),
    Entry(EntryFault),
    Sink(E),
}

impl<E> From<EntryFault> for Stop<E> {
    fn from(fault: EntryFault) -> Self {
        Self::Entry(fault)
    }
}

impl<E> From<io::Error> for Stop<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E> Stop<E> {
    fn of(self, module: &ModuleVersion, name: &str) -> WalkError<E> {
        let fault = match self {
            Self::Io(error) => Fault::Io(error),
            Self::Entry(fault) => fault.of(name),
            Self::Sink(error) => return WalkError::Sink(error),
        };
        WalkError::Zip(fault.of(module))
    }
}

impl<R: Read + Seek> ModuleZip<R> {
    /// Reads every entry once, in the order of the file: compares its local
    /// header, inflates it, checks its length and CRC-32, hashes it and hands
    /// it to the sink. Returns the `h1:` hash of the whole (x/mod dirhash
    /// HashZip).
    ///
    /// The sink sees bytes of files that are not verified yet: only the hash
    /// that comes back, compared with one that is trusted, verifies them.
    pub fn walk<S: Sink>(&mut self, sink: &mut S) -> Result<H1, WalkError<S::Error>> {
        self.walk_with(&mut Scratch::new(), sink)
    }

    /// As [`walk`](Self::walk), with buffers that outlive it.
    pub fn walk_with<S: Sink>(
        &mut self,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<H1, WalkError<S::Error>> {
        Ok(self.walk_listed(scratch, sink)?.h1(&self.module))
    }

    /// As [`walk_with`](Self::walk_with), for the whole list that is hashed.
    ///
    /// # Errors
    /// What is wrong with the zip, or the sink's own error.
    pub fn walk_listed<S: Sink>(
        &mut self,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<FileList, WalkError<S::Error>> {
        scratch.window.reset();
        let Self { reader, module, prefix, directory, .. } = self;
        let mut digests = vec![[0; 32]; directory.entries.len()];
        let last = directory.by_place.last().map_or(0, |&index| directory.entries[index as usize].end);
        for &index in &directory.by_place {
            let entry = &directory.entries[index as usize];
            let name = directory.name(entry);
            let mut source = Source { reader, last };
            let sha256 = walk_entry(&mut source, scratch, entry, name, prefix.len(), sink)
                .map_err(|stop| stop.of(module, name))?;
            digests[index as usize] = sha256;
        }
        let mut list = FileList::default();
        for ((name, size), sha256) in directory.named().zip(digests) {
            list.push(&name[prefix.len()..], size, sha256).map_err(|error| match error {
                FileListError::Rule(fault) => fault.of(module),
                _ => Fault::Container("its names are too long together").of(module),
            })?;
        }
        Ok(list)
    }

    /// Reads the files of these names below the module's root alone, in the order in
    /// which the zip has them, checks each as [`walk`](Self::walk) does, and hands them
    /// to the sink. Nothing is hashed: who has a list of the files compares with that.
    ///
    /// # Errors
    /// A file that is not there, what is wrong with one of them, or the sink's own
    /// error. What is wrong elsewhere in the zip is not seen.
    pub fn walk_files<'n, S: Sink>(
        &mut self,
        scratch: &mut Scratch,
        names: impl IntoIterator<Item = &'n str>,
        sink: &mut S,
    ) -> Result<(), WalkError<S::Error>> {
        let Self { reader, module, prefix, directory, random } = self;
        let random = random.get_or_insert_with(|| Box::new(Random::new(directory)));
        let mut wanted = Vec::new();
        for name in names {
            let entry = random.find(directory, &format!("{prefix}{name}")).filter(|_| !name.ends_with('/'));
            wanted.push(entry.ok_or_else(|| Fault::NoSuchFile(name.to_owned()).of(module))?);
        }
        wanted.sort_unstable_by_key(|entry| entry.start);
        let last = wanted.last().map_or(0, |entry| entry.end);
        scratch.window.reset();
        for entry in wanted {
            let name = directory.name(entry);
            let mut source = Source { reader, last };
            let mut walk = || {
                sink.start(&name[prefix.len()..], entry.size).map_err(Stop::Sink)?;
                read_entry(&mut source, scratch, entry, name, None, &mut |bytes| {
                    sink.data(bytes).map_err(Stop::Sink)
                })?;
                sink.end().map_err(Stop::Sink)
            };
            walk().map_err(|stop| stop.of(module, name))?;
        }
        Ok(())
    }

    /// Up to `len` bytes of the file of that name below the module's root, from
    /// `offset` on: fewer where it ends before. The file's checksum is compared
    /// where it was inflated to its end.
    pub fn read(&mut self, name: &str, offset: u64, len: u64) -> Result<Vec<u8>, ModZipError> {
        let Self { reader, module, prefix, directory, random } = self;
        let random = random.get_or_insert_with(|| Box::new(Random::new(directory)));
        let full = format!("{prefix}{name}");
        let entry = random.find(directory, &full).filter(|_| !full.ends_with('/'));
        let entry = entry.ok_or_else(|| Fault::NoSuchFile(name.to_owned()).of(module))?;
        let len = len.min(entry.size.saturating_sub(offset));
        let mut wanted = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        let mut at = 0;
        random.scratch.window.reset();
        let mut source = Source { reader, last: entry.end };
        // The start of a long file is had without the rest of it.
        let end = offset.saturating_add(len);
        let most = (end < entry.size / 2).then(|| usize::try_from(end).map_or(PIECE, |end| end.min(PIECE)));
        let read = read_entry(&mut source, &mut random.scratch, entry, &full, most, &mut |bytes: &[u8]| {
            let skip = offset.saturating_sub(at).min(bytes.len() as u64) as usize;
            let rest = (len - wanted.len() as u64).min((bytes.len() - skip) as u64) as usize;
            wanted.extend_from_slice(&bytes[skip..skip + rest]);
            at += bytes.len() as u64;
            if wanted.len() as u64 == len && at < entry.size { Err(Stop::Sink(())) } else { Ok(()) }
        });
        match read.map_err(|stop| stop.of(module, &full)) {
            Ok(()) | Err(WalkError::Sink(())) => Ok(wanted),
            Err(WalkError::Zip(error)) => Err(error),
        }
    }
}

/// What reading single files takes.
#[derive(Debug)]
pub(super) struct Random {
    scratch: Scratch,
    by_name: Vec<u32>,
}

impl Random {
    fn new(directory: &Directory) -> Self {
        let mut by_name: Vec<u32> = (0..directory.entries.len() as u32).collect();
        by_name.sort_unstable_by_key(|&index| directory.name(&directory.entries[index as usize]));
        Self { scratch: Scratch::new(), by_name }
    }

    fn find<'a>(&self, directory: &'a Directory, full: &str) -> Option<&'a Entry> {
        let name_of = |index: &u32| directory.name(&directory.entries[*index as usize]);
        let place = self.by_name.binary_search_by_key(&full, name_of).ok()?;
        directory.entries.get(*self.by_name.get(place)? as usize)
    }
}

/// A reader with the place in the file where there is nothing more to read.
struct Source<'a, R> {
    reader: &'a mut R,
    last: u64,
}

impl<R: Read + Seek> Source<'_, R> {
    fn get<'w>(&mut self, window: &'w mut Window, at: u64, len: u64) -> io::Result<&'w [u8]> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        window.get(self.reader, at, len, self.last)
    }
}

/// Reads an entry for a walk: hashes it and, if it is a file, hands it on.
fn walk_entry<R: Read + Seek, S: Sink>(
    source: &mut Source<'_, R>,
    scratch: &mut Scratch,
    entry: &Entry,
    name: &str,
    prefix: usize,
    sink: &mut S,
) -> Result<[u8; 32], Stop<S::Error>> {
    let is_file = !name.ends_with('/');
    if is_file {
        sink.start(&name[prefix..], entry.size).map_err(Stop::Sink)?;
    }
    let mut sha256 = Sha256::new();
    read_entry(source, scratch, entry, name, None, &mut |bytes| {
        sha256.update(bytes);
        sink.data(bytes).map_err(Stop::Sink)
    })?;
    if is_file {
        sink.end().map_err(Stop::Sink)?;
    }
    Ok(sha256.finalize().into())
}

/// Reads an entry: checks what is in front of its data and behind them,
/// inflates them, and compares length and checksum. With `piece` it goes on in
/// pieces of so many bytes, for one who will stop soon.
fn read_entry<R: Read + Seek, E>(
    source: &mut Source<'_, R>,
    scratch: &mut Scratch,
    entry: &Entry,
    name: &str,
    piece: Option<usize>,
    take: &mut impl FnMut(&[u8]) -> Result<(), Stop<E>>,
) -> Result<(), Stop<E>> {
    let header_len = header_len(source.get(&mut scratch.window, entry.start, LOCAL_LEN as u64)?)? as u64;
    let behind = (entry.end - entry.start).checked_sub(header_len + entry.compressed);
    let behind = behind.ok_or(EntryFault::Layout("overlaps the next entry or the central directory"))?;
    if behind > DESCRIPTOR_MAX {
        return Err(EntryFault::Layout("data between it and the next entry").into());
    }
    let whole = entry.size <= scratch.whole && entry.compressed <= scratch.whole && piece.is_none();
    if !whole {
        let header = source.get(&mut scratch.window, entry.start, header_len)?;
        check_header(header, entry, name)?;
        stream(source, scratch, entry, entry.start + header_len, piece.unwrap_or(PIECE), take)?;
        let behind = source.get(&mut scratch.window, entry.end - behind, behind)?;
        return Ok(check_descriptor(behind, entry)?);
    }
    let bytes = source.get(&mut scratch.window, entry.start, entry.end - entry.start)?;
    let (header, rest) = bytes.split_at(header_len as usize);
    let (data, behind) = rest.split_at(entry.compressed as usize);
    check_header(header, entry, name)?;
    check_descriptor(behind, entry)?;
    let content = match entry.method {
        Method::Store => data,
        Method::Deflate => {
            let size = entry.size as usize;
            if scratch.output.len() < size {
                scratch.output.resize(size, 0);
            }
            let output = &mut scratch.output[..size];
            let inflater = match &mut scratch.inflater {
                Some(inflater) => inflater,
                none => none.insert(Inflater::new().ok_or(io::Error::from(io::ErrorKind::OutOfMemory))?),
            };
            inflater.inflate(data, output).map_err(|fault| match fault {
                InflateFault::Corrupt => EntryFault::Corrupt,
                InflateFault::Size => EntryFault::Size { declared: entry.size },
                InflateFault::InputLeft => LEFT,
            })?;
            output
        }
    };
    check_crc(entry, crc32fast::hash(content))?;
    if content.is_empty() { Ok(()) } else { take(content) }
}

/// Reads the data of an entry piece by piece.
fn stream<R: Read + Seek, E>(
    source: &mut Source<'_, R>,
    scratch: &mut Scratch,
    entry: &Entry,
    start: u64,
    piece: usize,
    take: &mut impl FnMut(&[u8]) -> Result<(), Stop<E>>,
) -> Result<(), Stop<E>> {
    let Scratch { window, output, stream, .. } = scratch;
    let inflater = stream.get_or_insert_with(|| Box::new(Decompress::new(false)));
    inflater.reset(false);
    let piece = piece.max(LEAST);
    if output.len() < piece {
        output.resize(piece, 0);
    }
    let output = &mut output[..piece];
    let mut crc32 = crc32fast::Hasher::new();
    let (mut taken, mut made, mut ended) = (0, 0, entry.compressed == 0);
    while !ended {
        let input = source.get(window, start + taken, (entry.compressed - taken).min(piece as u64))?;
        let content = match entry.method {
            Method::Store => {
                taken += input.len() as u64;
                ended = taken == entry.compressed;
                input
            }
            Method::Deflate => {
                let status = inflater.decompress(input, output, FlushDecompress::None);
                let status = status.map_err(|_| EntryFault::Corrupt)?;
                let content = &output[..(inflater.total_out() - made) as usize];
                ended = status == Status::StreamEnd;
                if !ended && content.is_empty() && inflater.total_in() == taken {
                    return Err(EntryFault::Corrupt.into()); // it goes on where the data end
                }
                taken = inflater.total_in();
                content
            }
        };
        made += content.len() as u64;
        if made > entry.size {
            return Err(EntryFault::Size { declared: entry.size }.into());
        }
        crc32.update(content);
        if !content.is_empty() {
            take(content)?;
        }
    }
    if made != entry.size {
        return Err(EntryFault::Size { declared: entry.size }.into());
    }
    if taken != entry.compressed {
        return Err(LEFT.into());
    }
    Ok(check_crc(entry, crc32.finalize())?)
}

/// Compares the checksum as Go does: one of zero, without a data descriptor,
/// says that there is none (archive/zip checksumReader).
fn check_crc(entry: &Entry, got: u32) -> Result<(), EntryFault> {
    let want = entry.crc32;
    if got == want || want == 0 && entry.flags & DESCRIPTOR_FLAG == 0 {
        return Ok(());
    }
    Err(EntryFault::Checksum { want, got })
}

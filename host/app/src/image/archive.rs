//! The image as one file: an OCI image layout in a tar archive.
//!
//! ```text
//! blobs/sha256/…     layers, configurations, manifests
//! index.json         what the image is
//! manifest.json      the same for docker load
//! oci-layout
//! ```
//!
//! A layer is not compressed, so its size, and with it the place of each layer, is known
//! before anything is read: several are written at once, hashed on their way, and their
//! headers, which name their digests, come last. Content is read and written once.

use super::layers::{Entry, Layer};
use super::oci::blob_name;
use super::tar::{BLOCK, END, Header, padding};
use airgo_bundle::{Progress, Sha256};
use airgo_model::parallel;
use sha2::{Digest as _, Sha256 as Hasher};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// How much is hashed and written at once.
const BUFFER: usize = 256 << 10;

/// An archive that is being written.
pub struct Archive {
    file: NamedTempFile,
    /// Where the next entry goes.
    end: u64,
}

/// A blob that was written.
#[derive(Clone, Debug)]
pub struct Blob {
    /// `sha256:…`.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// Where the module cache is.
#[derive(Clone, Copy, Debug)]
pub struct Cache<'a> {
    /// On this machine.
    pub root: &'a Path,
    /// In the image, without a slash before or after it.
    pub path: &'a str,
}

impl Archive {
    /// Begins an archive in an empty file.
    ///
    /// # Errors
    /// The system's own.
    pub fn new(mut file: NamedTempFile) -> io::Result<Self> {
        let mut end = 0;
        for name in ["blobs/", "blobs/sha256/"] {
            let header = Header { name, mode: 0o755, size: 0 }.bytes();
            file.write_all(&header)?;
            end += header.len() as u64;
        }
        Ok(Self { file, end })
    }

    /// Writes the layers, several at once; their blobs in the same order.
    ///
    /// # Errors
    /// The system's own; `Interrupted` where the watch says so.
    pub fn layers(
        &mut self,
        cache: Cache<'_>,
        layers: &[Layer],
        jobs: NonZeroUsize,
        watch: &dyn Progress,
    ) -> io::Result<Vec<Blob>> {
        let mut places = Vec::new();
        for layer in layers {
            let size = cache.size(layer);
            // Every digest is as long as this one.
            let header = Header { name: &named(Sha256([0; 32])), mode: 0o644, size }.bytes().len();
            let at = self.end + header as u64;
            places.push(Placed { layer, header: self.end, at, size });
            self.end = at + size + padding(size) as u64;
        }
        self.file.as_file().set_len(self.end)?;
        // The largest first, so that all threads end together.
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(places.get(*index).map(|placed| placed.size)));
        let done = Mutex::new(vec![None; places.len()]);
        let failed = parallel::each(
            jobs,
            &order,
            true,
            || (self.file.reopen(), vec![0; BUFFER]),
            |(file, buffer), index| {
                let file = file.as_mut().map_err(|error| io::Error::from(error.kind()))?;
                let Some(placed) = places.get(*index) else { return Ok(()) };
                let blob = placed.write(cache, file, buffer, watch)?;
                let mut done = done.lock().map_err(|_| ErrorKind::Other)?;
                if let Some(place) = done.get_mut(*index) {
                    *place = Some(blob);
                }
                Ok::<_, io::Error>(())
            },
        );
        if let Some((_, error)) = failed.into_iter().next() {
            return Err(error);
        }
        self.file.as_file_mut().seek(SeekFrom::Start(self.end))?;
        let done = done.into_inner().map_err(|_| ErrorKind::Other)?;
        Ok(done.into_iter().flatten().collect())
    }

    /// Adds a small blob.
    ///
    /// # Errors
    /// The system's own.
    pub fn blob(&mut self, content: &[u8]) -> io::Result<Blob> {
        let digest = Sha256::of(content);
        self.add(&named(digest), content)?;
        Ok(Blob { digest: text(digest), size: content.len() as u64 })
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The system's own.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let size = content.len() as u64;
        let mut entry = Header { name, mode: 0o644, size }.bytes();
        entry.extend(content);
        entry.resize(entry.len() + padding(size), 0);
        self.end += entry.len() as u64;
        self.file.write_all(&entry)
    }

    /// Ends the archive: the file, and its size.
    ///
    /// # Errors
    /// The system's own.
    pub fn finish(mut self) -> io::Result<(NamedTempFile, u64)> {
        self.file.write_all(&END)?;
        Ok((self.file, self.end + END.len() as u64))
    }
}

/// A layer and where it goes.
struct Placed<'a> {
    layer: &'a Layer,
    header: u64,
    at: u64,
    size: u64,
}

impl Placed<'_> {
    fn write(
        &self,
        cache: Cache<'_>,
        file: &mut File,
        buffer: &mut [u8],
        watch: &dyn Progress,
    ) -> io::Result<Blob> {
        file.seek(SeekFrom::Start(self.at))?;
        let mut out = Output { file, buffer, filled: 0, digest: Hasher::new(), watch };
        for dir in cache.above() {
            out.write(&Header { name: &dir, mode: 0o755, size: 0 }.bytes())?;
        }
        for entry in &self.layer.entries {
            if watch.cancelled() {
                return Err(ErrorKind::Interrupted.into());
            }
            let name = cache.name(entry);
            out.write(&Header { name: &name, mode: entry.mode, size: entry.size }.bytes())?;
            if entry.size > 0 {
                out.content(&cache.root.join(entry.from.as_ref().unwrap_or(&entry.path)), entry.size)?;
            }
        }
        out.write(&END)?;
        out.flush()?;
        let digest = Sha256(out.digest.finalize().into());
        file.seek(SeekFrom::Start(self.header))?;
        file.write_all(&Header { name: &named(digest), mode: 0o644, size: self.size }.bytes())?;
        Ok(Blob { digest: text(digest), size: self.size })
    }
}

impl Cache<'_> {
    /// The directories that the module cache is in, and its own.
    fn above(&self) -> impl Iterator<Item = String> {
        let ends = self.path.match_indices('/').map(|(at, _)| at).chain([self.path.len()]);
        ends.map(|end| format!("{}/", &self.path[..end]))
    }

    fn name(&self, entry: &Entry) -> String {
        format!("{}/{}", self.path, entry.path)
    }

    /// Bytes of a layer.
    fn size(&self, layer: &Layer) -> u64 {
        let dirs: u64 = self.above().map(|name| Header { name: &name, mode: 0, size: 0 }.entry_size()).sum();
        let entry =
            |entry: &Entry| Header { name: &self.name(entry), mode: 0, size: entry.size }.entry_size();
        dirs + layer.entries.iter().map(entry).sum::<u64>() + END.len() as u64
    }
}

/// A layer on its way: bytes are collected, then hashed and written together.
struct Output<'a> {
    file: &'a mut File,
    buffer: &'a mut [u8],
    filled: usize,
    digest: Hasher,
    watch: &'a dyn Progress,
}

impl Output<'_> {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let free = &mut self.buffer[self.filled..];
            let (now, later) = bytes.split_at(bytes.len().min(free.len()));
            free[..now.len()].copy_from_slice(now);
            self.filled += now.len();
            bytes = later;
            self.full()?;
        }
        Ok(())
    }

    /// A file of exactly this size, and what fills its last block.
    fn content(&mut self, path: &Path, size: u64) -> io::Result<()> {
        let mut file = File::open(path)?.take(size + 1);
        let mut left = size;
        loop {
            let read = file.read(&mut self.buffer[self.filled..])?;
            let Some(rest) = left.checked_sub(read as u64) else { break };
            if read == 0 {
                break;
            }
            left = rest;
            self.filled += read;
            self.full()?;
        }
        if left != 0 {
            return Err(io::Error::other("the file has another size than it had before"));
        }
        const { assert!(BLOCK == 512) };
        self.write(&[0; 512][..padding(size)])
    }

    fn full(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = &self.buffer[..self.filled];
        self.digest.update(bytes);
        self.file.write_all(bytes)?;
        self.watch.bytes(bytes.len() as u64);
        self.filled = 0;
        Ok(())
    }
}

fn text(digest: Sha256) -> String {
    format!("sha256:{digest}")
}

fn named(digest: Sha256) -> String {
    blob_name(&text(digest))
}

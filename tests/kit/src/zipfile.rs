//! Zip files in the layout of Go's `archive/zip` writer: every entry streamed,
//! with its sizes in a data descriptor, deflated, without a time
//! (golang.org/x/mod/zip Create over archive/zip Writer.Create).
//!
//! Module proxies serve such zips, so a reader that wants sizes in the local
//! headers fails on them.

use crate::gosum::h1_files;
use airgo_gomod::H1;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;

const DEFLATE: u16 = 8;
const STORE: u16 = 0;

#[derive(Clone, Debug)]
struct Entry {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    offset: u32,
    external: u32,
}

/// Builds a zip in memory, names in the order they are added. Nothing is
/// checked: names may repeat, climb or collide, as hostile zips do.
#[derive(Clone, Debug, Default)]
pub struct ZipBuilder {
    out: Vec<u8>,
    contents: Vec<(Vec<u8>, Vec<u8>)>,
    entries: Vec<Entry>,
}

impl ZipBuilder {
    /// An empty zip.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a deflated file.
    pub fn file(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        self.add(name.as_ref(), data.as_ref(), DEFLATE, 0)
    }

    /// Adds a file without compression.
    pub fn stored(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        self.add(name.as_ref(), data.as_ref(), STORE, 0)
    }

    /// Adds a deflated file with Unix mode bits, such as `0o120777` for a
    /// symbolic link.
    pub fn with_mode(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>, mode: u32) -> Self {
        self.add(name.as_ref(), data.as_ref(), DEFLATE, mode << 16)
    }

    fn add(mut self, name: &[u8], data: &[u8], method: u16, external: u32) -> Self {
        // Bit 3: sizes follow the data; bit 11: the name is UTF-8 and not plain ASCII.
        let utf8 = if name.is_ascii() { 0 } else { 0x800 };
        let flags = 0x8 | utf8;
        let packed = if method == DEFLATE {
            let mut enc = DeflateEncoder::new(Vec::new(), Compression::default());
            enc.write_all(data).unwrap();
            enc.finish().unwrap()
        } else {
            data.to_vec()
        };
        self.contents.push((name.to_vec(), data.to_vec()));
        let crc = crc32fast::hash(data);
        let offset = len32(self.out.len());
        self.out.extend(0x0403_4b50u32.to_le_bytes());
        for field in [20, flags, method, 0, 0] {
            self.out.extend(u16::to_le_bytes(field));
        }
        self.out.extend([0; 12]);
        self.out.extend(len16(name.len()).to_le_bytes());
        self.out.extend(0u16.to_le_bytes());
        self.out.extend(name);
        self.out.extend(&packed);
        for field in [0x0807_4b50, crc, len32(packed.len()), len32(data.len())] {
            self.out.extend(u32::to_le_bytes(field));
        }
        self.entries.push(Entry {
            name: name.to_vec(),
            flags,
            method,
            crc,
            packed: len32(packed.len()),
            size: len32(data.len()),
            offset,
            external,
        });
        self
    }

    /// The hash that go.sum has for this zip.
    pub fn h1(&self) -> H1 {
        h1_files(self.contents.iter().map(|(name, data)| (name.as_slice(), data.as_slice())))
    }

    /// The finished zip.
    pub fn bytes(mut self) -> Vec<u8> {
        let start = len32(self.out.len());
        for e in &self.entries {
            // Made by a Unix system when mode bits are given, as Go writes it.
            let creator = if e.external == 0 { 20u16 } else { 0x0300 | 20 };
            self.out.extend(0x0201_4b50u32.to_le_bytes());
            for field in [creator, 20, e.flags, e.method, 0, 0] {
                self.out.extend(field.to_le_bytes());
            }
            for field in [e.crc, e.packed, e.size] {
                self.out.extend(field.to_le_bytes());
            }
            for field in [len16(e.name.len()), 0, 0, 0, 0] {
                self.out.extend(field.to_le_bytes());
            }
            self.out.extend(e.external.to_le_bytes());
            self.out.extend(e.offset.to_le_bytes());
            self.out.extend(&e.name);
        }
        let size = len32(self.out.len()) - start;
        let count = len16(self.entries.len());
        self.out.extend(0x0605_4b50u32.to_le_bytes());
        for field in [0, 0, count, count] {
            self.out.extend(u16::to_le_bytes(field));
        }
        self.out.extend(size.to_le_bytes());
        self.out.extend(start.to_le_bytes());
        self.out.extend(0u16.to_le_bytes());
        self.out
    }
}

fn len32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or_else(|_| panic!("{n} bytes are too many for a test's zip"))
}

fn len16(n: usize) -> u16 {
    u16::try_from(n).unwrap_or_else(|_| panic!("{n} is too many for a test's zip"))
}

//! The records of a zip as archive/zip writes them for `Writer.Create(name)`
//! (archive/zip/writer.go): no times, no modes, no comments.
//!
//! Sizes follow the content in a data descriptor. Where a size or an offset needs
//! 64 bits, go1.27 writes other records than its predecessors did.

use crate::Encoder;

pub(super) const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
/// Size of a local header without the name.
pub(super) const LOCAL_SIZE: usize = 30;

const VERSION: u16 = 20;
const VERSION64: u16 = 45;
const ZIP64_EXTRA: u16 = 1;
const MAX16: u64 = 0xffff;
const MAX32: u64 = 0xffff_ffff;

const HAS_DESCRIPTOR: u16 = 0x8;
const IS_UTF8: u16 = 0x800;
const DEFLATED: u16 = 8;

/// What an entry is, apart from its content.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    /// Where its local header is.
    pub(super) offset: u64,
}

/// What its content came to; nothing for a directory.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) content: u64,
}

impl Entry {
    /// A name that ends in a slash is a directory's: stored, without content or
    /// descriptor (CreateHeader).
    pub(super) fn is_directory(&self) -> bool {
        self.name.ends_with(b"/")
    }

    fn flags(&self) -> u16 {
        let descriptor = if self.is_directory() { 0 } else { HAS_DESCRIPTOR };
        if needs_utf8(&self.name) { descriptor | IS_UTF8 } else { descriptor }
    }

    fn method(&self) -> u16 {
        if self.is_directory() { 0 } else { DEFLATED }
    }

    /// writeHeader.
    pub(super) fn local_header(&self, out: &mut Vec<u8>) {
        put32(out, LOCAL);
        put16(out, VERSION);
        put16(out, self.flags());
        put16(out, self.method());
        // Time, date, checksum and sizes.
        out.extend_from_slice(&[0; 16]);
        put16(out, self.name.len() as u16);
        put16(out, 0);
        out.extend_from_slice(&self.name);
    }
}

/// Whether a name is UTF-8 that readers could take for something else
/// (detectUTF8): any character but printable ASCII without `\` and `~`.
fn needs_utf8(name: &[u8]) -> bool {
    let odd = |c: char| !(' '..='}').contains(&c) || c == '\\';
    std::str::from_utf8(name).is_ok_and(|name| name.contains(odd))
}

/// writeDataDescriptor.
pub(super) fn descriptor(encoder: Encoder, sizes: &Sizes, out: &mut Vec<u8>) {
    put32(out, DESCRIPTOR);
    put32(out, sizes.crc);
    if is_wide(encoder, sizes) {
        put64(out, sizes.compressed);
        put64(out, sizes.content);
    } else {
        put32(out, sizes.compressed as u32);
        put32(out, sizes.content as u32);
    }
}

/// Whether the descriptor has sizes of 64 bits: go1.27 writes the largest number
/// of 32 bits as one.
fn is_wide(encoder: Encoder, sizes: &Sizes) -> bool {
    let largest = sizes.compressed.max(sizes.content);
    match encoder {
        Encoder::Go126 => largest >= MAX32,
        Encoder::Go127 => largest > MAX32,
    }
}

/// The central directory in the making (Close).
#[derive(Debug)]
pub(super) struct Directory {
    encoder: Encoder,
    bytes: Vec<u8>,
    entries: u64,
    /// Some entry has an extra field of 64-bit numbers.
    has_wide: bool,
}

impl Directory {
    pub(super) fn new(encoder: Encoder) -> Self {
        Self { encoder, bytes: Vec::new(), entries: 0, has_wide: false }
    }

    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn add(&mut self, entry: &Entry, sizes: &Sizes) {
        let mut version = if is_wide(self.encoder, sizes) { VERSION64 } else { VERSION };
        let mut extra = Vec::new();
        let Sizes { crc, mut compressed, mut content } = *sizes;
        let is_large = |n: &u64| *n >= MAX32;
        if [content, compressed, entry.offset].iter().any(is_large) {
            put16(&mut extra, ZIP64_EXTRA);
            match self.encoder {
                Encoder::Go126 => {
                    put16(&mut extra, 24);
                    for n in [content, compressed, entry.offset] {
                        put64(&mut extra, n);
                    }
                    (compressed, content) = (MAX32, MAX32);
                }
                Encoder::Go127 => {
                    self.has_wide = true;
                    version = VERSION64;
                    let large = [content, compressed, entry.offset].into_iter().filter(is_large);
                    put16(&mut extra, 8 * large.clone().count() as u16);
                    for n in large {
                        put64(&mut extra, n);
                    }
                }
            }
        }
        let out = &mut self.bytes;
        put32(out, CENTRAL);
        put16(out, VERSION);
        put16(out, version);
        put16(out, entry.flags());
        put16(out, entry.method());
        put32(out, 0);
        put32(out, crc);
        put32(out, compressed.min(MAX32) as u32);
        put32(out, content.min(MAX32) as u32);
        put16(out, entry.name.len() as u16);
        put16(out, extra.len() as u16);
        // Comment, disk, attributes.
        out.extend_from_slice(&[0; 10]);
        put32(out, entry.offset.min(MAX32) as u32);
        out.extend_from_slice(&entry.name);
        out.extend_from_slice(&extra);
        self.entries += 1;
    }

    /// The directory and the end of the zip, for a directory that begins at `start`.
    pub(super) fn finish(mut self, start: u64, out: &mut Vec<u8>) {
        let (mut entries, mut size, mut offset) = (self.entries, self.size(), start);
        out.append(&mut self.bytes);
        if self.has_wide || entries >= MAX16 || size >= MAX32 || offset >= MAX32 {
            put32(out, END64);
            put64(out, 56 - 12);
            put16(out, VERSION64);
            put16(out, VERSION64);
            put64(out, 0);
            for n in [entries, entries, size, offset] {
                put64(out, n);
            }
            put32(out, LOCATOR64);
            put32(out, 0);
            put64(out, start + size);
            put32(out, 1);
            if self.encoder == Encoder::Go126 {
                (entries, size, offset) = (MAX16, MAX32, MAX32);
            }
        }
        put32(out, END);
        put32(out, 0);
        for _ in 0..2 {
            put16(out, entries.min(MAX16) as u16);
        }
        put32(out, size.min(MAX32) as u32);
        put32(out, offset.min(MAX32) as u32);
        put16(out, 0);
    }
}

fn put16(out: &mut Vec<u8>, n: u16) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, n: u32) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(&n.to_le_bytes());
}

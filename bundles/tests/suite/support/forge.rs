//! Makes containers that no honest writer makes. Written from FORMAT.md, not
//! from the crate, so that it is a second opinion on the layout as well.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Read as _;

/// An entry and everything that its headers say otherwise than they should.
#[derive(Clone, Default)]
pub struct Forged {
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    /// Another name in the local header.
    pub local_name: Option<Vec<u8>>,
    /// Fields of the local header by name.
    pub local: BTreeMap<String, u64>,
    /// Fields of the central header by name.
    pub central: BTreeMap<String, u64>,
    pub local_extra: Vec<u8>,
    pub central_extra: Vec<u8>,
    pub comment: Vec<u8>,
    /// Bytes before the local header that belong to no entry.
    pub gap: Vec<u8>,
    /// Bytes after the content, such as a data descriptor.
    pub after: Vec<u8>,
}

/// A container to be.
#[derive(Clone, Default)]
pub struct Forge {
    pub entries: Vec<Forged>,
    /// Fields of the end record by name.
    pub end: BTreeMap<String, u64>,
    pub archive_comment: Vec<u8>,
    /// Bytes before everything, with offsets counted from after them.
    pub prefix: Vec<u8>,
    pub trailer: Vec<u8>,
    /// Bytes between the entries and the central directory.
    pub before_directory: Vec<u8>,
    /// ZIP64 end records though nothing needs them.
    pub end64: bool,
}

fn put(out: &mut Vec<u8>, value: u64, width: usize) {
    out.extend_from_slice(&value.to_le_bytes()[..width]);
}

fn crc32(bytes: &[u8]) -> u64 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    u64::from(!crc)
}

/// Writes fields in order; an override by name wins over the value given.
fn fields(out: &mut Vec<u8>, own: &BTreeMap<String, u64>, list: &[(&str, u64, usize)]) {
    for (name, value, width) in list {
        put(out, own.get(*name).copied().unwrap_or(*value), *width);
    }
    for name in own.keys() {
        assert!(list.iter().any(|(n, _, _)| n == name), "no field {name}");
    }
}

impl Forge {
    /// Takes an honest bundle apart, with the zip crate.
    pub fn of(bundle: &[u8]) -> Self {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bundle)).unwrap();
        let mut forge = Self::default();
        for at in 0..zip.len() {
            let mut entry = zip.by_index(at).unwrap();
            let name = entry.name_raw().to_vec();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            forge.entries.push(Forged { name, content, ..Forged::default() });
        }
        forge
    }

    pub fn position(&self, name: &str) -> usize {
        let found = self.entries.iter().position(|e| e.name.starts_with(name.as_bytes()));
        found.unwrap_or_else(|| panic!("no entry {name}"))
    }

    pub fn entry(&mut self, name: &str) -> &mut Forged {
        let at = self.position(name);
        &mut self.entries[at]
    }

    /// Puts it together.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let base = out.len() as u64;
        let mut directory = Vec::new();
        for e in &self.entries {
            out.extend(&e.gap);
            let offset = out.len() as u64 - base;
            let (size, crc) = (e.content.len() as u64, crc32(&e.content));
            let local_name = e.local_name.as_ref().unwrap_or(&e.name);
            fields(
                &mut out,
                &e.local,
                &[
                    ("signature", 0x0403_4b50, 4),
                    ("needs", 10, 2),
                    ("flags", 0, 2),
                    ("method", 0, 2),
                    ("time", 0, 2),
                    ("date", 0x21, 2),
                    ("crc", crc, 4),
                    ("csize", size, 4),
                    ("usize", size, 4),
                    ("namelen", local_name.len() as u64, 2),
                    ("extralen", e.local_extra.len() as u64, 2),
                ],
            );
            out.extend(local_name);
            out.extend(&e.local_extra);
            out.extend(&e.content);
            out.extend(&e.after);
            fields(
                &mut directory,
                &e.central,
                &[
                    ("signature", 0x0201_4b50, 4),
                    ("madeby", 0x032d, 2),
                    ("needs", 10, 2),
                    ("flags", 0, 2),
                    ("method", 0, 2),
                    ("time", 0, 2),
                    ("date", 0x21, 2),
                    ("crc", crc, 4),
                    ("csize", size, 4),
                    ("usize", size, 4),
                    ("namelen", e.name.len() as u64, 2),
                    ("extralen", e.central_extra.len() as u64, 2),
                    ("commentlen", e.comment.len() as u64, 2),
                    ("disk", 0, 2),
                    ("internal", 0, 2),
                    ("attributes", 0x81a4_0000, 4),
                    ("offset", offset, 4),
                ],
            );
            directory.extend(&e.name);
            directory.extend(&e.central_extra);
            directory.extend(&e.comment);
        }
        out.extend(&self.before_directory);
        let (at, size, count) = (out.len() as u64 - base, directory.len() as u64, self.entries.len() as u64);
        out.extend(directory);
        if self.end64 {
            for (value, width) in [
                (0x0606_4b50, 4),
                (44, 8),
                (0x032d, 2),
                (45, 2),
                (0, 4),
                (0, 4),
                (count, 8),
                (count, 8),
                (size, 8),
                (at, 8),
                (0x0706_4b50, 4),
                (0, 4),
                (at + size, 8),
                (1, 4),
            ] {
                put(&mut out, value, width);
            }
        }
        fields(
            &mut out,
            &self.end,
            &[
                ("signature", 0x0605_4b50, 4),
                ("disk", 0, 2),
                ("directorydisk", 0, 2),
                ("count", count, 2),
                ("total", count, 2),
                ("size", size, 4),
                ("offset", at, 4),
                ("commentlen", self.archive_comment.len() as u64, 2),
            ],
        );
        out.extend(&self.archive_comment);
        out.extend(&self.trailer);
        out
    }
}

//! A zip whose every field can be false.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;

/// One entry: as the local header and as the central directory has it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub before: Vec<u8>,
    pub local: Header,
    pub central: Header,
    pub data: Vec<u8>,
    pub behind: Vec<u8>,
    pub offset: Option<u32>,
    pub disk: u16,
}

#[derive(Clone, Debug)]
pub struct Header {
    pub name: Vec<u8>,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub extra: Vec<u8>,
}

pub const MODULE: &str = "example.com/m@v1.0.0";

impl Entry {
    /// A deflated file with its sizes in the local header.
    pub fn new(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let data = encoder.finish().unwrap();
        let header = Header {
            name: format!("{MODULE}/{name}").into_bytes(),
            flags: 0,
            method: 8,
            crc: crc32fast::hash(content),
            compressed: data.len() as u32,
            size: content.len() as u32,
            extra: Vec::new(),
        };
        Self {
            before: Vec::new(),
            local: header.clone(),
            central: header,
            data,
            behind: Vec::new(),
            offset: None,
            disk: 0,
        }
    }

    pub fn stored(name: &str, content: &[u8]) -> Self {
        Self::new(name, content).with(|entry| {
            entry.data = content.to_vec();
            entry.both(|header| {
                header.method = 0;
                header.compressed = content.len() as u32;
            });
        })
    }

    /// A file as Go writes it: sizes in a data descriptor.
    pub fn streamed(name: &str, content: &[u8]) -> Self {
        Self::new(name, content).with(|entry| {
            entry.both(|header| header.flags = 8);
            let Header { crc, compressed, size, .. } = entry.central;
            (entry.local.crc, entry.local.compressed, entry.local.size) = (0, 0, 0);
            entry.behind = [0x0807_4b50, crc, compressed, size].map(u32::to_le_bytes).concat();
        })
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn both(&mut self, change: impl Fn(&mut Header)) {
        change(&mut self.local);
        change(&mut self.central);
    }
}

#[derive(Clone, Debug, Default)]
pub struct Archive {
    pub entries: Vec<Entry>,
    pub before: Vec<u8>,
    pub before_directory: Vec<u8>,
    pub behind_directory: Vec<u8>,
    pub comment: Vec<u8>,
    pub behind: Vec<u8>,
    pub zip64: bool,
    /// What to do with the end record's fields.
    pub end: Option<fn(&mut End)>,
}

#[derive(Clone, Debug)]
pub struct End {
    pub count: u16,
    pub size: u32,
    pub start: u32,
    pub disk: u16,
    pub count64: u64,
    pub size64: u64,
    pub start64: u64,
    pub locator: u64,
}

impl Archive {
    pub fn of(entries: impl Into<Vec<Entry>>) -> Self {
        Self { entries: entries.into(), ..Self::default() }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.before.clone();
        let mut directory = Vec::new();
        for entry in &self.entries {
            out.extend(&entry.before);
            let offset = entry.offset.unwrap_or(out.len() as u32);
            out.extend(b"PK\x03\x04\x14\0");
            entry.local.write(&mut out);
            out.extend(&entry.local.name);
            out.extend(&entry.local.extra);
            out.extend(&entry.data);
            out.extend(&entry.behind);
            directory.extend(b"PK\x01\x02\x14\0\x14\0");
            entry.central.write(&mut directory);
            directory.extend([0, 0]);
            directory.extend(entry.disk.to_le_bytes());
            directory.extend([0; 6]);
            directory.extend(offset.to_le_bytes());
            directory.extend(&entry.central.name);
            directory.extend(&entry.central.extra);
        }
        out.extend(&self.before_directory);
        let start = out.len();
        out.extend(&directory);
        out.extend(&self.behind_directory);
        let mut end = End {
            count: self.entries.len() as u16,
            size: directory.len() as u32,
            start: start as u32,
            disk: 0,
            count64: self.entries.len() as u64,
            size64: directory.len() as u64,
            start64: start as u64,
            locator: out.len() as u64,
        };
        if self.zip64 {
            (end.count, end.size, end.start) = (u16::MAX, u32::MAX, u32::MAX);
        }
        if let Some(change) = self.end {
            change(&mut end);
        }
        if self.zip64 {
            out.extend(b"PK\x06\x06");
            out.extend(44u64.to_le_bytes());
            out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for field in [end.count64, end.count64, end.size64, end.start64] {
                out.extend(field.to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(end.locator.to_le_bytes());
            out.extend(1u32.to_le_bytes());
        }
        out.extend(b"PK\x05\x06");
        for field in [end.disk, end.disk, end.count, end.count] {
            out.extend(field.to_le_bytes());
        }
        out.extend(end.size.to_le_bytes());
        out.extend(end.start.to_le_bytes());
        out.extend((self.comment.len() as u16).to_le_bytes());
        out.extend(&self.comment);
        out.extend(&self.behind);
        out
    }
}

impl Header {
    fn write(&self, out: &mut Vec<u8>) {
        for field in [self.flags, self.method, 0, 0] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.compressed, self.size] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.name.len(), self.extra.len()] {
            out.extend((field as u16).to_le_bytes());
        }
    }
}

/// An extra field.
pub fn extra(tag: u16, body: &[u8]) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), body].concat()
}

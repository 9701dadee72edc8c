//! The container: the end records and the central directory, read so strictly
//! that no other reader can see another archive.
//!
//! Accepted is a plain zip as Go's, Java's, Python's or Info-ZIP's writer makes
//! it: entries from byte 0 on, one after the other without a gap, then the
//! central directory, then (ZIP64) record and locator where there are more than
//! 65,534 entries, then the end record and its comment up to the last byte.
//! Data in front, between or behind, a second end record in the comment,
//! sizes that only one of two records has, or a name that an extra field
//! overrides, are refused. Local headers are compared when their entry is read
//! (`local.rs`), for that takes reading the whole file.

use super::Limits;
use super::error::{EntryFault, Fault};
use memchr::memmem;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

const END_LEN: usize = 22;
const LOCATOR_LEN: usize = 20;
const END64_LEN: usize = 56;
const CENTRAL_LEN: usize = 46;
/// The length of a local header without name and extra fields.
pub(super) const LOCAL_LEN: usize = 30;

/// Encrypted, patch data, strong encryption, masked headers.
const FORBIDDEN_FLAGS: u16 = 1 | 1 << 5 | 1 << 6 | 1 << 13;
/// The sizes follow the data.
pub(super) const DESCRIPTOR_FLAG: u16 = 1 << 3;

/// How an entry's bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Store,
    Deflate,
}

impl Method {
    pub(super) fn code(self) -> u16 {
        match self {
            Self::Store => 0,
            Self::Deflate => 8,
        }
    }
}

/// An entry of the central directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    name: Range<u32>,
    pub(super) flags: u16,
    pub(super) method: Method,
    pub(super) crc32: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// Where its local header starts.
    pub(super) start: u64,
    /// Where the next entry's header, or the central directory, starts.
    pub(super) end: u64,
}

/// The central directory, in its own order.
#[derive(Debug)]
pub(super) struct Directory {
    names: String,
    pub(super) entries: Vec<Entry>,
    /// The entries' places in `entries`, in the order of their data in the file.
    pub(super) by_place: Vec<u32>,
}

impl Directory {
    pub(super) fn name(&self, entry: &Entry) -> &str {
        &self.names[entry.name.start as usize..entry.name.end as usize]
    }

    /// Full names and sizes, in the order of the directory.
    pub(super) fn named(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.entries.iter().map(|entry| (self.name(entry), entry.size))
    }
}

/// Reads the end records and the central directory.
pub(super) fn read_directory(reader: &mut (impl Read + Seek), limits: &Limits) -> Result<Directory, Fault> {
    let size = reader.seek(SeekFrom::End(0))?;
    if size > limits.zip {
        return Err(Fault::TooLarge { what: "the file in bytes", size, limit: limits.zip });
    }
    let tail_len = size.min((END64_LEN + LOCATOR_LEN + END_LEN + 0xffff) as u64);
    let tail = read_at(reader, size - tail_len, tail_len)?;
    let end = EndRecord::find(&tail, size - tail_len)?;
    if end.count > limits.entries {
        return Err(Fault::TooLarge {
            what: "the number of entries",
            size: end.count,
            limit: limits.entries,
        });
    }
    // Names and entries are numbered with 32 bits.
    let limit = limits.directory.min(u32::MAX.into());
    if end.size > limit {
        return Err(Fault::TooLarge { what: "the central directory in bytes", size: end.size, limit });
    }
    let bytes = read_at(reader, end.start, end.size)?;
    let mut directory = parse(&bytes, &end)?;
    drop(bytes);
    lay_out(&mut directory, end.start)?;
    Ok(directory)
}

fn read_at(reader: &mut (impl Read + Seek), at: u64, len: u64) -> Result<Vec<u8>, Fault> {
    let len = usize::try_from(len).map_err(|_| Fault::Container("the directory does not fit in memory"))?;
    let mut bytes = vec![0; len];
    reader.seek(SeekFrom::Start(at))?;
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Where the central directory is, from whichever end record holds.
struct EndRecord {
    start: u64,
    size: u64,
    count: u64,
}

impl EndRecord {
    /// Finds the one end record in `tail`, the last bytes of the file, which
    /// start at `tail_start`.
    fn find(tail: &[u8], tail_start: u64) -> Result<Self, Fault> {
        let bad = Fault::Container;
        let last_possible = tail.len().checked_sub(END_LEN).ok_or(bad("too short for a zip"))?;
        let mut signatures: Vec<usize> =
            memmem::find_iter(&tail[..last_possible + 4], b"PK\x05\x06").collect();
        let closes = |at: usize| at + END_LEN + usize::from(Fields(&tail[at..]).u16(20)) == tail.len();
        let at = signatures.pop().ok_or(bad("no end of central directory"))?;
        if !closes(at) {
            return Err(bad("data behind the end of central directory"));
        }
        if signatures.into_iter().any(closes) {
            return Err(bad("two ends of central directory, one in the comment of the other"));
        }
        let end = Fields(&tail[at..]);
        if end.u16(4) != 0 || end.u16(6) != 0 || end.u16(8) != end.u16(10) {
            return Err(bad("it spans several disks"));
        }
        let place = tail_start + at as u64;
        let (count, size, start) = (end.u16(10), end.u32(12), end.u32(16));
        let locator = at.checked_sub(LOCATOR_LEN).map(|at| Fields(&tail[at..]));
        let locator = locator.filter(|fields| fields.0.starts_with(b"PK\x06\x07"));
        let saturated = count == 0xffff || start == u32::MAX;
        let record = match locator {
            Some(locator) if saturated => Self::read64(tail, tail_start, at, &locator, (count, size, start))?,
            // The last bytes of a comment or a name may look like a locator,
            // but some readers would follow it.
            Some(_) => return Err(bad("a zip64 locator that nothing calls for")),
            None => {
                let record = Self { start: start.into(), size: size.into(), count: count.into() };
                if record.start.checked_add(record.size) != Some(place) {
                    return Err(bad("the central directory does not end where its end record starts"));
                }
                record
            }
        };
        Ok(record)
    }

    /// Reads the ZIP64 record in front of the locator, which is in front of
    /// the end record at `at`.
    fn read64(
        tail: &[u8],
        tail_start: u64,
        at: usize,
        locator: &Fields<'_>,
        (count32, size32, start32): (u16, u32, u32),
    ) -> Result<Self, Fault> {
        let bad = Fault::Container;
        let record_at = at.checked_sub(LOCATOR_LEN + END64_LEN).ok_or(bad("no space for a zip64 record"))?;
        let place = tail_start + record_at as u64;
        let record = Fields(&tail[record_at..]);
        if locator.u32(4) != 0 || locator.u32(16) != 1 || locator.u64(8) != place {
            return Err(bad("the zip64 locator does not point at the record in front of it"));
        }
        if !record.0.starts_with(b"PK\x06\x06") || record.u64(4) != (END64_LEN - 12) as u64 {
            return Err(bad("malformed zip64 record"));
        }
        if record.u32(16) != 0 || record.u32(20) != 0 || record.u64(24) != record.u64(32) {
            return Err(bad("it spans several disks"));
        }
        let (count, size, start) = (record.u64(32), record.u64(40), record.u64(48));
        let agree = |short: u64, max: u64, long: u64| short == max || short == long;
        if !agree(count32.into(), 0xffff, count)
            || !agree(size32.into(), u32::MAX.into(), size)
            || !agree(start32.into(), u32::MAX.into(), start)
        {
            return Err(bad("the end record and the zip64 record differ"));
        }
        if start.checked_add(size) != Some(place) {
            return Err(bad("the central directory does not end where its zip64 record starts"));
        }
        Ok(Self { start, size, count })
    }
}

/// Parses the whole directory, which must hold just as many entries as declared.
fn parse(bytes: &[u8], end: &EndRecord) -> Result<Directory, Fault> {
    let bad = Fault::Container;
    let most = bytes.len() / CENTRAL_LEN;
    let count = usize::try_from(end.count).ok().filter(|&count| count <= most);
    let count = count.ok_or(bad("the central directory is too short for its entries"))?;
    let mut directory = Directory {
        names: String::with_capacity(bytes.len() - count * CENTRAL_LEN),
        entries: Vec::with_capacity(count),
        by_place: Vec::new(),
    };
    let mut rest = bytes;
    for _ in 0..count {
        if rest.len() < CENTRAL_LEN || !rest.starts_with(b"PK\x01\x02") {
            return Err(bad("malformed central directory"));
        }
        let fields = Fields(rest);
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(fields.u16(at)));
        let after = rest.len().checked_sub(CENTRAL_LEN + name + extra + comment);
        after.ok_or(bad("the central directory is cut short"))?;
        let (record, next) = rest.split_at(CENTRAL_LEN + name + extra + comment);
        rest = next;
        let extra = &record[CENTRAL_LEN + name..CENTRAL_LEN + name + extra];
        let name = &record[CENTRAL_LEN..CENTRAL_LEN + name];
        let text =
            std::str::from_utf8(name).map_err(|_| EntryFault::NotUtf8.of(&String::from_utf8_lossy(name)))?;
        let name_start = directory.names.len() as u32;
        directory.names.push_str(text);
        let range = name_start..directory.names.len() as u32;
        let entry = parse_entry(&Fields(record), text, extra, range).map_err(|fault| fault.of(text))?;
        directory.entries.push(entry);
    }
    if !rest.is_empty() {
        return Err(bad("the central directory holds more than its entries"));
    }
    directory.names.shrink_to_fit();
    Ok(directory)
}

fn parse_entry(
    fields: &Fields<'_>,
    name: &str,
    extra: &[u8],
    range: Range<u32>,
) -> Result<Entry, EntryFault> {
    let flags = fields.u16(8);
    if flags & FORBIDDEN_FLAGS != 0 {
        return Err(EntryFault::Feature("encryption or patch data"));
    }
    let method = match fields.u16(10) {
        0 => Method::Store,
        8 => Method::Deflate,
        other => return Err(EntryFault::Method(other)),
    };
    let (compressed, size, start) = (fields.u32(20), fields.u32(24), fields.u32(42));
    // A module zip has no use for sizes or places over 4 GiB.
    if [compressed, size, start].contains(&u32::MAX) {
        return Err(EntryFault::Feature("a zip64 size"));
    }
    if fields.u16(34) != 0 {
        return Err(EntryFault::Feature("a second disk"));
    }
    check_extra(extra, name)?;
    if method == Method::Store && compressed != size {
        return Err(EntryFault::Size { declared: size.into() });
    }
    Ok(Entry {
        name: range,
        flags,
        method,
        crc32: fields.u32(16),
        compressed: compressed.into(),
        size: size.into(),
        start: start.into(),
        end: 0,
    })
}

/// Refuses an extra field that gives the entry another name (Info-ZIP's
/// 0x7075). Malformed fields are ignored, as by Go.
pub(super) fn check_extra(mut extra: &[u8], name: &str) -> Result<(), EntryFault> {
    while extra.len() >= 4 {
        let fields = Fields(extra);
        let (tag, len) = (fields.u16(0), usize::from(fields.u16(2)));
        let Some(body) = extra.get(4..4 + len) else { break };
        if tag == 0x7075 && body.get(5..) != Some(name.as_bytes()) {
            return Err(EntryFault::Feature("an extra field with another name"));
        }
        extra = &extra[4 + len..];
    }
    Ok(())
}

/// Sorts the entries by place and refuses gaps and overlaps, so far as the
/// central directory says.
fn lay_out(directory: &mut Directory, directory_start: u64) -> Result<(), Fault> {
    let mut order: Vec<u32> = (0..directory.entries.len() as u32).collect();
    order.sort_unstable_by_key(|&i| directory.entries[i as usize].start);
    let starts = order.iter().skip(1).map(|&i| directory.entries[i as usize].start);
    let ends: Vec<u64> = starts.chain([directory_start]).collect();
    let first = order.first().map_or(directory_start, |&i| directory.entries[i as usize].start);
    if first != 0 {
        return Err(Fault::Container("data in front of the first entry"));
    }
    for (&i, &end) in order.iter().zip(&ends) {
        let entry = &mut directory.entries[i as usize];
        entry.end = end;
        let least = LOCAL_LEN as u64 + u64::from(entry.name.end - entry.name.start) + entry.compressed;
        if entry.start + least > end {
            let entry = directory.entries[i as usize].clone();
            let fault = EntryFault::Layout("overlaps the next entry or the central directory");
            return Err(fault.of(directory.name(&entry)));
        }
    }
    directory.by_place = order;
    Ok(())
}

/// Little-endian fields of a record whose length has been checked.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.0[at..at + N]);
        array
    }

    pub(super) fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.array(at))
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    pub(super) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.array(at))
    }
}

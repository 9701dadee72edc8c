//! The bytes of the container's headers (PKWARE APPNOTE 4.3, narrowed).

/// What a header says about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Its name.
    pub name: String,
    /// Its size in bytes; stored, so both of ZIP's sizes.
    pub size: u64,
    /// The CRC-32 of its bytes.
    pub crc: u32,
}

pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(super) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
pub(super) const END64_SIGNATURE: u32 = 0x0606_4b50;
pub(super) const LOCATOR_SIGNATURE: u32 = 0x0706_4b50;

pub(super) const LOCAL_LEN: usize = 30;
pub(super) const CENTRAL_LEN: usize = 46;
pub(super) const END_LEN: usize = 22;
pub(super) const END64_LEN: usize = 56;
pub(super) const LOCATOR_LEN: usize = 20;

/// The 32-bit value that sends a reader to the ZIP64 field.
pub(super) const IN_64: u32 = u32::MAX;
/// The 16-bit value that sends a reader to the ZIP64 end record.
pub(super) const COUNT_IN_64: u16 = u16::MAX;

/// Made by version 4.5 on Unix, so that unzip gives files mode 0644.
pub(super) const MADE_BY: u16 = 3 << 8 | 45;
/// A regular file, rw-r--r--.
pub(super) const ATTRIBUTES: u32 = 0o100_644 << 16;
/// Extracting needs version 1.0, or 4.5 where ZIP64 is used.
pub(super) const NEEDS: u16 = 10;
pub(super) const NEEDS_64: u16 = 45;
/// 1980-01-01 00:00:00, the first moment that ZIP can state.
pub(super) const TIME: u16 = 0;
pub(super) const DATE: u16 = 1 << 5 | 1;

struct Bytes(Vec<u8>);

impl Bytes {
    fn u16(mut self, v: u16) -> Self {
        self.0.extend(v.to_le_bytes());
        self
    }
    fn u32(mut self, v: u32) -> Self {
        self.0.extend(v.to_le_bytes());
        self
    }
    fn u64(mut self, v: u64) -> Self {
        self.0.extend(v.to_le_bytes());
        self
    }
    fn bytes(mut self, v: &[u8]) -> Self {
        self.0.extend(v);
        self
    }

    /// What both headers of an entry say, from the version that it needs to the
    /// length of its ZIP64 field.
    fn entry(self, meta: &Meta, field: &[u8]) -> Self {
        self.u16(if field.is_empty() { NEEDS } else { NEEDS_64 })
            .u16(0)
            .u16(0)
            .u16(TIME)
            .u16(DATE)
            .u32(meta.crc)
            .u32(short(meta.size))
            .u32(short(meta.size))
            .u16(name_len(&meta.name))
            .u16(field.len() as u16)
    }
}

/// A number in 32 bits, or the sign that it is in the ZIP64 field.
fn short(v: u64) -> u32 {
    u32::try_from(v).unwrap_or(IN_64)
}

fn count_short(v: u64) -> u16 {
    u16::try_from(v).unwrap_or(COUNT_IN_64)
}

/// Whether a number is in the ZIP64 field: it, or the sign itself, does not fit.
fn is_long(v: u64) -> bool {
    v >= u64::from(IN_64)
}

fn name_len(name: &str) -> u16 {
    // Names are bounded far below by `Limits::name` and by the writer.
    u16::try_from(name.len()).unwrap_or(u16::MAX)
}

/// The ZIP64 extra field with these numbers, or nothing.
fn extra(numbers: &[u64]) -> Vec<u8> {
    if numbers.is_empty() {
        return Vec::new();
    }
    let out = Bytes(Vec::new()).u16(1).u16(8 * numbers.len() as u16);
    numbers.iter().fold(out, |out, n| out.u64(*n)).0
}

/// The length of an entry's local header with its name.
pub(crate) fn local_header_len(name: &str, size: u64) -> u64 {
    (LOCAL_LEN + name.len() + if is_long(size) { 20 } else { 0 }) as u64
}

/// An entry's local header with its name.
pub(crate) fn local_header(meta: &Meta) -> Vec<u8> {
    let field = if is_long(meta.size) { extra(&[meta.size, meta.size]) } else { Vec::new() };
    Bytes(Vec::new()).u32(LOCAL_SIGNATURE).entry(meta, &field).bytes(meta.name.as_bytes()).bytes(&field).0
}

/// An entry's record in the central directory.
pub(crate) fn central_header(meta: &Meta, offset: u64) -> Vec<u8> {
    let mut numbers = Vec::new();
    if is_long(meta.size) {
        numbers.extend([meta.size, meta.size]);
    }
    if is_long(offset) {
        numbers.push(offset);
    }
    let field = extra(&numbers);
    Bytes(Vec::new())
        .u32(CENTRAL_SIGNATURE)
        .u16(MADE_BY)
        .entry(meta, &field)
        .u16(0)
        .u16(0)
        .u16(0)
        .u32(ATTRIBUTES)
        .u32(short(offset))
        .bytes(meta.name.as_bytes())
        .bytes(&field)
        .0
}

/// The end records: the ZIP64 pair where a number needs it, then the usual one.
pub(crate) fn end_records(count: u64, directory_offset: u64, directory_size: u64) -> Vec<u8> {
    let long = count >= u64::from(COUNT_IN_64) || is_long(directory_offset) || is_long(directory_size);
    let mut out = Bytes(Vec::new());
    if long {
        out = out
            .u32(END64_SIGNATURE)
            .u64((END64_LEN - 12) as u64)
            .u16(MADE_BY)
            .u16(NEEDS_64)
            .u32(0)
            .u32(0)
            .u64(count)
            .u64(count)
            .u64(directory_size)
            .u64(directory_offset)
            .u32(LOCATOR_SIGNATURE)
            .u32(0)
            .u64(directory_offset + directory_size)
            .u32(1);
    }
    out.u32(END_SIGNATURE)
        .u16(0)
        .u16(0)
        .u16(count_short(count))
        .u16(count_short(count))
        .u32(short(directory_size))
        .u32(short(directory_offset))
        .u16(0)
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(size: u64) -> Meta {
        Meta { name: "a".to_owned(), size, crc: 7 }
    }

    #[test]
    fn zip64_begins_at_the_sign_itself() {
        let edge = u64::from(u32::MAX);
        for (size, extra_len) in [(0, 0), (edge - 1, 0), (edge, 20), (edge + 1, 20)] {
            let header = local_header(&meta(size));
            assert_eq!(header.len() as u64, local_header_len("a", size));
            assert_eq!(header.len(), 31 + extra_len, "size {size}");
            assert_eq!(header[4], if extra_len > 0 { 45 } else { 10 });
            if extra_len > 0 {
                assert_eq!(header[18..26], [0xff; 8]);
                assert_eq!(header[31..35], [1, 0, 16, 0]);
                assert_eq!(header[35..43], size.to_le_bytes());
                assert_eq!(header[43..51], size.to_le_bytes());
            }
        }
        for (size, offset, extra_len) in
            [(1, edge - 1, 0), (1, edge, 12), (edge, 1, 20), (edge, edge, 28), (1 << 40, 1 << 41, 28)]
        {
            let header = central_header(&meta(size), offset);
            assert_eq!(header.len(), 47 + extra_len, "size {size} offset {offset}");
            if offset >= edge {
                assert_eq!(header[42..46], [0xff; 4]);
                assert_eq!(header[header.len() - 8..], offset.to_le_bytes());
            }
        }
    }

    #[test]
    fn zip64_end_records_appear_only_where_a_number_needs_them() {
        let edge = u64::from(u32::MAX);
        let long = END64_LEN + LOCATOR_LEN + END_LEN;
        for (count, offset, size, len) in [
            (65_534, edge - 1, edge - 1, END_LEN),
            (65_535, 1, 1, long),
            (1, edge, 1, long),
            (1, 1, edge, long),
            (70_000, 1 << 40, 1 << 33, long),
        ] {
            let end = end_records(count, offset, size);
            assert_eq!(end.len(), len, "count {count} offset {offset} size {size}");
            if len == long {
                assert_eq!(end[24..32], count.to_le_bytes());
                assert_eq!(end[40..48], size.to_le_bytes());
                assert_eq!(end[48..56], offset.to_le_bytes());
                assert_eq!(end[64..72], (offset + size).to_le_bytes());
            }
        }
    }
}

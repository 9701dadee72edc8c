//! The local header in front of an entry's data and the data descriptor behind
//! them must repeat what the central directory says, so that a reader that
//! streams the file sees what one that seeks does.

use super::container::{DESCRIPTOR_FLAG, Entry, Fields, LOCAL_LEN, check_extra};
use super::error::EntryFault;

/// Bits that only say how hard the compressor tried; writers differ.
const LEVEL_FLAGS: u16 = 3 << 1;

/// How long the local header is that `bytes` start with: at least its first
/// [`LOCAL_LEN`] bytes.
pub(super) fn header_len(bytes: &[u8]) -> Result<usize, EntryFault> {
    if bytes.len() < LOCAL_LEN || !bytes.starts_with(b"PK\x03\x04") {
        return Err(EntryFault::Layout("no local header where the central directory says"));
    }
    let fields = Fields(bytes);
    Ok(LOCAL_LEN + usize::from(fields.u16(26)) + usize::from(fields.u16(28)))
}

/// Compares a whole local header with the entry of that name.
pub(super) fn check_header(header: &[u8], entry: &Entry, name: &str) -> Result<(), EntryFault> {
    use EntryFault::LocalHeader;
    let fields = Fields(header);
    let name_len = usize::from(fields.u16(26));
    let (local_name, extra) = header[LOCAL_LEN..].split_at(name_len);
    if local_name != name.as_bytes() {
        return Err(LocalHeader("the name"));
    }
    if (fields.u16(6) ^ entry.flags) & !LEVEL_FLAGS != 0 {
        return Err(LocalHeader("the flags"));
    }
    if fields.u16(8) != entry.method.code() {
        return Err(LocalHeader("the method"));
    }
    check_extra(extra, name)?;
    let streamed = entry.flags & DESCRIPTOR_FLAG != 0;
    // A writer that streams leaves out what is in the descriptor.
    let agree = |local: u64, central: u64| local == central || streamed && local == 0;
    if !agree(fields.u32(14).into(), entry.crc32.into()) {
        return Err(LocalHeader("the crc32"));
    }
    let (mut size, mut compressed) = (u64::from(fields.u32(22)), u64::from(fields.u32(18)));
    if size == u64::from(u32::MAX) && compressed == size {
        (size, compressed) = zip64_sizes(extra).ok_or(LocalHeader("the sizes"))?;
    }
    if !agree(size, entry.size) || !agree(compressed, entry.compressed) {
        return Err(LocalHeader("the sizes"));
    }
    Ok(())
}

/// The sizes in a ZIP64 extra field: whoever streams an entry of unknown length
/// may put them there.
fn zip64_sizes(mut extra: &[u8]) -> Option<(u64, u64)> {
    while extra.len() >= 4 {
        let fields = Fields(extra);
        let (tag, len) = (fields.u16(0), usize::from(fields.u16(2)));
        let body = extra.get(4..4 + len)?;
        if tag == 1 {
            return (len >= 16).then(|| (Fields(body).u64(0), Fields(body).u64(8)));
        }
        extra = &extra[4 + len..];
    }
    None
}

/// Checks what stands between an entry's data and the next entry: a data
/// descriptor of one of its four known forms where the flags announce one, and
/// nothing otherwise.
pub(super) fn check_descriptor(behind: &[u8], entry: &Entry) -> Result<(), EntryFault> {
    if entry.flags & DESCRIPTOR_FLAG == 0 {
        return match behind {
            [] => Ok(()),
            _ => Err(EntryFault::Layout("data between it and the next entry")),
        };
    }
    let unsigned = match behind.len() {
        12 | 20 => behind,
        16 | 24 if behind.starts_with(b"PK\x07\x08") => &behind[4..],
        _ => return Err(EntryFault::Layout("no data descriptor where its data end")),
    };
    let fields = Fields(unsigned);
    let (compressed, size) = match unsigned.len() {
        12 => (fields.u32(4).into(), fields.u32(8).into()),
        _ => (fields.u64(4), fields.u64(12)),
    };
    if fields.u32(0) != entry.crc32 || (compressed, size) != (entry.compressed, entry.size) {
        return Err(EntryFault::LocalHeader("the data descriptor"));
    }
    Ok(())
}

/// The most bytes that a data descriptor takes.
pub(super) const DESCRIPTOR_MAX: u64 = 24;

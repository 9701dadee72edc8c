//! The bytes of a record, version 1:
//!
//! ```text
//! magic     "airgo-record 1\n"
//! path, version        texts: length, bytes
//! h1                   32 bytes
//! flags                1: airgo installed it; 2: a part; 4: there is a zip
//! zip                  device, inode, size, mode, mtime, ctime; where there is one
//! tree                 length, and as many bytes as `writer::stamps` has it
//! digest               SHA-256 of all of the above
//! ```
//!
//! Numbers are LEB128, times of the zip in zigzag.

use crate::writer::packed::{Packer, Unpacker};
use crate::writer::stamp::Stamp;
use crate::writer::stamps::PackedStamps;
use airgo_gomod::{H1, ModuleVersion};
use sha2::{Digest as _, Sha256};

const MAGIC: &[u8] = b"airgo-record 1\n";
const INSTALLED: u64 = 1;
const PART: u64 = 2;
const ZIP: u64 = 4;

/// What is recorded of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) module: ModuleVersion,
    pub(crate) h1: H1,
    /// Whether airgo put it there: it may remove it again.
    pub(crate) installed: bool,
    /// Whether its tree may lack files of the module.
    pub(crate) part: bool,
    /// None where it came without a zip.
    pub(crate) zip: Option<Stamp>,
    pub(crate) tree: PackedStamps,
}

/// A record, to be written.
pub(super) struct Record<'k>(pub(super) &'k Known);

impl Record<'_> {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Known { module, h1, installed, part, zip, tree } = self.0;
        let mut packer = Packer(MAGIC.to_vec());
        packer.bytes(module.path.as_bytes());
        packer.bytes(module.version.as_bytes());
        packer.0.extend(h1.0);
        let flag = |is_set: bool, flag: u64| if is_set { flag } else { 0 };
        packer.number(flag(*installed, INSTALLED) | flag(*part, PART) | flag(zip.is_some(), ZIP));
        if let Some(Stamp { dev, ino, size, mode, mtime, ctime }) = *zip {
            [dev, ino, size, mode.into()].into_iter().for_each(|n| packer.number(n));
            [mtime, ctime].into_iter().for_each(|n| packer.signed(n));
        }
        packer.bytes(&tree.0);
        let digest = Sha256::digest(&packer.0);
        packer.0.extend(digest);
        packer.0
    }
}

/// Reads one; none where it is not exactly what [`Record::to_bytes`] writes.
pub(super) fn parse(bytes: &[u8]) -> Option<Known> {
    let (text, digest) = bytes.split_last_chunk::<32>()?;
    if !text.starts_with(MAGIC) || <[u8; 32]>::from(Sha256::digest(text)) != *digest {
        return None;
    }
    let mut from = Unpacker(text.get(MAGIC.len()..)?);
    let module = ModuleVersion::new(from.text()?, from.text()?);
    let (h1, rest) = from.0.split_first_chunk::<32>()?;
    from.0 = rest;
    let flags = from.number()?;
    if flags > INSTALLED | PART | ZIP {
        return None;
    }
    let is_set = |flag| flags & flag != 0;
    let zip = if is_set(ZIP) {
        let (dev, ino, size) = (from.number()?, from.number()?, from.number()?);
        let mode = from.number()?.try_into().ok()?;
        let (mtime, ctime) = (from.signed()?, from.signed()?);
        Some(Stamp { dev, ino, size, mode, mtime, ctime })
    } else {
        None
    };
    let tree = PackedStamps(from.bytes()?.to_vec());
    let (installed, part) = (is_set(INSTALLED), is_set(PART));
    from.0.is_empty().then_some(Known { module, h1: H1(*h1), installed, part, zip, tree })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let zip = Stamp { dev: 1, ino: 2, size: 3, mode: 0o100_644, mtime: -4, ctime: i64::MAX };
        for (zip, installed, part) in [(Some(zip), true, false), (None, false, true)] {
            let module = ModuleVersion::new("example.com/M", "v1.0.0");
            let tree = PackedStamps(vec![1, 2, 3]);
            let known = Known { module, h1: H1([7; 32]), installed, part, zip, tree };
            let bytes = Record(&known).to_bytes();
            assert_eq!(parse(&bytes), Some(known));
            for at in 0..bytes.len() {
                let mut other = bytes.clone();
                other[at] ^= 1;
                assert_eq!(parse(&other), None, "{at}");
                assert_eq!(parse(&bytes[..at]), None, "{at}");
            }
        }
        // As after a power failure, and with a digest that is right.
        assert_eq!(parse(&[0; 200]), None);
        let mut newer = b"airgo-record 2\n".to_vec();
        newer.extend(Sha256::digest(b"airgo-record 2\n"));
        assert_eq!(parse(&newer), None);
        let mut short = MAGIC.to_vec();
        short.extend(Sha256::digest(MAGIC));
        assert_eq!(parse(&short), None);
    }
}

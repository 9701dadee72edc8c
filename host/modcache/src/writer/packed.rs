//! Numbers and texts in few bytes: LEB128, signed ones in zigzag, texts with their
//! length before them. What is read may be anything: each step can fail.

/// Bytes that grow.
#[derive(Debug, Default)]
pub(crate) struct Packer(pub(crate) Vec<u8>);

impl Packer {
    pub(crate) fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n.to_le_bytes()[0] | 0x80);
            n >>= 7;
        }
        self.0.push(n.to_le_bytes()[0]);
    }

    pub(crate) fn signed(&mut self, n: i64) {
        self.number(((n << 1) ^ (n >> 63)).cast_unsigned());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

/// Bytes that are taken from the front.
#[derive(Debug, Clone)]
pub(crate) struct Unpacker<'b>(pub(crate) &'b [u8]);

impl<'b> Unpacker<'b> {
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            n |= part << shift;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let n = self.number()?;
        Some((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }

    pub(crate) fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let numbers = [0, 1, 127, 128, 300, u64::MAX / 2, u64::MAX];
        let signed = [0, 1, -1, 63, -64, 1 << 40, i64::MAX, i64::MIN];
        let mut packer = Packer::default();
        numbers.iter().for_each(|n| packer.number(*n));
        signed.iter().for_each(|n| packer.signed(*n));
        packer.bytes("text".as_bytes());
        let mut unpacker = Unpacker(&packer.0);
        assert!(numbers.iter().all(|n| unpacker.number() == Some(*n)));
        assert!(signed.iter().all(|n| unpacker.signed() == Some(*n)));
        assert_eq!(unpacker.text(), Some("text"));
        assert_eq!(unpacker.number(), None);
    }

    #[test]
    fn nonsense_is_none() {
        assert_eq!(Unpacker(&[0x80; 20]).number(), None);
        assert_eq!(Unpacker(&[0xff; 9]).number(), None);
        let too_large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(Unpacker(&too_large).number(), None);
        assert_eq!(Unpacker(&[5, b'a']).bytes(), None);
        assert_eq!(Unpacker(&[0xff, 0xff, 0xff, 0xff, 0x0f]).bytes(), None);
        assert_eq!(Unpacker(&[1, 0xff]).text(), None);
    }
}

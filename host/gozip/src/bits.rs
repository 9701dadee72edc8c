//! The bit stream of RFC 1951: bits fill a byte from its low end.

use crate::huffman::Code;

/// Bits on their way into bytes.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    /// Whole bytes, for whoever takes them away.
    pub(crate) out: Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits {
    /// Appends the low `count` bits of `value`, which has no others; at most 20.
    #[inline(always)]
    pub(crate) fn put(&mut self, value: u32, count: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.spill();
        }
    }

    #[inline(always)]
    pub(crate) fn code(&mut self, code: Code) {
        self.put(u32::from(code.bits), u32::from(code.len));
    }

    #[inline(always)]
    fn spill(&mut self) {
        self.out.extend_from_slice(&(self.pending as u32).to_le_bytes());
        self.pending >>= 32;
        self.count -= 32;
    }

    /// Fills the last byte with zero bits.
    pub(crate) fn align(&mut self) {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.pending.to_le_bytes()[..bytes]);
        (self.pending, self.count) = (0, 0);
    }

    /// A stored block (RFC 1951, 3.2.4), which is not the last one.
    pub(crate) fn stored(&mut self, content: &[u8]) {
        self.stored_header(false, content.len());
        self.out.extend_from_slice(content);
    }

    pub(crate) fn stored_header(&mut self, last: bool, len: usize) {
        self.put(u32::from(last), 3);
        self.align();
        let len = len as u16;
        self.out.extend_from_slice(&len.to_le_bytes());
        self.out.extend_from_slice(&(!len).to_le_bytes());
    }
}

/// What a stored block of so many bytes takes, in bits as Go counts them: with
/// five bytes of header.
pub(crate) fn stored_size(len: usize) -> u64 {
    (len as u64 + 5) * 8
}

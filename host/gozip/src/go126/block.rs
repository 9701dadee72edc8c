//! Blocks of go1.26 (huffman_bit_writer.go, writeBlock): the smallest of fixed,
//! dynamic and stored.

use crate::bits::{Bits, stored_size};
use crate::header::{BlockCodes, Header};
use crate::symbols::{END_OF_BLOCK, Histogram, Token};
use crate::tokens;

/// The longest stored block.
const MAX_STORED: usize = 65_535;

/// What writing a block needs beside its tokens.
#[derive(Debug)]
pub(super) struct Blocks {
    fixed: BlockCodes,
    codes: BlockCodes,
    header: Header,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { fixed: BlockCodes::fixed(), codes: BlockCodes::new(), header: Header::new() }
    }

    /// Writes a block that is not the last one. `content` is what the tokens
    /// stand for, where it is still at hand.
    pub(super) fn write(&mut self, bits: &mut Bits, block: &[Token], content: Option<&[u8]>) {
        let mut histogram = Histogram::new();
        histogram.count(block);
        histogram.literals[END_OF_BLOCK] = 1;
        let (literals, distances) = histogram.sizes();
        self.codes.literals.generate(&histogram.literals, 15);
        self.codes.distances.generate(&histogram.distances, 15);
        self.header.describe(&self.codes.literals.0[..literals], &self.codes.distances.0[..distances]);

        // Fixed where a code of its own gains nothing; stored where that is
        // smaller than both.
        let extra = histogram.extra_bits();
        let size = |codes: &BlockCodes| {
            codes.literals.size(&histogram.literals) + codes.distances.size(&histogram.distances) + extra
        };
        let fixed = 3 + size(&self.fixed);
        let dynamic = self.header.size() + size(&self.codes);
        if let Some(content) = content.filter(|content| content.len() <= MAX_STORED)
            && stored_size(content.len()) < fixed.min(dynamic)
        {
            bits.stored(content);
            return;
        }
        let codes = if dynamic < fixed {
            self.header.write(bits);
            &self.codes
        } else {
            bits.put(0b010, 3);
            &self.fixed
        };
        tokens::write(bits, block, codes);
        bits.code(codes.literals.0[END_OF_BLOCK]);
    }
}

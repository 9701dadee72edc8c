//! Blocks of go1.27 (huffman_bit_writer.go: writeBlockDynamic, writeBlockHuff).
//!
//! A block's end is written late: while the next block can use the same codes,
//! and a new header is estimated to cost more than it saves, tokens just go on.

use super::estimate;
use crate::bits::{Bits, stored_size};
use crate::header::{BlockCodes, Header};
use crate::huffman::{Code, Codes};
use crate::symbols::{END_OF_BLOCK, Histogram, LITERALS, Token};
use crate::tokens;

/// Only a block of fewer tokens, its end included, may use the fixed codes.
const FEW_TOKENS: usize = 250;
/// Codes of one's own are taken to cost a 128th more than estimated.
const PENALTY: u32 = 7;
/// What the header of codes for literals is taken to cost, in bits.
const HEADER_GUESS: u64 = 70 * 8;
/// Below this size content is not tested for being noise.
const NOISE_SIZE: usize = 1024;
/// What a header states of distances where there is none.
const NO_DISTANCES: [Code; 1] = [Code { bits: 0, len: 1 }];

/// What writing blocks needs beside tokens, and what one block leaves to the next.
#[derive(Debug)]
pub(super) struct Blocks {
    fixed: BlockCodes,
    codes: BlockCodes,
    literals_alone: Codes<LITERALS>,
    header: Header,
    /// The header's size in bits, while the block that it began has no end.
    open: Option<u64>,
    /// The open block has codes for literals alone.
    only_literals: bool,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            fixed: BlockCodes::fixed(),
            codes: BlockCodes::new(),
            literals_alone: Codes::new(),
            header: Header::new(),
            open: None,
            only_literals: false,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.open, self.only_literals) = (None, false);
    }

    /// The end of the stream: an empty block with the fixed codes.
    pub(super) fn finish(&mut self, bits: &mut Bits) {
        self.close(bits);
        bits.put(0b011, 3);
        bits.put(0, 7);
        bits.align();
    }

    pub(super) fn stored(&mut self, bits: &mut Bits, content: &[u8]) {
        self.close(bits);
        bits.stored(content);
    }

    /// Writes the end of the open block, if there is one.
    fn close(&mut self, bits: &mut Bits) {
        if self.open.take().is_some() {
            bits.code(self.codes.literals.0[END_OF_BLOCK]);
        }
    }

    /// Writes tokens; `last` says that no more will come.
    pub(super) fn write(&mut self, bits: &mut Bits, block: &[Token], content: &[u8], last: bool) {
        let mut histogram = Histogram::new();
        histogram.count(block);
        // There is always a code for the end, written now or later.
        histogram.literals[END_OF_BLOCK] = 1;
        // The estimate does not know of the distance that is counted where a
        // block has none.
        let counted = histogram.clone();
        let tokens = block.len() + usize::from(last);

        if self.only_literals && self.open.is_some() {
            self.close(bits);
            self.only_literals = false;
        }
        if !(self.codes.literals.covers(&counted.literals) && self.codes.distances.covers(&counted.distances))
        {
            self.close(bits);
        }

        let (literals, distances) = histogram.sizes();
        let extra = histogram.extra_bits();
        let stored = stored_size(content.len());
        let size = |codes: &BlockCodes| {
            codes.literals.size(&histogram.literals) + codes.distances.size(&histogram.distances) + extra
        };
        let fixed = (tokens < FEW_TOKENS).then(|| 3 + size(&self.fixed));

        if let Some(header) = self.open {
            let mut new = header + estimate::bits(&counted, tokens);
            new += u64::from(self.codes.literals.0[END_OF_BLOCK].len) + (new >> PENALTY);
            let reused = size(&self.codes);
            if new < reused {
                self.close(bits);
            }
            let size = new.min(reused);
            let small = fixed.is_some_and(|fixed| fixed + 7 < size);
            if stored <= size {
                return self.stored(bits, content);
            }
            if small {
                return self.write_fixed(bits, block);
            }
        }

        if self.open.is_none() {
            self.codes.literals.generate(&histogram.literals, 15);
            self.codes.distances.generate(&histogram.distances, 15);
            let codes = &self.codes;
            self.header.describe(&codes.literals.0[..literals], &codes.distances.0[..distances]);
            let size = self.header.size() + size(codes);
            if let Some(fixed) = fixed.filter(|&fixed| fixed <= size) {
                if stored <= fixed {
                    return self.stored(bits, content);
                }
                return self.write_fixed(bits, block);
            }
            if stored <= size {
                return self.stored(bits, content);
            }
            self.header.write(bits);
            self.open = Some(self.header.size());
            self.only_literals = false;
        }
        tokens::write(bits, block, &self.codes);
        if last {
            self.close(bits);
        }
    }

    fn write_fixed(&mut self, bits: &mut Bits, block: &[Token]) {
        self.close(bits);
        bits.put(0b010, 3);
        tokens::write(bits, block, &self.fixed);
        bits.code(self.fixed.literals.0[END_OF_BLOCK]);
    }

    /// Writes content as literals alone, or as it is.
    pub(super) fn write_literals(&mut self, bits: &mut Bits, content: &[u8], last: bool) {
        let mut counts = [0u32; END_OF_BLOCK + 1];
        for &byte in content {
            counts[usize::from(byte)] += 1;
        }
        if content.len() > NOISE_SIZE && is_noise(&counts[..256], content.len()) {
            return self.stored(bits, content);
        }
        counts[END_OF_BLOCK] = 1;
        self.literals_alone.generate(&counts, 15);
        let mut new = self.literals_alone.size(&counts) + self.open.unwrap_or(HEADER_GUESS);
        new += new >> PENALTY;
        if stored_size(content.len()) <= new {
            return self.stored(bits, content);
        }
        if self.open.is_some() {
            let literals = &counts[..256];
            if !self.codes.literals.covers(literals) || new < self.codes.literals.size(literals) {
                self.close(bits);
            }
        }
        if self.open.is_none() {
            std::mem::swap(&mut self.codes.literals, &mut self.literals_alone);
            self.header.describe(&self.codes.literals.0[..=END_OF_BLOCK], &NO_DISTANCES);
            self.header.write(bits);
            self.open = Some(self.header.size());
            self.only_literals = true;
        }
        for &byte in content {
            bits.code(self.codes.literals.0[usize::from(byte)]);
        }
        if last {
            self.close(bits);
            self.only_literals = false;
        }
    }
}

/// Whether all bytes are about equally frequent: the squares of the differences
/// from their mean add up to less than two a byte.
fn is_noise(counts: &[u32], size: usize) -> bool {
    let mean = size as f64 / 256.0;
    let limit = (size * 2) as f64;
    let mut sum = 0.0;
    for &n in counts {
        let difference = f64::from(n) - mean;
        sum += difference * difference;
        if sum >= limit {
            return false;
        }
    }
    true
}

//! The header of a dynamic block: RFC 1951, 3.2.7, with the run lengths as
//! huffman_bit_writer.go chooses them (generateCodegen), and the fixed codes.

use crate::bits::Bits;
use crate::huffman::{Code, Codes};
use crate::symbols::{DISTANCES, LITERALS};

/// The order in which lengths of codes of lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Extra bits of the symbols 16, 17 and 18.
const EXTRA: [u32; 3] = [2, 3, 7];

/// The codes of the literals and distances of a block.
#[derive(Debug, Clone)]
pub(crate) struct BlockCodes {
    pub(crate) literals: Codes<LITERALS>,
    pub(crate) distances: Codes<DISTANCES>,
}

impl BlockCodes {
    pub(crate) const fn new() -> Self {
        Self { literals: Codes::new(), distances: Codes::new() }
    }

    /// RFC 1951, 3.2.6.
    pub(crate) fn fixed() -> Self {
        let mut codes = Self::new();
        for (symbol, code) in codes.literals.0.iter_mut().enumerate() {
            let symbol = symbol as u16;
            let (value, len) = match symbol {
                0..144 => (symbol + 48, 8),
                144..256 => (symbol + 400 - 144, 9),
                256..280 => (symbol - 256, 7),
                _ => (symbol + 192 - 280, 8),
            };
            *code = Code { bits: value.reverse_bits() >> (16 - u16::from(len)), len };
        }
        for (symbol, code) in codes.distances.0.iter_mut().enumerate() {
            *code = Code { bits: (symbol as u16).reverse_bits() >> 11, len: 5 };
        }
        codes
    }
}

/// The lengths of the codes of a block as the header states them.
#[derive(Debug)]
pub(crate) struct Header {
    /// A symbol and what follows it in extra bits.
    steps: [(u8, u8); LITERALS + DISTANCES],
    count: usize,
    frequencies: [u32; 19],
    codes: Codes<19>,
    /// How many of `ORDER` are written.
    stated: usize,
    literals: usize,
    distances: usize,
}

impl Header {
    pub(crate) fn new() -> Self {
        Self {
            steps: [(0, 0); LITERALS + DISTANCES],
            count: 0,
            frequencies: [0; 19],
            codes: Codes::new(),
            stated: 0,
            literals: 0,
            distances: 0,
        }
    }

    /// Describes these codes.
    pub(crate) fn describe(&mut self, literals: &[Code], distances: &[Code]) {
        (self.count, self.literals, self.distances) = (0, literals.len(), distances.len());
        self.frequencies = [0; 19];
        let mut lens = literals.iter().chain(distances).map(|code| code.len).peekable();
        // Runs go on from literals into distances.
        while let Some(len) = lens.next() {
            let mut run = 1;
            while lens.next_if_eq(&len).is_some() {
                run += 1;
            }
            self.run(len, run);
        }
        self.codes.generate(&self.frequencies, 7);
        self.stated = 19;
        while self.stated > 4 && self.frequencies[ORDER[self.stated - 1]] == 0 {
            self.stated -= 1;
        }
    }

    fn run(&mut self, len: u8, mut run: usize) {
        if len != 0 {
            self.step(len, 0);
            run -= 1;
            while run >= 3 {
                let repeat = run.min(6);
                self.step(16, repeat - 3);
                run -= repeat;
            }
        } else {
            while run >= 11 {
                let zeros = run.min(138);
                self.step(18, zeros - 11);
                run -= zeros;
            }
            if run >= 3 {
                self.step(17, run - 3);
                run = 0;
            }
        }
        for _ in 0..run {
            self.step(len, 0);
        }
    }

    fn step(&mut self, symbol: u8, rest: usize) {
        self.frequencies[usize::from(symbol)] += 1;
        self.steps[self.count] = (symbol, rest as u8);
        self.count += 1;
    }

    /// What `write` writes, in bits.
    pub(crate) fn size(&self) -> u64 {
        let extra = self.frequencies[16..].iter().zip(EXTRA).map(|(&n, bits)| u64::from(n * bits));
        3 + 5 + 5 + 4 + 3 * self.stated as u64 + self.codes.size(&self.frequencies) + extra.sum::<u64>()
    }

    /// Begins a block that is not the last one.
    pub(crate) fn write(&self, bits: &mut Bits) {
        bits.put(0b100, 3);
        bits.put(self.literals as u32 - 257, 5);
        bits.put(self.distances as u32 - 1, 5);
        bits.put(self.stated as u32 - 4, 4);
        for &symbol in &ORDER[..self.stated] {
            bits.put(u32::from(self.codes.0[symbol].len), 3);
        }
        for &(symbol, rest) in &self.steps[..self.count] {
            bits.code(self.codes.0[usize::from(symbol)]);
            if symbol >= 16 {
                bits.put(u32::from(rest), EXTRA[usize::from(symbol) - 16]);
            }
        }
    }
}

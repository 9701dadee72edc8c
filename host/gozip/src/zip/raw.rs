//! A zip that is read from front to back, with some of it at hand.

use std::io::{self, Read};

const PIECE: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Raw<R> {
    source: R,
    bytes: Vec<u8>,
    /// Where in the zip `bytes` begins.
    start: u64,
    ended: bool,
}

impl<R: Read> Raw<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, bytes: Vec::new(), start: 0, ended: false }
    }

    /// What is at hand from `at` on: `want` bytes or more, or all until the end.
    pub(super) fn at(&mut self, at: u64, want: usize) -> io::Result<&[u8]> {
        let from = (at - self.start) as usize;
        while !self.ended && self.bytes.len() < from + want {
            let read = self.source.by_ref().take(PIECE as u64).read_to_end(&mut self.bytes)?;
            self.ended = read == 0;
        }
        Ok(self.bytes.get(from..).unwrap_or_default())
    }

    /// Lets go of what is before `at`.
    pub(super) fn release(&mut self, at: u64) {
        let done = ((at - self.start) as usize).min(self.bytes.len());
        if done >= 2 * PIECE {
            self.bytes.drain(..done);
            self.start += done as u64;
        }
    }
}

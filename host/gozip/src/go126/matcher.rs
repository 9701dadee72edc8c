//! Lazy matching over hash chains (deflate.go: deflate, findMatch, fillDeflate).
//!
//! The window is 64 KiB: 32 KiB of what was, and what comes. A position is kept
//! in the chains as its place in the window plus an origin, which grows as the
//! window moves and from file to file, so that tables need not be cleared: what
//! is below the origin is not in the window.
//!
//! Go works off its window after every write. How the content is cut can be seen
//! in the result in rare cases, so it is fixed here: as if it came in pieces that
//! fill the window. io.Copy, which x/mod/zip uses, reads pieces of 32 KiB, which
//! comes to the same.

use super::block::Blocks;
use crate::bits::Bits;
use crate::bytes::{common, le32};
use crate::symbols::{MAX_LENGTH, Token};

const WINDOW: usize = 1 << 15;
const MASK: usize = WINDOW - 1;
/// The shortest match that is looked for.
const MIN_MATCH: usize = 4;
/// As long as there is less ahead, more is waited for.
const LOOKAHEAD: usize = MIN_MATCH + MAX_LENGTH;
const BLOCK_TOKENS: usize = 1 << 14;
const HASH_BITS: u32 = 17;
/// A match of 4 bytes is not worth it from further away.
const NEAR: usize = 4096;
/// Origins past this are moved back.
const MAX_ORIGIN: usize = 1 << 30;

// deflate.go, levels[5].
/// A match of this length ends the search.
const NICE: usize = 32;
/// After a match of this length nothing better is looked for.
const LAZY: usize = 16;
/// Places that a search looks at.
const CHAIN: usize = 32;

/// Content in, deflate stream out.
#[derive(Debug)]
pub(crate) struct Encoder {
    window: Box<[u8]>,
    /// How much of the window is filled.
    end: usize,
    /// Where in the window the matcher is.
    at: usize,
    /// Where the block's content begins, unless the window has left it behind.
    block_start: Option<usize>,
    /// The byte before `at` has no token yet.
    pending: bool,
    /// Length and distance of the match found at the byte before.
    found: (usize, usize),
    origin: usize,
    /// The last position with each hash.
    head: Box<[u32]>,
    /// The position before each one that has the same hash.
    previous: Box<[u32; WINDOW]>,
    tokens: Vec<Token>,
    blocks: Blocks,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            window: vec![0; 2 * WINDOW].into_boxed_slice(),
            end: 0,
            at: 0,
            block_start: Some(0),
            pending: false,
            found: (MIN_MATCH - 1, 0),
            origin: 1,
            head: vec![0; 1 << HASH_BITS].into_boxed_slice(),
            previous: Box::new([0; WINDOW]),
            tokens: Vec::with_capacity(BLOCK_TOKENS),
            blocks: Blocks::new(),
        }
    }

    /// Takes content.
    pub(crate) fn write(&mut self, mut content: &[u8], bits: &mut Bits) {
        while !content.is_empty() {
            if self.end == self.window.len() {
                self.work(false, bits);
                self.slide();
            }
            let take = content.len().min(self.window.len() - self.end);
            let (now, later) = content.split_at(take);
            self.window[self.end..self.end + take].copy_from_slice(now);
            self.end += take;
            content = later;
        }
    }

    /// Ends the stream, and is ready for another one.
    pub(crate) fn finish(&mut self, bits: &mut Bits) {
        self.work(true, bits);
        // Go ends every stream with an empty stored block.
        bits.stored_header(true, 0);
        self.reset();
    }

    /// Forgets all content.
    pub(crate) fn reset(&mut self) {
        self.origin += self.end;
        (self.end, self.at, self.block_start) = (0, 0, Some(0));
        (self.pending, self.found) = (false, (MIN_MATCH - 1, 0));
        self.tokens.clear();
        self.bound_origin();
    }

    /// Drops the older half of the window.
    fn slide(&mut self) {
        self.window.copy_within(WINDOW.., 0);
        self.at -= WINDOW;
        self.end -= WINDOW;
        self.block_start = self.block_start.and_then(|start| start.checked_sub(WINDOW));
        self.origin += WINDOW;
        self.bound_origin();
    }

    fn bound_origin(&mut self) {
        if self.origin > MAX_ORIGIN {
            let less = (self.origin - 1) as u32;
            self.origin = 1;
            for position in self.head.iter_mut().chain(self.previous.iter_mut()) {
                *position = position.saturating_sub(less);
            }
        }
    }

    /// Makes tokens of what is in the window, of all of it at the end.
    fn work(&mut self, last: bool, bits: &mut Bits) {
        let hashed = self.end.saturating_sub(MIN_MATCH - 1);
        loop {
            let ahead = self.end - self.at;
            if ahead < LOOKAHEAD {
                if !last {
                    return;
                }
                if ahead == 0 {
                    break;
                }
            }
            let mut candidate = None;
            if self.at < hashed {
                candidate = self.insert(self.at);
            }
            let (length, distance) = self.found;
            self.found = (MIN_MATCH - 1, 0);
            if let Some(candidate) = candidate
                && ahead > length
                && length < LAZY
            {
                self.found = self.search(candidate, ahead);
            }
            if length >= MIN_MATCH && self.found.0 <= length {
                // The match at the byte before is at least as good.
                self.tokens.push(Token::of_match(length, distance));
                let end = self.at + length - 1;
                for position in self.at + 1..end.min(hashed) {
                    self.insert(position);
                }
                self.at = end;
                self.pending = false;
                self.found.0 = MIN_MATCH - 1;
                self.end_full_block(bits);
            } else {
                if self.pending {
                    self.tokens.push(Token::literal(self.window[self.at - 1]));
                    // The block ends before this byte.
                    self.end_full_block(bits);
                }
                self.at += 1;
                self.pending = true;
            }
        }
        if self.pending {
            self.tokens.push(Token::literal(self.window[self.at - 1]));
            self.pending = false;
        }
        if !self.tokens.is_empty() {
            self.end_block(bits);
        }
    }

    /// Puts a position at the head of its chain; gives the one that was there,
    /// if it is within reach.
    #[inline(always)]
    fn insert(&mut self, at: usize) -> Option<usize> {
        let hash = le32(&self.window, at).swap_bytes().wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS);
        let head = &mut self.head[hash as usize];
        let before = *head;
        self.previous[at & MASK] = before;
        *head = (at + self.origin) as u32;
        (before as usize).checked_sub(self.origin).filter(|&candidate| candidate + WINDOW >= at)
    }

    /// The longest match for the byte at `at` along the chain from `candidate`;
    /// of equally long ones the nearest. 3 when there is none.
    #[inline(always)]
    fn search(&self, mut candidate: usize, ahead: usize) -> (usize, usize) {
        let at = self.at;
        let longest = ahead.min(MAX_LENGTH);
        let nice = longest.min(NICE);
        let oldest = at.saturating_sub(WINDOW);
        let mut best = (MIN_MATCH - 1, 0);
        // A longer match has these four bytes too.
        let mut tail = le32(&self.window, at);
        for _ in 0..CHAIN {
            if le32(&self.window, candidate + best.0 - 3) == tail {
                let length = common(&self.window, candidate, at, longest);
                if length > best.0 && (length > MIN_MATCH || at - candidate <= NEAR) {
                    best = (length, at - candidate);
                    if length >= nice {
                        break;
                    }
                    tail = le32(&self.window, at + length - 3);
                }
            }
            // A window away, `previous` is already that of `at`.
            if candidate + WINDOW == at {
                break;
            }
            match (self.previous[candidate & MASK] as usize).checked_sub(self.origin) {
                Some(next) if next >= oldest => candidate = next,
                _ => break,
            }
        }
        best
    }

    fn end_full_block(&mut self, bits: &mut Bits) {
        if self.tokens.len() == BLOCK_TOKENS {
            self.end_block(bits);
        }
    }

    fn end_block(&mut self, bits: &mut Bits) {
        let content = self.block_start.map(|start| &self.window[start..self.at]);
        self.blocks.write(bits, &self.tokens, content);
        self.block_start = Some(self.at);
        self.tokens.clear();
    }
}

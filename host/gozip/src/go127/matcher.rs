//! Matching with two hash tables (level5.go, deflatefast.go, and deflateFast of
//! deflate.go): one over 4 bytes, and one over 7 with the last two places.
//!
//! Content is cut into blocks of 65,535 bytes, which matches do not cross; they
//! reach 32 KiB back. A position is kept in the tables as its place in the
//! history plus an origin, which grows from block to block and from file to file:
//! what is older than 32 KiB is out of reach, and tables need not be cleared.

use super::block::Blocks;
use crate::bits::Bits;
use crate::bytes::{common, le32, le64};
use crate::symbols::{MAX_LENGTH, MIN_LENGTH, Token};

/// A block's content.
const BLOCK: usize = 65_535;
/// How far matches reach: less than this.
const REACH: usize = 1 << 15;
const TABLE_BITS: u32 = 15;
/// No match begins so close to the end of a block.
const MARGIN: usize = 11;
/// A search looks at most this far ahead before it has decided.
const LIMITED: usize = MAX_LENGTH - 4;
/// A match of this length is not improved.
const LONG: usize = 30;
/// Last content so small is not searched for matches.
const TINY: usize = 128;
/// Such content is not compressed at all.
const STORED: usize = 32;
/// Origins past this are moved back.
const MAX_ORIGIN: usize = 1 << 30;
/// What places in cleared tables are out of reach of.
const FIRST_ORIGIN: usize = 4 * REACH;

/// The last two places with one hash.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    last: u32,
    before: u32,
}

#[derive(Debug)]
struct Tables {
    /// By 4 bytes.
    short: Box<[u32; 1 << TABLE_BITS]>,
    /// By 7 bytes.
    long: Box<[Pair; 1 << TABLE_BITS]>,
    origin: usize,
}

/// Content in, deflate stream out.
#[derive(Debug)]
pub(crate) struct Encoder {
    /// Up to 32 KiB of what was, and the block that is being filled.
    history: Vec<u8>,
    /// Where the block begins.
    start: usize,
    tables: Tables,
    tokens: Vec<Token>,
    blocks: Blocks,
}

/// A match that begins at `at`, like what is at `from`.
#[derive(Clone, Copy)]
struct Match {
    at: usize,
    from: usize,
    /// What is known of its length.
    length: usize,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            history: Vec::with_capacity(REACH + BLOCK),
            start: 0,
            tables: Tables {
                short: Box::new([0; 1 << TABLE_BITS]),
                long: Box::new([Pair::default(); 1 << TABLE_BITS]),
                origin: FIRST_ORIGIN,
            },
            tokens: Vec::with_capacity(BLOCK),
            blocks: Blocks::new(),
        }
    }

    /// Takes content.
    pub(crate) fn write(&mut self, mut content: &[u8], bits: &mut Bits) {
        while !content.is_empty() {
            // A full block waits: if nothing follows, it is the last one.
            if self.history.len() - self.start == BLOCK {
                self.block(false, bits);
            }
            let left = BLOCK - (self.history.len() - self.start);
            let (now, later) = content.split_at(content.len().min(left));
            self.history.extend_from_slice(now);
            content = later;
        }
    }

    /// Ends the stream, and is ready for another one.
    pub(crate) fn finish(&mut self, bits: &mut Bits) {
        let size = self.history.len() - self.start;
        if size >= TINY {
            self.block(true, bits);
        } else if size > STORED {
            self.blocks.write_literals(bits, &self.history[self.start..], true);
        } else if size > 0 {
            self.blocks.stored(bits, &self.history[self.start..]);
        }
        self.blocks.finish(bits);
        self.reset();
    }

    /// Forgets all content.
    pub(crate) fn reset(&mut self) {
        self.tables.origin += self.history.len() + REACH;
        self.tables.bound_origin();
        self.history.clear();
        self.start = 0;
        self.blocks.reset();
    }

    /// Writes the content since `start`.
    fn block(&mut self, last: bool, bits: &mut Bits) {
        self.tokens.clear();
        find(&self.history, self.start, &mut self.tables, &mut self.tokens);
        let content = &self.history[self.start..];
        if self.tokens.is_empty() {
            self.blocks.stored(bits, content);
        } else if self.tokens.len() > content.len() - content.len() / 16 {
            // Matches saved less than a 16th.
            self.blocks.write_literals(bits, content, last);
        } else {
            self.blocks.write(bits, &self.tokens, content, last);
        }
        let old = self.history.len().saturating_sub(REACH);
        self.history.drain(..old);
        self.start = self.history.len();
        self.tables.origin += old;
        self.tables.bound_origin();
    }
}

impl Tables {
    fn bound_origin(&mut self) {
        if self.origin > MAX_ORIGIN {
            let less = (self.origin - FIRST_ORIGIN) as u32;
            self.origin = FIRST_ORIGIN;
            for place in self.short.iter_mut() {
                *place = place.saturating_sub(less);
            }
            for pair in self.long.iter_mut() {
                pair.last = pair.last.saturating_sub(less);
                pair.before = pair.before.saturating_sub(less);
            }
        }
    }

    #[inline(always)]
    fn set_short(&mut self, hash: usize, at: usize) {
        self.short[hash] = (at + self.origin) as u32;
    }

    #[inline(always)]
    fn set_long(&mut self, hash: usize, at: usize) {
        let pair = &mut self.long[hash];
        *pair = Pair { last: (at + self.origin) as u32, before: pair.last };
    }

    /// The place in the history that an entry means, if it is within reach of `at`.
    #[inline(always)]
    fn within(&self, entry: u32, at: usize) -> Option<usize> {
        let distance = (at + self.origin).wrapping_sub(entry as usize);
        if distance < REACH { Some(at - distance) } else { None }
    }
}

/// The hash of the low 4 bytes.
#[inline(always)]
fn short_hash(eight: u64) -> usize {
    ((eight as u32).wrapping_mul(2_654_435_761) >> (32 - TABLE_BITS)) as usize
}

/// The hash of the low 7 bytes.
#[inline(always)]
fn long_hash(eight: u64) -> usize {
    ((eight << 8).wrapping_mul(58_295_818_150_454_627) >> (64 - TABLE_BITS)) as usize
}

/// Tokens for the content from `start` on; none where there is no match.
fn find(history: &[u8], start: usize, tables: &mut Tables, tokens: &mut Vec<Token>) {
    // Up to here is in tokens.
    let mut emitted = start;
    let limit = history.len().saturating_sub(MARGIN);
    let mut at = start;
    if at < limit {
        let mut eight = le64(history, at);
        while let Some((found, mut next)) = next_match(history, tables, at, eight, emitted, limit) {
            let Match { at: begin, from, length } = improve(history, tables, found, emitted, limit);
            for &byte in &history[emitted..begin] {
                tokens.push(Token::literal(byte));
            }
            push_match(tokens, length, begin - from);
            at = begin + length;
            emitted = at;
            if next >= at {
                next += 1;
                at = next;
            }
            if at >= limit {
                break;
            }
            index(history, tables, at - length + 1, at);
            eight = le64(history, at - 1);
            tables.set_short(short_hash(eight), at - 1);
            tables.set_long(long_hash(eight), at - 1);
            eight >>= 8;
        }
    }
    if !tokens.is_empty() {
        tokens.extend(history[emitted..].iter().map(|&byte| Token::literal(byte)));
    }
}

/// Searches from `at` on, where `eight` bytes are (of which the last may be 0),
/// with growing steps. Gives a match and the place that would have been next.
#[inline(always)]
fn next_match(
    history: &[u8],
    tables: &mut Tables,
    mut at: usize,
    mut eight: u64,
    emitted: usize,
    limit: usize,
) -> Option<(Match, usize)> {
    loop {
        let next = at + 1 + ((at - emitted) >> 6);
        if next > limit {
            return None;
        }
        let (short, long) = (short_hash(eight), long_hash(eight));
        let near = tables.short[short];
        let far = tables.long[long];
        tables.set_short(short, at);
        tables.set_long(long, at);
        let ahead = le64(history, next);
        let (next_short, next_long) = (short_hash(ahead), long_hash(ahead));
        let four = eight as u32;
        let like = |tables: &Tables, entry: u32| {
            tables.within(entry, at).filter(|&from| le32(history, from) == four)
        };

        // A long hash first: the last place, or the one before it if that goes
        // on for longer.
        if let Some(last) = tables.within(far.last, at) {
            if le32(history, last) == four {
                tables.set_short(next_short, next);
                tables.set_long(next_long, next);
                let mut found = Match { at, from: last, length: 0 };
                if let Some(before) = like(tables, far.before) {
                    found.length = limited(history, at, last);
                    let other = limited(history, at, before);
                    if other > found.length {
                        (found.from, found.length) = (before, other);
                    }
                }
                return Some((found, next));
            }
            if let Some(before) = like(tables, far.before) {
                tables.set_short(next_short, next);
                tables.set_long(next_long, next);
                return Some((Match { at, from: before, length: 0 }, next));
            }
        }

        // Then a short one, unless the next byte has a long one that is better.
        if let Some(from) = like(tables, near) {
            let mut found = Match { at, from, length: limited(history, at, from) };
            let far = tables.long[next_long];
            tables.set_short(next_short, next);
            tables.set_long(next_long, next);
            if let Some(last) = tables.within(far.last, next) {
                for from in [Some(last), tables.within(far.before, next)].into_iter().flatten() {
                    if le32(history, from) == ahead as u32 {
                        let length = limited(history, next, from);
                        if length > found.length {
                            found = Match { at: next, from, length };
                            break;
                        }
                    }
                }
            }
            return Some((found, next));
        }
        (at, eight) = (next, ahead);
    }
}

/// The length of a match of 4 bytes or more, as far as a search looks.
#[inline(always)]
fn limited(history: &[u8], at: usize, from: usize) -> usize {
    let most = LIMITED.min(history.len() - at - 4);
    4 + common(history, from + 4, at + 4, most)
}

/// Takes a match as far as it goes, or another one that goes further.
#[inline(always)]
fn improve(history: &[u8], tables: &Tables, found: Match, emitted: usize, limit: usize) -> Match {
    let Match { mut at, mut from, mut length } = found;
    let whole = |at: usize, from: usize| common(history, from, at, history.len() - at);
    if length == 0 {
        length = 4 + whole(at + 4, from + 4);
    } else if length == MAX_LENGTH {
        length += whole(at + length, from + length);
    }

    // What was last like the bytes after this match, may have been like it for
    // longer, but for its first two bytes.
    let end = at + length;
    if length < LONG && end < limit {
        const SKIP: usize = 2;
        let entry = tables.long[long_hash(le64(history, end))].last as usize;
        let begin = at + SKIP;
        let other = entry.checked_sub(tables.origin + length - SKIP);
        if let Some(other) = other.filter(|&other| other < begin && begin - other < REACH) {
            let longer = whole(begin, other);
            if longer > length {
                (at, from, length) = (begin, other, longer);
            }
        }
    }

    while from > 0 && at > emitted && history[from - 1] == history[at - 1] {
        at -= 1;
        from -= 1;
        length += 1;
    }
    Match { at, from, length }
}

/// Matches longer than the format has are several, none shorter than it has
/// (token.go, AddMatchLong).
#[inline(always)]
fn push_match(tokens: &mut Vec<Token>, mut length: usize, distance: usize) {
    while length > 0 {
        let now = match length {
            0..=MAX_LENGTH => length,
            _ if length > MAX_LENGTH + MIN_LENGTH => MAX_LENGTH,
            _ => MAX_LENGTH - MIN_LENGTH,
        };
        tokens.push(Token::of_match(now, distance));
        length -= now;
    }
}

/// Remembers about every third place in a match, from `at` to before `end - 1`.
#[inline(always)]
fn index(history: &[u8], tables: &mut Tables, at: usize, end: usize) {
    if at + 1 >= end {
        return;
    }
    let eight = le64(history, at);
    tables.set_short(short_hash(eight), at);
    tables.set_long(long_hash(eight), at);
    tables.set_long(long_hash(eight >> 8), at + 1);
    // There are no 7 bytes left for a long one.
    tables.set_short(short_hash(eight >> 16), at + 2);
    let mut at = at + 4;
    while at + 1 < end {
        let eight = le64(history, at);
        tables.set_long(long_hash(eight), at);
        tables.set_short(short_hash(eight >> 8), at + 1);
        at += 3;
    }
}

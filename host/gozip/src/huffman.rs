//! Huffman codes of limited length, as huffman_code.go makes them, the same in
//! both encoders.
//!
//! Many codes are optimal; which one is written depends on how ties are broken.
//! Go computes lengths with the boundary form of package-merge: row `n` lists,
//! lightest first, all subtrees that may hang at depth `n` from the bottom; it
//! merges the leaves with pairs of the row below. Only the last item of each row
//! is kept, with the number of leaves that it and its predecessors use in every
//! row below. A pair goes before a leaf of the same weight, and leaves of one
//! weight are ordered by symbol.

/// A code with the first bit lowest, as it is written; `len` 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) bits: u16,
    pub(crate) len: u8,
}

/// The codes of `N` symbols.
#[derive(Clone, Debug)]
pub(crate) struct Codes<const N: usize>(pub(crate) [Code; N]);

/// The most symbols that any code has.
const MAX_SYMBOLS: usize = 286;
/// Rows, of which row 0 is empty; no code is longer than 15.
const ROWS: usize = 16;
const NONE: u32 = u32::MAX;

impl<const N: usize> Codes<N> {
    pub(crate) const fn new() -> Self {
        Self([Code { bits: 0, len: 0 }; N])
    }

    /// Makes the code for these frequencies, none longer than `limit` bits.
    ///
    /// Codes past the end of `frequencies` stay what they were.
    pub(crate) fn generate(&mut self, frequencies: &[u32], limit: usize) {
        // Frequency and symbol in one number, so that it sorts by both; a block
        // has at most 65,536 tokens.
        let mut sorted = [0u32; MAX_SYMBOLS];
        let mut used = 0;
        for (symbol, &frequency) in frequencies.iter().enumerate() {
            self.0[symbol] = Code::default();
            if frequency != 0 {
                sorted[used] = frequency << 9 | symbol as u32;
                used += 1;
            }
        }
        let sorted = &mut sorted[..used];
        if used <= 2 {
            // One bit each, even for one symbol alone.
            for (bits, entry) in sorted.iter().enumerate() {
                self.0[(entry & 511) as usize] = Code { bits: bits as u16, len: 1 };
            }
            return;
        }
        sorted.sort_unstable();
        let counts = lengths(sorted, limit);

        // The lightest get the longest codes.
        let mut rest = &*sorted;
        for (len, &count) in counts.iter().enumerate().rev() {
            let (these, others) = rest.split_at(count);
            for entry in these {
                self.0[(entry & 511) as usize].len = len as u8;
            }
            rest = others;
        }
        // RFC 1951, 3.2.2: values follow from the lengths, in order of symbols.
        let mut next = [0u16; ROWS];
        let mut value = 0u16;
        for len in 1..ROWS {
            value = (value + counts[len - 1] as u16) << 1;
            next[len] = value;
        }
        for code in &mut self.0[..frequencies.len()] {
            let len = usize::from(code.len);
            if len != 0 {
                code.bits = next[len].reverse_bits() >> (16 - len);
                next[len] += 1;
            }
        }
    }

    /// What symbols of these frequencies take, in bits.
    pub(crate) fn size(&self, frequencies: &[u32]) -> u64 {
        let pairs = frequencies.iter().zip(&self.0);
        pairs.map(|(&n, code)| u64::from(n) * u64::from(code.len)).sum()
    }

    /// Whether each symbol that occurs has a code.
    pub(crate) fn covers(&self, frequencies: &[u32]) -> bool {
        frequencies.iter().zip(&self.0).all(|(&n, code)| n == 0 || code.len != 0)
    }
}

/// A row of package-merge, of which only its end is known.
#[derive(Clone, Copy, Default)]
struct Row {
    /// Weight of the last item.
    last: u32,
    /// Weight of the next leaf, or none.
    leaf: u32,
    /// Weight of the next pair of the row below, or none; out of date while that
    /// row has items to make.
    pair: u32,
    /// Items that the row above still waits for.
    needed: usize,
}

/// How many symbols get a code of each length: `sorted` has three entries or
/// more, lightest first, with the weight above bit 9.
fn lengths(sorted: &[u32], limit: usize) -> [usize; ROWS] {
    let weight = |leaf: usize| sorted.get(leaf).map_or(NONE, |entry| entry >> 9);
    // A tree of n leaves is never deeper than n - 1.
    let top = limit.min(sorted.len() - 1).min(ROWS - 1);
    // Each row begins with the two lightest leaves.
    let first = Row { last: weight(1), leaf: weight(2), pair: weight(0) + weight(1), needed: 0 };
    let mut rows = [first; ROWS];
    rows[0] = Row::default();
    rows[1].pair = NONE;
    // used[r][q]: leaves of row q at or before what the last item of row r needs.
    let mut used = [[0usize; ROWS]; ROWS];
    for (row, used) in used.iter_mut().enumerate().skip(1) {
        used[row] = 2;
    }
    // The tree has 2n - 2 nodes beside its root.
    rows[top].needed = 2 * sorted.len() - 4;

    let mut row = top;
    while row <= top {
        let Row { last: previous, leaf, pair, .. } = rows[row];
        if leaf == NONE && pair == NONE {
            // Nothing is left here, nor for pairs above.
            rows[row].needed = 0;
            if row == top {
                break;
            }
            rows[row + 1].pair = NONE;
            row += 1;
            continue;
        }
        if leaf < pair {
            rows[row].last = leaf;
            used[row][row] += 1;
            rows[row].leaf = weight(used[row][row]);
        } else {
            rows[row].last = pair;
            let (below, here) = used.split_at_mut(row);
            here[0][..row].copy_from_slice(&below[row - 1][..row]);
            rows[row - 1].needed = 2;
        }
        rows[row].needed = rows[row].needed.saturating_sub(1);
        if rows[row].needed == 0 {
            if row == top {
                break;
            }
            rows[row + 1].pair = previous.saturating_add(rows[row].last);
            row += 1;
        } else {
            while rows[row - 1].needed > 0 {
                row -= 1;
            }
        }
    }

    let mut counts = [0; ROWS];
    for row in 1..=top {
        counts[top + 1 - row] = used[top][row] - used[top][row - 1];
    }
    counts
}

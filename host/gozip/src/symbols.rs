//! Literals, lengths and distances as RFC 1951, 3.2.5, numbers them, and the
//! tokens that a matcher hands to a block writer.

/// Literals, the end of a block, and lengths.
pub(crate) const LITERALS: usize = 286;
pub(crate) const DISTANCES: usize = 30;
pub(crate) const END_OF_BLOCK: usize = 256;
const FIRST_LENGTH: usize = 257;
/// The shortest match that the format can express.
pub(crate) const MIN_LENGTH: usize = 3;
/// The longest one.
pub(crate) const MAX_LENGTH: usize = 258;

/// Extra bits that follow a length's code.
pub(crate) const LENGTH_EXTRA: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/// Extra bits that follow a distance's code.
pub(crate) const DISTANCE_EXTRA: [u8; DISTANCES] =
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
/// The least `length - 3` of each code.
const LENGTH_BASE: [u8; 29] = length_base();
/// The least `distance - 1` of each code.
const DISTANCE_BASE: [u16; DISTANCES] = distance_base();
/// The code of each `length - 3`.
const LENGTH_CODE: [u8; 256] = length_codes();
/// The codes of `distance - 1`: one by one below 256, by 128 above.
const DISTANCE_CODE: [u8; 512] = distance_codes();

const fn length_base() -> [u8; 29] {
    let mut base = [0; 29];
    let (mut code, mut at) = (0, 0);
    while code < 28 {
        base[code] = at as u8;
        at += 1 << LENGTH_EXTRA[code];
        code += 1;
    }
    // The longest length has a code of its own, though the one before could
    // express it.
    base[28] = (MAX_LENGTH - MIN_LENGTH) as u8;
    base
}

const fn distance_base() -> [u16; DISTANCES] {
    let mut base = [0; DISTANCES];
    let (mut code, mut at) = (0, 0u32);
    while code < DISTANCES {
        base[code] = at as u16;
        at += 1 << DISTANCE_EXTRA[code];
        code += 1;
    }
    base
}

const fn length_codes() -> [u8; 256] {
    let mut codes = [0; 256];
    let (mut length, mut code) = (0, 0);
    while length < 256 {
        while code < 28 && LENGTH_BASE[code + 1] as usize <= length {
            code += 1;
        }
        codes[length] = code as u8;
        length += 1;
    }
    codes
}

const fn distance_codes() -> [u8; 512] {
    let mut codes = [0; 512];
    let mut slot = 0;
    while slot < 512 {
        let distance = if slot < 256 { slot } else { (slot - 256) << 7 };
        let mut code = 0;
        while code < DISTANCES - 1 && DISTANCE_BASE[code + 1] as usize <= distance {
            code += 1;
        }
        codes[slot] = code as u8;
        slot += 1;
    }
    codes
}

/// A literal byte, or a match: its length less 3 and its distance less 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(u32);

const MATCH: u32 = 1 << 31;

/// What a token is.
pub(crate) enum Kind {
    Literal(usize),
    Match(Symbols),
}

/// A match in the numbers of the format.
pub(crate) struct Symbols {
    /// Among the literals.
    pub(crate) length: usize,
    pub(crate) length_rest: u32,
    pub(crate) length_extra: u32,
    pub(crate) distance: usize,
    pub(crate) distance_rest: u32,
    pub(crate) distance_extra: u32,
}

impl Token {
    #[inline(always)]
    pub(crate) fn literal(byte: u8) -> Self {
        Self(u32::from(byte))
    }

    /// A match of 3 to 258 bytes at a distance of 1 to 32,768.
    #[inline(always)]
    pub(crate) fn of_match(length: usize, distance: usize) -> Self {
        Self(MATCH | ((length - MIN_LENGTH) as u32 & 255) << 15 | (distance - 1) as u32 & 0x7fff)
    }

    #[inline(always)]
    pub(crate) fn kind(self) -> Kind {
        if self.0 & MATCH == 0 {
            return Kind::Literal((self.0 & 255) as usize);
        }
        let (length, distance) = ((self.0 >> 15) & 255, self.0 & 0x7fff);
        let length_code = usize::from(LENGTH_CODE[length as usize]).min(28);
        let distance_code = distance_code(distance);
        Kind::Match(Symbols {
            length: FIRST_LENGTH + length_code,
            length_rest: length - u32::from(LENGTH_BASE[length_code]),
            length_extra: u32::from(LENGTH_EXTRA[length_code]),
            distance: distance_code,
            distance_rest: distance - u32::from(DISTANCE_BASE[distance_code]),
            distance_extra: u32::from(DISTANCE_EXTRA[distance_code]),
        })
    }
}

/// The code of a distance less 1.
#[inline(always)]
fn distance_code(distance: u32) -> usize {
    let slot = if distance < 256 { distance } else { 256 + (distance >> 7) };
    usize::from(DISTANCE_CODE[slot as usize & 511]).min(DISTANCES - 1)
}

/// How often each symbol is used in a block.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    pub(crate) literals: [u32; LITERALS],
    pub(crate) distances: [u32; DISTANCES],
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { literals: [0; LITERALS], distances: [0; DISTANCES] }
    }

    pub(crate) fn count(&mut self, tokens: &[Token]) {
        for token in tokens {
            match token.kind() {
                Kind::Literal(byte) => self.literals[byte] += 1,
                Kind::Match(symbols) => {
                    self.literals[symbols.length] += 1;
                    self.distances[symbols.distance] += 1;
                }
            }
        }
    }

    /// Bits that the matches take beside their codes.
    pub(crate) fn extra_bits(&self) -> u64 {
        let lengths = self.literals[FIRST_LENGTH..].iter().zip(LENGTH_EXTRA);
        let distances = self.distances.iter().zip(DISTANCE_EXTRA);
        lengths.chain(distances).map(|(&n, bits)| u64::from(n) * u64::from(bits)).sum()
    }

    /// How many codes of literals and of distances a header states; a block
    /// without a match counts one distance, since the format has no code of
    /// none (huffman_bit_writer.go, indexTokens).
    pub(crate) fn sizes(&mut self) -> (usize, usize) {
        let used = |counts: &[u32]| counts.iter().rposition(|&n| n != 0).map_or(0, |last| last + 1);
        let literals = used(&self.literals);
        let mut distances = used(&self.distances);
        if distances == 0 {
            self.distances[0] = 1;
            distances = 1;
        }
        (literals, distances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_format() {
        // RFC 1951, 3.2.5, both tables at their edges.
        let lengths = [
            (3, 257, 0),
            (10, 264, 0),
            (11, 265, 0),
            (12, 265, 1),
            (130, 280, 15),
            (257, 284, 30),
            (258, 285, 0),
        ];
        for (length, code, rest) in lengths {
            let Kind::Match(s) = Token::of_match(length, 1).kind() else { panic!("{length}") };
            assert_eq!((s.length, s.length_rest, s.distance), (code, rest, 0), "{length}");
        }
        let distances = [
            (1, 0, 0),
            (4, 3, 0),
            (5, 4, 0),
            (6, 4, 1),
            (256, 15, 63),
            (257, 16, 0),
            (24_577, 29, 0),
            (32_768, 29, 8191),
        ];
        for (distance, code, rest) in distances {
            let Kind::Match(s) = Token::of_match(3, distance).kind() else { panic!("{distance}") };
            assert_eq!((s.distance, s.distance_rest, s.length), (code, rest, 257), "{distance}");
        }
    }

    #[test]
    fn every_match_is_its_base_and_the_rest() {
        for length in MIN_LENGTH..=MAX_LENGTH {
            let Kind::Match(s) = Token::of_match(length, 1).kind() else { panic!("{length}") };
            assert!(s.length_rest < 1 << s.length_extra);
            assert_eq!(usize::from(LENGTH_BASE[s.length - 257]) + 3 + s.length_rest as usize, length);
        }
        for distance in 1..=32_768 {
            let Kind::Match(s) = Token::of_match(3, distance).kind() else { panic!("{distance}") };
            assert!(s.distance_rest < 1 << s.distance_extra);
            assert_eq!(usize::from(DISTANCE_BASE[s.distance]) + 1 + s.distance_rest as usize, distance);
        }
    }
}

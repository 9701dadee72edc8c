//! Which files of a module an exact bundle carries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A bit for each file of a module's list, in the list's order, the lowest bit of
/// the first byte first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    bits: Vec<u8>,
    len: usize,
}

impl Carried {
    /// Those of so many files for which `carried` says so.
    #[must_use]
    pub fn of(len: usize, carried: impl Fn(usize) -> bool) -> Self {
        let mut bits = vec![0; len.div_ceil(8)];
        for index in (0..len).filter(|&index| carried(index)) {
            bits[index / 8] |= 1 << (index % 8);
        }
        Self { bits, len }
    }

    /// All of so many files.
    #[must_use]
    pub fn all(len: usize) -> Self {
        Self::of(len, |_| true)
    }

    /// Whether the file at this place of the list is carried.
    #[must_use]
    pub fn has(&self, index: usize) -> bool {
        index < self.len && self.bits[index / 8] & 1 << (index % 8) != 0
    }

    /// How many are carried.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bits.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// As a manifest has it: padded standard base64.
    #[must_use]
    pub fn text(&self) -> String {
        STANDARD.encode(&self.bits)
    }

    /// The bits of a manifest's text; how many files there are only the list says.
    pub(crate) fn parse(text: &str) -> Option<Vec<u8>> {
        STANDARD.decode(text).ok()
    }

    /// What a manifest says of a list of so many files; none where the two do not
    /// fit. Bits behind the last file must be 0, and a module that is carried whole
    /// has no such text.
    #[must_use]
    pub fn from_text(text: Option<&str>, len: usize) -> Option<Self> {
        let Some(text) = text else { return Some(Self::all(len)) };
        let bits = Self::parse(text)?;
        let found = Self { bits, len };
        let fits = found.bits.len() == len.div_ceil(8);
        let clean = fits && (len.is_multiple_of(8) || found.bits.last().is_none_or(|b| b >> (len % 8) == 0));
        (clean && found.count() < len).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_which_of_so_many_files() {
        for len in [0, 1, 7, 8, 9, 16, 100] {
            let some = Carried::of(len, |index| index % 3 == 1);
            if len > 0 {
                assert_eq!(Carried::from_text(Some(&some.text()), len), Some(some.clone()));
            }
            assert_eq!(Carried::from_text(Some(&Carried::all(len).text()), len), None, "whole has no text");
            assert_eq!(Carried::from_text(None, len).map(|all| all.count()), Some(len));
            assert!(!some.has(len));
        }
        for (text, len) in [("AQ==", 9), ("AQE=", 8), ("gA==", 7), ("A", 1), ("AQ", 3), ("AR==", 3)] {
            assert_eq!(Carried::from_text(Some(text), len), None, "{text} {len}");
        }
    }
}

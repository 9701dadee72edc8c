//! The licences that the plugin knows, as build.rs compiled them from texts/:
//! tables that are ready as they are, since each module is looked at by an
//! instance of its own.

use crate::opcodes;

/// One way to write one licence.
#[derive(Debug)]
pub struct Template {
    /// Its SPDX id, or a name in the manner of one.
    pub id: &'static str,
    start: usize,
    end: usize,
    /// Its groups of three words.
    pub trigrams: usize,
    /// Those of them that are there a second time.
    pub repeated: usize,
}

include!(concat!(env!("OUT_DIR"), "/tables.rs"));
const VOCABULARY: &str = include_str!(concat!(env!("OUT_DIR"), "/vocabulary.txt"));

/// A word that no template has.
pub const OTHER: u16 = u16::MAX;

/// The number of a word, or [`OTHER`].
pub fn word(text: &str) -> u16 {
    let mut slot = opcodes::hash(text) as usize;
    loop {
        slot %= SLOTS.len();
        let number = SLOTS[slot];
        if number == OTHER || spelling(number) == text.as_bytes() {
            return number;
        }
        slot += 1;
    }
}

fn spelling(number: u16) -> &'static [u8] {
    let at = usize::from(number);
    VOCABULARY.as_bytes().get(WORDS[at] as usize..WORDS[at + 1] as usize).unwrap_or_default()
}

/// The templates that can start with a word.
pub fn starting_with(word: u16) -> impl Iterator<Item = &'static Template> {
    let at = usize::from(word);
    let range =
        STARTS.get(at).zip(STARTS.get(at + 1)).map_or(0..0, |(from, to)| *from as usize..*to as usize);
    STARTING[range].iter().map(|number| &TEMPLATES[usize::from(*number)])
}

/// Every template.
pub fn all() -> &'static [Template] {
    TEMPLATES
}

impl Template {
    /// What the matcher runs.
    pub fn code(&self) -> &'static [u16] {
        &CODE[self.start..self.end]
    }

    /// Calls `f` with each three words in a row that every copy has.
    pub fn trigrams(&self, f: impl FnMut([u16; 3])) {
        opcodes::trigrams(self.code(), f);
    }
}

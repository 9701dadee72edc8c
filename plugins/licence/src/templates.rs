//! The licences that the plugin knows, as build.rs compiled them from texts/.

use std::collections::HashMap;

use crate::opcodes::{CHOICE, END, FIRST_OPCODE, JUMP, SPLIT};

/// One way to write one licence.
#[derive(Debug)]
pub struct Template {
    /// Its SPDX id, or a name in the manner of one.
    pub id: &'static str,
    start: usize,
    end: usize,
}

const TEMPLATES: &[Template] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));
const VOCABULARY: &str = include_str!(concat!(env!("OUT_DIR"), "/vocabulary.txt"));
const CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/code.bin"));

/// A word that no template has.
pub const OTHER: u16 = u16::MAX;

/// The templates, ready to be matched.
pub struct Library {
    vocabulary: HashMap<&'static str, u16>,
    code: Vec<u16>,
    /// For each word, the templates that can start with it.
    starts: Vec<Vec<u16>>,
}

impl Library {
    pub fn new() -> Self {
        let vocabulary: HashMap<_, _> = VOCABULARY.split('\n').zip(0..).collect();
        let code = CODE.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let mut library = Library { starts: vec![Vec::new(); vocabulary.len()], vocabulary, code };
        for (template, number) in TEMPLATES.iter().zip(0..) {
            let mut firsts = Vec::new();
            library.firsts(template.start, &mut firsts);
            firsts.sort_unstable();
            firsts.dedup();
            for word in firsts {
                library.starts[usize::from(word)].push(number);
            }
        }
        library
    }

    /// The number of a word, or [`OTHER`].
    pub fn word(&self, text: &str) -> u16 {
        self.vocabulary.get(text).copied().unwrap_or(OTHER)
    }

    /// The templates that can start with a word.
    pub fn starting_with(&self, word: u16) -> impl Iterator<Item = &'static Template> {
        let numbers = self.starts.get(usize::from(word)).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().map(|number| &TEMPLATES[usize::from(*number)])
    }

    pub fn all(&self) -> &'static [Template] {
        TEMPLATES
    }

    pub fn code(&self, template: &Template) -> &[u16] {
        &self.code[template.start..template.end]
    }

    /// Calls `f` with each three words in a row that every copy has.
    pub fn trigrams(&self, template: &Template, mut f: impl FnMut([u16; 3])) {
        let code = self.code(template);
        let mut at = 0;
        let mut run = 0;
        while at < code.len() {
            let op = code[at];
            at += 1;
            if op < FIRST_OPCODE {
                run += 1;
                if run >= 3 {
                    f([code[at - 3], code[at - 2], op]);
                }
                continue;
            }
            run = 0;
            if op == CHOICE {
                at += 1 + usize::from(code[at]);
            }
        }
    }

    fn firsts(&self, at: usize, firsts: &mut Vec<u16>) {
        match self.code[at] {
            SPLIT => {
                self.firsts(at + 2, firsts);
                self.firsts(at + 2 + usize::from(self.code[at + 1]), firsts);
            }
            JUMP => self.firsts(at + 2 + usize::from(self.code[at + 1]), firsts),
            CHOICE => self.firsts(at + 2, firsts),
            word if word < FIRST_OPCODE => firsts.push(word),
            // build.rs lets a template start with words alone.
            _ => debug_assert!(self.code[at] != END, "a template without words"),
        }
    }
}

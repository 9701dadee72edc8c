//! A licence file as a row of words.

use crate::templates;
use crate::words::each_word;

/// One word of a text.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Its number in the library.
    pub word: u16,
    /// It numbers a paragraph; a template need not have it.
    pub bullet: bool,
    /// Where it starts, in bytes.
    at: u32,
}

/// The text with its words.
pub struct Text<'a> {
    raw: &'a str,
    pub tokens: Vec<Token>,
}

impl<'a> Text<'a> {
    pub fn new(raw: &'a str) -> Self {
        let mut tokens = Vec::with_capacity(raw.len() / 6);
        each_word(raw, |word| {
            let at = u32::try_from(word.at).unwrap_or(u32::MAX);
            tokens.push(Token { word: templates::word(word.text), bullet: word.bullet, at });
        });
        Text { raw, tokens }
    }

    /// What was written from one word to another, layout included.
    pub fn between(&self, from: usize, to: usize) -> &'a str {
        let at = |position: usize| self.tokens.get(position).map_or(self.raw.len(), |t| t.at as usize);
        self.raw.get(at(from)..at(to)).unwrap_or_default()
    }
}

/// Whether a line says who holds the rights, or is a heading or a rule: text
/// that stands around licences and changes nothing in them.
pub fn is_neutral(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '©');
    line.split_whitespace().count() <= 6 || is_about_holders(line)
}

/// Whether a line, as [`is_neutral`] sees it, says who holds the rights, or is
/// empty.
fn is_about_holders(line: &str) -> bool {
    let starts =
        |prefix: &str| line.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    line.is_empty()
        || starts("copyright")
        || starts("©")
        || starts("all rights reserved")
        || starts("portions copyright")
}

/// Whether a line is text that may be terms: more than who holds the rights.
pub fn says_more(line: &str) -> bool {
    const TERMS: [&str; 14] = [
        "agreement",
        "confidential",
        "licence",
        "licensed",
        "license",
        "must",
        "no",
        "not",
        "only",
        "permission",
        "permitted",
        "proprietary",
        "terms",
        "use",
    ];
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '©').to_lowercase();
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    !is_about_holders(&line) || words.any(|word| TERMS.contains(&word))
}

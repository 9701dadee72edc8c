//! Which licences a file holds.
//!
//! First each template is matched word for word, with the parts that may
//! differ where the template says so. What then is left of the text, and is
//! more than names and headings, is held against the templates by the groups
//! of three words that they share: a close one is found with low confidence.

use serde::{Deserialize, Serialize};

use crate::matcher::Matcher;
use crate::opcodes::FIRST_OPCODE;
use crate::statement::{Statement, statements};
use crate::templates::{self, Template};
use crate::text::{Text, is_neutral, says_more};
use crate::trigrams::Trigrams;

/// Words between known texts that are too few to mean anything.
const FEW_WORDS: usize = 40;
/// Shared groups of words, of a template's, for it to be called close.
const CLOSE_PERCENT: usize = 75;
/// Templates that differ by less in what they share are near-duplicates.
const NEAR_DUPLICATE_PERCENT: usize = 6;
/// Licences that most modules have.
const COMMON: [&str; 7] = ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "GPL-3.0", "ISC", "MIT", "MPL-2.0"];
/// A template with fewer groups is found word for word or not at all.
const FEW_TRIGRAMS: usize = 12;

/// A licence within a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Found {
    pub id: String,
    /// Word for word.
    pub exact: bool,
}

/// Words of no known text that may well be a licence of their own.
const MANY_WORDS: usize = 100;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// By id, each once.
    pub found: Vec<Found>,
    /// What follows each `SPDX-License-Identifier:` in the file, each once.
    pub tags: Vec<String>,
    /// Words that belong to no known text, names and headings aside.
    pub unknown_words: usize,
    /// No licence was found in it, and it says more than who holds the rights.
    pub unread: bool,
    /// What its prose says of licences and of other files.
    pub statements: Vec<Statement>,
    /// Beside the licences it speaks of what may not be done.
    pub restricts: bool,
}

impl Detection {
    /// Whether more may be in the file than what was found.
    pub fn is_mostly_unknown(&self) -> bool {
        self.unknown_words >= MANY_WORDS
    }
}

/// A stretch of words.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

/// The file that four modules in ten have, as the Apache foundation gives it
/// out; word by word it takes longer than most.
const APACHE: &str = include_str!("../fixtures/apache-2.0.txt");

/// Reads a licence file.
pub fn detect(raw: &str) -> Detection {
    if raw.trim() == APACHE.trim() {
        let found = vec![Found { id: "Apache-2.0".to_owned(), exact: true }];
        return Detection { found, ..Detection::default() };
    }
    by_words(raw)
}

fn by_words(raw: &str) -> Detection {
    let text = Text::new(raw);
    let matches = exact(&text);
    let mut found: Vec<Found> =
        matches.iter().map(|(id, _)| Found { id: (*id).to_owned(), exact: true }).collect();
    let mut gaps = Vec::new();
    let mut from = 0;
    for (_, span) in &matches {
        gaps.push(Span { from, to: span.from });
        from = span.to;
    }
    gaps.push(Span { from, to: text.tokens.len() });
    let mut detection = Detection { tags: tags(raw), ..Detection::default() };
    detection.unread = raw.lines().any(says_more);
    for gap in gaps {
        let between = text.between(gap.from, gap.to);
        // Few words are enough to forbid something, on however short lines.
        detection.restricts |= speaks_of_limits(between);
        let words: usize = between
            .lines()
            .filter(|line| !is_neutral(line))
            .map(|line| line.split_whitespace().count())
            .sum();
        if words < FEW_WORDS {
            detection.statements.extend(statements(between));
            continue;
        }
        let close = close(&text, gap);
        if close.is_empty() {
            detection.unknown_words += words;
            detection.statements.extend(statements(between));
        }
        found.extend(close.into_iter().map(|id| Found { id: id.to_owned(), exact: false }));
    }
    // Beside its own changed text a licence's standard header proves little.
    found.sort();
    found.dedup_by(|next, first| next.id == first.id);
    detection.unread &= found.is_empty() && detection.tags.is_empty();
    detection.found = found;
    detection
}

/// From the start on, the longest match at each place that no match before
/// it covers.
fn exact(text: &Text<'_>) -> Vec<(&'static str, Span)> {
    let mut matcher = Matcher::default();
    let mut chosen = Vec::new();
    let mut from = 0;
    while let Some((token, rest)) = text.tokens.get(from..).and_then(<[_]>::split_first) {
        let next = rest.first();
        let templates = templates::starting_with(token.word);
        let matches = templates.filter_map(|template| {
            let code = template.code();
            // Most places fail at the second word.
            let second = code.get(1).filter(|op| **op < FIRST_OPCODE && code[0] < FIRST_OPCODE);
            if second.is_some_and(|word| next.is_none_or(|next| next.word != *word && !next.bullet)) {
                return None;
            }
            let len = matcher.longest(code, &text.tokens[from..])?;
            Some((len, template.id))
        });
        match matches.max_by_key(|(len, id)| (*len, std::cmp::Reverse(*id))) {
            Some((len, id)) => {
                chosen.push((id, Span { from, to: from + len }));
                from += len;
            }
            None => from += 1,
        }
    }
    chosen
}

/// The templates that much of a stretch comes from.
fn close(text: &Text<'_>, gap: Span) -> Vec<&'static str> {
    let words: Vec<u16> =
        text.tokens.get(gap.from..gap.to).unwrap_or_default().iter().map(|token| token.word).collect();
    let mut shared = Trigrams::of(&words);
    let mut close = Vec::new();
    while close.len() < 4 {
        let Some(template) = closest(&shared) else { break };
        template.trigrams(|trigram| {
            shared.remove(trigram);
        });
        if !close.contains(&template.id) {
            close.push(template.id);
        }
    }
    close
}

/// Of templates that are about as close as the closest, a common licence,
/// and then the one that explains most of the text: near-duplicates differ
/// from it by words that nobody wrote.
fn closest(shared: &Trigrams) -> Option<&'static Template> {
    let scored = templates::all().iter().filter_map(|template| {
        if !may_be_close(template, shared) {
            return None;
        }
        let (mut hits, mut all) = (0, 0);
        template.trigrams(|trigram| {
            all += 1;
            hits += usize::from(shared.contains(trigram));
        });
        let percent = hits * 100 / all.max(1);
        (all >= FEW_TRIGRAMS && percent >= CLOSE_PERCENT).then_some((percent, hits, template))
    });
    let scored: Vec<_> = scored.collect();
    let best = scored.iter().map(|(percent, ..)| *percent).max()?;
    let near = scored.into_iter().filter(|(percent, ..)| percent + NEAR_DUPLICATE_PERCENT >= best);
    near.max_by_key(|(_, hits, template)| {
        (COMMON.contains(&template.id), *hits, std::cmp::Reverse(template.id))
    })
    .map(|(.., template)| template)
}

/// By one group in eight, which rules out nearly every template.
fn may_be_close(template: &Template, shared: &Trigrams) -> bool {
    // No copy of a group counts that the text does not have.
    let most = template.repeated + shared.len();
    if most * 100 < template.trigrams * CLOSE_PERCENT {
        return false;
    }
    let (mut position, mut asked, mut hits) = (0, 0, 0);
    template.trigrams(|trigram| {
        if position % 8 == 0 {
            asked += 1;
            hits += usize::from(shared.contains(trigram));
        }
        position += 1;
    });
    asked < 8 || hits * 2 >= asked
}

fn speaks_of_limits(text: &str) -> bool {
    const PHRASES: [&str; 17] = [
        "may not",
        "must not",
        "shall not",
        "not be used",
        "only be used",
        "not permitted",
        "not allowed",
        "prohibited",
        "forbidden",
        "commercial",
        "proprietary",
        "evaluation",
        "additional condition",
        "additional restriction",
        "additional term",
        "further condition",
        "following restriction",
    ];
    has_one_of(text, &PHRASES)
}

/// Whether one of some lower-case phrases is in a text, however it is broken
/// into lines.
fn has_one_of(text: &str, phrases: &[&str]) -> bool {
    let text = text.to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    phrases.iter().any(|phrase| text.contains(phrase))
}

fn tags(raw: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for after in raw.split("SPDX-License-Identifier:").skip(1) {
        let line = after.lines().next().unwrap_or_default();
        let text = line.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '(' | ')' | '+')));
        if !text.is_empty() && !tags.iter().any(|tag| tag == text) {
            tags.push(text.to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_by_heart_reads_the_same_word_by_word() {
        assert_eq!(detect(APACHE), by_words(APACHE));
        assert_eq!(detect(&format!("\n{}", APACHE.trim())), by_words(APACHE));
        assert_ne!(detect(&APACHE.replace("perpetual", "temporary")), by_words(APACHE));
    }
}

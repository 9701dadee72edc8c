//! Makes untrusted text safe to print: names from a bundle, a proxy or a plugin
//! are an attacker's words.
//!
//! Two things are escaped as `\u{…}`: characters that cannot be seen or that
//! reorder or move text, by their Unicode category; and commands that a CI
//! system reads in a log, wherever in a line they are. Text for people is a
//! [`Line`](crate::Line), which applies this where it is printed; two other formats
//! are here: [`printable`], whole lines with colours, and [`json`].

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes text that is within a line: a line break too.
pub(crate) fn within_line(text: &str) -> Cow<'_, str> {
    escape(text, |_, _| 0, braces)
}

/// As [`within_line`], for text that opens a line: what a CI system reads as a
/// command, or folds by, at the start of a line only is escaped too.
pub(crate) fn opening(text: &str) -> Cow<'_, str> {
    const MARKS: [&str; 6] = ["::", "##", "--- ", "+++ ", "~~~ ", "^^^ "];
    let safe = within_line(text);
    let trimmed = safe.trim_start();
    if MARKS.iter().any(|mark| trimmed.starts_with(mark)) {
        let (indent, mut chars) = (&safe[..safe.len() - trimmed.len()], trimmed.chars());
        let first: String = chars.next().map(|c| c.escape_unicode().collect()).unwrap_or_default();
        return Cow::Owned(format!("{indent}{first}{}", chars.as_str()));
    }
    safe
}

/// Whole lines for a terminal: line breaks and colours stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |text, at| if text.as_bytes()[at] == b'\n' { 1 } else { colour(&text[at..]) }, braces)
}

/// A JSON document with the same values: what is escaped is within its strings, and
/// JSON has escapes of its own.
pub fn json(text: &str) -> Cow<'_, str> {
    let line_break = |text: &str, at: usize| usize::from(text.as_bytes()[at] == b'\n');
    escape(text, line_break, |out, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn braces(out: &mut String, c: char) {
    out.extend(c.escape_unicode());
}

/// The length of a colour sequence at the start of a text, or 0.
fn colour(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\x1b[") else { return 0 };
    let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b';').count();
    if rest.as_bytes().get(digits) == Some(&b'm') { 2 + digits + 1 } else { 0 }
}

/// Writes what is unsafe by `write`; `allowed` says how many bytes of unsafe text
/// at a place stay as they are.
fn escape<'a>(
    text: &'a str,
    allowed: impl Fn(&str, usize) -> usize,
    write: impl Fn(&mut String, char),
) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut allowed_to = 0;
    for (at, c) in text.char_indices() {
        if at < allowed_to || !(is_unsafe(c) || begins_command(text, at, c)) {
            continue;
        }
        allowed_to = at + allowed(text, at);
        if at < allowed_to {
            continue;
        }
        out.push_str(&text[copied..at]);
        write(&mut out, c);
        copied = at + c.len_utf8();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Characters that move the cursor, end a line, reorder text or cannot be seen.
fn is_unsafe(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        // Blank, though Unicode counts them as letters, marks or symbols: an
        // empty Braille cell, a null note head, hieroglyphs' blanks, a filler.
        || matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}')
}

/// Whether the character there has to be escaped to break a command of a CI
/// system that reads commands in a log:
/// - `##vso[…]` and `##[…]` (Azure Pipelines, GitHub's older form: anywhere in
///   a line), `##teamcity[…]`, `##octopus[…]`;
/// - `::name …::` (GitHub: behind white space; here anywhere, since a table may
///   fold the line there);
/// - `section_start:1…` and `section_end:1…` (GitLab), `travis_fold:` and
///   `travis_time:`.
///
/// What others obey (Buildkite, Jenkins' console notes) begins with a control
/// character.
fn begins_command(text: &str, at: usize, c: char) -> bool {
    let name =
        |rest: &str| rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)).count();
    match c {
        '#' => text[at..].strip_prefix("##").is_some_and(|rest| rest[name(rest)..].starts_with('[')),
        ':' => text[at..].strip_prefix("::").is_some_and(|rest| {
            let after = name(rest);
            let rest = &rest[after..];
            after > 0 && (rest.starts_with("::") || (rest.starts_with([' ', '\t']) && rest.contains("::")))
        }),
        '_' => {
            let (before, rest) = (&text[..at], &text[at + 1..]);
            let of = |word: &str, marks: [&str; 2]| {
                before.ends_with(word) && marks.iter().any(|mark| rest.starts_with(mark))
            };
            of("section", ["start:", "end:"]) || of("travis", ["fold:", "time:"])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_or_moves_text_is_escaped_and_nothing_else() {
        for plain in ["plain/naïve@v1.0.0", "日本語 ελληνικά हिन्दी 🎉 e\u{301}", "a: b:c # d ## e", "a::1"]
        {
            assert_eq!(within_line(plain), plain);
        }
        assert_eq!(within_line("a\x1b[31mb\r\nc"), "a\\u{1b}[31mb\\u{d}\\u{a}c");
        for c in "\u{7f}\u{85}\u{9b}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180e}\u{200b}\u{200d}\u{200e}\
                  \u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206f}\u{2800}\u{3164}\u{fe00}\u{fe0f}\u{feff}\
                  \u{ffa0}\u{fff9}\u{fffb}\u{110bd}\u{1bca0}\u{1d159}\u{1d173}\u{e0001}\u{e0020}\u{e0100}\u{e01ef}\u{e0fff}"
            .chars()
        {
            assert_eq!(within_line(&format!("a{c}b")), format!("a\\u{{{:x}}}b", c as u32));
            let document = serde_json::to_string(&format!("a{c}b")).expect("JSON");
            let written = json(&document);
            assert!(written.is_ascii() && !written.contains(c), "{written}");
            assert_eq!(serde_json::from_str::<String>(&written).ok(), Some(format!("a{c}b")));
        }
    }

    #[test]
    fn ci_commands_are_broken_anywhere_in_a_line() {
        for (command, broken) in [
            ("see ##vso[task.setvariable]x", "see \\u{23}#vso[task.setvariable]x"),
            ("a##[error]b", "a\\u{23}#[error]b"),
            ("###[group]", "#\\u{23}#[group]"),
            ("##teamcity[x", "\\u{23}#teamcity[x"),
            ("a ::error::owned", "a \\u{3a}:error::owned"),
            ("::set-output name=x::y", "\\u{3a}:set-output name=x::y"),
            (":::warning file=a::b", ":\\u{3a}:warning file=a::b"),
            ("section_start:1:a", "section\\u{5f}start:1:a"),
            ("travis_fold:start:a", "travis\\u{5f}fold:start:a"),
        ] {
            assert_eq!(within_line(command), broken);
            assert_eq!(within_line(broken), broken, "once is enough");
            let value = format!("\t{command}\u{7f}");
            let written = serde_json::to_string_pretty(&[&value]).expect("JSON");
            let written = json(&written);
            assert!(!written.contains(command), "{written}");
            assert_eq!(serde_json::from_str::<Vec<String>>(&written).ok(), Some(vec![value]));
        }
        assert_eq!(opening("::x"), "\\u{3a}:x");
        assert_eq!(opening("+++ x"), "\\u{2b}++ x");
    }

    #[test]
    fn the_printer_keeps_lines_and_colours() {
        assert_eq!(printable("\x1b[1;31ma\x1b[0m\nb\x1b[2Jc\r"), "\x1b[1;31ma\x1b[0m\nb\\u{1b}[2Jc\\u{d}");
    }
}

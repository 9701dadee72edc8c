//! Text to the words by which licences are compared, after the matching
//! guidelines of the SPDX licence list: case, punctuation, layout, HTML tags,
//! comment marks and spelling variants have no part in it.
//!
//! Used by the plugin and by build.rs, so that texts and templates are cut
//! alike.

use std::borrow::Cow;

/// One word.
pub struct Word<'a> {
    /// Lower case, in one spelling.
    pub text: &'a str,
    /// It numbers a paragraph (`1.`, `a)`, `(iv)`): copies differ in these.
    pub bullet: bool,
    /// Where it starts, in bytes.
    pub at: usize,
}

/// Tags that licence files in HTML or Markdown have. Not `<year>`: that is a
/// word of the text.
const TAGS: [&str; 20] = [
    "a",
    "b",
    "blockquote",
    "br",
    "center",
    "code",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "ul",
];

/// Calls `f` with each word.
pub fn each_word(text: &str, mut f: impl FnMut(Word<'_>)) {
    let bytes = text.as_bytes();
    let mut spelled = String::new();
    let mut next = 0;
    let mut line_start = true;
    // The character before the word, spaces aside on the same line.
    let mut before = '\n';
    while let Some(c) = char_at(text, next) {
        let at = next;
        if !c.is_alphanumeric() {
            next += c.len_utf8();
            if c == '\n' {
                line_start = true;
            }
            let skip = match c {
                '<' => tag(&text[at..]),
                '&' => entity(&text[at..]),
                '(' => sign(&text[at..]),
                _ => 0,
            };
            while next < at + skip {
                next += char_at(text, next).map_or(1, char::len_utf8);
            }
            before = c;
            continue;
        }
        // Most words are letters in one case with a space behind them: these
        // are taken as they stand.
        let run = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let plain = bytes.get(at + run).is_none_or(|b| b.is_ascii() && !matches!(b, b'\'' | b'-'));
        let end = if plain { at + run } else { spell(text, at, &mut spelled) };
        let word = if plain && !bytes[at..end].iter().any(u8::is_ascii_uppercase) {
            &text[at..end]
        } else {
            if plain {
                spelled.clear();
                spelled.push_str(&text[at..end]);
                spelled.make_ascii_lowercase();
            }
            &spelled
        };
        next = end;
        let bullet = is_bullet(word, line_start, before, &text[end..]);
        match other_spelling(word) {
            Some(Cow::Borrowed("")) => {}
            Some(other) => f(Word { text: &other, bullet, at }),
            None => f(Word { text: word, bullet, at }),
        }
        // What follows `1.` of `1.10.` numbers the paragraph too.
        line_start &= bullet;
        before = 'x';
    }
}

/// A word of any letters, with the marks that join its parts left out; where it
/// ends.
fn spell(text: &str, from: usize, word: &mut String) -> usize {
    word.clear();
    let mut end = from;
    while let Some(c) = char_at(text, end) {
        let after = end + c.len_utf8();
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if !c.is_ascii() && c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if joins(c, word) && followed_by_letter(&text[after..]) {
            // An apostrophe or a joining hyphen within a word.
        } else {
            break;
        }
        end = after;
    }
    end
}

/// The character there; `at` lies between two.
fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at)? {
        byte if byte.is_ascii() => Some(char::from(*byte)),
        _ => text[at..].chars().next(),
    }
}

fn joins(c: char, word: &str) -> bool {
    match c {
        '\'' | '’' | '\u{ad}' => true,
        '-' | '‐' => word == "non" || word == "sub",
        _ => false,
    }
}

fn followed_by_letter(rest: &str) -> bool {
    rest.chars().next().is_some_and(char::is_alphanumeric)
}

/// Bytes after the `<` of a tag, to its end.
fn tag(text: &str) -> usize {
    let Some(end) = text.bytes().take(200).position(|b| b == b'>') else { return 0 };
    let name = text[1..end].trim_start_matches('/');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name)) { end } else { 0 }
}

/// Bytes of `&quot;` and the like.
fn entity(text: &str) -> usize {
    let body = text[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    if (2..9).contains(&body) && text.as_bytes().get(body + 1) == Some(&b';') { body + 1 } else { 0 }
}

/// Bytes of `(c)`, which some copies leave out or write as ©.
fn sign(text: &str) -> usize {
    if text.get(..3).is_some_and(|sign| sign.eq_ignore_ascii_case("(c)")) { 3 } else { 0 }
}

fn is_bullet(word: &str, line_start: bool, before: char, rest: &str) -> bool {
    let number = word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    let letter = word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let roman = word.len() <= 4 && word.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'));
    if !(number || letter || roman) {
        return false;
    }
    match rest.chars().next() {
        Some(')') => line_start || before == '(',
        Some('.' | ':') => line_start,
        _ => false,
    }
}

/// The one spelling of a word that copies spell in two ways.
fn other_spelling(word: &str) -> Option<Cow<'static, str>> {
    let bytes = word.as_bytes();
    let licence = |(at, byte): (usize, &u8)| *byte == b'l' && bytes[at..].starts_with(b"licence");
    if bytes.len() >= 7
        && let Some(at) = bytes.iter().enumerate().position(licence)
    {
        let american = format!("{}s{}", &word[..at + 5], &word[at + 6..]);
        return Some(other_word(&american).map_or(Cow::Owned(american), Cow::Borrowed));
    }
    other_word(word).map(Cow::Borrowed)
}

fn other_word(word: &str) -> Option<&'static str> {
    // Few words are looked at further.
    if !matches!(word.as_bytes().first()?, b'a' | b'c' | b'f' | b'h' | b'j' | b'm' | b'o' | b'p' | b'w') {
        return None;
    }
    Some(match word {
        "https" => "http",
        "authorisation" => "authorization",
        "acknowledgement" => "acknowledgment",
        "acknowledgements" => "acknowledgments",
        "copyrights" => "copyright",
        "favour" => "favor",
        "favouring" => "favoring",
        "fulfil" => "fulfill",
        "fulfilment" => "fulfillment",
        "judgement" => "judgment",
        "merchantibility" => "merchantability",
        "organisation" => "organization",
        "organisations" => "organizations",
        "programme" => "program",
        "wilful" => "willful",
        "www" => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let mut all = Vec::new();
        each_word(text, |word| all.push(format!("{}{}", word.text, if word.bullet { "*" } else { "" })));
        all.join(" ")
    }

    #[test]
    fn layout_has_no_part() {
        assert_eq!(
            words("// Permission is\n * hereby—granted,\t\"free\""),
            "permission is hereby granted free"
        );
        assert_eq!(
            words("Contributor's NON-INFRINGEMENT sub-licence"),
            "contributors noninfringement sublicense"
        );
        assert_eq!(words("<p>a &quot;b&quot;<br/>(C) 2020 <year>"), "a b 2020 year");
    }

    #[test]
    fn bullets_are_known() {
        assert_eq!(
            words("1. One\n  (ii) two\n a) three (b) four 5. five"),
            "1* one ii* two a* three b* four 5 five"
        );
        assert_eq!(words("section 7(b) of\nversion 3.\n"), "section 7 b* of version 3");
        assert_eq!(words("mix.\n I do"), "mix i do");
    }

    #[test]
    fn odd_text_is_no_trouble() {
        for text in ["", "<", "&", "(", "<é>", "&é;", "(é)", "non-", "'", "’", "\u{fffd}<p", "İ'"] {
            words(text);
        }
    }
}

//! Text to the words by which licences are compared, after the matching
//! guidelines of the SPDX licence list: case, punctuation, layout, HTML tags,
//! comment marks and spelling variants have no part in it.
//!
//! Used by the plugin and by build.rs, so that texts and templates are cut
//! alike.

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
    let mut word = String::new();
    let mut rest = text.char_indices().peekable();
    let mut line_start = true;
    // The character before the word, spaces aside on the same line.
    let mut before = '\n';
    while let Some(&(at, c)) = rest.peek() {
        if !c.is_alphanumeric() {
            rest.next();
            if c == '\n' {
                line_start = true;
            }
            let skip = match c {
                '<' => tag(&text[at..]),
                '&' => entity(&text[at..]),
                '(' => sign(&text[at..]),
                _ => 0,
            };
            while rest.peek().is_some_and(|&(next, _)| next < at + skip) {
                rest.next();
            }
            before = c;
            continue;
        }
        word.clear();
        let mut end = at;
        while let Some(&(next, c)) = rest.peek() {
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            } else if !c.is_ascii() && c.is_alphanumeric() {
                word.extend(c.to_lowercase());
            } else if joins(c, &word) && followed_by_letter(&text[next + c.len_utf8()..]) {
                // An apostrophe or a joining hyphen within a word.
            } else {
                break;
            }
            end = next + c.len_utf8();
            rest.next();
        }
        let bullet = is_bullet(&word, line_start, before, &text[end..]);
        respell(&mut word);
        if !word.is_empty() {
            f(Word { text: &word, bullet, at });
        }
        // What follows `1.` of `1.10.` numbers the paragraph too.
        line_start &= bullet;
        before = 'x';
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

/// One spelling for words that copies spell in two ways.
fn respell(word: &mut String) {
    if let Some(at) = word.find("licence") {
        word.replace_range(at + 5..at + 6, "s");
    }
    let other = match word.as_str() {
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
        _ => return,
    };
    word.clear();
    word.push_str(other);
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

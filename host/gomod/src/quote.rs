//! Go's string literals: unquoting as `strconv.Unquote` does it, quoting as
//! the `%q` verb does it, so that messages read as Go's own.

use crate::unicode::{decode, is_print};
use std::fmt::Write as _;

/// Quotes a string as Go's `%q`.
pub(crate) fn quote(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    out.push('"');
    for c in s.chars() {
        push_escaped(&mut out, c, '"');
    }
    out.push('"');
    out
}

/// Quotes one character as Go's `%q`.
pub(crate) fn quote_char(c: char) -> String {
    let mut out = String::from('\'');
    push_escaped(&mut out, c, '\'');
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, c: char, mark: char) {
    match c {
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        '\\' => out.push_str("\\\\"),
        c if c == mark => {
            out.push('\\');
            out.push(c);
        }
        c if is_print(c) => out.push(c),
        c => {
            let code = u32::from(c);
            // Writing to a String cannot fail.
            let _ = match code {
                0..=0x7f => write!(out, "\\x{code:02x}"),
                0x80..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// Reads a whole Go string literal, interpreted (`"…"`) or raw (`` `…` ``);
/// `None` where `strconv.Unquote` finds a syntax error. Bytes that do not form
/// UTF-8 (from `\xff`) become U+FFFD.
pub(crate) fn unquote(literal: &str) -> Option<String> {
    let mark = literal.chars().next()?;
    let body = literal.get(1..)?.strip_suffix(mark)?;
    match mark {
        '`' => (!body.contains('`')).then(|| body.replace('\r', "")),
        '"' => unescape(body),
        _ => None,
    }
}

fn unescape(body: &str) -> Option<String> {
    if !body.contains(['\\', '"', '\n']) {
        return Some(body.to_owned());
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\n' => return None,
            '\\' => push_escape(&mut out, &mut rest)?,
            c => push_char(&mut out, c),
        }
    }
    Some(decode(&out).into_owned())
}

/// Reads what follows a backslash.
fn push_escape(out: &mut Vec<u8>, rest: &mut std::str::Chars<'_>) -> Option<()> {
    let c = rest.next()?;
    let byte = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::try_from(digits(rest, 2, 16, 0)?).ok()?,
        '0'..='7' => u8::try_from(digits(rest, 2, 8, c.to_digit(8)?)?).ok()?,
        'u' | 'U' => {
            let code = digits(rest, if c == 'u' { 4 } else { 8 }, 16, 0)?;
            push_char(out, char::from_u32(code)?);
            return Some(());
        }
        _ => return None,
    };
    out.push(byte);
    Some(())
}

fn digits(rest: &mut std::str::Chars<'_>, count: usize, radix: u32, start: u32) -> Option<u32> {
    (0..count)
        .try_fold(start, |value, _| value.checked_mul(radix)?.checked_add(rest.next()?.to_digit(radix)?))
}

fn push_char(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_like_go() {
        assert_eq!(quote("a\"b\\\n\u{7}\u{1}é\u{200b}\u{e0001}"), r#""a\"b\\\n\a\x01é\u200b\U000e0001""#);
        assert_eq!(quote("it's"), r#""it's""#);
        assert_eq!(quote_char('\''), r"'\''");
    }

    #[test]
    fn unquotes_like_go() {
        for (literal, want) in [
            (r#""plain""#, Some("plain")),
            (r#""a\tb\x41\101\u00e9\U0001F600""#, Some("a\tbAAé😀")),
            (r#""\"""#, Some("\"")),
            ("`raw\\n\r`", Some("raw\\n")),
            (r#""\xff""#, Some("\u{fffd}")),
            (r#""\'""#, None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            (r#""\UFFFFFFFF""#, None),
            (r#""a"b""#, None),
            (r#"""#, None),
            (r#""\""#, None),
            ("'a'", None),
            ("", None),
        ] {
            assert_eq!(unquote(literal).as_deref(), want, "{literal}");
        }
    }
}

//! String literals, decoded as strconv.Unquote does.

/// The value of a literal with its quotes, and how many bytes it takes; `None`
/// where it is malformed. The text may go on behind it.
pub fn quoted_prefix(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let rest = text.get(1..)?;
    match text.first()? {
        b'`' => {
            let len = memchr::memchr(b'`', rest)?;
            let value = rest[..len].iter().copied().filter(|b| *b != b'\r').collect();
            Some((value, len + 2))
        }
        b'"' => {
            let mut value = Vec::new();
            let mut at = 0;
            loop {
                match *rest.get(at)? {
                    b'"' => return Some((value, at + 2)),
                    b'\n' => return None,
                    b'\\' => at += 1 + escape(rest.get(at + 1..)?, &mut value)?,
                    byte => {
                        value.push(byte);
                        at += 1;
                    }
                }
            }
        }
        _ => None,
    }
}

/// Decodes what is behind a backslash in a double-quoted string: its bytes go
/// to `out`, its length is returned.
pub fn escape(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let number = |from: usize, len: usize, radix: u32| {
        text.get(from..from + len)?
            .iter()
            .try_fold(0_u32, |n, b| Some(n.wrapping_mul(radix).wrapping_add(char::from(*b).to_digit(radix)?)))
    };
    let plain = match *text.first()? {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        quote @ (b'\\' | b'"') => quote,
        b'x' => {
            out.push(u8::try_from(number(1, 2, 16)?).ok()?);
            return Some(3);
        }
        b'0'..=b'7' => {
            out.push(u8::try_from(number(0, 3, 8)?).ok()?);
            return Some(3);
        }
        kind @ (b'u' | b'U') => {
            let len = if kind == b'u' { 4 } else { 8 };
            let c = char::from_u32(number(1, len, 16)?)?;
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(1 + len);
        }
        _ => return None,
    };
    out.push(plain);
    Some(1)
}

/// Whether a decoded import path is one that go/build accepts (isValidImport):
/// graphic characters other than space and some punctuation.
pub fn is_import_path(path: &str) -> bool {
    const ILLEGAL: &str = "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}";
    // The debug form of a string escapes what is not graphic, and a mark at the
    // beginning: a letter comes first.
    let graphic =
        |c: char| c.is_ascii_graphic() || !c.is_ascii() && !format!("a{c}").escape_debug().any(|c| c == '\\');
    !path.is_empty() && path.chars().all(|c| graphic(c) && !c.is_whitespace() && !ILLEGAL.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_decode_as_in_go() {
        for (literal, wanted) in [
            (r#""a\x2fb""#, Some("a/b")),
            (r#""\u0061\U00000062\143""#, Some("abc")),
            (r#""\a\b\f\n\r\t\v\\\"""#, Some("\u{7}\u{8}\u{c}\n\r\t\u{b}\\\"")),
            ("`a\r\\x`", Some("a\\x")),
            (r#""\'""#, None),
            (r#""\777""#, None),
            (r#""\ud800""#, None),
            (r#""\U00110000""#, None),
            (r#""\x4""#, None),
            (r#""\8""#, None),
            (r#""a"#, None),
            ("\"a\n\"", None),
            ("`a", None),
        ] {
            let got = quoted_prefix(literal.as_bytes());
            let got = got.map(|(value, len)| {
                assert_eq!(len, literal.len());
                String::from_utf8(value).unwrap_or_default()
            });
            assert_eq!(got.as_deref(), wanted, "{literal}");
        }
    }

    #[test]
    fn paths_are_graphic() {
        for path in ["a", "a/b", "é", "a\u{301}", "a~b", "日本", "@", "C"] {
            assert!(is_import_path(path), "{path:?}");
        }
        for path in
            ["", "a b", "a\u{a0}b", "a\u{202e}", "a\u{200b}", "a\u{fffd}", "a:b", "a\\b", "\u{7f}", "a\u{85}"]
        {
            assert!(!is_import_path(path), "{path:?}");
        }
    }
}

//! Build constraints in the head of a file (go/build parseFileHeader and
//! shouldBuild).

use crate::constraint::Expr;
use crate::read::SourceError;

const BUILD: &[u8] = b"//go:build";

/// The constraints that all have to hold: the `//go:build` line, or the
/// `// +build` lines where there is none.
pub fn constraints(head: &[u8]) -> Result<Vec<Expr>, SourceError> {
    let mut end = 0;
    let mut build: Option<(&[u8], u32)> = None;
    // After a line that is neither blank nor a `//` comment no `// +build` line
    // counts any more, nor any that no blank line follows before it.
    let mut ended = false;
    let mut in_comment = false;
    let mut at = 0;
    let mut number = 0;
    'lines: while at < head.len() {
        let rest = &head[at..];
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |len| len + 1);
        let mut line = trim(&rest[..len]);
        at += len;
        number += 1;
        if line.is_empty() && !ended {
            end = at;
            continue;
        }
        ended |= !line.starts_with(b"//");
        if !in_comment && is_build(line) {
            if build.is_some() {
                return Err(SourceError { line: number, problem: "multiple //go:build comments" });
            }
            build = Some((line, number));
        }
        while !line.is_empty() {
            if in_comment {
                let Some(end) = memchr::memmem::find(line, b"*/") else { continue 'lines };
                in_comment = false;
                line = trim(&line[end + 2..]);
            } else if line.starts_with(b"//") {
                continue 'lines;
            } else if line.starts_with(b"/*") {
                in_comment = true;
                line = trim(&line[2..]);
            } else {
                break 'lines;
            }
        }
    }
    if let Some((line, number)) = build {
        let text = String::from_utf8_lossy(&line[BUILD.len()..]);
        let invalid = SourceError { line: number, problem: "the //go:build line is not an expression" };
        return Expr::parse(text.trim()).map(|expr| vec![expr]).ok_or(invalid);
    }
    let lines = head[..end].split(|b| *b == b'\n').map(trim);
    Ok(lines.filter_map(plus_build).filter_map(|tags| Expr::parse_plus(&tags)).collect())
}

/// `//go:build` by itself or with space behind it.
fn is_build(line: &[u8]) -> bool {
    line.strip_prefix(BUILD).is_some_and(|rest| rest.is_empty() || trim(rest).len() < rest.len())
}

/// What is behind `// +build` in a trimmed line.
fn plus_build(line: &[u8]) -> Option<String> {
    let rest = trim(line.strip_prefix(b"//")?).strip_prefix(b"+build")?;
    let tags = trim(rest);
    (rest.is_empty() || tags.len() < rest.len()).then(|| String::from_utf8_lossy(tags).into_owned())
}

/// bytes.TrimSpace: white space of Unicode on both sides.
fn trim(mut text: &[u8]) -> &[u8] {
    let space = |bytes: &[u8]| {
        std::str::from_utf8(bytes).is_ok_and(|s| !s.is_empty() && s.chars().all(char::is_whitespace))
    };
    // No white space takes more than three bytes.
    while let Some(len) = (1..=3).find(|len| text.get(..*len).is_some_and(space)) {
        text = &text[len..];
    }
    while let Some(len) = (1..=3).find(|len| text.len() >= *len && space(&text[text.len() - len..])) {
        text = &text[..text.len() - len];
    }
    text
}

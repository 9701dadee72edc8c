//! Canonical JSON: one sequence of bytes for one value, and a reader that
//! accepts nothing else.
//!
//! The form is RFC 8785 narrowed: UTF-8, no white space, object keys of
//! printable ASCII in ascending order, integers of at most 2^53 - 1 in
//! magnitude without exponent or fraction, and the shortest string escapes.
//! The scanner checks bytes before serde sees them, so that a duplicate key, a
//! float or a thousand brackets is refused with its own message and in bounded
//! stack. Signed statements of other tools need not be canonical: for them
//! [`check_strict`] allows white space and any key order, nothing more.

use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

/// The largest magnitude of an integer: beyond it JSON readers disagree.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Nesting beyond this is refused.
pub const MAX_DEPTH: usize = 32;

/// Why bytes are not the JSON that the format allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {offset}")]
pub struct JsonError {
    /// Where in the text.
    pub offset: usize,
    /// What was wrong.
    pub reason: JsonReason,
}

/// The kinds of [`JsonError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonReason {
    /// Not JSON at all.
    #[error("invalid JSON")]
    Syntax,
    /// The text ends inside a value.
    #[error("the JSON ends too early")]
    End,
    /// Bytes follow the value.
    #[error("data follows the JSON value")]
    Trailing,
    /// The bytes are not UTF-8.
    #[error("the JSON is not UTF-8")]
    Utf8,
    /// An object names a key twice.
    #[error("duplicate JSON key {0:?}")]
    DuplicateKey(String),
    /// Keys are not in ascending order.
    #[error("JSON key {0:?} is out of order")]
    KeyOrder(String),
    /// A key holds something other than printable ASCII.
    #[error("JSON key {0:?} is not printable ASCII")]
    KeyText(String),
    /// White space in canonical text.
    #[error("white space is not canonical JSON")]
    WhiteSpace,
    /// A string uses an escape where the canonical form has none, or another.
    #[error("string escape is not canonical JSON")]
    Escape,
    /// A fraction, an exponent, a leading zero or minus zero.
    #[error("number is not a plain integer")]
    Number,
    /// An integer that not every reader keeps exactly.
    #[error("integer is beyond 2^53 - 1")]
    Range,
    /// Brackets in brackets in brackets.
    #[error("JSON is nested deeper than {MAX_DEPTH} levels")]
    Depth,
}

/// Refuses bytes that are not one canonical JSON value.
pub fn check_canonical(bytes: &[u8]) -> Result<(), JsonError> {
    Scanner::check(bytes, true)
}

/// Refuses bytes that are not one JSON value with unique keys, plain integers
/// and bounded depth; white space, key order and escapes are free.
pub fn check_strict(bytes: &[u8]) -> Result<(), JsonError> {
    Scanner::check(bytes, false)
}

/// Writes a value canonically. Fails on floats, oversized integers and keys
/// that are not printable ASCII.
///
/// A type whose fields are in the order of their names is written as it is: a
/// value has only one canonical form. Others are put in order in between, which
/// takes many times the memory.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let plain = serde_json::to_vec(value)?;
    if check_canonical(&plain).is_ok() {
        return Ok(plain);
    }
    drop(plain);
    let value = serde_json::to_value(value)?;
    let mut out = Vec::new();
    write_value(&mut out, &value)?;
    Ok(out)
}

/// Whether these canonical bytes are what [`to_canonical`] would write, without
/// writing them; `Err` is where they differ.
pub(crate) fn same_canonical<T: Serialize>(
    value: &T,
    bytes: &[u8],
) -> Result<Result<(), usize>, serde_json::Error> {
    let mut left = Compare(bytes);
    if serde_json::to_writer(&mut left, value).is_ok() && left.0.is_empty() {
        return Ok(Ok(()));
    }
    let again = to_canonical(value)?;
    if again == bytes {
        return Ok(Ok(()));
    }
    Ok(Err(again.iter().zip(bytes).take_while(|(a, b)| a == b).count()))
}

/// Takes what is written off the bytes that are expected.
struct Compare<'a>(&'a [u8]);

impl std::io::Write for Compare<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A member that is null, at whatever depth: the format has none, since what
/// says nothing is absent.
pub(crate) fn null_member(value: &Value) -> Option<&str> {
    match value {
        Value::Array(items) => items.iter().find_map(null_member),
        Value::Object(map) => map.iter().find_map(|(key, item)| match item {
            Value::Null => Some(key.as_str()),
            _ => null_member(item),
        }),
        _ => None,
    }
}

fn custom(message: &str) -> serde_json::Error {
    <serde_json::Error as serde::ser::Error>::custom(message)
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), serde_json::Error> {
    match value {
        Value::Null | Value::Bool(_) => serde_json::to_writer(out, value)?,
        // serde_json's string escapes are RFC 8785's: \" \\ \b \f \n \r \t and \u00xx in lower case.
        Value::String(s) => serde_json::to_writer(out, s)?,
        Value::Number(n) => {
            let fits = n.as_u64().is_some_and(|v| v <= MAX_INTEGER)
                || n.as_i64().is_some_and(|v| v.unsigned_abs() <= MAX_INTEGER);
            if !fits {
                return Err(custom("number is not an integer within 2^53 - 1"));
            }
            serde_json::to_writer(out, n)?;
        }
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(out, item)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            // Sorted here rather than trusting serde_json's map, whose order a feature can change.
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by(|a, b| a.0.cmp(b.0));
            out.push(b'{');
            for (i, (key, item)) in members.into_iter().enumerate() {
                if !is_key(key) {
                    return Err(custom("object key is not printable ASCII"));
                }
                if i > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, key)?;
                out.push(b':');
                write_value(out, item)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn is_key(key: &str) -> bool {
    key.bytes().all(|b| (b' '..=b'~').contains(&b))
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    canonical: bool,
}

impl<'a> Scanner<'a> {
    fn check(bytes: &'a [u8], canonical: bool) -> Result<(), JsonError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| JsonError { offset: e.valid_up_to(), reason: JsonReason::Utf8 })?;
        let mut s = Scanner { text, bytes, at: 0, canonical };
        s.space()?;
        s.value(0)?;
        s.space()?;
        if s.at == bytes.len() { Ok(()) } else { Err(s.fail(JsonReason::Trailing)) }
    }

    fn fail(&self, reason: JsonReason) -> JsonError {
        JsonError { offset: self.at, reason }
    }

    fn peek(&self) -> Result<u8, JsonError> {
        self.bytes.get(self.at).copied().ok_or_else(|| self.fail(JsonReason::End))
    }

    fn space(&mut self) -> Result<(), JsonError> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            if self.canonical {
                return Err(self.fail(JsonReason::WhiteSpace));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(drop),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.fail(JsonReason::Syntax)),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.fail(JsonReason::Syntax))
    }

    fn open(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth >= MAX_DEPTH {
            return Err(self.fail(JsonReason::Depth));
        }
        self.at += 1;
        self.space()
    }

    fn array(&mut self, depth: usize) -> Result<(), JsonError> {
        self.open(depth)?;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if self.separator(b']')? {
                return Ok(());
            }
        }
    }

    /// Steps over `,` (false) or the closing byte (true).
    fn separator(&mut self, close: u8) -> Result<bool, JsonError> {
        self.space()?;
        let b = self.peek()?;
        if b != b',' && b != close {
            return Err(self.fail(JsonReason::Syntax));
        }
        self.at += 1;
        if b == b',' {
            self.space()?;
        }
        Ok(b == close)
    }

    fn object(&mut self, depth: usize) -> Result<(), JsonError> {
        self.open(depth)?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        // Ascending keys are unique; free order needs a set.
        let mut last: Option<Cow<'_, str>> = None;
        let mut seen = HashSet::new();
        loop {
            if self.peek()? != b'"' {
                return Err(self.fail(JsonReason::Syntax));
            }
            let start = self.at;
            let raw = self.string()?;
            let refuse = |reason| JsonError { offset: start, reason };
            // Keys are compared as what they mean: an escaped quote sorts as a quote.
            let key = if raw.contains('\\') {
                let decoded = serde_json::from_str(&self.text[start..self.at]);
                Cow::Owned(decoded.map_err(|_| refuse(JsonReason::Syntax))?)
            } else {
                Cow::Borrowed(raw)
            };
            if self.canonical {
                if !is_key(&key) {
                    return Err(refuse(JsonReason::KeyText(key.into_owned())));
                }
                match last.map(|l| l.cmp(&key)) {
                    Some(Ordering::Equal) => {
                        return Err(refuse(JsonReason::DuplicateKey(key.into_owned())));
                    }
                    Some(Ordering::Greater) => return Err(refuse(JsonReason::KeyOrder(key.into_owned()))),
                    _ => last = Some(key),
                }
            } else if !seen.insert(key.clone()) {
                return Err(refuse(JsonReason::DuplicateKey(key.into_owned())));
            }
            self.space()?;
            if self.peek()? != b':' {
                return Err(self.fail(JsonReason::Syntax));
            }
            self.at += 1;
            self.space()?;
            self.value(depth + 1)?;
            if self.separator(b'}')? {
                return Ok(());
            }
        }
    }

    /// Steps over a string; gives what stands between its quotes, undecoded.
    fn string(&mut self) -> Result<&'a str, JsonError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at - 1]);
                }
                b'\\' => self.escape()?,
                0..=0x1f => return Err(self.fail(JsonReason::Syntax)),
                _ => self.at += 1,
            }
        }
    }

    fn hex4(&self, at: usize) -> Result<u32, JsonError> {
        let digits = self.bytes.get(at..at + 4).ok_or_else(|| self.fail(JsonReason::End))?;
        digits.iter().try_fold(0, |n, d| match (*d as char).to_digit(16) {
            Some(v) => Ok(n << 4 | v),
            None => Err(self.fail(JsonReason::Syntax)),
        })
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let kind = *self.bytes.get(self.at + 1).ok_or_else(|| self.fail(JsonReason::End))?;
        match kind {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'/' if !self.canonical => self.at += 2,
            b'/' => return Err(self.fail(JsonReason::Escape)),
            b'u' => {
                let code = self.hex4(self.at + 2)?;
                if self.canonical {
                    let short = matches!(code, 0x08 | 0x09 | 0x0a | 0x0c | 0x0d);
                    let upper = self.bytes[self.at + 2..self.at + 6].iter().any(u8::is_ascii_uppercase);
                    if code > 0x1f || short || upper {
                        return Err(self.fail(JsonReason::Escape));
                    }
                }
                self.at += 6;
                if (0xdc00..0xe000).contains(&code) {
                    return Err(self.fail(JsonReason::Escape));
                }
                if (0xd800..0xdc00).contains(&code) {
                    let pair = self.bytes.get(self.at..self.at + 2) == Some(b"\\u")
                        && (0xdc00..0xe000).contains(&self.hex4(self.at + 2)?);
                    if !pair {
                        return Err(self.fail(JsonReason::Escape));
                    }
                    self.at += 6;
                }
            }
            _ => return Err(self.fail(JsonReason::Syntax)),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let refuse = |reason| Err(JsonError { offset: start, reason });
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !plain || text == "-0" || (digits.len() > 1 && digits.starts_with('0')) {
            return refuse(JsonReason::Number);
        }
        match digits.parse::<u64>() {
            Ok(n) if n <= MAX_INTEGER => Ok(()),
            _ => refuse(JsonReason::Range),
        }
    }
}

//! The tokens of a file's head, as go/scanner finds them where they decide
//! whether go/parser accepts the imports.

use crate::unquote::escape;

/// A token; only those that the head of a file may have are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tok<'a> {
    Eof,
    /// `;`, or a line's end that stands for it.
    Semicolon,
    Ident(&'a [u8]),
    Package,
    Import,
    /// A string literal with its quotes.
    Str(&'a [u8]),
    OpenParen,
    /// `)` or `}`
    Close(u8),
    Period,
    Other,
}

pub struct Lexer<'a> {
    source: &'a [u8],
    pub at: usize,
    /// A line's end counts as a semicolon.
    insert: bool,
    line_start: usize,
    /// The offset of the first character that no source may have.
    bad: usize,
    /// The first error of a token.
    pub error: Option<(usize, &'static str)>,
}

impl<'a> Lexer<'a> {
    pub fn new(source: &'a [u8]) -> Self {
        let at = if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Lexer { source, at, insert: false, line_start: 0, bad: first_bad(source), error: None }
    }

    /// The first error in what was read so far, with the character behind it.
    pub fn first_error(&self) -> Option<(usize, &'static str)> {
        let bad = (self.bad <= self.at && self.bad < self.source.len())
            .then_some((self.bad, "a character that Go source may not have"));
        [bad, self.error].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn fail(&mut self, at: usize, problem: &'static str) {
        self.error.get_or_insert((at, problem));
    }

    /// The next token, comments aside, and where it starts.
    pub fn next(&mut self) -> (usize, Tok<'a>) {
        loop {
            let start = self.at;
            let rest = &self.source[start..];
            let Some(first) = rest.first().copied() else {
                return (start, if std::mem::take(&mut self.insert) { Tok::Semicolon } else { Tok::Eof });
            };
            match first {
                b'\n' => {
                    self.at += 1;
                    self.line_start = self.at;
                    if std::mem::take(&mut self.insert) {
                        return (start, Tok::Semicolon);
                    }
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'/' if matches!(rest.get(1), Some(b'/' | b'*')) => {
                    if self.comment() && std::mem::take(&mut self.insert) {
                        return (start, Tok::Semicolon);
                    }
                }
                _ => {
                    let insert = std::mem::take(&mut self.insert);
                    return (start, self.token(first, insert));
                }
            }
        }
    }

    /// Passes over a comment; whether a line ends in it.
    fn comment(&mut self) -> bool {
        let start = self.at;
        let rest = &self.source[start..];
        let block = rest.get(1) == Some(&b'*');
        let len = if block {
            memchr::memmem::find(&rest[2..], b"*/").map(|end| end + 4)
        } else {
            Some(memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
        };
        let Some(len) = len else {
            self.at = self.source.len();
            self.fail(start, "the comment does not end");
            return false;
        };
        self.at += len;
        let text = &rest[..len];
        if (block || start == self.line_start) && text[2..].starts_with(b"line ") {
            let text = if block { &text[..len - 2] } else { text.strip_suffix(b"\r").unwrap_or(text) };
            // `/*line */` ends where its file name would begin.
            if let Some(text) = text.get(7..)
                && !is_line_directive(text)
            {
                self.fail(start, "invalid line number");
            }
        }
        let newline = memchr::memrchr(b'\n', text);
        if let Some(newline) = newline {
            self.line_start = start + newline + 1;
        }
        newline.is_some()
    }

    fn token(&mut self, first: u8, insert: bool) -> Tok<'a> {
        let source = self.source;
        let start = self.at;
        let rest = &source[start..];
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                let len = word(rest);
                if len == 0 || first >= 0x80 && !starts_with_letter(rest) {
                    self.at += char_len(rest);
                    self.fail(start, "a character that Go source may not have");
                    self.insert = insert;
                    return Tok::Other;
                }
                self.at += len;
                self.insert = true;
                match &rest[..len] {
                    b"package" | b"import" | b"chan" | b"const" | b"case" | b"default" | b"defer"
                    | b"else" | b"for" | b"func" | b"go" | b"goto" | b"if" | b"interface" | b"map"
                    | b"range" | b"select" | b"struct" | b"switch" | b"type" | b"var" => {
                        self.insert = false;
                        match &rest[..len] {
                            b"package" => Tok::Package,
                            b"import" => Tok::Import,
                            _ => Tok::Other,
                        }
                    }
                    b"break" | b"continue" | b"fallthrough" | b"return" => Tok::Other,
                    name => Tok::Ident(name),
                }
            }
            b'0'..=b'9' => self.number(rest),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => self.number(rest),
            b'"' | b'\'' => {
                self.insert = true;
                self.quoted(first);
                if first == b'"' { Tok::Str(&source[start..self.at]) } else { Tok::Other }
            }
            b'`' => {
                self.insert = true;
                match memchr::memchr(b'`', &rest[1..]) {
                    Some(len) => {
                        self.at += len + 2;
                        if let Some(newline) = memchr::memrchr(b'\n', &rest[..len]) {
                            self.line_start = start + newline + 1;
                        }
                    }
                    None => {
                        self.at = source.len();
                        self.fail(start, "the string does not end");
                    }
                }
                Tok::Str(&source[start..self.at])
            }
            _ => self.operator(first, rest, insert),
        }
    }

    fn operator(&mut self, first: u8, rest: &[u8], insert: bool) -> Tok<'a> {
        self.at += 1;
        match first {
            b';' => Tok::Semicolon,
            b'(' => Tok::OpenParen,
            b')' | b'}' => {
                self.insert = true;
                Tok::Close(first)
            }
            b']' => {
                self.insert = true;
                Tok::Other
            }
            b'.' if !rest.starts_with(b"...") => Tok::Period,
            b'+' | b'-' if rest.get(1) == Some(&first) => {
                self.at += 1;
                self.insert = true;
                Tok::Other
            }
            b'.' | b',' | b'[' | b'{' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<'
            | b'>' | b'=' | b'!' | b':' | b'~' => Tok::Other,
            _ => {
                self.insert = insert;
                self.fail(self.at - 1, "a character that Go source may not have");
                Tok::Other
            }
        }
    }

    fn number(&mut self, rest: &[u8]) -> Tok<'a> {
        let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_');
        self.at += rest.iter().position(|b| !part(b)).unwrap_or(rest.len());
        self.insert = true;
        Tok::Other
    }

    fn quoted(&mut self, quote: u8) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.source.get(self.at).copied() {
                None | Some(b'\n') => return self.fail(start, "the string does not end"),
                Some(b'\\') => {
                    let rest = &self.source[self.at + 1..];
                    match escape(rest, &mut Vec::new()) {
                        Some(len) if quote == b'"' => self.at += 1 + len,
                        // In a rune the other quote is escaped.
                        _ if quote == b'\'' && !rest.is_empty() && rest[0] != b'\n' => self.at += 2,
                        _ => {
                            self.fail(self.at, "invalid escape sequence");
                            self.at += 1;
                        }
                    }
                }
                Some(byte) => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }
}

/// Bytes of a letter or digit sequence.
fn word(text: &[u8]) -> usize {
    let ascii = text.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(text.len());
    if text.get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    let mut len = ascii;
    while let Some(c) = first_char(&text[len..]).filter(|c| c.is_alphanumeric() || *c == '_') {
        len += c.len_utf8();
    }
    len
}

fn starts_with_letter(text: &[u8]) -> bool {
    first_char(text).is_some_and(char::is_alphabetic)
}

fn char_len(text: &[u8]) -> usize {
    first_char(text).map_or(1, char::len_utf8)
}

fn first_char(text: &[u8]) -> Option<char> {
    let head = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(head) => head,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
    };
    valid.chars().next()
}

/// The first NUL, byte that is not UTF-8, or byte order mark behind the start.
fn first_bad(source: &[u8]) -> usize {
    let utf8 = std::str::from_utf8(source).map_or_else(|e| e.valid_up_to(), |_| source.len());
    let head = &source[..utf8];
    let nul = memchr::memchr(0, head).unwrap_or(utf8);
    let mark =
        memchr::memmem::find(head.get(1..).unwrap_or_default(), b"\xEF\xBB\xBF").map_or(utf8, |at| at + 1);
    utf8.min(nul).min(mark)
}

/// `file:line` or `file:line:column` with numbers that Go accepts, or no such
/// directive at all (go/scanner updateLineInfo).
fn is_line_directive(text: &[u8]) -> bool {
    const MOST: i64 = 1 << 30;
    let trailing = |text: &[u8]| {
        let colon = memchr::memrchr(b':', text)?;
        let digits = std::str::from_utf8(&text[colon + 1..]).ok().filter(|d| !d.starts_with('+'));
        // Go converts to a signed number afterwards.
        Some((colon, digits.and_then(|d| d.parse::<u64>().ok()).map(|n| n as i64)))
    };
    let fits = |n: i64| n != 0 && n <= MOST;
    match trailing(text) {
        None => true,
        Some((_, None)) => false,
        Some((colon, Some(last))) => match trailing(&text[..colon]) {
            Some((_, Some(line))) => fits(last) && fits(line),
            _ => fits(last),
        },
    }
}

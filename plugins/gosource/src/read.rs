//! The head of a Go file (go/build readGoInfo).

use crate::constraint::{Expr, Truth};
use crate::{header, parse};
use std::fmt;

/// What a Go file says before its code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The name of the package; empty where the package clause is not valid.
    pub package: String,
    /// In the order of writing. Of a file with an [error](Self::error) those
    /// before it: go uses none of them, and refuses the package.
    pub imports: Vec<Import>,
    /// Build constraints, all of which have to hold.
    pub constraints: Vec<Expr>,
    /// Why go refuses the file where it is built.
    pub error: Option<SourceError>,
    /// Go refuses the file whatever its constraints say: these cannot be read.
    pub unreadable: bool,
    /// Something follows the imports. Without it a text that was cut off may
    /// have further ones, or an end that changes what was read.
    pub complete: bool,
}

impl Source {
    /// Whether the constraints hold, where `has` says it of each tag.
    pub fn evaluate(&self, has: &dyn Fn(&str) -> Truth) -> Truth {
        self.constraints.iter().fold(Truth::Yes, |all, expr| all.and(expr.evaluate(has)))
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// What is imported, as the compiler reads it: `"os\x2fexec"` is `os/exec`.
    /// `C` is cgo.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
}

/// Why go refuses a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: &'static str,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for SourceError {}

/// Reads the head of a Go file.
#[must_use]
pub fn read(source: &[u8]) -> Source {
    let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
    let mut reader = Reader { source, at: 0, peek: 0, error: None, eof: false };
    reader.file();
    let head = match reader.error {
        Some(Stop::Nul) => {
            let error = SourceError { line: parse::line_of(source, reader.at), problem: "unexpected NUL" };
            return Source { error: Some(error), unreadable: true, complete: true, ..Source::default() };
        }
        // Errors are those of the parser, which sees the whole file.
        Some(Stop::Syntax) => source,
        None if reader.eof => source,
        None => &source[..reader.at - 1],
    };
    let complete = reader.error.is_none() && !reader.eof;
    let parsed = parse::parse(head);
    let (constraints, unreadable, error) = match header::constraints(head) {
        Ok(constraints) => (constraints, false, parsed.error),
        Err(error) => (Vec::new(), true, Some(error)),
    };
    Source { package: parsed.package, imports: parsed.imports, constraints, error, unreadable, complete }
}

/// Why the reader stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Syntax,
    Nul,
}

/// Finds where the imports end, more tolerant than the parser (go/build
/// importReader): a semicolon is a space to it.
struct Reader<'a> {
    source: &'a [u8],
    /// Behind what was read.
    at: usize,
    /// Read, but not used yet; 0 for none.
    peek: u8,
    error: Option<Stop>,
    eof: bool,
}

impl Reader<'_> {
    fn file(&mut self) {
        self.keyword(b"package");
        self.ident();
        while self.peek(true) == b'i' {
            self.keyword(b"import");
            if self.peek(true) == b'(' {
                self.next(false);
                while self.peek(true) != b')' && self.error.is_none() {
                    self.import();
                }
                self.next(false);
            } else {
                self.import();
            }
        }
    }

    fn import(&mut self) {
        match self.peek(true) {
            b'.' => self.peek = 0,
            c if is_ident(c) => self.ident(),
            _ => {}
        }
        self.string();
    }

    fn string(&mut self) {
        match self.next(true) {
            b'`' => {
                while self.error.is_none() && self.next(false) != b'`' {
                    if self.eof {
                        self.syntax();
                    }
                }
            }
            b'"' => {
                while self.error.is_none() {
                    let c = self.next(false);
                    if c == b'"' {
                        break;
                    }
                    if self.eof || c == b'\n' {
                        self.syntax();
                    }
                    if c == b'\\' {
                        self.next(false);
                    }
                }
            }
            _ => self.syntax(),
        }
    }

    fn keyword(&mut self, word: &[u8]) {
        self.peek(true);
        for wanted in word {
            if self.next(false) != *wanted {
                return self.syntax();
            }
        }
        if is_ident(self.peek(false)) {
            self.syntax();
        }
    }

    fn ident(&mut self) {
        if !is_ident(self.peek(true)) {
            return self.syntax();
        }
        while is_ident(self.peek(false)) {
            self.peek = 0;
        }
    }

    fn syntax(&mut self) {
        self.error.get_or_insert(Stop::Syntax);
    }

    fn byte(&mut self) -> u8 {
        match self.source.get(self.at).copied() {
            Some(byte) => {
                self.at += 1;
                if byte == 0 {
                    self.error.get_or_insert(Stop::Nul);
                }
                byte
            }
            None => {
                self.eof = true;
                0
            }
        }
    }

    /// The next byte, which stays the next; behind white space, semicolons and
    /// comments where these are to be skipped.
    fn peek(&mut self, skip: bool) -> u8 {
        if self.error.is_some() {
            return 0;
        }
        let mut c = if self.peek == 0 { self.byte() } else { self.peek };
        while skip && self.error.is_none() && !self.eof {
            match c {
                b' ' | b'\x0c' | b'\t' | b'\r' | b'\n' | b';' => c = self.byte(),
                b'/' => {
                    self.comment();
                    c = self.byte();
                }
                _ => break,
            }
        }
        self.peek = c;
        c
    }

    fn comment(&mut self) {
        match self.byte() {
            b'/' => while self.error.is_none() && !self.eof && self.byte() != b'\n' {},
            b'*' => {
                let (mut c, mut next) = (b'*', 0);
                while (c != b'*' || next != b'/') && self.error.is_none() {
                    if self.eof {
                        self.syntax();
                    }
                    (c, next) = (next, self.byte());
                }
            }
            _ => self.syntax(),
        }
    }

    fn next(&mut self, skip: bool) -> u8 {
        let c = self.peek(skip);
        self.peek = 0;
        c
    }
}

fn is_ident(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80
}

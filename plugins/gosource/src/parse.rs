//! Package clause and imports, as go/parser reads them with ImportsOnly.

use crate::lexer::{Lexer, Tok};
use crate::read::{Import, SourceError};
use crate::unquote::{is_import_path, quoted_prefix};

/// What the parser finds.
#[derive(Default)]
pub struct Parsed {
    /// Empty where the package clause is not valid.
    pub package: String,
    /// Those before the first error.
    pub imports: Vec<Import>,
    pub error: Option<SourceError>,
}

pub fn parse(head: &[u8]) -> Parsed {
    let lexer = Lexer::new(head);
    let mut parser = Parser { head, lexer, at: 0, tok: Tok::Eof, counted: (0, 1), parsed: Parsed::default() };
    let problem = parser.file();
    let mut errors: Vec<(usize, &'static str)> = parser.lexer.first_error().into_iter().collect();
    errors.extend(problem.err());
    errors.sort_by_key(|(at, _)| *at);
    if let Some((at, problem)) = errors.first() {
        parser.parsed.error = Some(SourceError { line: line_of(head, *at), problem });
    }
    parser.parsed
}

/// Where, and what.
type Problem = (usize, &'static str);

struct Parser<'a> {
    head: &'a [u8],
    lexer: Lexer<'a>,
    /// The token in view, and where it starts.
    at: usize,
    tok: Tok<'a>,
    /// An offset and its line: lines are counted once.
    counted: (usize, u32),
    parsed: Parsed,
}

impl Parser<'_> {
    fn file(&mut self) -> Result<(), Problem> {
        self.advance();
        self.expect(Tok::Package, "expected the package clause")?;
        let Tok::Ident(name) = self.tok else { return Err((self.at, "expected the package's name")) };
        self.advance();
        self.semicolon()?;
        if let Some(problem) = self.lexer.first_error() {
            return Err(problem);
        }
        self.parsed.package = String::from_utf8_lossy(name).into_owned();
        while self.tok == Tok::Import {
            self.advance();
            if self.tok != Tok::OpenParen {
                self.import()?;
                continue;
            }
            self.advance();
            while !matches!(self.tok, Tok::Close(b')') | Tok::Eof) {
                self.import()?;
            }
            self.expect(Tok::Close(b')'), "expected a closing parenthesis")?;
            self.semicolon()?;
        }
        Ok(())
    }

    fn import(&mut self) -> Result<(), Problem> {
        let start = self.at;
        if matches!(self.tok, Tok::Ident(_) | Tok::Period) {
            self.advance();
        }
        let Tok::Str(literal) = self.tok else { return Err((self.at, "expected an import path")) };
        let at = self.at;
        self.advance();
        let path = quoted_prefix(literal).filter(|(_, len)| *len == literal.len());
        let path =
            path.and_then(|(path, _)| String::from_utf8(path).ok()).filter(|path| is_import_path(path));
        let path = path.ok_or((start, "invalid import path"))?;
        let line = self.line(at);
        self.parsed.imports.push(Import { path, line });
        self.semicolon()
    }

    /// What ends a clause; it may be missing before a closing bracket.
    fn semicolon(&mut self) -> Result<(), Problem> {
        match self.tok {
            Tok::Close(_) => Ok(()),
            Tok::Semicolon => {
                self.advance();
                Ok(())
            }
            _ => Err((self.at, "expected a semicolon or the end of the line")),
        }
    }

    fn expect(&mut self, tok: Tok<'_>, problem: &'static str) -> Result<(), Problem> {
        if self.tok != tok {
            return Err((self.at, problem));
        }
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        (self.at, self.tok) = self.lexer.next();
    }

    fn line(&mut self, at: usize) -> u32 {
        let (before, line) = self.counted;
        let lines = memchr::memchr_iter(b'\n', &self.head[before..at]).count();
        self.counted = (at, line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)));
        self.counted.1
    }
}

pub fn line_of(text: &[u8], at: usize) -> u32 {
    let lines = memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count();
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

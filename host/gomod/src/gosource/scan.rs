//! The head of a Go file: comments, package clause, imports (go/build read.go).

use super::constraint::Expr;

/// What stands in the head of a Go file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The name of the package.
    pub package: String,
    /// Import paths as written, in their order; `C` for cgo.
    pub imports: Vec<String>,
    /// `//go:build`, or the `// +build` lines where there is none.
    pub constraint: Option<Expr>,
}

/// Why a file's head cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SourceError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

/// Reads the head of a Go file; what follows the imports is not looked at.
pub fn scan(source: &[u8]) -> Result<Header, SourceError> {
    let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
    let mut scanner = Scanner { source, at: 0, comments: Vec::new() };
    if scanner.word()? != b"package" {
        return Err(scanner.error("expected the package clause"));
    }
    let constraint = scanner.constraint()?;
    let package = scanner.word()?;
    if package.is_empty() {
        return Err(scanner.error("expected the package's name"));
    }
    let mut header =
        Header { package: String::from_utf8_lossy(package).into_owned(), imports: Vec::new(), constraint };
    loop {
        scanner.skip(true)?;
        let before = scanner.at;
        if scanner.word()? != b"import" {
            scanner.at = before;
            return Ok(header);
        }
        scanner.skip(false)?;
        if scanner.take(b'(') {
            loop {
                scanner.skip(true)?;
                if scanner.take(b')') {
                    break;
                }
                header.imports.push(scanner.import()?);
            }
        } else {
            header.imports.push(scanner.import()?);
        }
    }
}

struct Scanner<'a> {
    source: &'a [u8],
    at: usize,
    /// Line comments before the package clause, with whether only blank lines
    /// and comments stand around each: all of them do.
    comments: Vec<(usize, &'a [u8])>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.source[self.at..]
    }

    fn error(&self, problem: &'static str) -> SourceError {
        let line = 1 + self.source[..self.at].iter().filter(|b| **b == b'\n').count();
        SourceError { line, problem }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.rest().first() == Some(&byte);
        self.at += usize::from(there);
        there
    }

    /// Passes over white space and comments, and semicolons where these may be.
    fn skip(&mut self, semicolons: bool) -> Result<(), SourceError> {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => self.at += 1,
                [b';', ..] if semicolons => self.at += 1,
                [b'/', b'/', ..] => {
                    let len = self.rest().iter().position(|b| *b == b'\n').unwrap_or(self.rest().len());
                    self.comments.push((self.at, &self.rest()[..len]));
                    self.at += len;
                }
                [b'/', b'*', ..] => {
                    let end = self.rest()[2..].windows(2).position(|w| w == b"*/");
                    self.at += 4 + end.ok_or_else(|| self.error("the comment does not end"))?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// The next identifier or keyword; empty where something else stands.
    fn word(&mut self) -> Result<&'a [u8], SourceError> {
        self.skip(false)?;
        let is_letter = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80;
        let len = self.rest().iter().position(|b| !is_letter(b)).unwrap_or(self.rest().len());
        let word = &self.rest()[..len];
        self.at += len;
        Ok(word)
    }

    /// `"path"`, with a name or a dot before it or not.
    fn import(&mut self) -> Result<String, SourceError> {
        self.skip(false)?;
        if !self.take(b'.') {
            self.word()?;
        }
        self.skip(false)?;
        let quote = match self.rest().first() {
            Some(quote @ (b'"' | b'`')) => *quote,
            _ => return Err(self.error("expected an import path")),
        };
        let text = &self.rest()[1..];
        let len = text.iter().position(|b| *b == quote || *b == b'\n');
        let len = len.filter(|len| text.get(*len) == Some(&quote));
        let len = len.ok_or_else(|| self.error("the import path does not end"))?;
        self.at += len + 2;
        // Go allows no character in a path that would have to be escaped.
        std::str::from_utf8(&text[..len]).map(str::to_owned).map_err(|_| self.error("not UTF-8"))
    }

    /// The constraint in the comments read so far. Of `// +build` lines only
    /// those count that a blank line parts from the package clause, which also
    /// holds for all but the last block of comments (go/build shouldBuild).
    fn constraint(&self) -> Result<Option<Expr>, SourceError> {
        let mut plus: Option<Expr> = None;
        let head = &self.source[..self.at];
        for (at, comment) in &self.comments {
            let text = String::from_utf8_lossy(comment);
            let text = text.trim_end();
            if let Some(expr) = text.strip_prefix("//go:build").filter(|r| r.starts_with([' ', '\t'])) {
                let bad = SourceError { problem: "malformed //go:build line", ..self.line_at(*at) };
                return Expr::parse(expr).map(Some).ok_or(bad);
            }
            let Some(line) = text.strip_prefix("//").map(str::trim_start) else { continue };
            let Some(tags) =
                line.strip_prefix("+build").filter(|r| r.is_empty() || r.starts_with([' ', '\t']))
            else {
                continue;
            };
            let after = head[*at..].windows(2).any(|w| w == b"\n\n")
                || head[*at..].windows(3).any(|w| w == b"\n\r\n");
            if let (true, Some(expr)) = (after, Expr::parse_plus(tags)) {
                plus = Some(match plus {
                    None => expr,
                    Some(before) => Expr::And(Box::new(before), Box::new(expr)),
                });
            }
        }
        Ok(plus)
    }

    fn line_at(&self, at: usize) -> SourceError {
        let line = 1 + self.source[..at].iter().filter(|b| **b == b'\n').count();
        SourceError { line, problem: "" }
    }
}

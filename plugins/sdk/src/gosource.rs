//! Reading Go source as far as a policy needs it: what a file imports, and its
//! comments, with the line of each. Strings and comments are told from code;
//! the code itself is not parsed.
//!
//! ```
//! use airgo_plugin::gosource::{Token, Tokens, header};
//!
//! let source = "//go:build linux\n\npackage a\n\nimport (\n\t\"C\"\n\tx \"os/exec\"\n)\n";
//! let header = header(source);
//! assert_eq!(header.build, Some("linux"));
//! assert_eq!(header.imports[1].path, "os/exec");
//! assert_eq!(header.imports[1].line, 7);
//! ```

use std::borrow::Cow;

/// A piece of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// From `//` or `/*` to the end, the marks included.
    Comment(&'a str),
    /// A string or rune with its quotes.
    Literal(&'a str),
    /// An identifier, a keyword or a number.
    Word(&'a str),
    /// One other character.
    Other(char),
    /// The end of a line outside of comments and strings.
    Newline,
}

/// The pieces of a source file, each with its line, from 1.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    source: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Tokens<'a> {
    /// Starts at the first line. A byte order mark is passed over.
    pub fn new(source: &'a str) -> Self {
        Tokens { source: source.strip_prefix('\u{feff}').unwrap_or(source), at: 0, line: 1 }
    }

    fn take(&mut self, len: usize) -> &'a str {
        let text = self.take_in_line(len);
        self.line += text.bytes().filter(|b| *b == b'\n').count() as u32;
        text
    }

    /// The same, where no line ends in it.
    fn take_in_line(&mut self, len: usize) -> &'a str {
        let text = self.source.get(self.at..self.at + len).unwrap_or_default();
        self.at += len;
        text
    }

    /// Bytes of a string that ends with `quote`, or with the line.
    fn quoted(rest: &str, quote: u8) -> usize {
        let bytes = rest.as_bytes();
        let mut at = 1;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'\n' => return at,
                byte if byte == quote => return at + 1,
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (u32, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.source.get(self.at..)?;
            let line = self.line;
            let first = rest.chars().next()?;
            let token = match first {
                '\n' => {
                    self.take(1);
                    Token::Newline
                }
                ' ' | '\t' | '\r' => {
                    self.at += 1;
                    continue;
                }
                '/' if rest.starts_with("//") => {
                    let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
                    Token::Comment(self.take_in_line(len))
                }
                '/' if rest.starts_with("/*") => {
                    let len =
                        rest.get(2..).and_then(|body| body.find("*/")).map_or(rest.len(), |end| end + 4);
                    Token::Comment(self.take(len))
                }
                '"' => Token::Literal(self.take(Self::quoted(rest, b'"').min(rest.len()))),
                '\'' => Token::Literal(self.take(Self::quoted(rest, b'\'').min(rest.len()))),
                '`' => {
                    let len = rest.get(1..).and_then(|body| body.find('`')).map_or(rest.len(), |end| end + 2);
                    Token::Literal(self.take(len))
                }
                c if c == '_' || c.is_alphanumeric() => {
                    let len = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
                    Token::Word(self.take_in_line(len))
                }
                c => {
                    self.take_in_line(c.len_utf8());
                    Token::Other(c)
                }
            };
            return Some((line, token));
        }
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import<'a> {
    /// What is imported, as the compiler reads it: `"os\x2fexec"` is `os/exec`.
    /// `C` is cgo.
    pub path: Cow<'a, str>,
    /// Where.
    pub line: u32,
}

/// What stands before the code of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name of the package; empty where the file is no Go source.
    pub package: &'a str,
    /// The expression of a `//go:build` line.
    pub build: Option<&'a str>,
    /// In the order of writing.
    pub imports: Vec<Import<'a>>,
    /// Something follows the imports. Without it a text that was cut off may
    /// have further ones.
    pub complete: bool,
}

/// Reads package clause and imports.
pub fn header(source: &str) -> Header<'_> {
    let mut header = Header::default();
    let mut tokens = Tokens::new(source);
    let mut block = false;
    let mut importing = false;
    // No semicolon comes after `import` or `import .`: the line may end there.
    let mut goes_on = false;
    // A //go:build counts at the start of its line alone.
    let mut line_start = true;
    while let Some((line, token)) = tokens.next() {
        let starts_line = line_start;
        line_start = token == Token::Newline;
        let went_on = goes_on;
        goes_on &= matches!(token, Token::Newline | Token::Comment(_));
        match token {
            Token::Comment(text) => {
                if let Some(build) =
                    text.strip_prefix("//go:build ").filter(|_| header.package.is_empty() && starts_line)
                {
                    header.build.get_or_insert(build.trim());
                }
            }
            Token::Newline => importing &= block || went_on,
            Token::Word("package") if header.package.is_empty() => {
                if let Some((_, Token::Word(name))) = tokens.next() {
                    header.package = name;
                }
            }
            Token::Word("import") if !block => (importing, goes_on) = (true, true),
            Token::Word(_) if importing => {} // a name for the package
            Token::Literal(text) if importing => {
                header.imports.push(Import { path: unquote(text), line });
            }
            Token::Other('(') if importing => block = true,
            Token::Other(')') if block => (block, importing) = (false, false),
            Token::Other('.') => goes_on = importing,
            Token::Other(';') => {}
            // The first declaration that is no import.
            _ => {
                header.complete = true;
                break;
            }
        }
    }
    header
}

/// What a string literal means. One that Go refuses is given as it is written.
fn unquote(literal: &str) -> Cow<'_, str> {
    let inner = literal.trim_matches(['"', '`']);
    if literal.starts_with('`') {
        // Raw strings lose their carriage returns.
        return if inner.contains('\r') { inner.replace('\r', "").into() } else { inner.into() };
    }
    if !inner.contains('\\') {
        return inner.into();
    }
    match unescape(inner) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        None => inner.into(),
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.extend(plain.as_bytes());
        let kind = *escape.as_bytes().first()?;
        let digits =
            |from: usize, len: usize, radix| u32::from_str_radix(escape.get(from..from + len)?, radix).ok();
        let (len, bytes) = match kind {
            b'x' => (3, vec![u8::try_from(digits(1, 2, 16)?).ok()?]),
            b'0'..=b'7' => (3, vec![u8::try_from(digits(0, 3, 8)?).ok()?]),
            b'u' => (5, char::from_u32(digits(1, 4, 16)?)?.to_string().into_bytes()),
            b'U' => (9, char::from_u32(digits(1, 8, 16)?)?.to_string().into_bytes()),
            b'\\' | b'"' => (1, vec![kind]),
            b'a' => (1, vec![7]),
            b'b' => (1, vec![8]),
            b'f' => (1, vec![12]),
            b'n' => (1, vec![b'\n']),
            b'r' => (1, vec![b'\r']),
            b't' => (1, vec![b'\t']),
            b'v' => (1, vec![11]),
            _ => return None,
        };
        out.extend(bytes);
        rest = escape.get(len..)?;
    }
    out.extend(rest.as_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        header(source).imports.into_iter().map(|import| import.path.into_owned()).collect()
    }

    /// All of these compile.
    #[test]
    fn imports_that_nobody_writes() {
        assert_eq!(paths("package a\nimport\n\"unsafe\"\n\nimport /* x */\n\t`C`\n"), ["unsafe", "C"]);
        assert_eq!(paths("package a\nimport .\n\n\"os/exec\"\nvar x int\n"), ["os/exec"]);
        assert_eq!(paths("package a\nimport \"un\\x73afe\"; import `plu\rgin`\n"), ["unsafe", "plugin"]);
        assert_eq!(
            paths("package a\nimport (\"os\\057exec\"\n\"sys\\u0063all\"; \"\\U00000043\")\n"),
            ["os/exec", "syscall", "C"]
        );
        for odd in ["\\", "\\x", "\\x4", "\\xzz", "\\8", "\\777", "\\ud800", "\\é", "\\x4é", "\\'"] {
            assert_eq!(paths(&format!("package a\nimport \"{odd}\"\n")).len(), 1, "{odd}");
        }
    }

    #[test]
    fn a_constraint_starts_its_line() {
        assert_eq!(header("/* x */ //go:build ignore\n\npackage a\n").build, None);
        assert_eq!(header("/* x\n*/\n  //go:build ignore\n\npackage a\n").build, Some("ignore"));
    }

    #[test]
    fn imports_of_all_forms() {
        let source = "// Copyright\n\n//go:build !x\n\npackage a // import \"b\"\n\nimport \"fmt\"\nimport (\n\t_ \"a\"; . \"b\"\n\
            \t/* c */ d `e`\n\n\t// \"no\"\n)\nimport\t\"C\"\nvar x = \"import\"\nimport \"late\"\n";
        assert_eq!(paths(source), ["fmt", "a", "b", "e", "C"]);
        assert_eq!(header(source).build, Some("!x"));
        assert_eq!(header(source).package, "a");
        assert!(header(source).complete);
        assert!(!header("package a\nimport (\n\"x\"\n").complete);
        assert_eq!(paths("package a; import \"x\"; import \"y\"; func f() {}"), ["x", "y"]);
        assert_eq!(paths("\u{feff}package a\nimport (\"x\"\n\"y\")"), ["x", "y"]);
    }

    #[test]
    fn comments_and_strings_are_told_apart() {
        let source = "package a\nvar s = \"//no \\\" /*\" // yes\nvar r = '\"'\nvar t = `\n//no`\n/* two\nlines */ //go:x\n";
        let comments: Vec<(u32, &str)> = Tokens::new(source)
            .filter_map(
                |(line, token)| if let Token::Comment(text) = token { Some((line, text)) } else { None },
            )
            .collect();
        assert_eq!(comments, [(2, "// yes"), (6, "/* two\nlines */"), (7, "//go:x")]);
    }

    #[test]
    fn odd_text_ends() {
        for source in
            ["", "\"", "\"\\", "'", "`", "/*", "/*/", "//", "é", "import (", "package", "\u{feff}", "\"\\é"]
        {
            header(source);
            assert!(Tokens::new(source).count() <= source.len());
        }
    }
}

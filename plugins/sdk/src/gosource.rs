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
        let text = self.source.get(self.at..self.at + len).unwrap_or_default();
        self.at += len;
        self.line += text.bytes().filter(|b| *b == b'\n').count() as u32;
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
                    self.take(1);
                    continue;
                }
                '/' if rest.starts_with("//") => {
                    let len = rest.find('\n').unwrap_or(rest.len());
                    Token::Comment(self.take(len))
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
                    Token::Word(self.take(len))
                }
                c => {
                    self.take(c.len_utf8());
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
    /// What is imported; `C` is cgo.
    pub path: &'a str,
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
    while let Some((line, token)) = tokens.next() {
        match token {
            Token::Comment(text) => {
                if let Some(build) = text.strip_prefix("//go:build ").filter(|_| header.package.is_empty()) {
                    header.build.get_or_insert(build.trim());
                }
            }
            Token::Newline => importing &= block,
            Token::Word("package") if header.package.is_empty() => {
                if let Some((_, Token::Word(name))) = tokens.next() {
                    header.package = name;
                }
            }
            Token::Word("import") if !block => importing = true,
            Token::Word(_) if importing => {} // a name for the package
            Token::Literal(text) if importing => {
                header.imports.push(Import { path: text.trim_matches(['"', '`']), line });
            }
            Token::Other('(') if importing => block = true,
            Token::Other(')') if block => (block, importing) = (false, false),
            Token::Other(';' | '.') => {}
            // The first declaration that is no import.
            _ => {
                header.complete = true;
                break;
            }
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<&str> {
        header(source).imports.into_iter().map(|import| import.path).collect()
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

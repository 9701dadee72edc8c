//! All tokens of a file, for those who look for comments in its code: strings
//! and comments are told from code; the code itself is not parsed.

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
                // The end of the line is not escaped.
                b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 1,
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

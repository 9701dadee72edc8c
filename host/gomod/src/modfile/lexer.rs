//! Cuts a go.mod or go.work into words, punctuation and comments (x/mod
//! modfile/read.go, readToken).

use super::error::{Pos, Problem};
use crate::unicode::{is_print, is_space};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Eof,
    Newline,
    /// `(`, `)`, `[`, `]`, `{`, `}` or `,`.
    Punctuation(char),
    /// A word or a quoted string.
    Word,
    /// A comment behind something else; it ends the line.
    SuffixComment,
    /// A comment with a line of its own, the line's end included.
    LineComment,
}

impl Kind {
    pub(super) fn ends_line(self) -> bool {
        matches!(self, Self::Eof | Self::Newline | Self::SuffixComment)
    }
}

/// A token with its place; comments come without the line's end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: Place,
    pub(super) end: Place,
}

/// A position with the byte offset that orders it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) pos: Pos,
    pub(super) byte: usize,
}

/// A lexer over a whole file.
pub(super) struct Lexer<'a> {
    source: &'a str,
    at: Place,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, at: Place { pos: Pos { line: 1, column: 1 }, byte: 0 } }
    }

    /// How far the text has been read.
    pub(super) fn pos(&self) -> Pos {
        self.at.pos
    }

    /// Reads the next token, or fails at [`Lexer::pos`].
    pub(super) fn next(&mut self) -> Result<Token<'a>, Problem> {
        while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
            self.bump();
        }
        let rest = self.rest();
        if rest.starts_with("//") {
            return Ok(self.comment());
        }
        if rest.starts_with("/*") {
            return Err(Problem::BlockComment);
        }
        let start = self.at;
        let kind = match self.peek() {
            None => Kind::Eof,
            Some('\n') => {
                self.bump();
                Kind::Newline
            }
            Some(c @ ('(' | ')' | '[' | ']' | '{' | '}' | ',')) => {
                self.bump();
                Kind::Punctuation(c)
            }
            Some(mark @ ('"' | '`')) => {
                self.string(mark)?;
                Kind::Word
            }
            Some(c) if !is_word_char(c) => return Err(Problem::Character(c)),
            Some(_) => {
                self.word()?;
                Kind::Word
            }
        };
        Ok(self.token(kind, start))
    }

    fn comment(&mut self) -> Token<'a> {
        let start = self.at;
        let before = self.source[..start.byte].rsplit('\n').next().unwrap_or_default();
        let own_line = before.trim_matches(is_space).is_empty();
        let length = self.rest().find('\n').map_or(self.rest().len(), |end| end + 1);
        let end = start.byte + length;
        while self.at.byte < end {
            self.bump();
        }
        let mut token = self.token(if own_line { Kind::LineComment } else { Kind::SuffixComment }, start);
        let text = token.text.strip_suffix('\n');
        token.text = text.map_or(token.text, |text| text.strip_suffix('\r').unwrap_or(text));
        token
    }

    /// Reads a quoted string. A backslash takes the next character with it,
    /// even the end of the line.
    fn string(&mut self, mark: char) -> Result<(), Problem> {
        let start = self.at;
        self.bump();
        loop {
            match self.peek() {
                Some('\n') => return Err(Problem::StringNewline),
                Some(c) => {
                    self.bump();
                    if c == mark {
                        return Ok(());
                    }
                    if c == '\\' && mark == '"' && self.bump().is_none() {
                        self.at = start;
                        return Err(Problem::StringEof);
                    }
                }
                None => {
                    self.at = start;
                    return Err(Problem::StringEof);
                }
            }
        }
    }

    /// Reads a word; a comment may begin right behind it.
    fn word(&mut self) -> Result<(), Problem> {
        while self.peek().is_some_and(is_word_char) {
            if self.rest().starts_with("//") {
                break;
            }
            if self.rest().starts_with("/*") {
                return Err(Problem::BlockComment);
            }
            self.bump();
        }
        Ok(())
    }

    fn token(&self, kind: Kind, start: Place) -> Token<'a> {
        Token { kind, text: &self.source[start.byte..self.at.byte], start, end: self.at }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at.byte..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at.byte += c.len_utf8();
        if c == '\n' {
            self.at.pos = Pos { line: self.at.pos.line.saturating_add(1), column: 1 };
        } else {
            self.at.pos.column = self.at.pos.column.saturating_add(1);
        }
        Some(c)
    }
}

fn is_word_char(c: char) -> bool {
    !matches!(c, ' ' | '(' | ')' | '[' | ']' | '{' | '}' | ',') && is_print(c)
}

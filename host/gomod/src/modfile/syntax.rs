//! The shape of a go.mod or go.work: lines and blocks of lines, with the
//! comments that belong to them (x/mod modfile/read.go, parseFile).

use super::comments;
use super::error::{Pos, Problem, Reporter};
use super::lexer::{Kind, Lexer, Place, Token};
use std::cell::OnceCell;
use std::sync::Arc;

/// One line of words.
pub(super) struct Line<'a> {
    pub(super) pos: Pos,
    pub(super) words: Vec<&'a str>,
    /// The whole-line comments before it; in a block an empty one stands for
    /// blank lines.
    pub(super) before: Vec<&'a str>,
    /// The comments behind it.
    pub(super) suffix: Vec<&'a str>,
    /// Where its words begin and end.
    span: (Place, Place),
}

/// A line or a block of lines.
pub(super) enum Statement<'a> {
    Line(Line<'a>),
    Block(Block<'a>),
}

/// `words ( lines )`.
pub(super) struct Block<'a> {
    pub(super) pos: Pos,
    pub(super) words: Vec<&'a str>,
    pub(super) lines: Vec<Line<'a>>,
    before: Vec<&'a str>,
    comment: OnceCell<Arc<str>>,
}

/// Reads a whole file; the first fault of syntax ends it, and is noted.
pub(super) fn parse<'a>(file: &str, reporter: &mut Reporter<'a>) -> Vec<Statement<'a>> {
    let mut parser = Parser::new(file, reporter.source());
    match parser.prime().and_then(|()| parser.file()) {
        Ok(mut statements) => {
            parser.attach_suffixes(&mut statements);
            statements
        }
        Err(problem) => {
            reporter.note(parser.lexer.pos(), problem);
            Vec::new()
        }
    }
}

struct Parser<'f, 'a> {
    file: &'f str,
    lexer: Lexer<'a>,
    /// The token after the current one: Go reports faults where reading, not
    /// parsing, has arrived.
    ahead: Token<'a>,
    suffixes: Vec<Token<'a>>,
    /// Where parentheses and free comments stand: suffix comments behind them
    /// belong to no line.
    stops: Vec<Place>,
}

impl<'f, 'a> Parser<'f, 'a> {
    fn new(file: &'f str, source: &'a str) -> Self {
        let start = Place { pos: Pos { line: 1, column: 1 }, byte: 0 };
        let ahead = Token { kind: Kind::Eof, text: "", start, end: start };
        Self { file, lexer: Lexer::new(source), ahead, suffixes: Vec::new(), stops: Vec::new() }
    }

    fn prime(&mut self) -> Result<(), Problem> {
        self.next().map(|_| ())
    }

    fn next(&mut self) -> Result<Token<'a>, Problem> {
        let token = self.ahead;
        self.ahead = self.lexer.next()?;
        if self.ahead.kind == Kind::SuffixComment {
            self.suffixes.push(self.ahead);
        }
        Ok(token)
    }

    fn file(&mut self) -> Result<Vec<Statement<'a>>, Problem> {
        let mut statements = Vec::new();
        let mut comments: Vec<&str> = Vec::new();
        loop {
            match self.ahead.kind {
                // A blank line parts comments from what follows.
                Kind::Newline => {
                    self.next()?;
                    comments.clear();
                }
                Kind::LineComment => {
                    let token = self.next()?;
                    if comments.is_empty() {
                        self.stops.push(token.start);
                    }
                    comments.push(token.text);
                }
                Kind::Eof => return Ok(statements),
                _ => {
                    if !comments.is_empty() {
                        // They belong to the statement, not to themselves.
                        self.stops.pop();
                    }
                    statements.push(self.statement(std::mem::take(&mut comments))?);
                }
            }
        }
    }

    fn statement(&mut self, before: Vec<&'a str>) -> Result<Statement<'a>, Problem> {
        let first = self.next()?;
        let mut words = vec![first.text];
        let mut end = first.end;
        loop {
            let token = self.next()?;
            if token.kind.ends_line() {
                return Ok(Statement::Line(Line::new(first.start, end, words, before)));
            }
            if token.kind != Kind::Punctuation('(') {
                words.push(token.text);
                end = token.end;
                continue;
            }
            // A parenthesis opens a block only at the end of its line; an
            // empty block may close on the same line.
            if self.ahead.kind.ends_line() {
                self.stops.push(token.start);
                let lines = self.block_lines(first.start.pos)?;
                return Ok(Statement::Block(Block::new(first.start.pos, words, before, lines)));
            }
            words.push(token.text);
            if self.ahead.kind == Kind::Punctuation(')') {
                let close = self.next()?;
                if self.ahead.kind.ends_line() {
                    self.next()?;
                    self.stops.push(close.start);
                    words.pop();
                    return Ok(Statement::Block(Block::new(first.start.pos, words, before, Vec::new())));
                }
                words.push(close.text);
            }
        }
    }

    fn block_lines(&mut self, start: Pos) -> Result<Vec<Line<'a>>, Problem> {
        let mut lines: Vec<Line<'a>> = Vec::new();
        let mut comments: Vec<&str> = Vec::new();
        loop {
            match self.ahead.kind {
                Kind::SuffixComment => {
                    self.next()?;
                }
                Kind::Newline => {
                    self.next()?;
                    let blank_counts = comments.last().map_or(!lines.is_empty(), |last| !last.is_empty());
                    if blank_counts {
                        comments.push("");
                    }
                }
                Kind::LineComment => comments.push(self.next()?.text),
                Kind::Eof => return Err(Problem::UnterminatedBlock { file: self.file.to_owned(), start }),
                Kind::Punctuation(')') => {
                    let close = self.next()?;
                    self.stops.push(close.start);
                    if !self.ahead.kind.ends_line() {
                        return Err(Problem::AfterBlock);
                    }
                    self.next()?;
                    return Ok(lines);
                }
                _ => lines.push(self.block_line(std::mem::take(&mut comments))?),
            }
        }
    }

    fn block_line(&mut self, before: Vec<&'a str>) -> Result<Line<'a>, Problem> {
        let first = self.next()?;
        let mut words = vec![first.text];
        let mut end = first.end;
        loop {
            let token = self.next()?;
            if token.kind.ends_line() {
                return Ok(Line::new(first.start, end, words, before));
            }
            words.push(token.text);
            end = token.end;
        }
    }

    /// Gives every suffix comment to the last line or parenthesis before it
    /// that does not itself run over several lines (x/mod assignComments).
    fn attach_suffixes(&self, statements: &mut [Statement<'a>]) {
        let lines = statements.iter_mut().flat_map(|statement| match statement {
            Statement::Line(line) => std::slice::from_mut(line),
            Statement::Block(block) => block.lines.as_mut_slice(),
        });
        let mut lines: Vec<&mut Line<'a>> = lines.filter(|line| line.is_on_one_line()).collect();
        let starts: Vec<usize> = lines.iter().map(|line| line.span.0.byte).collect();
        let stops: Vec<usize> = self.stops.iter().map(|stop| stop.byte).collect();
        for comment in &self.suffixes {
            let before = |places: &[usize]| places.partition_point(|&at| at < comment.start.byte);
            let Some(line) = before(&starts).checked_sub(1) else { continue };
            let stopped = before(&stops).checked_sub(1).is_some_and(|stop| stops[stop] > starts[line]);
            if !stopped {
                lines[line].suffix.push(comment.text);
            }
        }
    }
}

impl<'a> Block<'a> {
    fn new(pos: Pos, words: Vec<&'a str>, before: Vec<&'a str>, lines: Vec<Line<'a>>) -> Self {
        Self { pos, words, lines, before, comment: OnceCell::new() }
    }

    /// The text of the comments before it, shared by its lines: a file could
    /// make a million of them ask for a megabyte.
    pub(super) fn comment(&self) -> Arc<str> {
        Arc::clone(self.comment.get_or_init(|| comments::join(&self.before)))
    }
}

impl<'a> Line<'a> {
    fn new(start: Place, end: Place, words: Vec<&'a str>, before: Vec<&'a str>) -> Self {
        Self { pos: start.pos, words, before, suffix: Vec::new(), span: (start, end) }
    }

    fn is_on_one_line(&self) -> bool {
        self.span.0.pos.line == self.span.1.pos.line
    }
}

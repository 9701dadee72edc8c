//! What can be wrong with a go.mod or go.work, where, and in Go's words.

use crate::module::InvalidVersion;
use crate::quote::{quote, quote_char};
use std::fmt;

/// A place in a file: line and column, both from 1; the column counts
/// characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
}

/// All that is wrong with a file, in the order in which Go finds it: one fault
/// of syntax, or every faulty directive up to a hundred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModFileErrors(pub Vec<ModFileError>);

impl fmt::Display for ModFileErrors {
    /// One error a line, as Go prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ModFileErrors {}

/// One fault of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModFileError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Where the fault is.
    pub pos: Pos,
    /// That line of the file, without its line end.
    pub line_text: String,
    /// What is wrong.
    pub problem: Problem,
}

impl ModFileError {
    /// The text without the place.
    pub fn message(&self) -> String {
        self.problem.to_string()
    }
}

impl fmt::Display for ModFileError {
    /// `file:line:column: message`; as in Go the column is left out where it
    /// is 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, pos, problem, .. } = self;
        write!(f, "{file}:{}:", pos.line)?;
        if pos.column > 1 {
            write!(f, "{}:", pos.column)?;
        }
        write!(f, " {problem}")
    }
}

impl std::error::Error for ModFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.problem)
    }
}

/// What is wrong with a line of go.mod or go.work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A `/*`.
    #[error("mod files must use // comments (not /* */ comments)")]
    BlockComment,
    /// A quoted string without an end.
    #[error("unexpected EOF in string")]
    StringEof,
    /// A quoted string that runs into the next line.
    #[error("unexpected newline in string")]
    StringNewline,
    /// A character that belongs to no word.
    #[error("unexpected input character {}", quote_char(*.0))]
    Character(char),
    /// A block without its closing parenthesis.
    #[error("syntax error (unterminated block started at {file}:{}:{})", start.line, start.column)]
    UnterminatedBlock {
        /// The file's name as the caller gave it.
        file: String,
        /// Where the block starts.
        start: Pos,
    },
    /// Words behind a block's closing parenthesis.
    #[error("syntax error (expected newline after closing paren)")]
    AfterBlock,

    /// A block of something that has none.
    #[error("unknown block type: {0}")]
    UnknownBlock(String),
    /// A line that starts with no known word.
    #[error("unknown directive: {0}")]
    UnknownDirective(String),
    /// A second line of what a file has once.
    #[error("repeated {0} statement")]
    Repeated(&'static str),
    /// A directive with no or several arguments.
    #[error("{0} directive expects exactly one argument")]
    OneArgument(&'static str),
    /// A directive with arguments of another number or form.
    #[error("usage: {0}")]
    Usage(String),
    /// A go line without a Go version.
    #[error("invalid go version '{0}': must match format 1.23.0")]
    GoVersion(String),
    /// A toolchain line without the name of one.
    #[error("invalid toolchain version '{0}': must match format go1.23.0 or default")]
    ToolchainName(String),
    /// Quotes that do not make a Go string.
    #[error("invalid quoted string: {0}")]
    Literal(LiteralProblem),
    /// A path that ends like `/v1`.
    #[error("invalid module path")]
    ModulePath,
    /// The same, of the replaced module.
    #[error("replace {0}: invalid module path")]
    ReplacedModulePath(String),
    /// A version that is malformed or does not go with its path.
    #[error("{verb}{}{path}: {invalid}", if path.is_empty() { "" } else { " " })]
    Version {
        /// The directive's first word.
        verb: &'static str,
        /// The module path; empty where it is not known yet.
        path: String,
        /// The version and what is wrong with it.
        invalid: InvalidVersion,
    },

    /// A replacement written `path@version`.
    #[error("replacement module must match format 'path version', not 'path@version'")]
    ReplacementAt,
    /// A replacement without a version that is not a directory.
    #[error("replacement module without version must be directory path (rooted or starting with . or ..)")]
    ReplacementDirectory,
    /// A replacement directory with backslashes.
    #[error("replacement directory appears to be Windows path (on a non-windows system)")]
    ReplacementWindows,
    /// A replacement directory with a version.
    #[error("replacement module directory path {} cannot have version", quote(.0))]
    ReplacementDirectoryVersion(String),

    /// A retract line without a version.
    #[error("expected '[' or version")]
    RetractStart,
    /// A version interval without a lower end.
    #[error("expected version after '['")]
    RetractLow,
    /// A version interval without a comma.
    #[error("expected ',' after version")]
    RetractComma,
    /// A version interval without an upper end.
    #[error("expected version after ','")]
    RetractHigh,
    /// A version interval that is not closed.
    #[error("expected ']' after version")]
    RetractEnd,
    /// Words behind the version.
    #[error("unexpected token after version: {}", quote(.0))]
    RetractTrailing(String),
    /// A retract line in a file that names no module.
    #[error("no module directive found, so retract cannot be used")]
    RetractWithoutModule,
}

/// Why a word is not a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LiteralProblem {
    /// Quotes, but no Go string between them.
    #[error("invalid syntax")]
    Syntax,
    /// A quote inside a word, or a raw string: Go reserves them.
    #[error("unquoted string cannot contain quote")]
    StrayQuote,
}

/// How many errors a file is worth: a hostile one can have a million.
const MAX_ERRORS: usize = 100;

/// Collects errors: it knows the file's name and text.
pub(super) struct Reporter<'a> {
    file: &'a str,
    source: &'a str,
    errors: Vec<ModFileError>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(file: &'a str, source: &'a str) -> Self {
        Self { file, source, errors: Vec::new() }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// Notes what is wrong, unless enough is already.
    pub(super) fn note(&mut self, pos: Pos, problem: Problem) {
        if self.is_full() {
            return;
        }
        let line_text = self.source.split('\n').nth(pos.line as usize - 1).unwrap_or_default();
        let line_text = line_text.strip_suffix('\r').unwrap_or(line_text).to_owned();
        self.errors.push(ModFileError { file: self.file.to_owned(), pos, line_text, problem });
    }

    /// Whether reading on would find nothing that is kept.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    /// What was read, if nothing was wrong with it.
    pub(super) fn finish<T>(self, file: T) -> Result<T, ModFileErrors> {
        if self.errors.is_empty() { Ok(file) } else { Err(ModFileErrors(self.errors)) }
    }
}

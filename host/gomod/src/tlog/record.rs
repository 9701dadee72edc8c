//! The texts of a log: its head, and its records (x/mod/sumdb/tlog note.go).

use super::{Hash, MAX_RECORDS, TlogError};
use std::fmt;
use std::str::FromStr;

const TREE_TITLE: &str = "go.sum database tree\n";
const MAX_TREE_TEXT: usize = 1_000_000;

/// The head of a log: how many records it has, and the hash over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// How many records the log has.
    pub size: u64,
    /// The hash over them.
    pub hash: Hash,
}

impl Tree {
    /// The log before its first record.
    pub fn empty() -> Self {
        Self { size: 0, hash: Hash::empty_tree() }
    }
}

impl fmt::Display for Tree {
    /// The text that is signed: three lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TREE_TITLE}{}\n{}\n", self.size, self.hash)
    }
}

impl FromStr for Tree {
    type Err = TlogError;

    /// Reads the text; lines behind it are passed over, for later versions.
    fn from_str(text: &str) -> Result<Self, TlogError> {
        let rest = text.strip_prefix(TREE_TITLE).filter(|_| text.len() <= MAX_TREE_TEXT);
        let (size, rest) = rest.and_then(|rest| rest.split_once('\n')).ok_or(TlogError::Tree)?;
        let (hash, _) = rest.split_once('\n').ok_or(TlogError::Tree)?;
        let size = number(size).ok_or(TlogError::Tree)?;
        Ok(Self { size, hash: hash.parse().map_err(|_| TlogError::Tree)? })
    }
}

/// A decimal number written in the one way there is.
fn number(text: &str) -> Option<u64> {
    let n: u64 = text.parse().ok()?;
    (n <= MAX_RECORDS && n.to_string() == text).then_some(n)
}

/// A record of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its number, from 0.
    pub id: u64,
    /// Its text: lines of a go.sum.
    pub text: &'a str,
}

/// Reads a record at the start of a message; what follows its blank line is
/// given back.
pub fn parse_record(message: &[u8]) -> Result<(Record<'_>, &[u8]), TlogError> {
    let line_end = message.iter().position(|&b| b == b'\n').ok_or(TlogError::Record)?;
    let (id, message) = (&message[..line_end], &message[line_end + 1..]);
    let id = std::str::from_utf8(id).ok().and_then(number).ok_or(TlogError::Record)?;
    let blank_line = message.windows(2).position(|pair| pair == b"\n\n").ok_or(TlogError::Record)?;
    let text = std::str::from_utf8(&message[..=blank_line]).map_err(|_| TlogError::Record)?;
    if !is_valid_text(text) {
        return Err(TlogError::Record);
    }
    Ok((Record { id, text }, &message[blank_line + 2..]))
}

/// Writes a record as [`parse_record`] reads it.
pub fn format_record(record: &Record<'_>) -> Result<String, TlogError> {
    if !is_valid_text(record.text) {
        return Err(TlogError::Record);
    }
    Ok(format!("{}\n{}\n", record.id, record.text))
}

fn is_valid_text(text: &str) -> bool {
    text.ends_with('\n') && !text.contains("\n\n") && !text.contains(|c: char| c < ' ' && c != '\n')
}

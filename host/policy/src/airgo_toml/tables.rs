//! Tables of TOML, read key by key. A key that is not allowed is the first
//! error of its table: a misspelt one explains the one that is missing.

use std::ops::Range;
use std::path::PathBuf;

use airgo_gomod::address::is_address;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::PolicyFileError;

/// The text, to turn places in it into lines.
pub struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// Line and column of a byte, both from 1.
    pub fn place(&self, at: usize) -> (u32, u32) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> PolicyFileError {
        PolicyFileError::new(self.file, self.text, self.place(span.start), message.into())
    }

    /// A file of this machine: of an address airgo would make a file's name, and
    /// show the password in it.
    pub fn path(&self, text: &str, span: Range<usize>) -> Result<PathBuf> {
        match is_address(text) {
            true => Err(self.error(span, "an address, where a file of this machine is wanted")),
            false => Ok(PathBuf::from(text)),
        }
    }
}

/// A table whose keys are all allowed.
pub struct Table<'a> {
    source: &'a Source<'a>,
    table: &'a DeTable<'a>,
    /// Of the table as a whole.
    span: Range<usize>,
}

type Result<T> = std::result::Result<T, PolicyFileError>;

impl<'a> Table<'a> {
    /// Complains about the first key, in the order of the text, that is not
    /// among the allowed ones, which are sorted.
    pub fn new(
        source: &'a Source<'a>,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        allowed: &[&str],
    ) -> Result<Self> {
        let unknown = table.keys().filter(|key| !allowed.contains(&key.get_ref().as_ref()));
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            let name = key.get_ref().escape_debug();
            let message = format!("unknown key {name}; allowed here: {}", allowed.join(", "));
            return Err(source.error(key.span(), message).without_value());
        }
        Ok(Table { source, table, span })
    }

    pub fn line(&self) -> u32 {
        self.source.place(self.span.start).0
    }

    pub fn error(&self, message: impl Into<String>) -> PolicyFileError {
        self.source.error(self.span.clone(), message)
    }

    /// An error at the start of a line.
    pub fn error_at(&self, line: u32, message: impl Into<String>) -> PolicyFileError {
        let start = self.source.text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
        self.source.error(start..start, message)
    }

    /// A value, if it is there.
    pub fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub fn string(&self, key: &'static str) -> Result<Option<(&'a str, Range<usize>)>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.get_ref().as_str() {
            Some(text) => Ok(Some((text, value.span()))),
            None => Err(self.wrong(key, value, "a string")),
        }
    }

    /// A list of paths that names at least one.
    pub fn paths(&self, key: &'static str) -> Result<Option<Vec<PathBuf>>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let Some(array) = value.get_ref().as_array() else {
            return Err(self.wrong(key, value, "a list of files"));
        };
        let path = |item: &'a Spanned<DeValue<'a>>| match item.get_ref().as_str() {
            Some(text) if !text.is_empty() => self.source.path(text, item.span()),
            Some(_) => Err(self.source.error(item.span(), format!("{key} has an empty name"))),
            None => Err(self.wrong(key, item, "a list of files")),
        };
        let paths = array.iter().map(path).collect::<Result<Vec<_>>>()?;
        if paths.is_empty() {
            return Err(self
                .source
                .error(value.span(), format!("{key} names no file, so that nobody counts")));
        }
        Ok(Some(paths))
    }

    /// A string that has to be there and say something.
    pub fn required(&self, key: &'static str) -> Result<(&'a str, Range<usize>)> {
        match self.string(key)? {
            Some((text, span)) if text.trim().is_empty() => {
                Err(self.source.error(span, format!("{key} is empty")))
            }
            Some(found) => Ok(found),
            None => Err(self.error(format!("{key} is missing"))),
        }
    }

    pub fn table(&self, key: &'static str, allowed: &[&str]) -> Result<Option<Table<'a>>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.get_ref().as_table() {
            Some(table) => Table::new(self.source, table, value.span(), allowed).map(Some),
            None => Err(self.wrong(key, value, "a table")),
        }
    }

    /// `[[key]]`, any number of times.
    pub fn tables(&self, key: &'static str, allowed: &[&str]) -> Result<Vec<Table<'a>>> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let of_tables = format!("an array of tables, each written below [[{key}]]");
        let Some(array) = value.get_ref().as_array() else {
            return Err(self.wrong(key, value, &of_tables));
        };
        let table = |value: &'a Spanned<DeValue<'a>>| match value.get_ref().as_table() {
            Some(table) => Table::new(self.source, table, value.span(), allowed),
            None => Err(self.wrong(key, value, &of_tables)),
        };
        array.iter().map(table).collect()
    }

    pub fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> PolicyFileError {
        let found = value.get_ref().type_str();
        self.source.error(value.span(), format!("{key} is of type {found}, not {wanted}"))
    }
}

//! Text for people, which may hold untrusted words: a type whose `Display` is
//! safe to print.
//!
//! What a bundle, a proxy, a plugin or a command line says is put into a [`Line`]
//! together with our own words. A line is printed escaped, by
//! [`escape`]: it stays on its line, moves no cursor, hides nothing and commands
//! no CI system. Formats that escape by themselves, and comparisons, ask for the
//! text as it is by [`Line::raw`].

use crate::escape;
use std::borrow::Cow;
use std::fmt;

/// One line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(String);

impl Line {
    /// The text as it is, for comparing and for formats with escapes of their own.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// As `Display` has it, and safe at the start of a line, where CI systems read
    /// more commands than within one.
    pub fn opening(&self) -> Cow<'_, str> {
        escape::opening(&self.0)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escape::within_line(&self.0))
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&String> for Line {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Cow<'_, str>> for Line {
    fn from(text: Cow<'_, str>) -> Self {
        Self(text.into_owned())
    }
}

/// A line, and lines that belong to it, which `Display` indents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it says.
    pub line: Line,
    /// More of it.
    pub more: Vec<Line>,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line)?;
        self.more.iter().try_for_each(|line| write!(f, "\n  {}", line.opening()))
    }
}

impl<T: Into<Line>> From<T> for Message {
    fn from(line: T) -> Self {
        Self { line: line.into(), more: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_escaped_and_the_text_stays() {
        let line = Line::from("a\x1b[31m\n::error::b");
        assert_eq!(line.to_string(), "a\\u{1b}[31m\\u{a}\\u{3a}:error::b");
        assert_eq!(line.raw(), "a\x1b[31m\n::error::b");
        assert_eq!(format!("{:4}|", Line::from("a\n")), "a\\u{a}|");
        assert_eq!(format!("{:4}|", Line::from("a")), "a   |");
        // Once is enough: a line may become part of another.
        assert_eq!(Line::from(line.to_string()).to_string(), line.to_string());
        assert_eq!(Line::from("  --- x").opening(), "  \\u{2d}-- x");
    }

    #[test]
    fn a_message_has_the_line_breaks_that_its_lines_make() {
        let more = vec!["b\n  c".into(), "::d".into()];
        let message = Message { line: "a\n  b".into(), more };
        assert_eq!(message.to_string(), "a\\u{a}  b\n  b\\u{a}  c\n  \\u{3a}:d");
    }
}

//! What a command prints on stdout for people: lines, each of them escaped, so
//! that untrusted text stays on its line and commands no terminal and no CI
//! system. The printer takes no other text.

use crate::table::{self, Row};
use airgo_model::Line;
use anstyle::Style;
use std::fmt::Write as _;

/// Lines that are safe to print.
#[derive(Clone, Debug, Default)]
pub struct Page(String);

impl Page {
    /// Adds a line.
    pub fn line(&mut self, line: impl Into<Line>) {
        self.0.push_str(&line.into().opening());
        self.0.push('\n');
    }

    /// Adds a line of parts with styles, which are the only control characters.
    pub fn styled(&mut self, parts: &[(Style, Line)]) {
        for (style, text) in parts {
            let _ = write!(self.0, "{style}{text}{style:#}");
        }
        self.0.push('\n');
    }

    /// Adds each line of a text that has line breaks of its own.
    pub fn lines(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Adds a table, folded to `width` columns where that is given.
    pub fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Row>, width: Option<usize>) {
        self.lines(&table::render(header, rows, width));
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_lines_and_styles_that_it_was_given_and_no_others() {
        let mut page = Page::default();
        page.line("a\x1b[31m\nb");
        page.styled(&[(Style::new().bold(), "c\x1b[31m".into()), (Style::new(), "\nd".into())]);
        page.lines("e\n--- f");
        page.table(&["G"], [Row::from(vec!["::h\n".to_owned()])], None);
        assert_eq!(
            page.as_str(),
            "a\\u{1b}[31m\\u{a}b\n\x1b[1mc\\u{1b}[31m\x1b[0m\\u{a}d\ne\n\\u{2d}-- f\nG\n\\u{3a}:h\\u{a}\n"
        );
    }
}

//! Aligned columns for people, folded to the width of the terminal. The last
//! column is not padded; where stdout is not a terminal nothing is folded, so
//! that `grep` and `awk` find a row in one line.

use airgo_model::Line;

/// Columns are this far apart.
const GAP: usize = 2;
/// A column is not made narrower than this.
const MIN_COLUMN: usize = 10;

/// A row with an optional note, which goes on lines of its own below the row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// A cell for each column.
    pub cells: Vec<String>,
    /// Text below the row, indented.
    pub note: Option<String>,
}

impl From<Vec<String>> for Row {
    fn from(cells: Vec<String>) -> Self {
        Self { cells, note: None }
    }
}

/// Rows under a header, folded to `width` columns where that is given.
pub fn render(header: &[&str], rows: impl IntoIterator<Item = Row>, width: Option<usize>) -> String {
    let escape = |row: Row| Row {
        cells: row.cells.iter().map(|cell| Line::from(cell).to_string()).collect(),
        note: row.note.map(|note| Line::from(note).to_string()),
    };
    let rows: Vec<Row> = rows.into_iter().map(escape).collect();
    let widths = column_widths(header, &rows, width);
    if let Some(limit) = width.filter(|limit| taken(&widths) > *limit) {
        return records(header, &rows, limit);
    }
    let mut out = String::new();
    let header: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
    write_row(&mut out, &header, &widths);
    for row in &rows {
        write_row(&mut out, &row.cells, &widths);
        if let Some(note) = &row.note {
            let space = width.map_or(usize::MAX, |w| w.saturating_sub(2 * GAP).max(MIN_COLUMN));
            for line in fold(note, space) {
                out.push_str(&" ".repeat(2 * GAP));
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
    out
}

/// What each column wants, with the widest narrowed until all fit.
fn column_widths(header: &[&str], rows: &[Row], width: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> = header.iter().map(|h| columns(h)).collect();
    let least: Vec<usize> = widths.iter().map(|w| (*w).max(MIN_COLUMN)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(columns(cell));
        }
    }
    let Some(limit) = width else { return widths };
    let mut over = taken(&widths).saturating_sub(limit);
    while over > 0 {
        let widest = (0..widths.len()).filter(|&i| widths[i] > least[i]).max_by_key(|&i| widths[i]);
        let Some(widest) = widest else { break };
        widths[widest] -= 1;
        over -= 1;
    }
    widths
}

/// The columns that a row takes.
fn taken(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Where not even folded columns fit beside each other: a line a cell, a blank
/// line between rows.
fn records(header: &[&str], rows: &[Row], limit: usize) -> String {
    let label = header.iter().map(|h| columns(h)).max().unwrap_or(0);
    let widths = [label, limit.saturating_sub(label + GAP).max(MIN_COLUMN)];
    let mut out = String::new();
    for row in rows {
        for (name, cell) in header.iter().zip(&row.cells) {
            write_row(&mut out, &[(*name).to_owned(), cell.clone()], &widths);
        }
        if let Some(note) = &row.note {
            write_row(&mut out, &[String::new(), note.clone()], &widths);
        }
        out.push('\n');
    }
    out
}

fn write_row(out: &mut String, cells: &[String], widths: &[usize]) {
    let folded: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, w)| fold(cell, *w)).collect();
    let lines = folded.iter().map(Vec::len).max().unwrap_or(0);
    for n in 0..lines {
        let mut line = String::new();
        for (cell, width) in folded.iter().zip(widths) {
            let text = cell.get(n).map_or("", String::as_str);
            line.push_str(text);
            line.push_str(&" ".repeat(width.saturating_sub(columns(text)) + GAP));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// Cuts text into lines of at most `width` columns: after a space, else after
/// `/`, `-`, `.`, `@`, `,` or `:`, else anywhere.
pub fn fold(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut rest = text;
    while columns(rest) > width {
        let end = fitting(rest, width);
        let space = rest[..end].rfind(' ').filter(|at| *at > 0);
        let mark = rest[..end].rfind(['/', '-', '.', '@', ',', ':']).map(|at| at + 1).filter(|at| *at > 1);
        // A space even where the line would end in it.
        let space = if rest[end..].starts_with(' ') { Some(end) } else { space };
        let cut = space.or(mark).unwrap_or(end);
        lines.push(rest[..cut].trim_end().to_owned());
        rest = rest[cut..].trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// The end of the longest start of `text` that is at most `width` columns wide;
/// one character at least.
fn fitting(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > width && at > 0 {
            return at;
        }
    }
    text.len()
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    fn row(texts: &[&str]) -> Row {
        cells(texts).into()
    }

    #[test]
    fn columns_align_and_untrusted_text_is_escaped() {
        let rows = [row(&["a\x1b", "1"]), row(&["b", "2"])];
        assert_eq!(render(&["name", "n"], rows, None), "name     n\na\\u{1b}  1\nb        2\n");
    }

    #[test]
    fn wide_columns_fold_until_the_table_fits() {
        let rows = [row(&["example.com/a/rather/long/path/of/a/module", "v1.0.0", "ok"])];
        let text = render(&["MODULE", "VERSION", "VERDICT"], rows, Some(40));
        assert!(text.lines().all(|l| l.len() <= 40), "{text}");
        let joined: String =
            text.lines().skip(1).map(|l| l.split("  ").next().unwrap_or("").trim()).collect();
        assert_eq!(joined, "example.com/a/rather/long/path/of/a/module", "{text}");
    }

    #[test]
    fn notes_go_below_their_row_and_fold_too() {
        let row =
            Row { cells: cells(&["dns", "FAILED"]), note: Some("fix: ask another name server".to_owned()) };
        let text = render(&["AREA", "VERDICT"], [row], Some(20));
        assert_eq!(text, "AREA  VERDICT\ndns   FAILED\n    fix: ask another\n    name server\n");
    }

    #[test]
    fn a_table_too_wide_for_the_terminal_is_a_list() {
        let row = Row {
            cells: cells(&[
                "goproxy",
                "connect goproxy.example",
                "FAILED",
                "0ms",
                "Connection refused by it",
            ]),
            note: Some("fix: check the address in GOPROXY and more".to_owned()),
        };
        let text = render(&["AREA", "CHECK", "VERDICT", "TIME", "FOUND"], [row], Some(40));
        assert!(text.lines().all(|l| l.len() <= 40), "{text}");
        assert!(text.starts_with("AREA     goproxy\nCHECK    connect goproxy.example\n"), "{text}");
        assert!(text.contains("\n         fix: check the address in\n"), "{text}");
    }

    #[test]
    fn a_word_without_a_place_to_break_is_cut_anywhere() {
        assert_eq!(fold("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(fold("one two", 3), ["one", "two"]);
        // Characters of two columns count as two.
        assert_eq!(fold("日本語", 4), ["日本", "語"]);
        assert_eq!(fold("", 4), [""]);
    }
}

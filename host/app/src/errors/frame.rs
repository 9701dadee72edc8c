//! A go.mod error as a compiler shows it: file:line:column, the line, a caret.

use crate::errors::gomod_hints;
use crate::failure::Failure;
use airgo_gomod::modfile::ModFileErrors;
use airgo_model::Line;

/// The failure for a file that does not parse; the first error has the frame.
pub fn parse_failure(errors: &ModFileErrors, text: &[u8]) -> Failure {
    let Some(first) = errors.0.first() else {
        return Failure::failed(errors.to_string());
    };
    if let Some(failure) = unsettled(&first.file, text) {
        return failure;
    }
    let mut failure = Failure::failed(format!(
        "{}:{}:{}: {}",
        first.file,
        first.pos.line,
        first.pos.column,
        first.message()
    ));
    failure = add(failure, first.pos.line, first.pos.column, &first.line_text);
    for more in errors.0.iter().skip(1) {
        failure =
            failure.line(format!("{}:{}:{}: {}", more.file, more.pos.line, more.pos.column, more.message()));
    }
    failure.hints.extend(gomod_hints::of_line(first).map(Line::from));
    failure
}

/// The failure for a file that cannot be read, if git's marks of a merge
/// conflict are why. The first is named: a line of three words passes in
/// go.sum, so the parser may have stumbled over a later one.
pub fn unsettled(file: &str, text: &[u8]) -> Option<Failure> {
    let text = String::from_utf8_lossy(text);
    let (line, marker) = (1..).zip(text.lines()).find(|(_, line)| gomod_hints::is_conflict_marker(line))?;
    let failure = Failure::failed(format!("{file}:{line}: a merge conflict is not settled"));
    Some(add(failure, line, 1, marker.trim_end()).hint(gomod_hints::conflict(file)))
}

/// Adds the frame of one line, line and column from 1, to a failure.
pub fn add(failure: Failure, line: u32, column: u32, text: &str) -> Failure {
    if text.is_empty() {
        return failure;
    }
    let number = line.to_string();
    let gutter = " ".repeat(number.len());
    // Tabs would shift the caret.
    let before: String = text.chars().take(column.saturating_sub(1) as usize).collect();
    let indent = before.replace('\t', "    ").chars().count();
    failure
        .line(format!("{gutter} |"))
        .line(format!("{number} | {}", text.replace('\t', "    ")))
        .line(format!("{gutter} | {}^", " ".repeat(indent)))
}

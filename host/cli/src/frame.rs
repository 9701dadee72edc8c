//! A go.mod error as a compiler shows it: file:line:column, the line, a caret.

use crate::failure::Failure;
use airgo_gomod::modfile::ModFileErrors;

/// The failure for a file that does not parse; the first error has the frame.
pub fn parse_failure(errors: &ModFileErrors) -> Failure {
    let Some(first) = errors.0.first() else {
        return Failure::failed(errors.to_string());
    };
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
    failure.outcome("nothing was written").hint("go mod edit -fmt shows what go makes of the file")
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

//! Comments that mean something: `// indirect`, deprecations, reasons for
//! retracting (x/mod modfile/rule.go).

use super::syntax::{Block, Line};
use crate::unicode::is_space;
use std::sync::Arc;

/// Whether the line's comment says `indirect`, alone or before a semicolon.
pub(super) fn is_indirect(line: &Line<'_>) -> bool {
    let Some(comment) = line.suffix.first() else { return false };
    let mut words = strip_slashes(comment).split(is_space).filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (Some(only), None) => only == "indirect",
        (Some(first), Some(_)) => first == "indirect;",
        _ => false,
    }
}

/// The text of a directive's comments: before and behind it, or before its
/// block where it has none of its own.
pub(super) fn text(block: Option<&Block<'_>>, line: &Line<'_>) -> Arc<str> {
    match block {
        Some(block) if line.before.is_empty() && line.suffix.is_empty() => block.comment(),
        _ => join(line.before.iter().chain(&line.suffix)),
    }
}

/// The text of comments without their slashes; empty ones stand for blank lines
/// and do not count.
pub(super) fn join<'c, 'a: 'c>(comments: impl IntoIterator<Item = &'c &'a str>) -> Arc<str> {
    let comments = comments.into_iter().filter(|comment| !comment.is_empty());
    let lines = comments.map(|comment| strip_slashes(comment).trim_matches(is_space));
    lines.collect::<Vec<_>>().join("\n").into()
}

/// The message of the first paragraph that starts with `Deprecated:`, up to
/// the paragraph's end.
pub(super) fn deprecation(text: &str) -> Option<String> {
    let starts = text.match_indices("Deprecated:").map(|(at, _)| at);
    let start = starts.into_iter().find(|&at| at == 0 || text[..at].ends_with("\n\n"))?;
    let message = text[start + "Deprecated:".len()..].trim_start_matches(' ');
    Some(message.split("\n\n").next().unwrap_or_default().to_owned())
}

fn strip_slashes(comment: &str) -> &str {
    comment.strip_prefix("//").unwrap_or(comment)
}

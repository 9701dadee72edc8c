//! Makes foreign text safe to print: names from a bundle, a proxy or a plugin
//! are an attacker's words.
//!
//! Control characters (escape codes, carriage returns, line breaks) and the
//! Unicode characters that reorder text become `\u{…}`. A line of output never
//! starts with foreign text, so CI command prefixes (`::error::`, `##vso[`)
//! have no effect; where one could, [`foreign_line`] breaks the prefix.

use std::borrow::Cow;

/// Escapes what could move the cursor, fake a line or reorder text.
pub fn foreign(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// As [`foreign`], for text that opens a line: a leading `::` or `##` (the
/// command prefixes of GitHub Actions and Azure Pipelines) is escaped too.
pub fn foreign_line(text: &str) -> Cow<'_, str> {
    let safe = foreign(text);
    let trimmed = safe.trim_start();
    if trimmed.starts_with("::") || trimmed.starts_with("##") {
        let mut chars = trimmed.chars();
        let first: String = chars.next().map(|c| c.escape_unicode().collect()).unwrap_or_default();
        return Cow::Owned(format!("{first}{}", chars.as_str()));
    }
    safe
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_moves_the_cursor_and_nothing_else() {
        assert_eq!(foreign("plain/naïve@v1.0.0"), "plain/naïve@v1.0.0");
        assert_eq!(foreign("a\x1b[31mb\r\nc"), "a\\u{1b}[31mb\\u{d}\\u{a}c");
        assert_eq!(foreign("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn breaks_ci_commands_at_the_start_of_a_line() {
        assert_eq!(foreign_line("::error::owned"), "\\u{3a}:error::owned");
        assert_eq!(foreign_line("##vso[task]"), "\\u{23}#vso[task]");
        assert_eq!(foreign_line("a ::error::"), "a ::error::");
    }
}

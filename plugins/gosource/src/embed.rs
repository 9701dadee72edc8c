//! Patterns of `//go:embed` (go/build parseGoEmbed, go/ast ParseDirective).

use crate::tokens::{Token, Tokens};
use crate::unquote::quoted_prefix;
use std::collections::BTreeSet;

/// The patterns that a whole file embeds, decoded; go looks for them only in
/// files that import `embed`. A malformed line has none: the compiler reports it.
#[must_use]
pub fn embed_patterns(source: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(source);
    let mut found = BTreeSet::new();
    for (_, token) in Tokens::new(&text) {
        if let Token::Comment(comment) = token
            && let Some(args) = comment.strip_prefix("//go:embed")
            && args.starts_with(char::is_whitespace)
        {
            // Carriage returns are no part of a comment.
            found.extend(patterns(&args.replace('\r', "")).into_iter().flatten());
        }
    }
    found
}

fn patterns(args: &str) -> Option<Vec<String>> {
    let mut rest = args.trim();
    let mut list = Vec::new();
    while !rest.is_empty() {
        if rest.starts_with(['"', '`']) {
            let (value, len) = quoted_prefix(rest.as_bytes())?;
            rest = rest.get(len..)?;
            if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
                return None;
            }
            list.push(String::from_utf8_lossy(&value).into_owned());
        } else {
            let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
            list.push(rest[..len].to_owned());
            rest = &rest[len..];
        }
        rest = rest.trim_start();
    }
    Some(list)
}

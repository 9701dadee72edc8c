//! Text of servers, libraries and programs on its way into an error, without what
//! may not be shown.

use airgo_gomod::address::HIDDEN;
use reqwest::Url;

/// Text from a server, made fit for a terminal: one line, no control characters.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(most).collect()
}

/// A text without these words, longest first.
pub(crate) fn scrub(text: &str, secrets: &[String]) -> String {
    let mut secrets: Vec<&String> = secrets.iter().filter(|s| !s.is_empty()).collect();
    secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
}

/// Host and unusual port.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrubbing_takes_the_longest_first() {
        let secrets = ["ab".to_owned(), "abc".to_owned(), String::new()];
        assert_eq!(scrub("x abc y ab", &secrets), "x … y …");
    }
}

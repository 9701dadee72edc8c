//! What a server says of its refusal, wherever it says it: a body of text,
//! JSON or HTML, or HTTP/1's own words behind the status (Sonatype's firewall
//! writes `403 REQUESTED ITEM IS QUARANTINED`, and go shows it).

use crate::invalid::InvalidContent;
use crate::load::web_page;
use crate::net::text::clean;
use reqwest::Response;

/// How many of a JSON document's sentences are shown.
const SENTENCES: usize = 3;

/// What a body is, as far as its words can be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
    Html,
}

impl Form {
    /// By Content-Type; none for what is not for people.
    pub(crate) fn of(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/plain" => Some(Self::Text),
            "text/html" => Some(Self::Html),
            "application/json" => Some(Self::Json),
            other if other.starts_with("application/") && other.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }

    /// The body's words, on one line of at most `most` characters; may be empty.
    pub(crate) fn words(self, body: &[u8], most: usize) -> String {
        match self {
            Self::Text => clean(&String::from_utf8_lossy(body), most),
            Self::Html => match web_page(body) {
                Some(InvalidContent::Html { title: Some(title) }) => clean(&title, most),
                _ => String::new(),
            },
            Self::Json => {
                let mut found = Vec::new();
                if let Ok(document) = serde_json::from_slice(body) {
                    sentences(&document, 4, &mut found);
                }
                found.truncate(SENTENCES);
                clean(&found.join("; "), most)
            }
        }
    }
}

/// The strings under the names that error documents use (RFC 9457, Artifactory, Nexus, GitLab).
fn sentences(value: &serde_json::Value, depth: u32, found: &mut Vec<String>) {
    if depth == 0 || found.len() >= SENTENCES {
        return;
    }
    match value {
        serde_json::Value::Array(all) => all.iter().for_each(|one| sentences(one, depth - 1, found)),
        serde_json::Value::Object(map) => {
            for name in ["errors", "error", "message", "reason", "title", "detail", "details", "description"]
            {
                match map.get(name) {
                    Some(serde_json::Value::String(text)) if found.contains(text) => {}
                    Some(serde_json::Value::String(text)) => found.push(text.clone()),
                    Some(inner) => sentences(inner, depth - 1, found),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

/// What the server says in this answer: the body's words, else those behind
/// the status, else a page's title, which mostly repeats the status.
pub(crate) fn reason(phrase: Option<String>, form: Option<Form>, body: &[u8], most: usize) -> String {
    let words = form.map(|form| form.words(body, most)).unwrap_or_default();
    if words.is_empty() || form == Some(Form::Html) {
        return phrase.unwrap_or(words);
    }
    words
}

/// The words behind the status of an HTTP/1 answer, where they are not the usual ones.
pub(crate) fn own_phrase(response: &Response, most: usize) -> Option<String> {
    let phrase = response.extensions().get::<hyper::ext::ReasonPhrase>()?;
    let phrase = clean(&String::from_utf8_lossy(phrase.as_bytes()), most);
    let usual = response.status().canonical_reason().unwrap_or_default();
    (!phrase.is_empty() && !phrase.eq_ignore_ascii_case(usual)).then_some(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_each_form() {
        for (content_type, body, wanted) in [
            ("text/plain; charset=utf-8", "blocked\n by  rule 17\x1b[31m", "blocked by rule 17[31m"),
            (
                "application/json",
                r#"{"errors":[{"status":403,"message":"Blocked by curation"}]}"#,
                "Blocked by curation",
            ),
            ("application/problem+json", r#"{"title":"Quarantined","detail":"CVE-1"}"#, "Quarantined; CVE-1"),
            ("application/json", r#"{"error":"no","message":"no"}"#, "no"),
            ("application/json", "{", ""),
            ("text/html", "<html><title>Blocked by policy</title>", "Blocked by policy"),
            ("text/html", "<html>", ""),
        ] {
            let form = Form::of(content_type).unwrap();
            assert_eq!(form.words(body.as_bytes(), 100), wanted, "{content_type} {body}");
        }
        assert!(Form::of("application/zip").is_none());
        assert_eq!(Form::Text.words(&[b'x'; 900], 100).len(), 100);
    }
}

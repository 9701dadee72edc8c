//! The name that an image gets where it is loaded, as Docker writes names
//! (distribution/reference: `[HOST[:PORT]/]PATH[:TAG]`).

use crate::failure::{Failure, Result};

/// A name with its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// As people write it, with the tag: `deps:latest`.
    pub familiar: String,
    /// With the registry that Docker adds: `docker.io/library/deps:latest`.
    pub full: String,
    /// The tag alone.
    pub tag: String,
}

impl ImageName {
    /// Reads a name; without a tag it is `latest`.
    ///
    /// # Errors
    /// What Docker does not take for a name.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = || {
            Failure::failed(format!("{text} is not the name of an image"))
                .hint("a name is [HOST[:PORT]/]PATH[:TAG], with a path of lower-case letters, digits, and . _ - between them: -t deps:latest")
        };
        let (name, tag) = match text.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (text, "latest"),
        };
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if host == "localhost" || host.contains(['.', ':']) => (Some(host), path),
            _ => (None, name),
        };
        if text.len() > 255 || !is_tag(tag) || !host.is_none_or(is_host) || !path.split('/').all(is_element) {
            return Err(refused());
        }
        let full = match host {
            Some(_) => name.to_owned(),
            None if path.contains('/') => format!("docker.io/{path}"),
            None => format!("docker.io/library/{path}"),
        };
        Ok(Self { familiar: format!("{name}:{tag}"), full: format!("{full}:{tag}"), tag: tag.to_owned() })
    }
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

/// Lower-case letters and digits, with one dot, one or two underscores, or dashes between.
fn is_element(element: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let separators = element.split(|c: char| c.is_ascii() && word(c as u8)).filter(|part| !part.is_empty());
    let ends = [element.bytes().next(), element.bytes().next_back()];
    let separator = |part: &str| matches!(part, "." | "_" | "__") || part.bytes().all(|b| b == b'-');
    ends.into_iter().all(|end| end.is_some_and(word)) && separators.into_iter().all(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_docker() {
        for (text, familiar, full) in [
            ("deps", "deps:latest", "docker.io/library/deps:latest"),
            ("team/deps:v1.2", "team/deps:v1.2", "docker.io/team/deps:v1.2"),
            ("localhost/deps", "localhost/deps:latest", "localhost/deps:latest"),
            ("host.example:5000/a/b-c__d:1", "host.example:5000/a/b-c__d:1", "host.example:5000/a/b-c__d:1"),
        ] {
            let name = ImageName::parse(text).unwrap();
            assert_eq!((name.familiar.as_str(), name.full.as_str()), (familiar, full));
        }
        for text in [
            "", "Deps", "deps:", ":x", "deps:-x", "a//b", "a/", "/a", "a..b", "a___b", "-a", "é", "a b",
            "h.x:p/a",
        ] {
            assert!(ImageName::parse(text).is_err(), "{text}");
        }
    }
}

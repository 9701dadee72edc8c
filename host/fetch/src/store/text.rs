//! The small text files of the store: entries of the index, and how to go on
//! with a part. Another run wrote them, or whoever can write to the directory.

use crate::info::Origin;
use crate::transport::Rest;

const INDEX_HEADER: &str = "airgo-store 1";
const PART_HEADER: &str = "airgo-part 1";

/// What the index says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) sha256: [u8; 32],
    pub(crate) size: u64,
    pub(crate) source: String,
    pub(crate) origin: Option<Origin>,
}

/// An entry of the index.
pub(crate) fn format_entry(entry: &Entry) -> String {
    let mut text = format!(
        "{INDEX_HEADER}\nsha256 {}\nsize {}\nsource {}\n",
        hex(&entry.sha256),
        entry.size,
        entry.source.replace(char::is_control, "")
    );
    if let Some(origin) = entry.origin.as_ref().and_then(|o| serde_json::to_string(o).ok()) {
        text.push_str(&format!("origin {origin}\n"));
    }
    text
}

/// Reads an entry; none where it is something else.
pub(crate) fn parse_entry(text: &str) -> Option<Entry> {
    let mut lines = text.lines();
    if lines.next()? != INDEX_HEADER {
        return None;
    }
    let (mut sha256, mut size, mut source, mut origin) = (None, None, None, None);
    for line in lines {
        match line.split_once(' ')? {
            ("sha256", v) => sha256 = unhex(v),
            ("size", v) => size = v.parse().ok(),
            ("source", v) => source = Some(of_old(v)),
            ("origin", v) => origin = serde_json::from_str(v).ok(),
            _ => {}
        }
    }
    Some(Entry { sha256: sha256?, size: size?, source: source?, origin })
}

/// Who gave an entry, as it may be shown: an older airgo wrote whole addresses.
fn of_old(source: &str) -> String {
    match source.split_once(' ') {
        Some(("git", _)) => source.to_owned(),
        _ if source.contains("://") => airgo_gomod::address::shown(source),
        _ => source.to_owned(),
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of a digest.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
}

/// The description of a part.
pub(crate) fn format_rest(rest: &Rest) -> String {
    let mut text = format!("{PART_HEADER}\n");
    if let Some(length) = rest.length {
        text.push_str(&format!("length {length}\n"));
    }
    if let Some(etag) = rest.etag.as_ref().filter(|e| !e.contains(char::is_control)) {
        text.push_str(&format!("etag {etag}\n"));
    }
    text
}

/// Reads a description; none where it is of something else.
pub(crate) fn parse_rest(text: &str) -> Option<Rest> {
    let mut lines = text.lines();
    if lines.next()? != PART_HEADER {
        return None;
    }
    let mut rest = Rest::default();
    for line in lines {
        match line.split_once(' ')? {
            ("length", v) => rest.length = Some(v.parse().ok()?),
            // It goes into a request's head.
            ("etag", v) if v.contains(char::is_control) => return None,
            ("etag", v) => rest.etag = Some(v.to_owned()),
            _ => {}
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_entry_is_not_read() {
        for bad in [
            "",
            "airgo-store 2\nsha256 00\n",
            "airgo-store 1\nsha256 zz\nsize 1\nsource x\n",
            "airgo-store 1\n\n",
            // Signs that Rust's numbers may have.
            &format!("airgo-store 1\nsha256 {}\nsize 1\nsource x\n", "+f".repeat(32)),
        ] {
            assert_eq!(parse_entry(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn addresses_of_an_older_airgo_are_disguised() {
        let hash = "0".repeat(64);
        for (source, wanted) in [
            ("https://u:p@p.example/TOKEN", "https://p.example/…"),
            ("https://p.example/…", "https://p.example/…"),
            ("file:///srv/proxy", "file:///srv/proxy"),
            ("git https://github.com/a/b", "git https://github.com/a/b"),
        ] {
            let text = format!("{INDEX_HEADER}\nsha256 {hash}\nsize 1\nsource {source}\n");
            assert_eq!(parse_entry(&text).unwrap().source, wanted);
        }
    }

    #[test]
    fn a_validator_that_cannot_be_sent_is_not_read() {
        let rest = |etag: &str| parse_rest(&format!("{PART_HEADER}\nlength 9\netag {etag}\n"));
        assert_eq!(rest("\"v1\"").unwrap().etag.as_deref(), Some("\"v1\""));
        assert!(rest("\"v\r1\"").is_none());
    }
}

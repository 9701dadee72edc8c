//! Settings as they may be recorded and shown: of an address scheme and host,
//! nothing else. User, password, query and path may all hold a token
//! (`https://host/TOKEN/go`).

use airgo_gomod::sumdb::Config;

/// A list of addresses and words such as GOPROXY; separators stay. A `file://`
/// entry keeps its path: it names a directory of this machine.
pub fn addresses(list: &str) -> String {
    list.split_inclusive([',', '|'])
        .map(|part| {
            let (entry, separator) = match part.strip_suffix([',', '|']) {
                Some(entry) => (entry, &part[entry.len()..]),
                None => (part, ""),
            };
            address(entry.trim()) + separator
        })
        .collect()
}

/// One address, a word such as `direct`, or a directory.
fn address(entry: &str) -> String {
    let plain = !entry.contains(['@', '?', '#']);
    if plain && (entry.starts_with('/') || entry.starts_with("file:///") || matches!(entry, "direct" | "off"))
    {
        return entry.to_owned();
    }
    let (scheme, rest) = entry.split_once("://").unwrap_or(("https", entry));
    // Whoever forgot to escape a slash in a password has an @ behind the first slash.
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = rest.split(['/', '\\']).next().unwrap_or_default();
    if entry.is_empty() { String::new() } else { format!("{scheme}://{host}") }
}

/// GOSUMDB: a known name or key and the host that is asked; none where it cannot be used.
pub fn gosumdb(value: &str) -> Option<String> {
    if value == "off" {
        return Some(value.to_owned());
    }
    let config = Config::parse(value).ok()?;
    let name = value.split_whitespace().next()?;
    let url = config.url.filter(|_| value.split_whitespace().count() > 1);
    Some(url.map_or_else(|| name.to_owned(), |url| format!("{name} {}", address(&url))))
}

/// A list of module globs; what is no glob but an address loses all but its host.
pub fn globs(list: &str) -> String {
    let glob = |part: &str| if part.contains(['@', '?', ':']) { address(part) } else { part.to_owned() };
    list.split(',').map(glob).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_and_host_of_an_address_are_left() {
        for (list, wanted) in [
            (
                "https://u:p@a.example/x,https://b.example:8|http://t@c.example,direct",
                "https://a.example,https://b.example:8|http://c.example,direct",
            ),
            ("https://u:p/w@a.example/TOKEN/go?t=TOKEN#TOKEN", "https://a.example"),
            ("a.example/TOKEN", "https://a.example"),
            ("u:p@a.example, off", "https://a.example,off"),
            ("file:///srv/proxy", "file:///srv/proxy"),
            ("off", "off"),
        ] {
            assert_eq!(addresses(list), wanted);
        }
    }

    #[test]
    fn the_database_is_told_without_its_login() {
        let told = |value: &str| gosumdb(value);
        assert_eq!(
            told("sum.golang.org https://u:p@h.example/TOKEN?t=TOKEN").as_deref(),
            Some("sum.golang.org https://h.example")
        );
        assert_eq!(told("sum.golang.org").as_deref(), Some("sum.golang.org"));
        assert_eq!(told("sum.golang.google.cn").as_deref(), Some("sum.golang.google.cn"));
        assert_eq!(told("off").as_deref(), Some("off"));
        assert_eq!(told("https://u:p@h.example"), None);
        assert_eq!(globs("*.corp.example,https://u:p@h.example/x"), "*.corp.example,https://h.example");
    }
}

//! What may be shown of an address: scheme, host and port. User, password,
//! query and path may all hold a token (`https://host/TOKEN/go`), and whoever
//! mistypes one must not find it in a log.
//!
//! [`shown`] is for people and says by `…` that there was a path; [`recorded`]
//! is for machines and leaves it out. The address of a file of this machine
//! keeps its path.
//!
//! ```
//! use airgo_gomod::address::{in_text, recorded, shown, without_login};
//!
//! assert_eq!(shown("https://user:password@host.example:8443/TOKEN/go?t=TOKEN"), "https://host.example:8443/…");
//! assert_eq!(shown("https://host.example"), "https://host.example");
//! assert_eq!(recorded("https://host.example/TOKEN/go"), "https://host.example");
//! assert_eq!(without_login("https://user:password@host.example/team/m?t=TOKEN"), "https://host.example/team/m");
//! assert_eq!(in_text("unable to access 'https://u:p@host.example/r': 403"), "unable to access 'https://host.example/…': 403");
//! ```

/// Stands for what is not shown.
pub const HIDDEN: &str = "…";

/// An address, cut where it is safe to.
struct Parts<'a> {
    scheme: &'a str,
    /// Host and port; none where what is there cannot be a host.
    host: Option<&'a str>,
    /// The path, from its slash on; of a password with a slash in it no part.
    path: &'a str,
    /// What follows the path, from its `?` or `#` on.
    rest: &'a str,
}

/// Cuts an address; without a scheme it is an https one, as in GOPROXY.
fn cut(address: &str) -> Parts<'_> {
    let (scheme, after) = address.split_once("://").unwrap_or(("https", address));
    let end = after.find(['?', '#']).unwrap_or(after.len());
    let (mut plain, mut rest) = after.split_at(end);
    // Whoever forgot to escape a slash or a question mark in a password has an @ behind it.
    if let Some(at) = plain.rfind('@') {
        plain = &plain[at + 1..];
    } else if !is_host(authority(plain))
        && let Some(at) = rest.rfind('@')
    {
        let after = &rest[at + 1..];
        (plain, rest) = after.split_at(after.find(['?', '#']).unwrap_or(after.len()));
    }
    let host = authority(plain);
    Parts { scheme, host: Some(host).filter(|h| is_host(h)), path: &plain[host.len()..], rest }
}

fn authority(plain: &str) -> &str {
    plain.split(['/', '\\']).next().unwrap_or_default()
}

/// Whether this can be a host, with its port if that is not the usual one.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (text, ""),
    };
    let inner = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let sound = match inner {
        Some(inner) => inner.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '%')),
        None => name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*')),
    };
    !name.is_empty() && sound && port.bytes().all(|b| b.is_ascii_digit())
}

/// Whether this names a file or directory of this machine, and nothing besides.
fn is_file(address: &str) -> bool {
    let path = address.starts_with('/') || address.starts_with("file:///");
    path && !address.contains(['?', '#'])
        && !address.strip_prefix("file://").unwrap_or(address).contains("://")
}

/// Scheme, host and port, and `…` for a path.
pub fn shown(address: &str) -> String {
    if is_file(address) {
        return address.trim_end_matches('/').to_owned();
    }
    let Parts { scheme, host, path, .. } = cut(address);
    let more = if path.trim_matches(['/', '\\']).is_empty() { "" } else { "/…" };
    match host {
        Some(host) => format!("{scheme}://{host}{more}"),
        None => format!("{scheme}://{HIDDEN}"),
    }
}

/// As [`shown`], with what airgo itself appended to the address: that part is
/// of airgo's making and holds no secret.
pub fn shown_with(address: &str, appended: &str) -> String {
    let appended = appended.trim_start_matches('/');
    format!("{}/{appended}", shown(address))
}

/// Scheme, host and port alone.
pub fn recorded(address: &str) -> String {
    if is_file(address) {
        return address.to_owned();
    }
    let Parts { scheme, host, .. } = cut(address);
    format!("{scheme}://{}", host.unwrap_or(HIDDEN))
}

/// All of an address but user and password: what a user asked to be recorded.
pub fn with_path(address: &str) -> String {
    if is_file(address) {
        return address.to_owned();
    }
    let Parts { scheme, host, path, rest } = cut(address);
    match host {
        Some(host) => format!("{scheme}://{host}{path}{rest}"),
        None => format!("{scheme}://{HIDDEN}"),
    }
}

/// The address of a repository or of a CI job, whose path says which one: all
/// but user, password and query. What is not a URL, such as `git@host:path`, loses
/// what stands before the last `@`.
pub fn without_login(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.rsplit_once('@').map_or(address, |(_, rest)| rest).to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@').map_or(authority, |(_, host)| host) {
        host if is_host(host) => format!("{scheme}://{host}{path}"),
        // A password that nobody escaped.
        _ => {
            let Parts { host, path, .. } = cut(address);
            format!("{scheme}://{}{path}", host.unwrap_or(HIDDEN))
        }
    }
}

/// A text with all addresses in it as [`shown`].
pub fn in_text(text: &str) -> String {
    in_text_but(text, &|_| None)
}

/// Whether this is an address, or holds a login as one without a scheme does:
/// `user:password@host/…`.
pub fn is_address(text: &str) -> bool {
    // One letter is a drive of Windows.
    text.split_once("://").is_some_and(|(scheme, _)| scheme.len() != 1) || without_scheme(text).is_some()
}

/// The first `user:password@host/…` in a text that has no scheme: where it
/// starts, and where its `@` is. The host distinguishes it from `file:line:module@version`.
pub fn without_scheme(text: &str) -> Option<(usize, usize)> {
    text.match_indices('@').find_map(|(at, _)| {
        let after = text.get(at + 1..)?;
        let host = after.find(|c: char| ends_word(c) || matches!(c, '/' | '?' | '#' | ',' | ')'));
        let host = after.get(..host.unwrap_or(after.len()))?.trim_end_matches([':', ';', '.']);
        let before = text.get(..at)?;
        let start =
            before.rfind(ends_word).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
        let (user, password) = before.get(start..)?.split_once(':')?;
        // One letter is a drive of Windows; a slash is in a path.
        let login = !user.is_empty() && !user.contains('/') && !password.is_empty();
        let drive = user.len() == 1 && password.starts_with(['/', '\\']);
        (login && !drive && !password.starts_with("//") && is_host(host) && names_host(host))
            .then_some((start, at))
    })
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '<' | '>' | '(' | '=')
}

/// Whether this can be nothing but a host: a name with a domain, an address, one
/// with a port; and not a version.
fn names_host(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let mut labels = name.rsplit('.');
    let domain =
        labels.next().is_some_and(|last| last.len() > 1 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    let parts = name.split('.').filter(|part| part.parse::<u8>().is_ok()).count();
    let version = name.strip_prefix('v').is_some_and(|rest| {
        rest.split('.').take(2).filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).count()
            == 2
    });
    let number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    !version
        && (number
            || name == "localhost"
            || name.starts_with('[')
            || parts == 4
            || domain && name.contains('.'))
}

/// A text without logins of addresses that have no scheme.
fn hide_logins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, at)) = without_scheme(rest) {
        let (before, word) = rest.split_at(start);
        // An equals sign may be in its query.
        let end = word.find(|c| ends_word(c) && c != '=').unwrap_or(word.len()).max(at - start + 1);
        let address = word[..end].trim_end_matches([':', ';', ',', '.', ')']);
        out.push_str(before);
        out.push_str(HIDDEN);
        out.push('@');
        let shown = shown(address);
        out.push_str(shown.strip_prefix("https://").unwrap_or(&shown));
        rest = &word[address.len()..];
    }
    out + rest
}

/// As [`in_text`], but an address that `known` has a form for is given in that.
pub fn in_text_but(text: &str, known: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let start = rest[..at]
            .rfind(|c| !scheme(c))
            .map_or(0, |before| before + rest[before..].chars().next().map_or(1, char::len_utf8));
        let length = length(&rest[start..]);
        let (address, tail) = rest[start..].split_at(length);
        out.push_str(&hide_logins(&rest[..start]));
        out.push_str(&known(address).unwrap_or_else(|| shown(address)));
        rest = tail;
    }
    out + &hide_logins(rest)
}

/// How far an address at the start of a text goes: to a blank or a quote,
/// without the punctuation of the sentence that it is in.
fn length(text: &str) -> usize {
    let word = text.find(char::is_whitespace).unwrap_or(text.len());
    let quoted = text[..word].find(['\'', '"', '`', '<', '>']).unwrap_or(word);
    // A quote within a password ends nothing.
    let end = if text[quoted..word].contains('@') { word } else { quoted };
    text[..end]
        .trim_end_matches([':', ';', ',', '.', ')', '\'', '"', '`', '>'])
        .len()
        .max(text.find("://").map_or(0, |at| at + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_without_a_scheme_is_hidden_and_no_version_is_taken_for_one() {
        for (text, wanted) in [
            ("user:TOKEN@h.example/TOKEN/x", "…@h.example/…"),
            ("cannot read user:TO/K@EN@h.example/x: no such file", "cannot read …@h.example/…: no such file"),
            ("path = \"u:TOKEN@127.0.0.1:9/x?t=TOKEN\"", "path = \"…@127.0.0.1:9/…\""),
            ("u:TOKEN@localhost, v:TOKEN@[::1]:80/", "…@localhost, …@[::1]:80"),
            ("https://h.example/TOKEN and u:TOKEN@h.example", "https://h.example/… and …@h.example"),
        ] {
            assert_eq!(in_text(text), wanted, "{text}");
            assert!(is_address(text) || text.contains(' '), "{text}");
        }
        for text in [
            "go.mod:3:example.com/a@v1.2.3: malformed",
            "go.mod:3: example.com/a@v1.2.3-rc.alpha",
            "git@github.com:team/repo",
            "pkg:golang/example.com/a@v1.0.0",
            "pkg:npm/a@1.2.3",
            "image@sha256:abc",
            "C:\\dir\\me@corp.example",
            "mail me@corp.example: now",
            "10:30@noon",
        ] {
            assert_eq!(in_text(text), text);
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn nothing_but_scheme_and_host_is_shown() {
        for (address, wanted) in [
            ("https://h.example", "https://h.example"),
            ("https://h.example/", "https://h.example"),
            ("https://h.example/TOKEN", "https://h.example/…"),
            ("https://h.example?t=TOKEN", "https://h.example"),
            ("https://h.example:8443/a/TOKEN?t=TOKEN#TOKEN", "https://h.example:8443/…"),
            ("https://TOKEN@h.example", "https://h.example"),
            ("https://u:TOKEN@[::1]:8443/", "https://[::1]:8443"),
            ("https://u:TO/KEN@h.example/TOKEN", "https://h.example/…"),
            ("https://u:TO?KEN@h.example/TOKEN", "https://h.example/…"),
            ("https://u:TO#KEN@h.example", "https://h.example"),
            ("https://u:TO@KEN@h.example", "https://h.example"),
            ("https://u:TOKEN", "https://…"),
            ("https://u:TOKEN@ h.example/", "https://…"),
            ("h.example/TOKEN", "https://h.example/…"),
            ("ftp://u:TOKEN@h.example/", "ftp://h.example"),
            ("://TOKEN@", "://…"),
            ("file:///srv/proxy/", "file:///srv/proxy"),
            ("file:///srv/proxy?TOKEN", "file://…"),
            ("/srv/proxy", "/srv/proxy"),
            ("", "https://…"),
        ] {
            assert_eq!(shown(address), wanted, "{address}");
            assert!(!recorded(address).contains("TOKEN"), "{address}");
        }
        assert_eq!(
            shown_with("https://h.example/TOKEN", "example.com/a/@v/v1.0.0.zip"),
            "https://h.example/…/example.com/a/@v/v1.0.0.zip"
        );
        assert_eq!(with_path("https://u:p@h.example/a?b=c"), "https://h.example/a?b=c");
        assert_eq!(recorded("https://u:p@h.example/a?b=c"), "https://h.example");
    }

    #[test]
    fn repositories_keep_their_path() {
        for (url, wanted) in [
            ("token@host:team/repo", "host:team/repo"),
            ("https://u:p@w@host:8443", "https://host:8443"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://u:p/w@host/a", "https://host/a"),
            ("ssh://git@host/repo#x", "ssh://host/repo"),
            ("https://u:p@ss@a.example/x/y?t=T", "https://a.example/x/y"),
            ("", ""),
        ] {
            assert_eq!(without_login(url), wanted);
        }
    }

    #[test]
    fn addresses_in_a_text() {
        for (text, wanted) in [
            ("a https://s3/cr@et@h/ b ssh://git@x://y", "a https://h b ssh://x:/…"),
            ("'https://u:p'w@h/x': no", "'https://h/…': no"),
            ("see https://h/x, or (https://h/y).", "see https://h/…, or (https://h/…)."),
            ("übrig://x", "übrig://x"),
            ("no address", "no address"),
            ("://", "://…"),
        ] {
            assert_eq!(in_text(text), wanted, "{text}");
        }
        let known = |address: &str| (address == "https://h/r").then(|| "https://h/r".to_owned());
        assert_eq!(in_text_but("https://h/r https://h/s", &known), "https://h/r https://h/…");
    }
}

//! One proxy's address (cmd/go modfetch/proxy.go newProxyRepo), with its
//! credentials taken out at once, so that no error can show them.

use crate::error::FetchError;
use crate::net::credentials::Basic;
use crate::net::text::host;
use airgo_gomod::{Setting, address};
use reqwest::Url;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a proxy tree is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ProxyUrl {
    /// `file:///directory`.
    File { root: PathBuf, shown: String },
    /// `http://` or `https://`.
    Http {
        /// Without user name and password; may have a query, which is kept.
        base: Url,
        login: Option<Basic>,
        /// As it may be shown: `…` stands for the path that the user gave.
        shown: String,
        /// Words of the path and query that the user gave, which no text may hold.
        secrets: Vec<String>,
    },
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProxyUrl").field(&self.shown()).finish()
    }
}

impl ProxyUrl {
    /// Parses an entry of GOPROXY; a bare host gets `https://`.
    pub(crate) fn parse(entry: &str) -> Result<Self, FetchError> {
        let absolute = Path::new(entry).is_absolute() || entry.starts_with('/');
        let bare = entry.contains(['.', ':', '/']) && !entry.contains(":/") && !absolute;
        let text = if bare { format!("https://{entry}") } else { entry.to_owned() };
        let bad =
            |why: &str| FetchError::ProxyList(format!("{why}: {:?}", Setting::addresses(&text).shown()));

        if !text.contains(':') || absolute {
            return Err(bad("proxy address without https://, http:// or file://"));
        }
        if let Some(why) = refused_by_go(&text) {
            return Err(bad(why));
        }
        let mut url = Url::parse(&text).map_err(|e| bad(&e.to_string()))?;
        match url.scheme() {
            "file" => {
                // Textually, as the parser takes file://localhost/ for file:///.
                let path_only = text.len() > 8
                    && text[..8].eq_ignore_ascii_case("file:///")
                    && url.query().is_none()
                    && url.fragment().is_none();
                let root = path_only.then(|| url.to_file_path().ok()).flatten();
                let root = root.ok_or_else(|| bad("file:// proxy with more than a path"))?;
                let shown = text.trim_end_matches('/').to_owned();
                Ok(Self::File { root, shown })
            }
            "http" | "https" if url.has_host() => {
                let login = (!url.username().is_empty() || url.password().is_some()).then(|| Basic {
                    user: percent_decode(url.username()),
                    password: percent_decode(url.password().unwrap_or_default()),
                });
                let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
                if !cleared {
                    return Err(bad("proxy address without a host"));
                }
                url.set_fragment(None);
                let (shown, secrets) = (address::shown(url.as_str()), words(url.path(), url.query()));
                Ok(Self::Http { base: url, login, shown, secrets })
            }
            _ => Err(bad("proxy address must start with https://, http:// or file://")),
        }
    }

    /// A directory of this proxy's tree, as a proxy of its own.
    pub(crate) fn below(&self, path: &str) -> Self {
        match self {
            Self::File { root, shown } => {
                Self::File { root: root.join(path), shown: format!("{shown}/{path}") }
            }
            Self::Http { base, login, shown, secrets } => Self::Http {
                base: self.object_url(path).unwrap_or_else(|| base.clone()),
                login: login.clone(),
                shown: format!("{shown}/{path}"),
                secrets: secrets.clone(),
            },
        }
    }

    /// The address of an object in this proxy's tree.
    pub(crate) fn object_url(&self, proxy_path: &str) -> Option<Url> {
        let Self::Http { base, .. } = self else { return None };
        let mut url = base.clone();
        let joined = base.path().split('/').chain(proxy_path.split('/')).filter(|e| !e.is_empty());
        let path = joined.fold(String::new(), |path, element| path + "/" + element);
        url.set_path(&path);
        Some(url)
    }

    /// The proxy as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::File { shown, .. } | Self::Http { shown, .. } => shown,
        }
    }

    /// An object in this proxy's tree as it may be shown.
    pub(crate) fn object_shown(&self, proxy_path: &str) -> String {
        format!("{}/{proxy_path}", self.shown())
    }

    /// What distinguishes an object of this proxy from that of any other; never shown.
    pub(crate) fn object_key(&self, proxy_path: &str) -> Option<String> {
        self.object_url(proxy_path).map(|url| format!("{}://{}{}", url.scheme(), host(&url), url.path()))
    }

    /// The words of the address that no text of ours may hold, to be taken out
    /// of what a server wrote.
    pub(crate) fn secrets(&self) -> &[String] {
        match self {
            Self::File { .. } => &[],
            Self::Http { secrets, .. } => secrets,
        }
    }

    /// The host as it may be shown; a `file://` proxy's address.
    pub(crate) fn host(&self) -> String {
        match self {
            Self::File { shown, .. } => shown.clone(),
            Self::Http { base, .. } => host(base),
        }
    }
}

/// What Go's net/url refuses and browsers forgive: control characters, a `%` that
/// begins no escape, a space in the host.
fn refused_by_go(text: &str) -> Option<&'static str> {
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Some("control character in a proxy address");
    }
    // What follows `?` is not unescaped.
    let escaped = text.split('?').next().unwrap_or_default();
    let mut parts = escaped.split('%').skip(1);
    if parts
        .any(|part| !matches!(part.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
    {
        return Some("invalid URL escape in a proxy address");
    }
    let authority = escaped.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    authority.is_some_and(|host| host.contains(' ')).then_some("space in the host of a proxy address")
}

/// Words in the addresses that the usual servers have; no token is one of them.
const PLAIN: &[&str] =
    &["artifactory", "content", "goproxy", "groups", "packages", "projects", "repositories", "repository"];
/// No token is shorter, and what is shorter may be any word of an answer.
const SHORTEST: usize = 6;

/// The words of an address's path and query that may be secrets, as they stand
/// there and unescaped.
pub(crate) fn words(path: &str, query: Option<&str>) -> Vec<String> {
    let path = path.trim_matches('/');
    let elements = path.split('/').chain([path]).filter(|e| e.len() >= SHORTEST && !PLAIN.contains(e));
    let query = query.unwrap_or_default();
    let values = query.split('&').filter_map(|pair| pair.split_once('=').map(|(_, value)| value));
    let values = values.filter(|value| value.len() >= SHORTEST).chain([query]);
    let found = elements.chain(values).flat_map(|word| [word.to_owned(), percent_decode(word)]);
    let mut found: Vec<String> = found.filter(|word| !word.is_empty()).collect();
    found.dedup();
    found
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(value) if *first == b'%' => {
                out.push(value);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entry: &str) -> Result<String, String> {
        ProxyUrl::parse(entry).map(|u| u.shown().to_owned()).map_err(|e| e.to_string())
    }

    #[test]
    fn entries_as_go_reads_them() {
        assert_eq!(shown("proxy.example.com").unwrap(), "https://proxy.example.com");
        assert_eq!(shown("localhost:8080").unwrap(), "https://localhost:8080");
        assert_eq!(shown("host/path/").unwrap(), "https://host/…");
        assert_eq!(shown("http://h/x").unwrap(), "http://h/…");
        assert_eq!(shown("file:///srv/proxy/").unwrap(), "file:///srv/proxy");
        assert!(shown("file:///srv/a%20b").is_ok() && shown("https://h/a?x=%").is_ok());
        for bad in [
            "word",
            "/srv/proxy",
            "file://host/srv",
            "file://localhost/srv",
            "file:/srv",
            "file:///srv?x",
            "ftp://h/",
            "https://",
            "://x",
            "file:///a%b",
            "file:///a%zz/b",
            "https://h/%",
            "https://h/a\tb",
            "https://a b/",
        ] {
            assert!(shown(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_are_taken_out() {
        let parsed = ProxyUrl::parse("https://al%40ice:s%3Acret@h:8443/p?t=hidden").unwrap();
        assert_eq!(format!("{parsed:?}"), "ProxyUrl(\"https://h:8443/…\")");
        let ProxyUrl::Http { login, .. } = parsed else { panic!("not http") };
        let login = login.unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("al@ice", "s:cret"));
        for bad in ["ftp://u:s3cret@h/", "https://u:s3cret@h:port/", "https://u:s3cret@/", "s3cret@@ h:/x"] {
            let text = shown(bad).unwrap_err();
            assert!(!text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn the_path_that_a_user_gave_is_not_shown() {
        let proxy = ProxyUrl::parse("https://h/artifactory/s3cr3t%2Dt/go/?sig=hidden1&v=1").unwrap();
        let path = "rsc.io/!q/@v/v1.0.0.zip";
        assert_eq!(proxy.object_shown(path), format!("https://h/…/{path}"));
        assert_eq!(proxy.below("sumdb/s").object_shown("latest"), "https://h/…/sumdb/s/latest");
        assert_eq!(ProxyUrl::parse("https://h").unwrap().object_shown(path), format!("https://h/{path}"));
        let wanted = [
            "s3cr3t%2Dt",
            "s3cr3t-t",
            "artifactory/s3cr3t%2Dt/go",
            "artifactory/s3cr3t-t/go",
            "hidden1",
            "sig=hidden1&v=1",
        ];
        assert_eq!(proxy.secrets(), wanted);
        assert!(proxy.object_key(path).unwrap().contains("s3cr3t"));
    }

    #[test]
    fn objects_are_joined_as_by_path_join() {
        let url = |entry: &str| {
            ProxyUrl::parse(entry)
                .unwrap()
                .object_url("rsc.io/!q/@v/v1.0.0+incompatible.zip")
                .unwrap()
                .to_string()
        };
        assert_eq!(url("https://h"), "https://h/rsc.io/!q/@v/v1.0.0+incompatible.zip");
        assert_eq!(url("https://h//a/b/?k=v"), "https://h/a/b/rsc.io/!q/@v/v1.0.0+incompatible.zip?k=v");
    }
}

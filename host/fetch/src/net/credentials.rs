//! Credentials by URL prefix: what netrc, `git credential` and GOAUTH commands
//! give, as headers (cmd/go auth/netrc.go and auth/auth.go). Nothing here can
//! be printed.

use crate::net::cause::Login;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::fmt;

/// A user name and a password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Basic {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic(…)")
    }
}

/// What is sent with a request: header lines, and the words in them that no
/// text of ours may hold. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    lines: Vec<(HeaderName, HeaderValue)>,
    secrets: Vec<String>,
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Headers({} lines)", self.lines.len())
    }
}

impl Headers {
    /// HTTP's basic authentication.
    pub(crate) fn basic(login: &Basic) -> Self {
        let Basic { user, password } = login;
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        let mut headers = Self::default();
        // Base64 is always a valid header value.
        if let Some(value) = sensitive(&format!("Basic {encoded}")) {
            headers.lines.push((AUTHORIZATION, value));
        }
        headers.secrets.extend([password.clone(), encoded]);
        // Tokens are also given as user names; a short name may be any word of an answer.
        headers.secrets.extend(Some(user.clone()).filter(|u| u.len() >= 12 || password.is_empty()));
        headers
    }

    /// Adds a line; false if it is none.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> bool {
        let Ok(name) = name.parse::<HeaderName>() else { return false };
        let Some(line) = sensitive(value) else { return false };
        // `Bearer token`: the word that names the scheme is not a secret, what follows it is.
        let secret = value.split_once(' ').map_or(value, |(_, rest)| rest.trim());
        self.secrets.extend([secret.to_owned(), value.to_owned()]);
        self.lines.push((name, line));
        true
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn lines(&self) -> &[(HeaderName, HeaderValue)] {
        &self.lines
    }

    /// The words to take out of what a server or library wrote.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Credentials by URL prefix without scheme: `host`, `host:port` or `host/path`.
#[derive(Clone, Default)]
pub struct Credentials {
    by_prefix: HashMap<String, Headers>,
    /// Machines of which netrc says too little, with the word that is missing.
    incomplete: Vec<(String, &'static str)>,
    /// Whether netrc has a `default` line.
    has_default: bool,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} hosts)", self.by_prefix.len())
    }
}

impl Credentials {
    /// Reads a netrc file's text. Of several lines for a machine the first
    /// counts; `default` and macros are passed over.
    pub fn from_netrc(text: &str) -> Self {
        let mut all = Self::default();
        let netrc = parse_netrc(text);
        for (machine, login) in netrc.found.iter().rev() {
            all.store(machine, Headers::basic(login));
        }
        all.incomplete = netrc.incomplete;
        all.has_default = netrc.has_default;
        all
    }

    /// Adds one login for a URL prefix without scheme; replaces an older one.
    pub fn add(&mut self, prefix: &str, user: &str, password: &str) {
        let login = Basic { user: user.to_owned(), password: password.to_owned() };
        self.store(prefix, Headers::basic(&login));
    }

    /// Stores headers for a prefix; none of them take back what was stored
    /// (auth.go storeCredential).
    pub(crate) fn store(&mut self, prefix: &str, headers: Headers) {
        let prefix = prefix.strip_prefix("https://").unwrap_or(prefix);
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if headers.is_empty() {
            self.by_prefix.remove(prefix);
        } else {
            self.by_prefix.insert(prefix.to_owned(), headers);
        }
    }

    /// Takes all of another's over; its prefixes win.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.by_prefix.extend(other.by_prefix.iter().map(|(k, v)| (k.clone(), v.clone())));
    }

    /// Why netrc has nothing for a host, given with its port if that is not the usual one.
    pub(crate) fn why_not(&self, host: &str) -> Login {
        if let Some((_, missing)) = self.incomplete.iter().find(|(machine, _)| machine == host) {
            return Login::Incomplete(missing);
        }
        let name = |host: &str| match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => name.to_owned(),
            _ => host.to_owned(),
        };
        let others =
            self.by_prefix.keys().filter(|prefix| !prefix.contains('/') && name(prefix) == name(host));
        match others.min() {
            Some(other) => Login::OtherPort(other.clone()),
            None if self.has_default => Login::DefaultLine,
            None => Login::NoLine,
        }
    }

    /// The headers for an https URL given without its scheme: the longest
    /// prefix at a slash wins (auth.go loadCredential).
    pub(crate) fn find(&self, rest: &str) -> Option<&Headers> {
        let mut prefix = rest.strip_suffix('/').unwrap_or(rest);
        loop {
            if let Some(headers) = self.by_prefix.get(prefix) {
                return Some(headers);
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }
}

/// What a netrc file says, and what it says in vain.
#[derive(Default)]
struct Netrc {
    found: Vec<(String, Basic)>,
    incomplete: Vec<(String, &'static str)>,
    has_default: bool,
}

impl Netrc {
    /// A machine whose line has come to its end without all that it needs.
    fn leave(&mut self, machine: &str, user: &str) {
        if !machine.is_empty() {
            self.incomplete.push((machine.to_owned(), if user.is_empty() { "login" } else { "password" }));
        }
    }
}

fn parse_netrc(text: &str) -> Netrc {
    let mut netrc = Netrc::default();
    let (mut machine, mut user, mut password) = (String::new(), String::new(), String::new());
    let mut in_macro = false;
    for line in text.split('\n') {
        if in_macro {
            in_macro = !line.is_empty();
            continue;
        }
        let fields: Vec<&str> = line.split_whitespace().collect();
        netrc.has_default |= fields.first() == Some(&"default");
        for pair in fields.chunks_exact(2) {
            match pair[0] {
                "machine" => {
                    netrc.leave(&machine, &user);
                    machine = pair[1].to_owned();
                    user.clear();
                    password.clear();
                }
                "login" => user = pair[1].to_owned(),
                "password" => password = pair[1].to_owned(),
                "macdef" => in_macro = true,
                _ => {}
            }
            if !machine.is_empty() && !user.is_empty() && !password.is_empty() {
                let login =
                    Basic { user: std::mem::take(&mut user), password: std::mem::take(&mut password) };
                netrc.found.push((std::mem::take(&mut machine), login));
            }
        }
        // Only where it stands alone at the end, as in Go.
        if fields.len() % 2 == 1 && fields.last() == Some(&"default") {
            break;
        }
    }
    netrc.leave(&machine, &user);
    netrc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(user: &str, password: &str) -> Headers {
        Headers::basic(&Basic { user: user.to_owned(), password: password.to_owned() })
    }

    #[test]
    fn reads_what_go_reads() {
        // The shape of cmd/go auth/netrc_test.go, in our own words.
        let text = "machine incomplete\npassword none\n\nmachine a.example\n  login alice\n  password p1\n\
                    machine multi login bob password p2\nmachine multi login late password no\n\
                    macdef ignore\n\tmachine inside login x password y\n\nmachine b.example:8443 login c password p3\n\
                    default\nlogin anonymous\npassword nobody@\n";
        let all = Credentials::from_netrc(text);
        assert_eq!(all.find("a.example/x/y"), Some(&basic("alice", "p1")));
        assert_eq!(all.find("multi"), Some(&basic("bob", "p2")));
        assert_eq!(all.find("b.example:8443/m/@v/list"), Some(&basic("c", "p3")));
        assert_eq!(all.find("b.example/m"), None);
        assert_eq!(all.find("inside"), None);
        assert_eq!(all.find("other.example"), None);
        assert!(!format!("{all:?} {:?}", all.find("multi")).contains("p2"));
    }

    #[test]
    fn what_netrc_says_in_vain_is_known() {
        let text = "machine a.example login alice\nmachine b.example password p\n\
                    machine c.example login c password p\nmachine d.example:8443 login d password p\n";
        let all = Credentials::from_netrc(text);
        for (host, wanted) in [
            ("a.example", Login::Incomplete("password")),
            ("b.example", Login::Incomplete("login")),
            ("c.example:8443", Login::OtherPort("c.example".to_owned())),
            ("d.example", Login::OtherPort("d.example:8443".to_owned())),
            ("d.example:9443", Login::OtherPort("d.example:8443".to_owned())),
            ("e.example", Login::NoLine),
        ] {
            assert_eq!(all.why_not(host), wanted, "{host}");
        }
        let all = Credentials::from_netrc("default login anonymous password nobody@\n");
        assert_eq!(all.why_not("e.example"), Login::DefaultLine);
    }

    #[test]
    fn the_longest_prefix_wins_and_nothing_takes_back() {
        let mut all = Credentials::default();
        all.add("https://h.example/team/", "u", "team");
        all.add("h.example", "u", "host");
        assert_eq!(all.find("h.example/team/m?go-get=1"), Some(&basic("u", "team")));
        assert_eq!(all.find("h.example/teams/m"), Some(&basic("u", "host")));
        all.store("h.example/team", Headers::default());
        assert_eq!(all.find("h.example/team/m"), Some(&basic("u", "host")));
    }

    #[test]
    fn headers_know_their_secrets() {
        let headers = basic("Aladdin", "open sesame");
        let value = headers.lines()[0].1.to_str().unwrap();
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(headers.secrets().iter().any(|s| s == "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert!(!headers.secrets().iter().any(|s| s == "Aladdin"));
        let mut token = Headers::default();
        assert!(token.add("X-Auth", "Bearer t0ken") && !token.add("X Auth", "v") && !token.add("X", "a\nb"));
        assert!(token.secrets().iter().any(|s| s == "t0ken"));
    }
}

//! User names and passwords for https hosts, as GOAUTH=netrc finds them
//! (cmd/go auth/netrc.go and auth/auth.go). Nothing here can be printed.

use std::collections::HashMap;
use std::fmt;

/// A user name and a password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// Credentials by URL prefix without scheme: `host`, `host:port` or `host/path`.
#[derive(Clone, Default)]
pub struct Credentials {
    by_prefix: HashMap<String, Login>,
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
        for (machine, login) in parse_netrc(text) {
            all.by_prefix.entry(machine.trim_end_matches('/').to_owned()).or_insert(login);
        }
        all
    }

    /// Adds one login for a URL prefix without scheme; replaces an older one.
    pub fn add(&mut self, prefix: &str, user: &str, password: &str) {
        let prefix = prefix.strip_prefix("https://").unwrap_or(prefix).trim_end_matches('/');
        let login = Login { user: user.to_owned(), password: password.to_owned() };
        self.by_prefix.insert(prefix.to_owned(), login);
    }

    /// The login for an https URL given without its scheme: the longest
    /// prefix at a slash wins (auth.go loadCredential).
    pub(crate) fn find(&self, rest: &str) -> Option<&Login> {
        let mut prefix = rest.trim_end_matches('/');
        loop {
            if let Some(login) = self.by_prefix.get(prefix) {
                return Some(login);
            }
            prefix = &prefix[..prefix.rfind('/')?];
        }
    }
}

fn parse_netrc(text: &str) -> Vec<(String, Login)> {
    let mut found = Vec::new();
    let (mut machine, mut user, mut password) = (String::new(), String::new(), String::new());
    let mut in_macro = false;
    for line in text.split('\n') {
        if in_macro {
            in_macro = !line.is_empty();
            continue;
        }
        let fields: Vec<&str> = line.split_whitespace().collect();
        for pair in fields.chunks_exact(2) {
            match pair[0] {
                "machine" => {
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
                    Login { user: std::mem::take(&mut user), password: std::mem::take(&mut password) };
                found.push((std::mem::take(&mut machine), login));
            }
        }
        // Only where it stands alone at the end, as in Go.
        if fields.len() % 2 == 1 && fields.last() == Some(&"default") {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        // The shape of cmd/go auth/netrc_test.go, in our own words.
        let text = "machine incomplete\npassword none\n\nmachine a.example\n  login alice\n  password p1\n\
                    machine multi login bob password p2\nmachine multi login late password no\n\
                    macdef ignore\n\tmachine inside login x password y\n\nmachine b.example:8443 login c password p3\n\
                    default\nlogin anonymous\npassword nobody@\n";
        let all = Credentials::from_netrc(text);
        let login = |rest: &str| all.find(rest).map(|l| (l.user.as_str(), l.password.as_str()));
        assert_eq!(login("a.example/x/y"), Some(("alice", "p1")));
        assert_eq!(login("multi"), Some(("bob", "p2")));
        assert_eq!(login("b.example:8443/m/@v/list"), Some(("c", "p3")));
        assert_eq!(login("b.example/m"), None);
        assert_eq!(login("inside"), None);
        assert_eq!(login("other.example"), None);
        assert!(!format!("{all:?}").contains("p1"));
    }
}

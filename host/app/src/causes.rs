//! From the messages of go, git and airgo that people paste to what causes them and what
//! helps: what docs/troubleshooting.md explains at length, and `airgo doctor` prints.
//! A test holds the page against this table.

/// What may be behind a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Parts of messages, in the words of those who print them; `…` stands for any text.
    pub messages: &'static [&'static str],
    /// How a check of `airgo doctor` says it, beside those.
    pub checks: &'static [&'static str],
    /// One sentence.
    pub cause: &'static str,
    /// The command or setting that helps.
    pub fix: &'static str,
    /// The section of docs/troubleshooting.md.
    pub section: &'static str,
}

/// All of them; of several that fit a message the first is the closest.
pub const CAUSES: &[Cause] = &[
    Cause {
        messages: &["x509: certificate has expired or is not yet valid"],
        checks: &["Expired", "NotValidYet", "not valid yet"],
        cause: "the clock of this machine is wrong, or the server's certificate is old",
        fix: "date -u",
        section: "clock",
    },
    Cause {
        messages: &["x509: certificate signed by unknown authority", "tls: failed to verify certificate"],
        checks: &["invalid peer certificate"],
        cause: "a proxy of the network opens TLS and signs with an authority that this machine does not know",
        fix: "export SSL_CERT_FILE=/etc/ssl/corp-ca.pem",
        section: "x509",
    },
    Cause {
        messages: &["server misbehaving", "Temporary failure in name resolution"],
        checks: &["SERVFAIL", "no answer within"],
        cause: "a name server of resolv.conf fails or does not answer",
        fix: "airgo doctor --dns 10.0.0.53",
        section: "server-misbehaving",
    },
    Cause {
        messages: &["no such host", "Could not resolve host"],
        checks: &["there is no such name"],
        cause: "the name server does not know the name: it is misspelt, or another server knows it",
        fix: "airgo pack --dns 10.0.0.53 -o app.airgo",
        section: "no-such-host",
    },
    Cause {
        messages: &["module lookup disabled by GOPROXY=off", "network is unreachable"],
        checks: &[],
        cause: "go looks for a module that is not in its cache, and there is no network",
        fix: "airgo unpack app.airgo --trust team.pub",
        section: "no-network",
    },
    Cause {
        messages: &["connection refused"],
        checks: &[],
        cause: "nothing listens at that address: a proxy that is down, or 127.0.0.1 seen from a container",
        fix: "go env GOPROXY HTTPS_PROXY",
        section: "connection-refused",
    },
    Cause {
        messages: &["i/o timeout", "context deadline exceeded", "TLS handshake timeout"],
        checks: &["no connection within", "no handshake within"],
        cause: "a firewall drops the packets: only an HTTP proxy or a module proxy inside gets out",
        fix: "export HTTPS_PROXY=http://proxy.corp.example:3128",
        section: "io-timeout",
    },
    Cause {
        messages: &["Proxy Authentication Required", "407"],
        checks: &[],
        cause: "the HTTP proxy wants a user and a password",
        fix: "export HTTPS_PROXY=http://USER:PASSWORD@proxy.corp.example:3128",
        section: "407-proxy-authentication-required",
    },
    Cause {
        messages: &["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable"],
        checks: &[],
        cause: "the server has too much to do, or what stands before it does not reach it",
        fix: "airgo pack --jobs 8 --retries 10 -o app.airgo",
        section: "502-bad-gateway",
    },
    Cause {
        messages: &["checksum mismatch", "SECURITY ERROR"],
        checks: &[],
        cause: "the module has other bytes than go.sum or the checksum database says",
        fix: "GOPROXY=https://OTHER-PROXY airgo pack -o app.airgo",
        section: "checksum-mismatch",
    },
    Cause {
        messages: &["/lookup/…410 Gone", "/lookup/…404 Not Found", "verifying …/lookup/"],
        checks: &["nobody answers for", "is not a tree head"],
        cause: "the checksum database does not know a private module, or cannot be reached",
        fix: "go env -w GOPRIVATE=git.corp.example/*",
        section: "the-checksum-database",
    },
    Cause {
        messages: &[
            "403 Forbidden",
            "401 Unauthorized",
            "terminal prompts disabled",
            "could not read Username",
        ],
        checks: &[],
        cause: "the server knows the module and does not give it to you: credentials are missing, or a filter refuses",
        fix: "printf 'machine goproxy.corp.example login USER password TOKEN\\n' >> ~/.netrc && chmod 600 ~/.netrc",
        section: "403-forbidden",
    },
    Cause {
        messages: &["toolchain not available", "go.mod requires go >= …", "cannot find \"go1.…\" in PATH"],
        checks: &[],
        cause: "go.mod asks for a newer Go than the one here, and it cannot be fetched",
        fix: "airgo pack --toolchain linux/amd64 -o app.airgo",
        section: "toolchain-not-available",
    },
    Cause {
        messages: &["410 Gone", "404 Not Found", "unknown revision", "invalid version"],
        checks: &["it has no "],
        cause: "the proxy does not have the module or the version, or the module is private",
        fix: "go list -m -versions MODULE",
        section: "410-gone",
    },
    Cause {
        messages: &["missing go.sum entry"],
        checks: &[],
        cause: "go.sum lacks a line for what is built",
        fix: "go mod tidy",
        section: "missing-gosum-entry",
    },
    Cause {
        messages: &["updates to go.mod needed"],
        checks: &[],
        cause: "go.mod does not list what its own requirements require",
        fix: "go mod tidy",
        section: "updates-to-gomod-needed",
    },
    Cause {
        messages: &["cannot find module providing package", "no required module provides package"],
        checks: &[],
        cause: "a package is imported that no module of go.mod has, or an exact bundle left it out",
        fix: "airgo check app.airgo",
        section: "cannot-find-module-providing-package",
    },
    Cause {
        messages: &["inconsistent vendoring"],
        checks: &[],
        cause: "the vendor directory is of another go.mod",
        fix: "airgo vendor --check",
        section: "inconsistent-vendoring",
    },
    Cause {
        messages: &["unexpected EOF", "connection reset by peer", "EOF"],
        checks: &[],
        cause: "a server or something on the way closes the connection",
        fix: "airgo pack --retries 10 --timeout 5m -o app.airgo",
        section: "eof",
    },
    Cause {
        messages: &["no trusted key signed the bundle"],
        checks: &[],
        cause: "the bundle is signed by a key that this user does not trust",
        fix: "airgo inspect app.airgo",
        section: "the-bundle-is-refused",
    },
];

/// Those that fit a text, the closest first.
pub fn of(text: &str) -> impl Iterator<Item = &'static Cause> + '_ {
    CAUSES.iter().filter(|cause| cause.messages.iter().any(|message| fits(message, text)))
}

/// The closest to what a check found.
#[must_use]
pub fn of_check(detail: &str) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| cause.checks.iter().chain(cause.messages).any(|message| fits(message, detail)))
}

/// Whether the parts of a pattern are in the text in their order; a short word is one by
/// itself.
fn fits(pattern: &str, text: &str) -> bool {
    if pattern.len() <= 3 {
        return text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == pattern);
    }
    let mut rest = Some(text);
    for part in pattern.split('…') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, behind)| behind);
    }
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/troubleshooting.md");

    /// As GitHub makes an anchor of a heading.
    fn anchor(heading: &str) -> String {
        let lower = heading.to_lowercase();
        let kept: String = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).collect();
        kept.replace(' ', "-")
    }

    /// Heading anchors with the text below each.
    fn sections() -> Vec<(String, &'static str)> {
        let parts = PAGE.split("\n## ").skip(1);
        parts.map(|part| part.split_once('\n').unwrap()).map(|(head, text)| (anchor(head), text)).collect()
    }

    #[test]
    fn the_page_has_every_message_with_its_section_and_its_fix() {
        let sections = sections();
        for cause in CAUSES {
            let link = format!("(#{})", cause.section);
            let row = PAGE.lines().find(|line| line.starts_with("| ") && line.contains(&link));
            let row = row.unwrap_or_else(|| panic!("no row leads to {link}"));
            for message in cause.messages {
                assert!(row.contains(message.trim_matches('…')) || row.contains(message), "{message}: {row}");
            }
            let text = sections.iter().find(|(anchor, _)| anchor == cause.section);
            let (_, text) = text.unwrap_or_else(|| panic!("no section {}", cause.section));
            assert!(text.contains(cause.fix), "{}: it does not have {:?}", cause.section, cause.fix);
        }
        let rows = PAGE.lines().filter(|line| line.starts_with("| `") && line.contains("](#")).count();
        assert_eq!(rows, CAUSES.len(), "rows that are not in the table of the code");
    }

    #[test]
    fn the_messages_of_the_page_lead_to_their_sections() {
        for (section, text) in sections() {
            let Some((_, shown)) = text.split_once("```text\n") else { continue };
            let shown = shown.split("```").next().unwrap();
            if !CAUSES.iter().any(|cause| cause.section == section) {
                continue;
            }
            assert_eq!(of(shown).next().map(|cause| cause.section), Some(section.as_str()), "{shown}");
        }
    }

    #[test]
    fn the_closest_cause_comes_first() {
        let first = |text: &str| of(text).next().map(|cause| cause.section);
        let lookup =
            "verifying module: x.test/a@v1.0.0: reading https://sum.example/lookup/x.test/a@v1.0.0: 410 Gone";
        assert_eq!(first(lookup), Some("the-checksum-database"));
        assert_eq!(first("unexpected EOF"), Some("eof"));
        assert_eq!(first("GEOFENCE"), None);
        assert_eq!(
            first("proxyconnect tcp: Proxy Authentication Required"),
            Some("407-proxy-authentication-required")
        );
        assert_eq!(of_check("no connection within 5 s").map(|cause| cause.section), Some("io-timeout"));
    }
}

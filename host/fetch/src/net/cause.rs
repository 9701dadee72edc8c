//! Causes that an error alone does not distinguish: what was sent to be let in,
//! what is wrong with a certificate or a name. Hints
//! follow from these, not from words in a message.

use airgo_model::io_cause::IoCause;
use std::io;

/// What was sent with a request that a server refused, or why nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// A file of this machine: there is nobody to log in to.
    #[default]
    None,
    /// User name and password of the address in GOPROXY.
    Address,
    /// The netrc line for the host.
    Netrc,
    /// What GOAUTH's `git` or command gave.
    GoAuth,
    /// Nothing: as go does, credentials are sent over TLS only.
    PlainHttp,
    /// Nothing: GOAUTH=off.
    Off,
    /// Nothing: GOAUTH does not say `netrc`, and what it says gave nothing.
    NoMethod,
    /// Nothing: netrc has no line for the host.
    NoLine,
    /// Nothing: netrc has a line for this machine, with another port or none.
    OtherPort(String),
    /// Nothing: netrc's line for the host lacks its `login` or `password`.
    Incomplete(&'static str),
    /// Nothing: netrc has a `default` line, which go does not use.
    DefaultLine,
    /// The HTTP proxy in between wants a login: whether its address held one.
    HttpProxy {
        /// Whether user name and password were sent.
        sent: bool,
    },
}

/// What is wrong with a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate is over.
    Expired,
    /// The certificate is of the future.
    NotYetValid,
    /// The certificate is for other names.
    WrongName,
    /// Signed by nobody known here.
    UnknownIssuer,
    /// The certificate is a certificate authority's own, which may sign others
    /// and not serve, as a self-signed one is that was made by openssl's defaults.
    Authority,
    /// The certificate is refused for another reason.
    Certificate,
    /// What answers at that port speaks no TLS.
    NotTls,
    /// Anything else, which may pass.
    Handshake,
}

impl TlsFault {
    pub(crate) fn of(error: &rustls::Error) -> Self {
        use rustls::{CertificateError as E, Error, InvalidMessage};
        match error {
            Error::InvalidCertificate(E::Expired | E::ExpiredContext { .. }) => Self::Expired,
            Error::InvalidCertificate(E::NotValidYet | E::NotValidYetContext { .. }) => Self::NotYetValid,
            Error::InvalidCertificate(E::NotValidForName | E::NotValidForNameContext { .. }) => {
                Self::WrongName
            }
            Error::InvalidCertificate(E::UnknownIssuer) => Self::UnknownIssuer,
            // The library that finds this is not one of ours: its error has no type here.
            Error::InvalidCertificate(E::Other(other)) if format!("{:?}", other.0) == "CaUsedAsEndEntity" => {
                Self::Authority
            }
            Error::InvalidCertificate(_) => Self::Certificate,
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            _ => Self::Handshake,
        }
    }

    /// Whether another try may help.
    pub(crate) fn may_pass(self) -> bool {
        self == Self::Handshake
    }
}

/// Why a name has no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// A name server said that there is no such name, or no address of it.
    Unknown,
    /// No name server gave a usable answer: another try may help.
    NoAnswer,
}

impl NameFault {
    /// What getaddrinfo's text means. The standard library keeps nothing else of
    /// its code; no locale is set, so the words are the C library's own: those of
    /// EAI_NONAME and EAI_NODATA with glibc, musl, macOS and the BSDs.
    pub(crate) fn of_system(error: &io::Error) -> Self {
        // WSAHOST_NOT_FOUND and WSANO_DATA.
        if cfg!(windows) && matches!(error.raw_os_error(), Some(11001 | 11004)) {
            return Self::Unknown;
        }
        let text = error.to_string();
        let unknown = [
            "Name or service not known",
            "No address associated with hostname",
            "Name does not resolve",
            "Name has no usable address",
            "nodename nor servname provided, or not known",
            "hostname nor servname provided, or not known",
            "no address associated with name",
        ];
        if unknown.iter().any(|words| text.contains(words)) { Self::Unknown } else { Self::NoAnswer }
    }
}

/// What a server says of its refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nothing beyond the status.
    None,
    /// It wants a login, or another one.
    Login,
    /// A decision of its own: a rule, a quarantine, a version that it does not give.
    Rule,
}

impl Reason {
    pub(crate) fn of(status: u16, detail: Option<&str>) -> Self {
        const LOGIN: [&str; 8] =
            ["auth", "login", "log in", "logged in", "sign in", "credential", "password", "token"];
        let detail = detail.unwrap_or_default().to_ascii_lowercase();
        let words = detail.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let bare = matches!(
            words.trim_end_matches(['.', '!']),
            "forbidden" | "access denied" | "access forbidden" | "denied" | "permission denied" | "error"
        );
        match status {
            451 => Self::Rule,
            401 | 407 => Self::Login,
            // Some words more than the status itself.
            _ if bare || words.len() < 4 => Self::None,
            _ if LOGIN.iter().any(|word| words.contains(word)) => Self::Login,
            _ => Self::Rule,
        }
    }
}

/// What helps where a file of the download store cannot be used.
pub(crate) fn on_disk(doing: &str, source: &io::Error) -> Option<String> {
    let reads = matches!(doing, "read" | "open");
    Some(match IoCause::of(source) {
        IoCause::Full => {
            "free some space, or keep downloads elsewhere: --cache DIR, or AIRGO_CACHE".to_owned()
        }
        IoCause::ReadOnly | IoCause::NotADirectory => {
            "keep downloads in a directory that can be written: --cache DIR, or AIRGO_CACHE".to_owned()
        }
        IoCause::Denied if reads => "check who owns the file and who may read it".to_owned(),
        IoCause::Denied => {
            "keep downloads in a directory that you may write to: --cache DIR, or AIRGO_CACHE".to_owned()
        }
        IoCause::OpenFiles => {
            "raise the limit of open files: ulimit -n 4096; or ask less at once: --jobs 8".to_owned()
        }
        IoCause::NameTooLong => "keep downloads under a shorter path: --cache DIR, or AIRGO_CACHE".to_owned(),
        IoCause::Missing if doing == "create" => {
            "keep downloads in a directory that can be made: --cache DIR, or AIRGO_CACHE".to_owned()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_refusal_says() {
        for (status, detail, wanted) in [
            (403, None, Reason::None),
            (403, Some("403 Forbidden"), Reason::None),
            (403, Some("Access Denied."), Reason::None),
            (403, Some("no"), Reason::None),
            (403, Some("Access denied by rule 17 (quarantine)"), Reason::Rule),
            (403, Some("This module version is not available."), Reason::Rule),
            (403, Some("REQUESTED ITEM IS QUARANTINED"), Reason::Rule),
            (403, Some("Authentication required"), Reason::Login),
            (403, Some("token has expired"), Reason::Login),
            (401, Some("quarantine"), Reason::Login),
            (451, None, Reason::Rule),
        ] {
            assert_eq!(Reason::of(status, detail), wanted, "{status} {detail:?}");
        }
    }

    #[test]
    fn the_systems_words_for_an_unknown_name() {
        let fault = |text: &str| NameFault::of_system(&io::Error::other(text.to_owned()));
        for (words, wanted) in [
            ("Name or service not known", NameFault::Unknown),
            ("Name does not resolve", NameFault::Unknown),
            ("nodename nor servname provided, or not known", NameFault::Unknown),
            ("Temporary failure in name resolution", NameFault::NoAnswer),
            ("Try again", NameFault::NoAnswer),
        ] {
            assert_eq!(fault(&format!("failed to lookup address information: {words}")), wanted, "{words}");
        }
    }
}

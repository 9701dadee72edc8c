//! What can go wrong, one variant a cause that a user would handle
//! differently. No variant ever holds credentials: of addresses scheme and host
//! are shown, and the path that was appended to them.

use crate::direct::error::DirectError;
use crate::error_text::{
    after_text, asks_to_wait, bytes, name_of, off_text, others, phase_text, said, status_text, tail, tries,
    who,
};
use crate::invalid::InvalidContent;
use crate::net::auth::error::AuthError;
use crate::net::cause::{Login, NameFault, Reason, TlsFault};
use crate::net::dns::resolv_conf::Trap;
use crate::object::{Object, ObjectError};
use crate::site::{At, DirectReason, Phase, Site};
use airgo_gomod::ModuleVersion;
use airgo_model::shortage::Shortage;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why an object could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// GOPROXY itself is malformed.
    #[error("bad GOPROXY: {0}")]
    ProxyList(String),

    /// The HTTP client cannot be made: usually there are no TLS roots.
    #[error("cannot set up TLS: {0}")]
    TlsSetup(String),

    /// The runtime's threads could not be started.
    #[error("cannot start the download threads: {0}")]
    Threads(Shortage),

    /// No proxy may be asked for this: the path or version breaks Go's rules.
    #[error("{}: {}", .0.0, .0.1)]
    BadObject(Box<(Object, ObjectError)>),

    /// 404 or 410, or no such file: this proxy does not have the version.
    #[error("{}: unknown version: {} {}{}{}", at.object.module, at.site.host, said(*status), tail(detail), others(&at.site))]
    UnknownVersion {
        /// What was asked for, and where.
        at: Box<At>,
        /// 404 or 410; none for a `file://` proxy.
        status: Option<u16>,
        /// The server's own words, cleaned.
        detail: Option<String>,
    },

    /// A `file://` proxy whose directory is not there.
    #[error("{}: the proxy's directory {} does not exist{}", at.object, at.site.host, others(&at.site))]
    NoTree {
        /// What was asked for, and where.
        at: Box<At>,
    },

    /// 401, 403, 407 or 451, or no permission to read a file.
    #[error("{}: {} refuses access: {}{}{}", at.object, who(&at.site), status_text(*status), tail(detail), others(&at.site))]
    Forbidden {
        /// What was asked for, and where.
        at: Box<At>,
        /// The status; none for a `file://` proxy.
        status: Option<u16>,
        /// The server's own words, cleaned.
        detail: Option<String>,
        /// What was sent to be let in.
        login: Login,
    },

    /// Any other status than 200.
    #[error("{}: {} answered {}{}{}{}{}", at.object, who(&at.site), status_text(Some(*status)), tries(&at.site), asks_to_wait(*retry_after), tail(detail), others(&at.site))]
    Status {
        /// What was asked for, and where.
        at: Box<At>,
        /// The status.
        status: u16,
        /// The server's own words, cleaned.
        detail: Option<String>,
        /// What its Retry-After asks for.
        retry_after: Option<Duration>,
    },

    /// The host's name does not resolve.
    #[error("{}: cannot resolve the host name {}{}: {reason}{}", at.object, name_of(&at.site), tries(&at.site), others(&at.site))]
    Dns {
        /// What was asked for, and where.
        at: Box<At>,
        /// The resolver's words.
        reason: String,
        /// What in resolv.conf may be in this name's way.
        traps: Vec<Trap>,
        /// Whether a server said so, or none said anything.
        fault: NameFault,
    },

    /// No connection: refused, unreachable, or an HTTP proxy that would not connect.
    #[error("{}: cannot connect to {}{}: {reason}{}", at.object, who(&at.site), tries(&at.site), others(&at.site))]
    Connect {
        /// What was asked for, and where.
        at: Box<At>,
        /// The system's words.
        reason: String,
    },

    /// The TLS handshake failed.
    #[error("{}: no secure connection to {}: {reason}{}", at.object, who(&at.site), others(&at.site))]
    Tls {
        /// What was asked for, and where.
        at: Box<At>,
        /// The TLS library's words.
        reason: String,
        /// What is wrong.
        fault: TlsFault,
    },

    /// A wait was too long.
    #[error("{}: {} {} for {} s{}{}", at.object, who(&at.site), phase_text(*phase), after.as_secs_f32().ceil(), tries(&at.site), others(&at.site))]
    Timeout {
        /// What was asked for, and where.
        at: Box<At>,
        /// Which wait.
        phase: Phase,
        /// How long.
        after: Duration,
    },

    /// The connection broke, or the body ended before its announced length.
    #[error("{}: the transfer from {} broke off after {}{}: {reason}{}", at.object, who(&at.site), bytes(*received), tries(&at.site), others(&at.site))]
    Broken {
        /// What was asked for, and where.
        at: Box<At>,
        /// How much of the body came.
        received: u64,
        /// The system's words.
        reason: String,
    },

    /// A file of a `file://` proxy is there and cannot be read.
    #[error("{}: a file of {} cannot be read: {reason}{}", at.object, at.site.host, others(&at.site))]
    Unreadable {
        /// What was asked for, and where.
        at: Box<At>,
        /// The system's words.
        reason: String,
    },

    /// The answer is not a module file.
    #[error("{}: {} sent {what} instead{}", at.object, who(&at.site), others(&at.site))]
    InvalidContent {
        /// What was asked for, and where.
        at: Box<At>,
        /// What it sent.
        what: InvalidContent,
    },

    /// More bytes than Go accepts.
    #[error("{}: {} sends more than the limit of {limit} bytes", at.object, at.site.host)]
    TooLarge {
        /// What was asked for, and where.
        at: Box<At>,
        /// The limit in bytes.
        limit: u64,
    },

    /// A redirect that is not followed.
    #[error("{}: {} redirects {reason}", at.object, at.site.host)]
    Redirect {
        /// What was asked for, and where.
        at: Box<At>,
        /// Where not to.
        reason: &'static str,
    },

    /// What is to be asked through an HTTP proxy, whose address is none.
    #[error("{}: {variable} is not the address of an HTTP or SOCKS proxy, and {} is to be asked through one", at.object, at.site.host)]
    HttpProxy {
        /// What was asked for, and where.
        at: Box<At>,
        /// The variable.
        variable: &'static str,
    },

    /// User name and password in a plain `http://` address (cmd/go web/http.go).
    #[error("{}: refusing to send credentials to {} without TLS", at.object, at.site.host)]
    InsecureCredentials {
        /// What was asked for, and where.
        at: Box<At>,
    },

    /// GOAUTH itself is malformed.
    #[error("{0}")]
    GoAuth(AuthError),

    /// The module could not be had from its own repository.
    #[error("{}: {error}{}", object.module, after_text(after.as_deref()))]
    Direct {
        /// What was asked for.
        object: Box<Object>,
        /// Why not.
        error: Box<DirectError>,
        /// Why no proxy will do.
        reason: DirectReason,
        /// What the proxies before `direct` said.
        after: Option<Box<FetchError>>,
    },

    /// `off` was reached in GOPROXY.
    #[error("{module}: {}", off_text(after.as_deref()))]
    Off {
        /// The module.
        module: ModuleVersion,
        /// What the proxies before `off` said.
        after: Option<Box<FetchError>>,
    },

    /// The download store or a file of it cannot be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    Disk {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },

    /// The process has as many files and connections open as it may.
    #[error("{object}: too many open files: {source}")]
    OpenFiles {
        /// What was asked for.
        object: Box<Object>,
        /// The system's words.
        source: io::Error,
    },

    /// The caller cancelled.
    #[error("{0}: cancelled")]
    Cancelled(Object),

    /// A bug in this crate.
    #[error("{0}: the download task ended without a result")]
    Lost(Object),
}

impl FetchError {
    /// Equivalent to Go's fs.ErrNotExist: lets a `,` in GOPROXY fall through.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::UnknownVersion { .. } | Self::NoTree { .. } | Self::Off { .. })
    }

    /// Whether a server decided against giving this, as a firewall for modules
    /// does: to ask another server would be to go around it.
    pub fn is_decision(&self) -> bool {
        matches!(self, Self::Forbidden { status: Some(_), .. })
    }

    /// Whether the version may not be there: it is unknown, or a server gives no
    /// login as its reason to refuse it.
    pub fn may_lack_version(&self) -> bool {
        match self {
            Self::Forbidden { status: Some(status), detail, .. } => {
                Reason::of(*status, detail.as_deref()) == Reason::Rule
            }
            other => other.is_unknown_version(),
        }
    }

    /// Whether the answer in the end is that the version does not exist,
    /// looking through `direct` and `off` to what the proxies said.
    pub fn is_unknown_version(&self) -> bool {
        match self {
            Self::UnknownVersion { .. } => true,
            Self::Direct { error, after, .. } => {
                matches!(**error, DirectError::UnknownRevision { .. })
                    || after.as_ref().is_some_and(|e| e.is_unknown_version())
            }
            Self::Off { after: Some(e), .. } => e.is_unknown_version(),
            _ => false,
        }
    }

    /// The object and the place of the failure.
    pub fn at(&self) -> Option<&At> {
        match self {
            Self::UnknownVersion { at, .. }
            | Self::NoTree { at }
            | Self::Forbidden { at, .. }
            | Self::Status { at, .. }
            | Self::Dns { at, .. }
            | Self::Connect { at, .. }
            | Self::Tls { at, .. }
            | Self::Timeout { at, .. }
            | Self::Broken { at, .. }
            | Self::Unreadable { at, .. }
            | Self::InvalidContent { at, .. }
            | Self::TooLarge { at, .. }
            | Self::Redirect { at, .. }
            | Self::HttpProxy { at, .. }
            | Self::InsecureCredentials { at } => Some(at),
            Self::Off { after, .. } => after.as_deref()?.at(),
            _ => None,
        }
    }

    /// The HTTP status, if a server gave one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::UnknownVersion { status, .. } | Self::Forbidden { status, .. } => *status,
            Self::Status { status, .. } => Some(*status),
            Self::Direct { after, .. } | Self::Off { after, .. } => after.as_deref()?.status(),
            _ => None,
        }
    }

    pub(crate) fn set_attempts(&mut self, attempts: u32) {
        if let Some(site) = self.site_mut() {
            site.attempts = attempts;
        }
    }

    /// The place of the failure, to add to it. Not looking through `direct` and `off`.
    pub(crate) fn site_mut(&mut self) -> Option<&mut Site> {
        match self {
            Self::UnknownVersion { at, .. }
            | Self::NoTree { at }
            | Self::Forbidden { at, .. }
            | Self::Status { at, .. }
            | Self::Dns { at, .. }
            | Self::Connect { at, .. }
            | Self::Tls { at, .. }
            | Self::Timeout { at, .. }
            | Self::Broken { at, .. }
            | Self::Unreadable { at, .. }
            | Self::InvalidContent { at, .. }
            | Self::TooLarge { at, .. }
            | Self::Redirect { at, .. }
            | Self::HttpProxy { at, .. }
            | Self::InsecureCredentials { at } => Some(&mut at.site),
            _ => None,
        }
    }
}

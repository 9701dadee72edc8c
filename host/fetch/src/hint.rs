//! What to try after a failure: one clause a cause, for the `hint:` line.

use crate::error::{DirectReason, FetchError, Unfit, name_of};
use std::io;

impl FetchError {
    /// What to try, if there is something to try.
    pub fn hint(&self) -> Option<String> {
        let mut hint = self.own_hint()?;
        if let Some(next) = self.at().and_then(|at| at.site.unasked.as_ref()) {
            hint.push_str(&format!(
                "; or write | in place of the comma before {next} in GOPROXY, so that it is asked after any failure"
            ));
        }
        Some(hint)
    }

    fn own_hint(&self) -> Option<String> {
        let text = match self {
            Self::ProxyList(_) => {
                "GOPROXY is a list of https://, http:// or file:// addresses, direct and off, \
                 separated by commas or pipes"
                    .to_owned()
            }
            Self::TlsSetup(_) => {
                "install the system's CA certificates, or set SSL_CERT_FILE to a PEM file".to_owned()
            }
            Self::UnknownVersion { at, .. } => format!(
                "check the version in go.mod; a private module needs a proxy that has it: put that \
                 proxy first in GOPROXY ({})",
                at.object.module.path
            ),
            Self::Forbidden { at, status, .. } => match status {
                None => "check the permissions of the proxy's directory".to_owned(),
                Some(407) => "put user name and password into HTTPS_PROXY".to_owned(),
                Some(_) => format!("put the credentials for {} into ~/.netrc", at.site.host),
            },
            Self::Status { status: 429, .. } => "ask less at once: --jobs 8".to_owned(),
            Self::Status { at, .. } => {
                format!(
                    "{} has a fault; try again later, or put another proxy first in GOPROXY",
                    at.site.host
                )
            }
            Self::Dns { at, traps, .. } => {
                let name = name_of(&at.site);
                let mut hint = match &at.site.through {
                    Some(_) => format!("check {name} in HTTPS_PROXY and HTTP_PROXY, and /etc/resolv.conf"),
                    None => format!(
                        "check the name {name} in GOPROXY, /etc/resolv.conf, and HTTPS_PROXY if this network needs one"
                    ),
                };
                for trap in traps {
                    hint.push_str(&format!("; about /etc/resolv.conf: {trap}: {}", trap.fix()));
                }
                hint
            }
            Self::Connect { .. } => {
                "check that the proxy runs and can be reached from here; behind a firewall set HTTPS_PROXY"
                    .to_owned()
            }
            Self::Tls { at, reason, .. }
                if reason.contains("expired") || reason.contains("not valid yet") =>
            {
                format!(
                    "check this machine's clock; if it is right, {} needs a new certificate",
                    at.site.host
                )
            }
            Self::Tls { .. } => {
                "if this network has its own certificate authority, set SSL_CERT_FILE to its \
                                 PEM file; also check the clock"
                    .to_owned()
            }
            Self::Timeout { .. } | Self::Broken { .. } => {
                "try again; what was verified already is kept. On a thin line ask less at once: --jobs 4"
                    .to_owned()
            }
            Self::Unfit { what: Unfit::Html { .. }, .. } => {
                "a login page or filter of this network stands between; log in, or set HTTPS_PROXY or GOPROXY"
                    .to_owned()
            }
            Self::Unfit { at, .. } => {
                format!("{} holds a damaged file; put another proxy first in GOPROXY", at.site.host)
            }
            Self::Unreadable { .. } => "check the proxy's directory and the disk that it is on".to_owned(),
            Self::Redirect { .. } => "check the address in GOPROXY".to_owned(),
            Self::InsecureCredentials { .. } => "use https:// in GOPROXY".to_owned(),
            Self::Direct { object, error, reason, .. } => {
                return error.hint(&object.module.path, *reason == DirectReason::Private);
            }
            Self::GoAuth(_) => "see go help goauth for what GOAUTH may say".to_owned(),
            Self::NeedsDirect { module, reason: DirectReason::Private, .. } => {
                format!("set GONOPROXY=none and put a proxy that has {} into GOPROXY", module.path)
            }
            Self::NeedsDirect { module, reason: DirectReason::Listed, after } => match after {
                Some(e) if e.is_unknown_version() => {
                    format!(
                        "check the version in go.mod, or put a proxy that has {} before direct in GOPROXY",
                        module.path
                    )
                }
                _ => format!("put a proxy that has {} before direct in GOPROXY", module.path),
            },
            Self::Off { .. } => "put a proxy into GOPROXY, for example a file:// tree".to_owned(),
            Self::Disk { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, or put the download store elsewhere".to_owned()
            }
            Self::BadObject(_)
            | Self::TooLarge { .. }
            | Self::Disk { .. }
            | Self::Threads(_)
            | Self::Cancelled(_)
            | Self::Lost(_) => return None,
        };
        Some(text)
    }
}

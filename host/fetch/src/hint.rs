//! What to try after a failure, for the `hint:` line: one clause a cause, and
//! a cause is a type, never a word in a message.

use crate::error::FetchError;
use crate::error_text::{name_of, span};
use crate::invalid::InvalidContent;
use crate::net::cause::{Login, NameFault, Reason, TlsFault, on_disk};
use crate::object::Kind;
use crate::site::{At, DirectReason, Phase, Site};
use airgo_gomod::pseudo::{is_pseudo_version, pseudo_version_rev};
use airgo_model::{Hint, Line};
use std::time::Duration;

impl Hint for FetchError {
    fn hint(&self) -> Option<Line> {
        Self::hint(self).map(Line::from)
    }
}

impl FetchError {
    /// What to try, if there is something to try.
    pub fn hint(&self) -> Option<String> {
        let mut hint = self.own_hint()?;
        if let Some(next) = self.at().and_then(|at| at.site.unasked.as_ref())
            && !self.is_decision()
        {
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
            Self::UnknownVersion { at, detail, .. } => unknown(at, detail.as_deref()),
            Self::NoTree { at } => {
                format!("check the path {} in GOPROXY; is the disk that it is on mounted?", at.site.host)
            }
            Self::Forbidden { at, status, detail, login } => {
                refused(at, *status, detail.as_deref(), login)
            }
            Self::Status { retry_after: Some(wait), .. } if *wait > Duration::from_secs(60) => {
                format!("try again in {}; what was verified already is kept", span(*wait))
            }
            Self::Status { status: 429, .. } => "ask less at once: --jobs 8".to_owned(),
            Self::Status { at, status: 400..=499, .. } => format!(
                "{} does not take such a request: check its address in GOPROXY, and that it is a Go module proxy",
                at.site.host
            ),
            Self::Status { status: 511, .. } => {
                "this network wants a login first: log in, or set HTTPS_PROXY".to_owned()
            }
            Self::Status { at, .. } => {
                format!(
                    "{} has a fault; try again later, or put another proxy first in GOPROXY",
                    at.site.host
                )
            }
            Self::Dns { at, .. }
            | Self::Connect { at, .. }
            | Self::Tls { at, .. }
            | Self::Timeout { at, phase: Phase::Connect, .. }
                if at.site.through.is_none() && at.site.redirected.is_some() =>
            {
                led_astray(&at.site)
            }
            Self::Dns { at, .. } | Self::Connect { at, .. }
                if at.site.through.is_none() && at.site.host.starts_with('.') =>
            {
                "a directory in GOPROXY is written file:///, with the whole path behind it".to_owned()
            }
            Self::Dns { at, traps, fault, .. } => {
                let name = name_of(&at.site);
                let mut hint = match (&at.site.through, fault) {
                    (Some(_), _) => {
                        format!("check the name {name} in HTTPS_PROXY and HTTP_PROXY, and /etc/resolv.conf")
                    }
                    (None, NameFault::Unknown) => format!(
                        "check the name {name} in GOPROXY; if it is known elsewhere only, check /etc/resolv.conf, \
                         and HTTPS_PROXY if this network needs one"
                    ),
                    (None, NameFault::NoAnswer) => format!(
                        "no name server answered for {name}: check /etc/resolv.conf and the network, and \
                         HTTPS_PROXY if this network needs one"
                    ),
                };
                for trap in traps {
                    hint.push_str(&format!("; about /etc/resolv.conf: {trap}: {}", trap.fix()));
                }
                hint
            }
            Self::Connect { at, .. } => match &at.site.through {
                Some(through) => format!(
                    "check that the HTTP proxy {through} runs and lets {} through; HTTPS_PROXY and HTTP_PROXY name \
                     it, NO_PROXY names hosts that are reached without it",
                    at.site.host
                ),
                None => {
                    "check that the proxy runs and can be reached from here; behind a firewall set HTTPS_PROXY"
                        .to_owned()
                }
            },
            Self::Tls { at, fault, .. } => certificate(&at.site, *fault),
            Self::Timeout { phase: Phase::Connect, .. } => {
                "check that the host can be reached from here; behind a firewall set HTTPS_PROXY".to_owned()
            }
            Self::Timeout { at, phase: Phase::FirstByte, .. } => format!(
                "{} may still be fetching the module itself: try again, or wait longer: --timeout 5m",
                at.site.host
            ),
            Self::Timeout { phase: Phase::Body, .. } => {
                "try again; what was verified already is kept. On a thin line wait longer, and ask less at once: \
                 --timeout 5m --jobs 4"
                    .to_owned()
            }
            Self::Broken { at, received: 0, .. } if at.site.url.starts_with("http://") => format!(
                "try again; what was verified already is kept. If {} speaks TLS, write https:// in GOPROXY",
                at.site.host
            ),
            Self::Broken { .. } => {
                "try again; what was verified already is kept. On a thin line ask less at once: --jobs 4"
                    .to_owned()
            }
            Self::InvalidContent { at, what } => invalid(at, what),
            Self::Unreadable { at, .. } => {
                format!("check {}, and the disk that it is on", at.site.url)
            }
            Self::HttpProxy { variable, .. } => format!(
                "set {variable}=http://HOST:PORT, or unset it; NO_PROXY names hosts that are reached without it"
            ),
            Self::Redirect { .. } => "check the address in GOPROXY".to_owned(),
            Self::InsecureCredentials { .. } => "use https:// in GOPROXY".to_owned(),
            Self::Direct { object, error, reason, .. } => {
                return error.hint(&object.module, *reason == DirectReason::Private);
            }
            Self::GoAuth(_) => "see go help goauth for what GOAUTH may say".to_owned(),
            // What the proxies before it said is the cause.
            Self::Off { after: Some(before), .. } => return before.own_hint(),
            Self::Off { after: None, .. } => {
                "put a proxy into GOPROXY, for example a file:// tree".to_owned()
            }
            Self::Disk { doing, source, .. } => return on_disk(doing, source),
            Self::OpenFiles { source, .. } => return on_disk("open", source),
            Self::Threads(shortage) => shortage.hint().to_owned(),
            Self::BadObject(_)
            | Self::TooLarge { .. }
            | Self::Cancelled(_)
            | Self::Lost(_) => return None,
        };
        Some(text)
    }
}

/// Where the host that a proxy redirects to cannot be reached: its store of
/// files, or a page to log in at.
fn led_astray(site: &Site) -> String {
    let (host, other) = (&site.host, site.redirected.as_deref().unwrap_or_default());
    format!(
        "{host} answers, and redirects to {other}: let this machine reach {other} too if {host} keeps its files \
         there; if that is a page to log in at, ask who runs {host} for access"
    )
}

/// How to see which versions there are; nothing for what is not a file of a module.
fn versions(at: &At) -> Option<String> {
    let module = matches!(at.object.kind, Kind::Info | Kind::Mod | Kind::Zip);
    module.then(|| format!("go list -m -versions {}", at.object.module.path))
}

fn unknown(at: &At, detail: Option<&str>) -> String {
    let (path, host) = (&at.object.module.path, &at.site.host);
    let Some(list) = versions(at) else { return format!("check the address {host}") };
    // Athens and the public proxy pass on what git said.
    let detail = detail.unwrap_or_default();
    let no_login =
        ["could not read Username", "terminal prompts disabled", "Authentication failed", "publickey"]
            .iter()
            .any(|words| detail.contains(words));
    if no_login {
        return format!(
            "{host} cannot log in to the repository of {path}: put a proxy that can first in GOPROXY, or let this \
             machine fetch it: GOPRIVATE={path}"
        );
    }
    let check = format!("check the version in go.mod: {list} lists those that there are");
    if at.site.public {
        format!(
            "{check}; a private module is not on {host}: put a proxy that has it first in GOPROXY, or set \
             GOPRIVATE={path}"
        )
    } else {
        format!(
            "{check}; where it lists none, check the path of {host} in GOPROXY; a private module needs a proxy that \
             has it: put that proxy first in GOPROXY ({path})"
        )
    }
}

/// After 401, 403, 407 and 451: what helps depends on what was sent, and on
/// whether the server wants a login at all.
fn refused(at: &At, status: Option<u16>, detail: Option<&str>, login: &Login) -> String {
    let host = &at.site.host;
    let Some(status) = status else { return "check the permissions of the proxy's directory".to_owned() };
    if let Login::HttpProxy { sent } = login {
        let variable = if at.site.url.starts_with("http://") { "HTTP_PROXY" } else { "HTTPS_PROXY" };
        return match sent {
            false => format!("put user name and password into {variable}"),
            true => format!("user name and password in {variable} were refused: check them"),
        };
    }
    let reason = Reason::of(status, detail);
    if reason == Reason::Rule {
        return decided(at);
    }
    let wants = match login {
        Login::None | Login::HttpProxy { .. } => format!("ask who runs {host} for access"),
        Login::Address => format!("user name and password for {host} in GOPROXY were refused: check them"),
        Login::Netrc => format!("the login for {host} in netrc was refused: check its line"),
        Login::GoAuth => {
            format!("the credentials that GOAUTH gave for {host} were refused: check what it runs")
        }
        Login::PlainHttp => format!(
            "over http:// no credentials are sent: write https:// in GOPROXY, if {host} wants a login"
        ),
        Login::Off => {
            format!("GOAUTH=off sends no credentials: unset GOAUTH, for netrc to be read for {host}")
        }
        Login::NoMethod => format!(
            "GOAUTH gave nothing for {host}, and does not say netrc: add it, or check what GOAUTH runs"
        ),
        Login::NoLine => format!(
            "put the credentials for {host} into ~/.netrc: machine {host} login USER password PASSWORD"
        ),
        Login::OtherPort(machine) => format!(
            "netrc has a line for machine {machine}, which is not {host}: name the host as GOPROXY does, with its \
             port: machine {host}"
        ),
        Login::Incomplete(missing) => format!("the netrc line for {host} lacks its {missing}: add it"),
        Login::DefaultLine => format!(
            "netrc has a default line, which go does not use: add machine {host} login USER password PASSWORD"
        ),
    };
    // A bare 403 may also be a decision.
    match reason {
        Reason::None if at.site.public => decided(at),
        Reason::None => format!("{wants}; if no login is wanted, {}", decided(at)),
        Reason::Login | Reason::Rule => wants,
    }
}

/// Where the server decided: another version, or whoever decides.
fn decided(at: &At) -> String {
    let (module, host) = (&at.object.module, &at.site.host);
    match versions(at) {
        Some(list) if at.site.public => format!(
            "check the version in go.mod: {list} lists those that there are; a private module is not on {host}: \
             set GOPRIVATE={}",
            module.path
        ),
        Some(list) => format!(
            "ask who runs {host} to let {module} through, or require another version: {list} lists those that it has"
        ),
        None => format!("ask who runs {host} for access"),
    }
}

fn certificate(site: &Site, fault: TlsFault) -> String {
    let host = &site.host;
    match fault {
        TlsFault::Expired | TlsFault::NotYetValid => {
            format!("check this machine's clock; if it is right, {host} needs a new certificate")
        }
        TlsFault::WrongName => format!(
            "check the name {host} in GOPROXY: the certificate is for another one; or something in between answers"
        ),
        TlsFault::UnknownIssuer => {
            "if this network has its own certificate authority, set SSL_CERT_FILE to its PEM file".to_owned()
        }
        TlsFault::NotTls => {
            format!("what answers at {host} speaks no TLS: check the port in GOPROXY, or write http://")
        }
        TlsFault::Authority => format!(
            "if this is the certificate of {host}, set SSL_CERT_FILE to a PEM file that has it; better give {host} one \
             that an authority signed (openssl: basicConstraints=CA:FALSE)"
        ),
        TlsFault::Certificate | TlsFault::Handshake => {
            "if this network has its own certificate authority, set SSL_CERT_FILE to its PEM file; also check the \
             clock"
                .to_owned()
        }
    }
}

fn invalid(at: &At, what: &InvalidContent) -> String {
    let (module, host) = (&at.object.module, &at.site.host);
    match what {
        InvalidContent::Html { .. } => {
            "a login page or filter of this network stands between; log in, or set HTTPS_PROXY or GOPROXY"
                .to_owned()
        }
        InvalidContent::Module(_) => format!(
            "go cannot use this version, and every proxy has the same: require another one (go list -m -versions {} \
             lists them), or ask the module's authors for one without the fault",
            module.path
        ),
        InvalidContent::OtherVersion(found) => match (rev(&module.version), rev(found)) {
            (Some(wanted), Some(found)) if wanted == found => format!(
                "the commit is there, and the time or the base of the pseudo-version in go.mod is wrong: go get \
                 {}@{wanted} writes the right one",
                module.path
            ),
            (Some(wanted), _) => format!(
                "check the pseudo-version in go.mod: go get {}@{wanted} writes the one that {host} has",
                module.path
            ),
            (None, _) if found.is_empty() => damaged(at),
            (None, _) => {
                format!("{host} mixes up versions; put another proxy first in GOPROXY, and tell who runs it")
            }
        },
        InvalidContent::Encoding { .. } => format!(
            "{host}, or a filter between, labels its answers wrongly; put another proxy first in GOPROXY, and tell \
             who runs it"
        ),
        InvalidContent::Empty | InvalidContent::Zip(_) | InvalidContent::Info(_) => damaged(at),
    }
}

fn damaged(at: &At) -> String {
    let Site { host, url, .. } = &at.site;
    match host.starts_with("file://") {
        true => format!("the file is damaged: copy it into the tree again: {url}"),
        false => format!("{host} holds a damaged file; put another proxy first in GOPROXY"),
    }
}

/// The commit of a pseudo-version.
fn rev(version: &str) -> Option<&str> {
    is_pseudo_version(version).then(|| pseudo_version_rev(version).ok())?
}

#[cfg(test)]
mod tests;

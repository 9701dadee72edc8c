//! Cause by cause, what is proposed and what must not be.

use super::*;
use crate::object::Object;
use airgo_gomod::ModuleVersion;
use std::io;

const HOST: &str = "goproxy.example:8443";

fn at_version(kind: Kind, version: &str) -> Box<At> {
    let object = Object::new(ModuleVersion::new("example.com/m", version), kind);
    let mut site = Site::new(HOST, format!("https://{HOST}/example.com/m/@v/{version}"));
    // A comma kept the next one from being asked.
    site.unasked = Some("direct".to_owned());
    Box::new(At { object, site })
}

fn at() -> Box<At> {
    at_version(Kind::Zip, "v1.0.0")
}

fn forbidden(status: u16, detail: &str, login: Login) -> String {
    let detail = Some(detail.to_owned()).filter(|d| !d.is_empty());
    FetchError::Forbidden { at: at(), status: Some(status), detail, login }.hint().unwrap()
}

#[test]
fn a_refusal_is_answered_by_what_was_sent() {
    let other = || Login::OtherPort("goproxy.example".to_owned());
    for (login, wanted) in [
        (Login::Address, "in GOPROXY were refused"),
        (Login::Netrc, "in netrc was refused"),
        (Login::GoAuth, "that GOAUTH gave"),
        (Login::PlainHttp, "write https:// in GOPROXY"),
        (Login::Off, "unset GOAUTH"),
        (Login::NoMethod, "does not say netrc"),
        (Login::NoLine, "into ~/.netrc: machine goproxy.example:8443 login"),
        (other(), "with its port: machine goproxy.example:8443"),
        (Login::Incomplete("password"), "lacks its password"),
        (Login::DefaultLine, "go does not use"),
        (Login::HttpProxy { sent: false }, "into HTTPS_PROXY"),
        (Login::HttpProxy { sent: true }, "in HTTPS_PROXY were refused"),
    ] {
        let status = if matches!(login, Login::HttpProxy { .. }) { 407 } else { 401 };
        let hint = forbidden(status, "", login.clone());
        assert!(hint.contains(wanted), "{login:?}: {hint}");
        // Only where a new line helps is one proposed.
        assert_eq!(hint.contains("~/.netrc"), login == Login::NoLine, "{login:?}: {hint}");
        assert!(!hint.contains("write |"), "{login:?}: {hint}");
    }
}

#[test]
fn a_decision_of_the_server_is_not_gone_around() {
    for (status, detail) in [
        (403, "Access denied by rule 17 (quarantine)"),
        (403, "REQUESTED ITEM IS QUARANTINED"),
        (451, ""),
        (451, "blocked"),
    ] {
        let hint = forbidden(status, detail, Login::NoLine);
        assert!(
            hint.starts_with("ask who runs goproxy.example:8443 to let example.com/m@v1.0.0 through"),
            "{hint}"
        );
        assert!(!hint.contains("netrc") && !hint.contains("write |") && !hint.contains("direct"), "{hint}");
    }
    // A bare 403 may be either.
    let hint = forbidden(403, "", Login::NoLine);
    assert!(hint.contains("~/.netrc") && hint.contains("ask who runs"), "{hint}");
    let hint = forbidden(403, "authentication required", Login::NoLine);
    assert!(hint.contains("~/.netrc") && !hint.contains("ask who runs"), "{hint}");
}

#[test]
fn the_public_proxy_wants_no_login() {
    let mut at = at();
    at.site.public = true;
    let detail = Some("This module version is not available.".to_owned());
    let error = FetchError::Forbidden { at: at.clone(), status: Some(403), detail, login: Login::NoLine };
    let hint = error.hint().unwrap();
    assert!(hint.contains("check the version") && hint.contains("GOPRIVATE=example.com/m"), "{hint}");
    assert!(!hint.contains("netrc"), "{hint}");
    assert!(error.may_lack_version());
    let hint = FetchError::UnknownVersion { at, status: Some(404), detail: None }.hint().unwrap();
    assert!(hint.contains("go list -m -versions example.com/m") && hint.contains("GOPRIVATE"), "{hint}");
}

#[test]
fn an_unknown_version_by_what_the_proxy_says() {
    let hint = |detail: Option<&str>| {
        let detail = detail.map(str::to_owned);
        FetchError::UnknownVersion { at: at(), status: Some(404), detail }.hint().unwrap()
    };
    assert!(hint(None).contains("a private module needs a proxy that has it"));
    assert!(hint(None).contains("check the path of goproxy.example:8443 in GOPROXY"));
    let git = "fatal: could not read Username for 'https://git.example': terminal prompts disabled";
    assert!(hint(Some(git)).starts_with("goproxy.example:8443 cannot log in to the repository"));
    let hint = FetchError::NoTree { at: at() }.hint().unwrap();
    assert!(hint.contains("in GOPROXY") && !hint.contains("version"), "{hint}");
}

#[test]
fn what_is_no_damage_is_not_called_so() {
    let wanted = "v0.0.0-20190220174349-fd36f4220a90";
    let invalid = |kind, version: &str, what| {
        FetchError::InvalidContent { at: at_version(kind, version), what }.hint().unwrap()
    };
    let hint = invalid(Kind::Zip, "v1.0.0", InvalidContent::Module("malformed file path".to_owned()));
    assert!(hint.contains("every proxy has the same") && hint.contains("authors"), "{hint}");
    assert!(!hint.contains("damaged"), "{hint}");
    let other = InvalidContent::OtherVersion("v0.0.0-20190129233127-fd36f4220a90".to_owned());
    let hint = invalid(Kind::Info, wanted, other);
    assert!(hint.contains("go get example.com/m@fd36f4220a90") && !hint.contains("damaged"), "{hint}");
    let hint = invalid(Kind::Info, wanted, InvalidContent::OtherVersion("v1.0.0".to_owned()));
    assert!(hint.contains("go get example.com/m@fd36f4220a90"), "{hint}");
    let hint = invalid(Kind::Info, "v1.0.0", InvalidContent::OtherVersion("v1.0.1".to_owned()));
    assert!(hint.contains("mixes up versions"), "{hint}");
    let hint = invalid(Kind::Zip, "v1.0.0", InvalidContent::Zip("not a well-formed zip".to_owned()));
    assert!(hint.contains("damaged file; put another proxy first"), "{hint}");
    let mut tree = at();
    tree.site.host = "file:///srv/proxy".to_owned();
    let hint = FetchError::InvalidContent { at: tree, what: InvalidContent::Empty }.hint().unwrap();
    assert!(hint.contains("copy it into the tree again"), "{hint}");
}

#[test]
fn statuses_waits_and_certificates() {
    let status = |status, seconds: Option<u64>| {
        let retry_after = seconds.map(Duration::from_secs);
        FetchError::Status { at: at(), status, detail: None, retry_after }
    };
    let long = status(503, Some(7200));
    assert!(long.to_string().contains("503 Service Unavailable, and asks to wait for 2 h"), "{long}");
    for (error, wanted) in [
        (long, "try again in 2 h"),
        (status(429, Some(86_400)), "try again in 1 d"),
        (status(429, Some(5)), "--jobs 8"),
        (status(400, None), "does not take such a request"),
        (status(405, None), "that it is a Go module proxy"),
        (status(500, None), "try again later"),
        (status(511, None), "log in"),
    ] {
        let hint = error.hint().unwrap();
        assert!(hint.contains(wanted), "{error}: {hint}");
    }
    for (fault, wanted) in [
        (TlsFault::Expired, "clock"),
        (TlsFault::NotYetValid, "clock"),
        (TlsFault::WrongName, "check the name goproxy.example:8443"),
        (TlsFault::UnknownIssuer, "SSL_CERT_FILE"),
        (TlsFault::NotTls, "http://"),
        (TlsFault::Authority, "CA:FALSE"),
    ] {
        let hint = FetchError::Tls { at: at(), reason: String::new(), fault }.hint().unwrap();
        assert!(hint.contains(wanted), "{fault:?}: {hint}");
        let authorities = matches!(fault, TlsFault::UnknownIssuer | TlsFault::Authority);
        assert_eq!(hint.contains("SSL_CERT_FILE"), authorities, "{hint}");
    }
    for (phase, wanted) in
        [(Phase::Connect, "can be reached"), (Phase::FirstByte, "--timeout 5m"), (Phase::Body, "--jobs 4")]
    {
        let error = FetchError::Timeout { at: at(), phase, after: Duration::from_secs(5) };
        assert!(error.hint().unwrap().contains(wanted), "{phase:?}");
    }
}

#[test]
fn what_was_asked_is_not_what_failed() {
    let site = |host: &str, redirected: Option<&str>| {
        let mut at = at();
        at.site.host = host.to_owned();
        at.site.url = format!("http://{host}/m");
        at.site.redirected = redirected.map(str::to_owned);
        at
    };
    let dns =
        |at| FetchError::Dns { at, reason: String::new(), traps: Vec::new(), fault: NameFault::Unknown };
    let connect = |at| FetchError::Connect { at, reason: String::new() };
    for error in [dns(site(HOST, Some("login.example"))), connect(site(HOST, Some("login.example")))] {
        let hint = error.hint().unwrap();
        assert!(hint.starts_with("goproxy.example:8443 answers, and redirects to login.example"), "{hint}");
    }
    for error in [dns(site(".", None)), connect(site("..", None))] {
        let hint = error.hint().unwrap();
        assert!(hint.contains("file:///"), "{hint}");
    }
    let broken = |received| FetchError::Broken { at: site(HOST, None), received, reason: String::new() };
    assert!(broken(0).hint().unwrap().contains("write https://"));
    assert!(!broken(1).hint().unwrap().contains("https://"));
}

#[test]
fn what_the_machine_lacks() {
    let disk =
        |doing, kind: io::ErrorKind| FetchError::Disk { doing, path: "/c".into(), source: kind.into() };
    for (error, wanted) in [
        (disk("write", io::ErrorKind::StorageFull), Some("free some space")),
        (disk("create", io::ErrorKind::ReadOnlyFilesystem), Some("--cache DIR")),
        (disk("create", io::ErrorKind::PermissionDenied), Some("--cache DIR")),
        (disk("create", io::ErrorKind::NotADirectory), Some("--cache DIR")),
        (disk("read", io::ErrorKind::PermissionDenied), Some("who may read it")),
        (disk("read", io::ErrorKind::Other), None),
    ] {
        let hint = error.hint();
        assert_eq!(hint.is_some(), wanted.is_some(), "{error}: {hint:?}");
        assert!(wanted.is_none_or(|w| hint.clone().unwrap_or_default().contains(w)), "{error}: {hint:?}");
    }
    #[cfg(unix)]
    {
        let source = io::Error::from_raw_os_error(24);
        let error = FetchError::OpenFiles { object: Box::new(at().object), source };
        assert!(error.hint().unwrap().contains("ulimit -n"), "{error}");
    }
}

//! The way to each proxy of GOPROXY, one link after the other: the HTTP proxy
//! in between, TCP, TLS, and a small file. Then who answers for the checksum
//! database.

use super::{Area, Check, Examination, Verdict, Visit};
use crate::error::FetchError;
use crate::net::chain::innermost;
use crate::net::httpproxy::Via;
use crate::net::text::host;
use crate::net::tls::{Speak, Tls};
use crate::object::{Kind, Object};
use crate::proxylist::Hop;
use crate::proxyurl::ProxyUrl;
use airgo_gomod::{ModuleVersion, Setting};
use reqwest::Url;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

/// A first byte that takes longer makes a large build wait.
const SLOW: Duration = Duration::from_secs(2);

/// Which HTTP proxy stands before which proxy of GOPROXY.
pub(super) fn variables(visit: &Visit<'_>, to: &mut Examination<'_>) {
    let vars = &visit.config.http_proxy;
    if vars.is_empty() {
        let detail = "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY are not set";
        to.add(Check::new(Area::HttpProxy, "variables", Verdict::Ok, detail));
        return;
    }
    for (name, value) in vars.proxies() {
        if !crate::net::httpproxy::is_usable(value) {
            let detail = format!(
                "{name} is not the address of an HTTP or SOCKS proxy: what it is for cannot be fetched"
            );
            let check = Check::new(Area::HttpProxy, name, Verdict::Fail, detail);
            to.add(check.fix(format!("set {name}=http://HOST:PORT, or unset it")));
        }
    }
    for base in http_bases(visit) {
        let name = host(&base);
        let check = match visit.proxies.via(&base) {
            Some(Via { unusable: Some(_), .. }) => continue,
            Some(via) => format!("asked through {}", via.shown),
            None => "asked without an HTTP proxy: it is this machine, or NO_PROXY names it, or no variable \
                     is for its scheme"
                .to_owned(),
        };
        to.add(Check::new(Area::HttpProxy, name, Verdict::Ok, check));
    }
}

/// Repositories are not asked: which one is used depends on the module.
fn direct(visit: &Visit<'_>) -> Check {
    let check = |verdict, detail| Check::new(Area::Proxy, "direct", verdict, detail);
    match visit.config.environment.find_program("git") {
        Some(_) => check(
            Verdict::Ok,
            "what no proxy has comes from its own repository, by git; no repository was asked",
        ),
        None => check(Verdict::Warn, "what no proxy has comes from its own repository, and there is no git")
            .fix("install git, or write off in place of direct in GOPROXY"),
    }
}

/// Every entry of GOPROXY in order.
pub(super) async fn all(visit: &Visit<'_>, to: &mut Examination<'_>) {
    let mut blocked: Option<String> = None;
    for (place, hop) in visit.list.hops().iter().enumerate() {
        let last = place + 1 == visit.list.hops().len();
        match hop {
            Hop::NoProxy => {
                let globs = visit.config.no_proxy_globs().shown();
                let detail = format!("modules that match {globs} are asked of no proxy");
                to.add(Check::new(Area::Proxy, "GONOPROXY", Verdict::Ok, detail));
            }
            Hop::Off => {
                to.add(Check::new(Area::Proxy, "off", Verdict::Ok, "what no proxy has is not to be had"));
            }
            Hop::Direct => to.add(direct(visit)),
            Hop::Proxy(proxy, any_error) => {
                if let Some(before) = &blocked {
                    let detail =
                        format!("never asked while {before} fails: a comma lets only 404 and 410 through");
                    let check = Check::new(Area::Proxy, proxy.shown(), Verdict::Warn, detail);
                    to.add(
                        check
                            .fix(format!("write | in place of the comma before {} in GOPROXY", proxy.host())),
                    );
                }
                let sound = one(visit, to, proxy).await;
                if !sound && !any_error && !last && blocked.is_none() {
                    blocked = Some(proxy.host());
                }
            }
        }
    }
}

/// One proxy; whether a list may end or go on at it as meant.
async fn one(visit: &Visit<'_>, to: &mut Examination<'_>, proxy: &ProxyUrl) -> bool {
    let reached = match proxy {
        ProxyUrl::Http { base, .. } => reach(visit, to, Area::Proxy, base).await,
        ProxyUrl::File { .. } => true,
    };
    if !reached {
        let detail = "there is no connection to ask through";
        to.add(Check::new(Area::Proxy, format!("fetch from {}", proxy.host()), Verdict::Skipped, detail));
        return false;
    }
    fetch(visit, to, proxy).await
}

/// TCP, and TLS where nothing stands between.
async fn reach(visit: &Visit<'_>, to: &mut Examination<'_>, area: Area, base: &Url) -> bool {
    let via = visit.proxies.via(base);
    let target = via.as_ref().map_or(base, |via| &via.url);
    let shown = host(target);
    let (Some(name), Some(port)) = (target.host_str(), target.port_or_known_default()) else { return false };
    let name = name.trim_matches(['[', ']']).to_owned();
    let start = Instant::now();
    let connected = timeout(visit.input.patience, connect(visit, &name, port)).await;
    let time = start.elapsed();
    let label = match &via {
        Some(_) => format!("connect {shown} (HTTP proxy)"),
        None => format!("connect {shown}"),
    };
    let fail = |detail: String| {
        let fix = match &via {
            Some(_) => "check HTTPS_PROXY and HTTP_PROXY; put hosts that are asked directly into NO_PROXY",
            None => {
                "check the address in GOPROXY and the firewall; where only an HTTP proxy gets out set HTTPS_PROXY"
            }
        };
        Check::new(area, label.clone(), Verdict::Fail, detail).fix(fix).took(time)
    };
    let stream = match connected {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => {
            to.add(fail(e));
            return false;
        }
        Err(_) => {
            to.add(fail(format!("no connection within {} s", visit.input.patience.as_secs_f32().ceil())));
            return false;
        }
    };
    let peer = stream.peer_addr().map(|a| a.ip().to_string()).unwrap_or_default();
    to.add(Check::new(area, label.clone(), Verdict::Ok, format!("connected to {peer}")).took(time));
    if target.scheme() == "https" { tls(visit, to, area, &shown, &name, stream).await } else { true }
}

/// By the same resolver as the client.
async fn connect(visit: &Visit<'_>, host: &str, port: u16) -> Result<TcpStream, String> {
    let said = |e: std::io::Error| innermost(&e, &[]);
    match visit.config.dns {
        Some(server) if host.parse::<std::net::IpAddr>().is_err() && host != "localhost" => {
            let found =
                crate::net::dns::lookup(server, host, visit.patience).await.map_err(|e| e.to_string())?;
            let addresses: Vec<_> = found.into_iter().map(|ip| (ip, port).into()).collect();
            TcpStream::connect(&addresses[..]).await.map_err(said)
        }
        _ => TcpStream::connect((host, port)).await.map_err(said),
    }
}

async fn tls(
    visit: &Visit<'_>,
    to: &mut Examination<'_>,
    area: Area,
    shown: &str,
    name: &str,
    stream: TcpStream,
) -> bool {
    let label = format!("TLS {shown}");
    let fail = |detail: String, fix: &str| Check::new(area, label.clone(), Verdict::Fail, detail).fix(fix);
    let config = match Tls::default().config(Speak::Any) {
        Ok(config) => config,
        Err(e) => {
            to.add(fail(e, "install the system's CA certificates, or set SSL_CERT_FILE to a PEM file"));
            return false;
        }
    };
    let Ok(server) = ServerName::try_from(name.to_owned()) else {
        to.add(fail(format!("{name:?} cannot be a certificate's name"), "check the address in GOPROXY"));
        return false;
    };
    let start = Instant::now();
    let connector = TlsConnector::from(Arc::new(config));
    let shaken = timeout(visit.input.patience, connector.connect(server, stream)).await;
    let time = start.elapsed();
    let check = match shaken {
        Ok(Ok(stream)) => {
            let (_, session) = stream.get_ref();
            let version = session.protocol_version().and_then(|v| v.as_str()).unwrap_or("TLS");
            let http2 = session.alpn_protocol() == Some(b"h2");
            let spoken = if http2 { "HTTP/2" } else { "HTTP/1.1" };
            Check::new(area, label.clone(), Verdict::Ok, format!("{}, {spoken}", version.replace('_', ".")))
        }
        Ok(Err(e)) => {
            let detail = innermost(&e, &[]);
            fail(detail.clone(), tls_fix(&detail))
        }
        Err(_) => fail(
            format!("no handshake within {} s", visit.input.patience.as_secs_f32().ceil()),
            "check that the port speaks TLS, and the firewall",
        ),
    };
    let sound = check.verdict == Verdict::Ok;
    to.add(check.took(time));
    sound
}

/// What helps against what the TLS library said.
fn tls_fix(detail: &str) -> &'static str {
    if detail.contains("expired") || detail.contains("not valid yet") || detail.contains("NotValidYet") {
        "check this machine's clock; if it is right, the server's certificate must be renewed"
    } else if detail.contains("UnknownIssuer") || detail.contains("unknown issuer") {
        "if this network has its own certificate authority, set SSL_CERT_FILE to its PEM file"
    } else if detail.contains("not valid for name") || detail.contains("NotValidForName") {
        "use the name that the certificate is for"
    } else {
        "check that the port speaks TLS; a filter of this network may stand between"
    }
}

/// A small module file, as `pack` would ask for it.
async fn fetch(visit: &Visit<'_>, to: &mut Examination<'_>, proxy: &ProxyUrl) -> bool {
    let name = format!("fetch from {}", proxy.host());
    let module = &visit.object.module;
    let Ok(path) = visit.object.proxy_path() else {
        let detail = format!("{module} can be asked of no proxy");
        to.add(Check::new(Area::Proxy, name, Verdict::Skipped, detail));
        return true;
    };
    let start = Instant::now();
    let got = read(visit, proxy, &path, &visit.object).await;
    let time = start.elapsed();
    let found = got.and_then(|(bytes, first)| {
        let small = crate::load::small(&visit.object, bytes);
        small.map(|_| first).map_err(|what| invalid(visit, proxy, &path, what))
    });
    let (check, sound) = match found {
        Ok(first) => {
            let slow = first > SLOW;
            let verdict = if slow { Verdict::Warn } else { Verdict::Ok };
            let detail = format!("{module} is there; first byte after {} ms", first.as_millis());
            let check = Check::new(Area::Proxy, name, verdict, detail);
            (if slow { check.fix("a slow proxy: put a nearer one first in GOPROXY") } else { check }, true)
        }
        Err(e) if e.is_not_found() => {
            let check = Check::new(Area::Proxy, name, Verdict::Warn, format!("it has no {module}"));
            (
                check.fix(
                    "see whether it has the project's other modules; the next entry is asked for this one",
                ),
                true,
            )
        }
        Err(e) => {
            let check = Check::new(Area::Proxy, name, Verdict::Fail, without_object(&e));
            (Check { fix: e.hint(), ..check }, false)
        }
    };
    to.add(check.took(time));
    sound
}

fn invalid(visit: &Visit<'_>, proxy: &ProxyUrl, path: &str, what: crate::InvalidContent) -> FetchError {
    let site = crate::Site::new(proxy.host(), proxy.object_shown(path));
    let error =
        FetchError::InvalidContent { at: Box::new(crate::At { object: visit.object.clone(), site }), what };
    error.scrubbed(proxy.secrets())
}

/// The bytes, and how long the first took.
async fn read(
    visit: &Visit<'_>,
    proxy: &ProxyUrl,
    path: &str,
    object: &Object,
) -> Result<(Vec<u8>, Duration), FetchError> {
    let start = Instant::now();
    if let ProxyUrl::File { root, shown } = proxy {
        let at = crate::At {
            object: object.clone(),
            site: crate::Site::new(shown.clone(), format!("{shown}/{path}")),
        };
        let bytes = std::fs::read(root.join(path)).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                FetchError::UnknownVersion { at: Box::new(at), status: None, detail: None }
            }
            _ => FetchError::Unreadable { at: Box::new(at), reason: e.to_string() },
        })?;
        return Ok((bytes, start.elapsed()));
    }
    let mut incoming = visit.transport.get(&visit.config, object, proxy, path).await?;
    let first = start.elapsed();
    let mut bytes = Vec::new();
    let most = crate::load::limit_of(&visit.config.limits, object.kind);
    while incoming.read(&mut bytes).await? {
        if incoming.received() > most {
            return Err(FetchError::TooLarge { at: Box::new(incoming.at().clone()), limit: most });
        }
    }
    Ok((bytes, first))
}

/// Whether anybody answers for the checksum database.
pub(super) async fn sumdb(visit: &Visit<'_>, to: &mut Examination<'_>) {
    let Some((name, address)) = &visit.input.sumdb else {
        let detail = "GOSUMDB=off: modules are checked by go.sum alone";
        to.add(Check::new(Area::SumDb, "GOSUMDB", Verdict::Skipped, detail));
        return;
    };
    let object = Object::new(ModuleVersion::new(name.as_str(), ""), Kind::SumDb);
    let mut answered = false;
    // What a comma lets nobody get past, as for modules.
    let mut blocked = None;
    if address.is_none() {
        for hop in visit.list.hops() {
            match hop {
                Hop::Proxy(proxy, any_error) => {
                    let base = proxy.below(&format!("sumdb/{name}"));
                    let start = Instant::now();
                    let got = read(visit, &base, "supported", &object).await;
                    let label = format!("{name} through {}", proxy.host());
                    let check = match got {
                        Ok(_) => {
                            answered = true;
                            Check::new(Area::SumDb, label, Verdict::Ok, "it carries the database")
                        }
                        Err(e) if e.is_not_found() => {
                            Check::new(Area::SumDb, label, Verdict::Ok, "it does not carry the database")
                        }
                        Err(e) => {
                            if !answered && !any_error {
                                blocked.get_or_insert_with(|| proxy.host());
                            }
                            Check::new(Area::SumDb, label, Verdict::Warn, without_object(&e))
                        }
                    };
                    to.add(check.took(start.elapsed()));
                }
                Hop::NoProxy | Hop::Off | Hop::Direct => {}
            }
        }
    }
    let own = format!("https://{name}");
    let own = address.as_ref().map_or(own.as_str(), Setting::reveal);
    let label = format!("{name} itself");
    if address.is_none() && answered {
        let detail = "a proxy of GOPROXY carries the database, so it is not asked";
        to.add(Check::new(Area::SumDb, label, Verdict::Skipped, detail));
    } else if let Some(before) = blocked {
        let detail = format!("not asked while {before} fails: a comma lets only 404 and 410 through");
        to.add(Check::new(Area::SumDb, label, Verdict::Skipped, detail));
    } else {
        let start = Instant::now();
        let got = match ProxyUrl::parse(own) {
            Ok(base) => read(visit, &base, "latest", &object).await,
            Err(e) => Err(e),
        };
        let check = match got {
            Ok((bytes, _)) if bytes.starts_with(b"go.sum database tree\n") => {
                answered = true;
                Check::new(Area::SumDb, label, Verdict::Ok, "it answers")
            }
            Ok(_) => {
                let check = Check::new(Area::SumDb, label, Verdict::Fail, "what it sends is not a tree head");
                check.fix("a login page or filter of this network stands between; log in, or set HTTPS_PROXY")
            }
            Err(e) => {
                Check { fix: e.hint(), ..Check::new(Area::SumDb, label, Verdict::Fail, without_object(&e)) }
            }
        };
        to.add(check.took(start.elapsed()));
    }
    if !answered {
        let detail =
            format!("nobody answers for {name}: modules that go.sum does not know cannot be checked");
        let check = Check::new(Area::SumDb, "GOSUMDB", Verdict::Fail, detail);
        to.add(
            check.fix("put a proxy that carries it into GOPROXY, or complete go.sum elsewhere: go mod tidy"),
        );
    }
}

fn http_bases(visit: &Visit<'_>) -> Vec<Url> {
    let bases = visit.list.hops().iter().filter_map(|hop| match hop {
        Hop::Proxy(ProxyUrl::Http { base, .. }, _) => Some(base.clone()),
        _ => None,
    });
    bases.collect()
}

/// The error without the object, which is the same in the whole table.
fn without_object(e: &FetchError) -> String {
    let text = e.to_string();
    text.split_once(": ").map(|(_, rest)| rest.to_owned()).unwrap_or(text)
}

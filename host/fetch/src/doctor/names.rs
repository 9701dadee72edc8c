//! Names: what resolv.conf says, what each server answers and how fast, and
//! what the system makes of it.

use super::{Area, Check, Examination, Verdict, Visit};
use crate::net::dns::resolv_conf::ResolvConf;
use crate::net::dns::{self, DnsServer};
use crate::proxylist::Hop;
use crate::proxyurl::ProxyUrl;
use airgo_gomod::Setting;
use reqwest::Url;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// An answer that takes longer delays every first connection.
const SLOW: Duration = Duration::from_secs(1);

/// The file, and what in it is in the way of the first proxy's name.
pub(super) fn resolv_conf(visit: &Visit<'_>, to: &mut Examination<'_>) {
    let path = visit.input.resolv_conf.display().to_string();
    let check = |verdict, detail: String| Check::new(Area::Dns, path.clone(), verdict, detail);
    if let Some(server) = visit.config.dns {
        to.add(check(Verdict::Skipped, format!("{server} alone is asked, as --dns says")));
        return;
    }
    let text = match std::fs::read_to_string(&visit.input.resolv_conf) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound && !cfg!(target_os = "linux") => {
            to.add(check(Verdict::Skipped, "this system has none".to_owned()));
            return;
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let missing = check(Verdict::Warn, "there is none, so 127.0.0.1 is asked".to_owned());
            to.add(missing.fix("mount the host's file into the container, or name a server: --dns ADDRESS"));
            return;
        }
        Err(e) => {
            let unreadable = check(Verdict::Fail, format!("it cannot be read: {e}"));
            to.add(unreadable.fix("make it readable for everybody"));
            return;
        }
    };
    let conf = ResolvConf::parse(&text);
    let servers: Vec<String> = conf.asked().iter().map(ToString::to_string).collect();
    let search = if conf.search.is_empty() { "none".to_owned() } else { conf.search.join(" ") };
    let summary = format!("servers {}; search {search}; ndots {}", servers.join(" "), conf.ndots);
    to.add(check(Verdict::Ok, summary));
    let Some((host, _)) = hosts_to_resolve(visit).into_iter().next() else { return };
    for trap in conf.traps(&host) {
        to.add(check(Verdict::Warn, trap.to_string()).fix(trap.fix()));
    }
}

/// Every name that this machine has to resolve.
pub(super) async fn hosts(visit: &Visit<'_>, to: &mut Examination<'_>) {
    let hosts = hosts_to_resolve(visit);
    if hosts.is_empty() {
        to.add(Check::new(Area::Dns, "names", Verdict::Skipped, "no proxy has a name to resolve"));
        return;
    }
    let text = std::fs::read_to_string(&visit.input.resolv_conf).unwrap_or_default();
    let conf = ResolvConf::parse(&text);
    // Elsewhere the file is not what the system goes by.
    let known = cfg!(target_os = "linux") || !text.is_empty();
    for (host, needed) in hosts {
        // Whom only a module would ask that no proxy has, nobody may ever ask.
        let worst = if needed { Verdict::Fail } else { Verdict::Warn };
        if let Some(server) = visit.config.dns {
            server_check(visit, to, server, &host, worst).await;
            continue;
        }
        let resolved = system(visit, to, &host, worst).await;
        if !known {
            continue;
        }
        // A dead server costs time where another one answers.
        let severity = if resolved { Verdict::Warn } else { worst };
        for server in conf.asked() {
            let server = server.at_port(visit.input.name_server_port);
            server_check(visit, to, server, &host, severity).await;
        }
        searched(visit, to, &conf, &host).await;
    }
}

/// The system's resolver, as the client uses it.
async fn system(visit: &Visit<'_>, to: &mut Examination<'_>, host: &str, worst: Verdict) -> bool {
    let start = Instant::now();
    let found = timeout(visit.input.patience, tokio::net::lookup_host((host, 0))).await;
    let time = start.elapsed();
    let name = format!("resolve {host}");
    let failed = |detail: String| {
        let fix = format!(
            "check the name {host}; behind an HTTP proxy set HTTPS_PROXY; or name a server: --dns ADDRESS"
        );
        Check::new(Area::Dns, name.clone(), worst, detail).fix(fix)
    };
    let found = found.map(|r| r.map(Iterator::collect::<Vec<_>>));
    let check = match &found {
        Err(_) => failed(format!("no answer within {} s", visit.input.patience.as_secs_f32().ceil())),
        Ok(Err(e)) => failed(crate::net::chain::innermost(e, &[])),
        Ok(Ok(found)) => {
            let found: BTreeSet<IpAddr> = found.iter().map(|a| a.ip()).collect();
            let list: Vec<String> = found.iter().take(4).map(ToString::to_string).collect();
            let slow = time > SLOW;
            let verdict = if slow { Verdict::Warn } else { Verdict::Ok };
            let check = Check::new(Area::Dns, name.clone(), verdict, list.join(" "));
            if slow {
                check.fix("see the servers below: one that is slow or dead is asked first")
            } else {
                check
            }
        }
    };
    let resolved = matches!(&found, Ok(Ok(_)));
    to.add(check.took(time));
    resolved
}

async fn server_check(
    visit: &Visit<'_>,
    to: &mut Examination<'_>,
    server: DnsServer,
    host: &str,
    severity: Verdict,
) {
    let name = format!("server {server} for {host}");
    let (answer, time) = dns::timed(server, host, visit.patience).await;
    let check = match answer {
        Ok(found) => {
            let list: Vec<String> = found.iter().take(4).map(ToString::to_string).collect();
            let verdict = if time > SLOW { Verdict::Warn } else { Verdict::Ok };
            let check = Check::new(Area::Dns, name, verdict, list.join(" "));
            if time > SLOW {
                check.fix("name a faster server first in resolv.conf, or: --dns ADDRESS")
            } else {
                check
            }
        }
        Err(e) => {
            let fix = match &e {
                dns::DnsError::NoSuchName { .. } | dns::DnsError::NoAddress { .. } => {
                    "ask for the server that knows the network's own names; in GOPROXY check the name"
                }
                _ => "remove the server from resolv.conf, or name one that answers: --dns ADDRESS",
            };
            Check::new(Area::Dns, name, severity, e.to_string()).fix(fix)
        }
    };
    to.add(check.took(time));
}

/// A name in a search domain that hides the one that is meant.
async fn searched(visit: &Visit<'_>, to: &mut Examination<'_>, conf: &ResolvConf, host: &str) {
    let before = conf.candidates(host).into_iter().take_while(|name| name != host);
    let Some(server) = conf.asked().into_iter().next() else { return };
    let server = server.at_port(visit.input.name_server_port);
    for name in before {
        if let Ok(found) = dns::lookup(server, &name, visit.patience).await {
            let list: Vec<String> = found.iter().take(4).map(ToString::to_string).collect();
            let detail = format!("{name} exists too, at {}, and is taken for {host}", list.join(" "));
            let fix = "set `options ndots:1`, or remove the search domain that answers for every name";
            to.add(Check::new(Area::Dns, format!("search for {host}"), Verdict::Fail, detail).fix(fix));
        }
    }
}

/// The hosts of GOPROXY, or the HTTP proxies that stand before them; in order,
/// each once, with whether nothing works without it.
fn hosts_to_resolve(visit: &Visit<'_>) -> Vec<(String, bool)> {
    let mut hosts: Vec<(String, bool)> = Vec::new();
    let mut add = |url: &Url, needed: bool| {
        let url = visit.proxies.via(url).map_or_else(|| url.clone(), |via| via.url);
        let Some(host) = url.host_str().map(str::to_owned) else { return };
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        if !address && !host.eq_ignore_ascii_case("localhost") && hosts.iter().all(|(h, _)| *h != host) {
            hosts.push((host, needed));
        }
    };
    let mut direct = false;
    for hop in visit.list.hops() {
        match hop {
            Hop::Proxy(ProxyUrl::Http { base, .. }, _) => add(base, true),
            Hop::Direct => direct = true,
            _ => {}
        }
    }
    if let Some((name, address)) = visit.input.sumdb.as_ref().filter(|(_, url)| direct || url.is_some()) {
        let own = format!("https://{name}");
        let url = address.as_ref().map_or(own.as_str(), Setting::reveal);
        if let Ok(ProxyUrl::Http { base, .. }) = ProxyUrl::parse(url) {
            add(&base, address.is_some());
        }
    }
    hosts
}

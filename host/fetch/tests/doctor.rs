//! What the doctor finds on loopback: sound worlds, and worlds with one thing wrong.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/dns.rs"]
mod dns;
mod support;
#[path = "support/tls.rs"]
mod tls_server;

use airgo_fetch::doctor::{Area, Check, DoctorInput, Verdict, run};
use airgo_fetch::{FetchConfig, HttpProxyVars};
use airgo_testkit::{Fault, Module, Proxy, TempTree, World};
use dns::{FakeDns, Manner};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tls_server::{Flaw, TlsProxy};

const M: (&str, &str) = ("example.com/a", "v1.2.3");

fn world() -> World {
    World::new().with(Module::new(M.0, M.1))
}

/// A machine without limits and HTTP proxies, and no checksum database.
struct Bench {
    dir: TempTree,
    config: FetchConfig,
    input: DoctorInput,
}

impl Bench {
    fn new(goproxy: &str) -> Self {
        let dir = TempTree::new();
        let mut config = FetchConfig::new(goproxy, dir.path().join("store"));
        config.http_proxy = HttpProxyVars::default();
        let mut input = DoctorInput::new(support::module(M.0, M.1), None);
        input.resolv_conf = dir.path().join("resolv.conf");
        input.cgroup_root = dir.path().join("cgroup");
        input.own_cgroup = dir.path().join("own");
        input.patience = Duration::from_secs(2);
        fs::write(&input.resolv_conf, "nameserver 127.0.0.1\n").unwrap();
        Self { dir, config, input }
    }

    fn run(&self) -> Vec<Check> {
        let mut reported = Vec::new();
        let checks = run(&self.config, &self.input, &mut |check| reported.push(check.clone()));
        assert_eq!(reported, checks);
        for check in &checks {
            let bad = matches!(check.verdict, Verdict::Warn | Verdict::Fail);
            assert!(!bad || check.fix.as_ref().is_some_and(|f| !f.is_empty()), "no fix: {check:?}");
            assert!(!check.detail.contains('\n') && !check.detail.ends_with('.'), "{check:?}");
        }
        assert!(!self.dir.path().join("store").exists(), "the doctor keeps nothing");
        checks
    }
}

fn find<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no {name} in {checks:#?}"))
}

fn says(checks: &[Check], name: &str, verdict: Verdict, detail: &str) {
    let check = find(checks, name);
    assert_eq!(check.verdict, verdict, "{check:?}");
    assert!(check.detail.contains(detail), "{check:?}");
}

fn host(proxy: &Proxy) -> String {
    proxy.url().replace("http://", "")
}

#[test]
fn all_is_well() {
    let proxy = Proxy::serve(&world());
    let mut bench = Bench::new(&format!("{},direct", proxy.url()));
    says(&bench.run(), "direct", Verdict::Warn, "there is no git");
    let tools = bench.dir.dir("tools");
    fs::write(tools.join("git"), "").unwrap();
    fs::set_permissions(tools.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.config.environment.set("PATH", &tools);
    let checks = bench.run();
    assert!(checks.iter().all(|c| c.verdict <= Verdict::Skipped), "{checks:#?}");
    says(&checks, &format!("connect {}", host(&proxy)), Verdict::Ok, "connected to 127.0.0.1");
    says(&checks, &format!("fetch from {}", host(&proxy)), Verdict::Ok, "example.com/a@v1.2.3 is there");
    says(&checks, "GOSUMDB", Verdict::Skipped, "GOSUMDB=off");
    let json = serde_json::to_value(&checks).unwrap();
    let fetch =
        json.as_array().unwrap().iter().find(|c| c["name"].as_str().unwrap().starts_with("fetch")).unwrap();
    assert_eq!((fetch["area"].as_str(), fetch["verdict"].as_str()), (Some("proxy"), Some("ok")));
    assert!(fetch["millis"].is_u64());
}

#[test]
fn each_fault_of_a_proxy_is_named() {
    for (fault, verdict, detail, fix) in [
        (Fault::Status(500), Verdict::Fail, "answered 500 Internal Server Error", "put another proxy first"),
        (Fault::Status(403), Verdict::Fail, "refuses access: 403 Forbidden", "ask who runs"),
        (Fault::Status(404), Verdict::Warn, "it has no example.com/a@v1.2.3", "other modules"),
        (Fault::Html, Verdict::Fail, "sent a web page", "login page"),
        (Fault::Reset, Verdict::Fail, "broke off", "try again"),
        (Fault::Stall(Duration::from_secs(60)), Verdict::Fail, "did not answer for 2 s", "try again"),
        (Fault::Bytes(b"{}".to_vec()), Verdict::Fail, "sent the .info of version", "damaged"),
    ] {
        let proxy = Proxy::serve(&world());
        proxy.fault("", fault.clone());
        let checks = Bench::new(&proxy.url()).run();
        let check = find(&checks, &format!("fetch from {}", host(&proxy)));
        assert_eq!(check.verdict, verdict, "{fault:?}: {check:?}");
        assert!(check.detail.contains(detail), "{fault:?}: {check:?}");
        assert!(check.fix.as_ref().unwrap().contains(fix), "{fault:?}: {check:?}");
        assert_eq!(proxy.count(".info"), 1, "{fault:?}: tried again");
    }
}

#[test]
fn a_proxy_that_is_down_and_the_comma_behind_it() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let second = Proxy::serve(&world());
    let checks = Bench::new(&format!("http://{free},{}", second.url())).run();
    says(&checks, &format!("connect {free}"), Verdict::Fail, "refused");
    says(&checks, &format!("fetch from {free}"), Verdict::Skipped, "no connection");
    says(&checks, &second.url(), Verdict::Warn, "a comma lets only 404 and 410 through");
    assert!(find(&checks, &second.url()).fix.as_ref().unwrap().contains("write |"));
    says(&checks, &format!("fetch from {}", host(&second)), Verdict::Ok, "is there");

    let checks = Bench::new(&format!("http://{free}|{}", second.url())).run();
    assert!(!checks.iter().any(|c| c.name == second.url()), "{checks:#?}");
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let proxy = TlsProxy::serve(&world(), "sound.pem", Flaw::None);
    let checks = Bench::new(&proxy.url()).run();
    let check = find(&checks, &format!("TLS localhost:{}", proxy.port));
    assert_eq!(check.verdict, Verdict::Fail);
    assert!(check.fix.as_ref().unwrap().contains("SSL_CERT_FILE"), "{check:?}");

    let plain = TlsProxy::serve(&world(), "sound.pem", Flaw::Plain);
    let checks = Bench::new(&plain.url()).run();
    assert_eq!(find(&checks, &format!("TLS localhost:{}", plain.port)).verdict, Verdict::Fail);
}

#[test]
fn names_and_their_servers() {
    let proxy = Proxy::serve(&world());
    let port = host(&proxy).rsplit_once(':').unwrap().1.to_owned();
    let names = [("proxy.test", "127.0.0.1"), ("proxy.test.corp.test", "127.0.0.9")];
    // As --dns says: the system's resolver is not asked.
    let fake = FakeDns::serve(Manner::Sound, &names);
    let mut bench = Bench::new(&format!("http://proxy.test:{port}"));
    bench.config.dns = Some(fake.address.to_string().parse().unwrap());
    let checks = bench.run();
    says(&checks, &format!("server {} for proxy.test", fake.address), Verdict::Ok, "127.0.0.1");
    says(&checks, &format!("fetch from proxy.test:{port}"), Verdict::Ok, "is there");

    // As resolv.conf says: each server, and the search domain that hides the name.
    let mut bench = Bench::new(&format!("http://proxy.test:{port}"));
    fs::write(&bench.input.resolv_conf, "nameserver 127.0.0.1\nsearch corp.test\noptions ndots:5\n").unwrap();
    bench.input.name_server_port = fake.address.port();
    let checks = bench.run();
    says(&checks, &format!("server {} for proxy.test", fake.address), Verdict::Ok, "127.0.0.1");
    says(&checks, "search for proxy.test", Verdict::Fail, "proxy.test.corp.test exists too, at 127.0.0.9");
    assert!(
        checks.iter().any(|c| c.detail.starts_with("ndots:5 makes these be asked for first")),
        "{checks:#?}"
    );
    // This machine's own resolver knows no such name.
    says(&checks, "resolve proxy.test", Verdict::Fail, "");

    for (manner, detail) in [
        (Manner::Silent, "did not answer within 2 s"),
        (Manner::Refuse, "refuses to answer"),
        (Manner::ServFail, "SERVFAIL"),
    ] {
        let fake = FakeDns::serve(manner, &names);
        bench.config.dns = Some(fake.address.to_string().parse().unwrap());
        let checks = bench.run();
        says(&checks, &format!("server {} for proxy.test", fake.address), Verdict::Fail, detail);
        says(&checks, &format!("connect proxy.test:{port}"), Verdict::Fail, "");
    }
}

#[test]
fn the_http_proxy_in_between() {
    let (squid, goproxy) = (Proxy::serve(&world()), Proxy::serve(&world()));
    let mut bench = Bench::new(&format!("http://far.test/goproxy,{}", goproxy.url()));
    bench.config.http_proxy = HttpProxyVars {
        http: squid.url().replace("://", "://robot:s3cret@").into(),
        https: "gopher://nowhere.test".into(),
        ..HttpProxyVars::default()
    };
    let checks = bench.run();
    says(&checks, "far.test", Verdict::Ok, &format!("asked through {}", host(&squid)));
    says(&checks, &host(&goproxy), Verdict::Ok, "asked without an HTTP proxy");
    says(&checks, "HTTPS_PROXY", Verdict::Fail, "not the address of an HTTP or SOCKS proxy");
    says(&checks, &format!("connect {} (HTTP proxy)", host(&squid)), Verdict::Ok, "connected");
    says(&checks, "fetch from far.test", Verdict::Warn, "it has no");
    assert!(squid.requests().iter().any(|r| r.path.contains("far.test")), "{:?}", squid.requests());
    assert!(!format!("{checks:?}").contains("s3cret"));
}

#[test]
fn who_answers_for_the_checksum_database() {
    let tree = TempTree::new();
    world().write(tree.path());
    let proxy = Proxy::serve_dir(tree.path());
    let name = "sum.test".to_owned();
    let mut bench = Bench::new(&format!("{},off", proxy.url()));
    bench.input.sumdb = Some((name.clone(), None));
    let checks = bench.run();
    says(&checks, &format!("sum.test through {}", host(&proxy)), Verdict::Ok, "does not carry");
    says(&checks, "sum.test itself", Verdict::Fail, "sum.test");
    says(&checks, "GOSUMDB", Verdict::Fail, "nobody answers for sum.test");

    fs::create_dir_all(tree.path().join("sumdb/sum.test")).unwrap();
    fs::write(tree.path().join("sumdb/sum.test/supported"), "").unwrap();
    let checks = bench.run();
    says(&checks, &format!("sum.test through {}", host(&proxy)), Verdict::Ok, "carries");
    assert!(!checks.iter().any(|c| c.name == "GOSUMDB"), "{checks:#?}");

    bench.input.sumdb = Some((name, Some(format!("{}/db", proxy.url()).into())));
    let checks = bench.run();
    says(&checks, "sum.test itself", Verdict::Fail, "unknown version");
    fs::create_dir_all(tree.path().join("db")).unwrap();
    fs::write(tree.path().join("db/latest"), "go.sum database tree\n1\nAAAA\n").unwrap();
    says(&bench.run(), "sum.test itself", Verdict::Ok, "it answers");
    fs::write(tree.path().join("db/latest"), "<html>").unwrap();
    says(&bench.run(), "sum.test itself", Verdict::Fail, "not a tree head");
}

#[test]
fn a_database_that_a_proxy_carries_is_not_asked_itself() {
    let tree = TempTree::new();
    world().write(tree.path());
    fs::create_dir_all(tree.path().join("sumdb/sum.invalid")).unwrap();
    fs::write(tree.path().join("sumdb/sum.invalid/supported"), "").unwrap();
    let proxy = Proxy::serve_dir(tree.path());
    let mut bench = Bench::new(&format!("{},direct", proxy.url()));
    bench.input.sumdb = Some(("sum.invalid".to_owned(), None));
    let checks = bench.run();
    says(&checks, "resolve sum.invalid", Verdict::Warn, "");
    says(&checks, "sum.invalid itself", Verdict::Skipped, "a proxy of GOPROXY carries the database");
    assert!(checks.iter().all(|c| c.verdict != Verdict::Fail), "{checks:#?}");
}

#[test]
fn the_clock_and_the_container() {
    let proxy = Proxy::serve(&world());
    proxy.fault("", Fault::Header("Date".to_owned(), "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()));
    let bench = Bench::new(&proxy.url());
    fs::write(&bench.input.own_cgroup, "0::/\n").unwrap();
    fs::create_dir_all(&bench.input.cgroup_root).unwrap();
    fs::write(bench.input.cgroup_root.join("memory.max"), "134217728\n").unwrap();
    fs::write(bench.input.cgroup_root.join("cpu.max"), "50000 100000\n").unwrap();
    let checks = bench.run();
    says(&checks, "clock", Verdict::Fail, &format!("s ahead of {}", host(&proxy)));
    if cfg!(target_os = "linux") {
        says(&checks, "memory", Verdict::Warn, "limited to 128 MiB");
        says(&checks, "processors", Verdict::Warn, "limited to 0.5");
    }
    assert_eq!(
        checks.iter().filter(|c| c.area == Area::Machine).count(),
        if cfg!(target_os = "linux") { 2 } else { 1 }
    );
}

#[test]
fn a_file_tree_and_a_bad_list() {
    let tree = TempTree::new();
    let url = world().write(tree.path());
    let checks = Bench::new(&url).run();
    says(&checks, &format!("fetch from {url}"), Verdict::Ok, "is there");
    let checks = Bench::new("word").run();
    says(&checks, "GOPROXY", Verdict::Fail, "bad GOPROXY");
    let missing = format!("file://{}", tree.path().join("absent").display());
    let checks = Bench::new(&missing).run();
    says(&checks, &format!("fetch from {missing}"), Verdict::Warn, "it has no");
}

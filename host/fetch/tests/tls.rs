//! TLS, HTTP/2 and credentials. What depends on the environment (SSL_CERT_FILE,
//! HTTPS_PROXY) runs in a child process that gets it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;
#[path = "support/tls.rs"]
mod tls_server;

use airgo_fetch::{Credentials, FetchError, Kind, Login, TlsFault};
use airgo_testkit::{Fault, Go, Module, Proxy, TempTree, World, require_tool};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use support::{CHILD, Run, object};
use tls_server::{Flaw, TlsProxy, pem};

const SECRET: &str = "s3cret-t0ken-planted";

/// Runs the calling test again in a process with this environment, and
/// nothing of the tester's proxies and roots; true in that process.
fn in_child(test: &str, env: &[(&str, &str)]) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(CHILD, "1").env("NO_PROXY", "");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    let out = command.envs(env.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && text.contains("1 passed"), "{test} in a child process:\n{text}");
    false
}

fn ca() -> String {
    pem("ca.pem").to_str().unwrap().to_owned()
}

fn many() -> World {
    (0..150).fold(World::new(), |w, i| w.with(Module::new(format!("example.com/m{i}"), "v1.0.0")))
}

fn fetch_all(run: &Run, count: usize) {
    for i in 0..count {
        run.fetcher.submit(object(&format!("example.com/m{i}"), "v1.0.0", Kind::Zip));
    }
    let world = many();
    while let Some((object, result)) = run.fetcher.next() {
        let fetched = result.unwrap_or_else(|e| panic!("{e}"));
        let module = world.get(&object.module.path, "v1.0.0").unwrap();
        assert_eq!(fetched.h1, Some(module.h1()));
    }
}

#[test]
fn ssl_cert_file_is_honoured() {
    if cfg!(any(target_os = "macos", windows))
        || !in_child("ssl_cert_file_is_honoured", &[("SSL_CERT_FILE", &ca())])
    {
        return;
    }
    fetch_all(&Run::new(&TlsProxy::serve(&many(), "sound.pem", Flaw::None).url()), 3);
}

#[test]
fn one_connection_carries_all_streams() {
    let test = "one_connection_carries_all_streams";
    if cfg!(any(target_os = "macos", windows)) || !in_child(test, &[("SSL_CERT_FILE", &ca())]) {
        return;
    }
    let proxy = TlsProxy::serve(&many(), "sound.pem", Flaw::None);
    fetch_all(&Run::new(&proxy.url()), 150);
    // The first request learns that the host speaks HTTP/2; its connection is not the others'.
    assert_eq!(proxy.connections.load(Ordering::SeqCst), 2);
    assert_eq!(proxy.streams.load(Ordering::SeqCst), 150);
    let most = proxy.most_streams.load(Ordering::SeqCst);
    assert!((8..=64).contains(&most), "{most}");

    let proxy = TlsProxy::serve(&many(), "sound.pem", Flaw::None);
    fetch_all(&Run::with(&proxy.url(), |c| c.connections = 3), 150);
    assert_eq!(proxy.connections.load(Ordering::SeqCst), 6);
}

#[test]
fn http2_faults_are_outlived() {
    if cfg!(any(target_os = "macos", windows))
        || !in_child("http2_faults_are_outlived", &[("SSL_CERT_FILE", &ca())])
    {
        return;
    }
    for flaw in [Flaw::ResetStreams, Flaw::GoAway] {
        let proxy = TlsProxy::serve(&many(), "sound.pem", flaw);
        fetch_all(&Run::new(&proxy.url()), 150);
        let connections = proxy.connections.load(Ordering::SeqCst);
        // GOAWAY comes after every twentieth stream.
        assert!(connections <= 12, "{flaw:?}: {connections} connections");
    }
}

#[test]
fn a_broken_zip_goes_on_where_it_was() {
    let test = "a_broken_zip_goes_on_where_it_was";
    if cfg!(any(target_os = "macos", windows)) || !in_child(test, &[("SSL_CERT_FILE", &ca())]) {
        return;
    }
    // Ten tries' worth, more than the tries allowed: each gets further.
    let world = World::new()
        .with(Module::new("example.com/big", "v1.0.0").file("noise.bin", support::noise(7 << 20)));
    let wanted = world.modules()[0].h1();
    for flaw in [Flaw::Breaks, Flaw::BreaksForGood, Flaw::BreaksAndLies] {
        let proxy = TlsProxy::serve(&world, "sound.pem", flaw);
        let result =
            Run::with(&proxy.url(), |c| c.retries.attempts = 4).fetch("example.com/big", "v1.0.0", Kind::Zip);
        if flaw == Flaw::Breaks {
            assert_eq!(result.unwrap().h1, Some(wanted));
            assert!(proxy.ranges.load(Ordering::SeqCst) >= 7);
        } else {
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::Broken { .. }), "{flaw:?}: {error}");
            assert_eq!(proxy.streams.load(Ordering::SeqCst), 4, "{flaw:?}: {error}");
        }
    }
}

#[test]
fn certificates_are_checked() {
    if cfg!(any(target_os = "macos", windows))
        || !in_child("certificates_are_checked", &[("SSL_CERT_FILE", &ca())])
    {
        return;
    }
    let check = |url: &str, text: &str, tries: u32, hint: &str| {
        let error = Run::new(url).fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
        assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.at().unwrap().site.attempts, tries);
        assert!(error.hint().unwrap().contains(hint), "{error}");
    };
    let expired = TlsProxy::serve(&many(), "expired.pem", Flaw::None);
    check(&expired.url(), "certificate expired", 1, "clock");
    let other = TlsProxy::serve_at("127.0.0.2", &many(), "sound.pem", Flaw::None);
    check(&format!("https://127.0.0.2:{}", other.port), "not valid for", 1, "check the name 127.0.0.2");
    let plain = TlsProxy::serve(&many(), "sound.pem", Flaw::Plain);
    check(&plain.url(), "", 1, "speaks no TLS");
}

#[test]
fn an_unknown_authority_is_refused() {
    // The machine's own roots do not hold the test authority.
    if !in_child("an_unknown_authority_is_refused", &[]) {
        return;
    }
    let proxy = TlsProxy::serve(&many(), "sound.pem", Flaw::None);
    let error = Run::new(&proxy.url()).fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    // A machine without any roots cannot even begin.
    assert!(matches!(error, FetchError::Tls { .. } | FetchError::TlsSetup(_)), "{error:?}");
}

#[test]
fn without_any_roots_plain_proxies_still_serve() {
    let test = "without_any_roots_plain_proxies_still_serve";
    let nowhere = [("SSL_CERT_FILE", "/nonexistent.pem"), ("SSL_CERT_DIR", "/nonexistent")];
    if cfg!(any(target_os = "macos", windows)) || !in_child(test, &nowhere) {
        return;
    }
    let error = Run::new("https://localhost:1").fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::TlsSetup(_)), "{error:?}");
    assert!(error.to_string().contains("SSL_CERT_FILE (/nonexistent.pem) nor in /nonexistent"), "{error}");
    let proxy = Proxy::serve(&many());
    assert!(Run::new(&proxy.url()).fetch("example.com/m0", "v1.0.0", Kind::Mod).is_ok());
}

/// No form of the secret may be in an error, a hint, or a file.
fn assert_hidden(error: &FetchError, user: &str, store: &Path) {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{SECRET}"));
    let text = format!("{error} {error:?} {error:#?} {:?}", error.hint());
    assert!(!text.contains(SECRET) && !text.contains(&encoded), "{text}");
    let mut dirs = vec![store.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            if entry.path().is_dir() {
                dirs.push(entry.path());
            } else {
                let bytes = fs::read(entry.path()).unwrap();
                assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{}", entry.path().display());
            }
        }
    }
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let test = "credentials_are_sent_and_never_shown";
    if cfg!(any(target_os = "macos", windows)) || !in_child(test, &[("SSL_CERT_FILE", &ca())]) {
        return;
    }
    let echo = TlsProxy::serve(&many(), "sound.pem", Flaw::Echo);
    let with_login = |url: &str| url.replace("://", &format!("://robot:{SECRET}@"));
    let cases = [
        // In the address; the server answers with what it got.
        (with_login(&echo.url()), "…"),
        (with_login("https://localhost:1"), "cannot connect"),
        (with_login("https://proxy.invalid/path"), "proxy.invalid"),
        (with_login("http://localhost:1"), "without TLS"),
        (format!("{}/?token={SECRET}", echo.url()), "403 Forbidden"),
    ];
    for (goproxy, wanted) in &cases {
        let run = Run::with(goproxy, |c| c.timeouts.first_byte = std::time::Duration::from_secs(3));
        let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_hidden(&error, "robot", &run.store());
    }

    // From netrc: for https only, and only for its host.
    let netrc = format!("machine localhost:{} login robot password {SECRET}\n", echo.port);
    let run = Run::with(&echo.url(), |c| c.credentials = Credentials::from_netrc(&netrc));
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(error.to_string().contains("…"), "{error}");
    assert_hidden(&error, "robot", &run.store());
    let netrc = format!("machine elsewhere login robot password {SECRET}\n");
    let run = Run::with(&echo.url(), |c| c.credentials = Credentials::from_netrc(&netrc));
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(!error.to_string().contains("…"), "{error}");

    // They are what the server wants, and what is kept does not hold them.
    let sound = TlsProxy::serve(&many(), "sound.pem", Flaw::None);
    let run = Run::new(&with_login(&sound.url()));
    let fetched = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap();
    assert_eq!(fetched.source, sound.url());
    run.fetcher.keep(fetched).unwrap();
    let error = run.fetch("example.com/absent", "v1.0.0", Kind::Mod).unwrap_err();
    assert_hidden(&error, "robot", &run.store());
}

/// A server's own certificate among the roots, such as `openssl req -x509`
/// makes: what go says decides, and of what it refuses the cause is named.
#[test]
fn a_root_may_serve_as_for_go() {
    let certificates =
        ["authority", "authority-server", "authority-expired", "authority-other", "authority-client"];
    let roots = TempTree::new();
    // One of them is only the authority of others here.
    let pems: String =
        certificates.iter().map(|name| fs::read_to_string(pem(&format!("{name}.pem"))).unwrap()).collect();
    let file = roots.write("roots.pem", pems);
    if cfg!(any(target_os = "macos", windows))
        || !in_child("a_root_may_serve_as_for_go", &[("SSL_CERT_FILE", file.to_str().unwrap())])
    {
        return;
    }
    let refused =
        [None, None, Some(TlsFault::Expired), Some(TlsFault::WrongName), Some(TlsFault::Certificate)];
    for (name, refused) in certificates.iter().zip(refused) {
        let server = TlsProxy::serve(&many(), &format!("{name}.pem"), Flaw::None);
        let fetched = Run::new(&server.url()).fetch("example.com/m0", "v1.0.0", Kind::Mod);
        match (fetched, refused) {
            (Ok(_), None) => {}
            (Err(FetchError::Tls { fault, .. }), Some(wanted)) => assert_eq!(fault, wanted, "{name}"),
            (result, _) => panic!("{name}: {:?}", result.map(|f| f.source)),
        }
        if require_tool("go") {
            let roots = std::env::var("SSL_CERT_FILE").unwrap();
            let go = Go::with_proxy(&server.url()).env("SSL_CERT_FILE", &roots);
            let out = go.output(go.home(), &["mod", "download", "-json", "example.com/m0@v1.0.0"]);
            let words =
                String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.success(), refused.is_none(), "{name}: {words}");
            assert!(refused.is_none() || words.contains("x509:"), "{name}: {words}");
        }
    }
}

/// The certificate of an authority that nobody here trusts.
#[test]
fn an_authoritys_own_certificate_is_named_as_that() {
    let test = "an_authoritys_own_certificate_is_named_as_that";
    if cfg!(any(target_os = "macos", windows)) || !in_child(test, &[("SSL_CERT_FILE", &ca())]) {
        return;
    }
    let server = TlsProxy::serve(&many(), "authority.pem", Flaw::None);
    let error = Run::new(&server.url()).fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(error.to_string().ends_with("its certificate is a certificate authority's own"), "{error}");
    assert!(matches!(error, FetchError::Tls { fault: TlsFault::Authority, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("SSL_CERT_FILE"), "{error:?}");
}

#[test]
fn no_redirect_leaves_tls_or_shows_credentials() {
    let test = "no_redirect_leaves_tls_or_shows_credentials";
    if cfg!(any(target_os = "macos", windows)) || !in_child(test, &[("SSL_CERT_FILE", &ca())]) {
        return;
    }
    let down = TlsProxy::serve(&many(), "sound.pem", Flaw::Downgrade);
    let error = Run::new(&down.url()).fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::Redirect { .. }), "{error:?}");
    assert!(error.to_string().ends_with("redirects from https to an address without TLS"), "{error}");

    let plain = Proxy::serve(&many());
    plain.fault("", Fault::Redirect(format!("https://robot:{SECRET}@localhost:1/x")));
    let run = Run::new(&plain.url());
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert_hidden(&error, "robot", &run.store());
}

#[test]
fn the_http_proxy_is_used_and_its_credentials_never_shown() {
    let test = "the_http_proxy_is_used_and_its_credentials_never_shown";
    let refusing = Proxy::serve(&World::new());
    refusing.fault("", Fault::Status(407));
    let address = refusing.url().replace("://", &format!("://robot:{SECRET}@"));
    if cfg!(any(target_os = "macos", windows))
        || !in_child(test, &[("HTTPS_PROXY", &address), ("SSL_CERT_FILE", &ca()), ("NO_PROXY", "127.0.0.1")])
    {
        // The CONNECT went to it, with the credentials.
        let requests = refusing.requests();
        assert!(requests.iter().any(|r| r.method == "CONNECT"), "{requests:?}");
        assert!(requests.iter().all(|r| r.header("proxy-authorization").is_some()), "{requests:?}");
        return;
    }
    let run = Run::new("https://proxy.example");
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert_hidden(&error, "robot", &run.store());
    let sent = Login::HttpProxy { sent: true };
    assert!(
        matches!(&error, FetchError::Forbidden { status: Some(407), login, .. } if *login == sent),
        "{error:?}"
    );

    // NO_PROXY is honoured.
    let proxy = Proxy::serve(&many());
    assert!(Run::new(&proxy.url()).fetch("example.com/m0", "v1.0.0", Kind::Mod).is_ok());
}

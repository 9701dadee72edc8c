//! A refusal's hint follows from what was really sent, and a server's own
//! reason is shown, wherever it stands. A body that drips is not waited for.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;
#[path = "support/tls.rs"]
mod tls_server;

use airgo_fetch::{Credentials, FetchError, InvalidContent, Kind, Login, Timeouts};
use airgo_testkit::{Fault, Module, Proxy, TempTree, World};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{CHILD, Run};
use tls_server::{Flaw, TlsProxy, pem};

const M: (&str, &str) = ("example.com/m", "v1.0.0");

fn world() -> World {
    World::new().with(Module::new(M.0, M.1))
}

/// A server that sends these bytes to whoever asks, `pause` between any two of the rest.
fn canned(head: &'static str, rest: &'static str, pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                if stream.write_all(head.as_bytes()).is_err() {
                    return;
                }
                for byte in rest.bytes() {
                    std::thread::sleep(pause);
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

#[test]
fn a_servers_reason_is_shown_wherever_it_stands() {
    for (answer, wanted) in [
        (
            "HTTP/1.1 403 REQUESTED ITEM IS QUARANTINED\r\nContent-Length: 0\r\n\r\n",
            "403 Forbidden: REQUESTED ITEM IS QUARANTINED",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 46\r\n\r\n\
             {\"errors\":[{\"message\":\"Blocked by curation\"}]} ",
            "403 Forbidden: Blocked by curation",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 27\r\n\r\n\
             rule\n 17: \x1b[31mquarantine",
            "403 Forbidden: rule 17: [31mquarantine",
        ),
        (
            "HTTP/1.1 451 Unavailable For Legal Reasons\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nblocked",
            "451 Unavailable For Legal Reasons: blocked",
        ),
    ] {
        let url = canned(answer, "", Duration::ZERO);
        for goproxy in [url.clone(), format!("{url},direct")] {
            let error = Run::new(&goproxy).fetch(M.0, M.1, Kind::Mod).unwrap_err();
            assert!(error.to_string().ends_with(wanted), "{error}");
            let hint = error.hint().unwrap();
            assert!(hint.contains("let example.com/m@v1.0.0 through"), "{hint}");
            assert!(!hint.contains('|') && !hint.contains("direct") && !hint.contains("netrc"), "{hint}");
        }
    }
}

/// Runs the calling test again where the test authority is trusted; true there.
fn trusting(test: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    if cfg!(any(target_os = "macos", windows)) {
        return false;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(CHILD, "1").env("SSL_CERT_FILE", pem("ca.pem"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_DIR"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    let out = command.output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && text.contains("1 passed"), "{test}:\n{text}");
    false
}

#[test]
fn what_was_sent_decides_the_hint() {
    if !trusting("what_was_sent_decides_the_hint") {
        return;
    }
    let server = TlsProxy::serve(&world(), "sound.pem", Flaw::Guarded);
    let host = format!("localhost:{}", server.port);
    let line = |machine: &str| format!("machine {machine} login bob password wrong\n");
    let alone = Login::OtherPort("localhost".to_owned());
    for (goauth, netrc, user, wanted) in [
        ("", String::new(), "", Login::NoLine),
        ("", line(&host), "", Login::Netrc),
        ("", line("localhost"), "", alone),
        ("", line("other.example"), "", Login::NoLine),
        ("", format!("machine {host} login bob\n"), "", Login::Incomplete("password")),
        ("", format!("machine {host} password p\n"), "", Login::Incomplete("login")),
        ("", "default login bob password p\n".to_owned(), "", Login::DefaultLine),
        ("off", line(&host), "", Login::Off),
        ("/nonexistent/command", line(&host), "", Login::NoMethod),
        ("", String::new(), "bob:wrong@", Login::Address),
    ] {
        let run = Run::with(&format!("https://{user}{host}"), |c| {
            c.goauth = goauth.into();
            c.credentials = Credentials::from_netrc(&netrc);
        });
        let error = run.fetch(M.0, M.1, Kind::Mod).unwrap_err();
        assert!(!error.to_string().contains("wrong"), "{error}");
        match &error {
            FetchError::Forbidden { login, status: Some(401), .. } => {
                assert_eq!(*login, wanted, "{goauth} {netrc}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn over_plain_http_nothing_is_sent() {
    let proxy = Proxy::serve(&world());
    proxy.fault("", Fault::Status(401));
    let netrc = format!("machine {} login bob password p\n", proxy.url().replace("http://", ""));
    let run = Run::with(&proxy.url(), |c| c.credentials = Credentials::from_netrc(&netrc));
    let error = run.fetch(M.0, M.1, Kind::Mod).unwrap_err();
    assert!(matches!(&error, FetchError::Forbidden { login: Login::PlainHttp, .. }), "{error:?}");
    assert!(proxy.requests().iter().all(|r| r.header("authorization").is_none()));
    assert!(error.hint().unwrap().contains("https://"));
}

#[test]
fn a_tree_that_is_not_there_has_no_versions_to_lack() {
    let tree = TempTree::new();
    let url = world().write(tree.path());
    let missing = format!("{url}/nowhere");
    let error = Run::new(&missing).fetch(M.0, M.1, Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::NoTree { .. }) && !error.is_unknown_version(), "{error:?}");
    assert!(
        error.to_string().contains(&format!("the proxy's directory {missing} does not exist")),
        "{error}"
    );
    // As for go, whatever is missing lets the next entry be asked.
    assert!(Run::new(&format!("{missing},{url}")).fetch(M.0, M.1, Kind::Mod).is_ok());
    let error = Run::new(&url).fetch(M.0, "v1.9.9", Kind::Mod).unwrap_err();
    assert!(error.is_unknown_version(), "{error:?}");
}

#[test]
fn a_module_that_go_refuses_is_not_called_damaged() {
    let world = World::new().with(Module::new(M.0, M.1).file("test/\u{1f63b}.txt", "x\n"));
    let proxy = Proxy::serve(&world);
    let error = Run::new(&proxy.url()).fetch(M.0, M.1, Kind::Zip).unwrap_err();
    assert!(
        matches!(&error, FetchError::InvalidContent { what: InvalidContent::Module(_), .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("a module that go refuses"), "{error}");
    assert!(!error.hint().unwrap().contains("damaged"));
}

#[test]
fn a_drip_ends_with_the_time_limit_and_an_honest_slow_body_does_not() {
    let limited = |url: &str| {
        Run::with(url, |c| {
            c.timeouts = Timeouts::within(Duration::from_secs(1));
            c.retries.attempts = 1;
        })
    };
    let drip = "x".repeat(64).leak();
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n";
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n";
    for head in [head, refused] {
        let url = canned(head, drip, Duration::from_millis(300));
        let began = Instant::now();
        assert!(limited(&url).fetch(M.0, M.1, Kind::Mod).is_err());
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    // Three times as long as the limit, and never still.
    let proxy = Proxy::serve(&World::new().with(Module::new(M.0, M.1).file("n.bin", support::noise(3000))));
    proxy.fault(".zip", Fault::Drip(100, Duration::from_millis(100)));
    let began = Instant::now();
    limited(&proxy.url()).fetch(M.0, M.1, Kind::Zip).unwrap();
    assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
}

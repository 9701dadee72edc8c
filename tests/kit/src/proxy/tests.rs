//! The proxy against a bare TCP client and against `go`.

use super::*;
use crate::{Go, Module, TempTree, require_tool};
use std::io::{Read as _, Write as _};
use std::time::Instant;

fn world() -> World {
    World::new().with(Module::new("example.com/a", "v1.0.0").go("1.21"))
}

/// One request on a connection of its own: the raw answer, or the error.
fn get(proxy: &Proxy, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(proxy.address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let n = stream.read(&mut piece)?;
        answer.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&answer);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: "));
            length.is_some_and(|l| l.parse::<usize>().is_ok_and(|l| body.len() >= l))
        });
        if n == 0 || whole {
            return Ok(text.into_owned());
        }
    }
}

const MOD: &str = "/example.com/a/@v/v1.0.0.mod";

#[test]
fn serves_and_counts() {
    let proxy = Proxy::serve(&world());
    assert!(get(&proxy, MOD).unwrap().ends_with("module example.com/a\n\ngo 1.21\n"));
    assert!(get(&proxy, "/example.com/b/@v/list").unwrap().starts_with("HTTP/1.1 404 Not Found\r\n"));
    assert_eq!(proxy.count(".mod"), 1);
    assert_eq!(proxy.requests().len(), 2);
}

#[test]
fn faults_are_for_a_path_and_a_number_of_times() {
    let proxy = Proxy::serve(&world());
    proxy.fault_times(".mod", 2, Fault::RetryAfter(429, "1".to_owned()));
    for _ in 0..2 {
        assert!(get(&proxy, MOD).unwrap().contains("\r\nRetry-After: 1\r\n"));
    }
    assert!(get(&proxy, MOD).unwrap().contains(" 200 OK"));
}

#[test]
fn every_nth_request_meets_a_fault() {
    let proxy = Proxy::serve(&world());
    proxy.fault_every(3, Fault::Status(503));
    let failed: Vec<bool> = (0..6).map(|_| get(&proxy, MOD).unwrap().contains(" 503 ")).collect();
    assert_eq!(failed, [false, false, true, false, false, true]);
}

#[test]
fn resets_truncates_and_stalls() {
    let proxy = Proxy::serve(&world());
    proxy.fault_times(".mod", 1, Fault::Reset);
    assert_eq!(get(&proxy, MOD).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    proxy.fault_times(".mod", 1, Fault::Truncate(3));
    assert!(get(&proxy, MOD).unwrap().ends_with("\r\n\r\nmod"));
    proxy.fault_times(".mod", 1, Fault::Stall(Duration::from_millis(100)));
    let start = Instant::now();
    assert_eq!(get(&proxy, MOD).unwrap(), "");
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn authorization_is_asked_for() {
    let proxy = Proxy::serve(&world());
    proxy.require_authorization("Basic eDp5");
    assert!(get(&proxy, MOD).unwrap().contains(" 401 "));
}

#[test]
fn go_takes_its_modules() {
    if !require_tool("go") {
        return;
    }
    let world = world().with(
        Module::new("example.com/Upper/v2", "v2.1.0-RC1")
            .go("1.21")
            .require("example.com/a", "v1.0.0")
            .file("u.go", "package u\n\nimport _ \"example.com/a\"\n"),
    );
    let proxy = Proxy::serve(&world);
    let project = TempTree::new();
    Module::project("example.com/main")
        .go("1.21")
        .require("example.com/Upper/v2", "v2.1.0-RC1")
        .require_indirect("example.com/a", "v1.0.0")
        .file("main.go", "package main\n\nimport _ \"example.com/Upper/v2\"\n\nfunc main() {}\n")
        .file("go.sum", world.go_sum())
        .write_dir(project.path());
    let go = Go::with_proxy(&proxy.url()).env("GOFLAGS", "-mod=readonly");
    assert_eq!(
        go.list_m_all(project.path()),
        "example.com/main\nexample.com/Upper/v2 v2.1.0-RC1\nexample.com/a v1.0.0\n"
    );
    go.mod_download(project.path(), &[]);
    go.run(project.path(), &["build", "./..."]);
    go.run(project.path(), &["mod", "verify"]);

    // The cache that came of it is all that a build without a network needs.
    if require_tool("unshare") {
        let gapped = Go::air_gapped(&go.gomodcache());
        gapped.run(project.path(), &["build", "./..."]);
        assert!(
            gapped
                .mod_graph(project.path())
                .contains("example.com/Upper/v2@v2.1.0-RC1 example.com/a@v1.0.0\n")
        );
    }
}

#[test]
fn go_takes_its_own_worlds() {
    if !require_tool("go") {
        return;
    }
    let world = World::of_go();
    assert!(world.modules().len() > 200, "only {} modules", world.modules().len());
    let tree = TempTree::new();
    let url = world.write(tree.path());
    let project = TempTree::new();
    Module::project("example.com/main")
        .go("1.21")
        .require("rsc.io/quote", "v1.5.2")
        .write_dir(project.path());
    let list = Go::with_proxy(&url).env("GOFLAGS", "-mod=mod").list_m_all(project.path());
    assert_eq!(list.lines().last(), Some("rsc.io/sampler v1.3.0"), "{list}");
    let sum = world.get("rsc.io/quote", "v1.5.2").unwrap().h1().to_string();
    assert!(world.go_sum().contains(&sum));
}

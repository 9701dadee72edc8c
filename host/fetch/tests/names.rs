//! `--dns`: names are asked of one server, and what goes wrong is explained.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/dns.rs"]
mod dns;
mod support;

use airgo_fetch::{FetchError, HttpProxyVars, Kind};
use airgo_testkit::{Module, Proxy, World};
use dns::{FakeDns, Manner};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use support::{Run, object};

fn world() -> World {
    (0..30).fold(World::new(), |w, i| w.with(Module::new(format!("example.com/m{i}"), "v1.0.0")))
}

fn port(proxy: &Proxy) -> String {
    proxy.url().rsplit_once(':').unwrap().1.to_owned()
}

#[test]
fn names_are_asked_of_the_named_server_once() {
    let proxy = Proxy::serve(&world());
    let fake = FakeDns::serve(Manner::Sound, &[("goproxy.test", "127.0.0.1")]);
    let server = fake.address.to_string().parse().unwrap();
    let run = Run::with(&format!("http://goproxy.test:{}", port(&proxy)), |c| c.dns = Some(server));
    for i in 0..30 {
        run.fetcher.submit(object(&format!("example.com/m{i}"), "v1.0.0", Kind::Zip));
    }
    while let Some((_, result)) = run.fetcher.next() {
        result.unwrap();
    }
    // A and AAAA, whatever the number of connections.
    assert_eq!(fake.count("goproxy.test"), 2);
    // This machine is never asked for.
    let run = Run::with(&format!("http://localhost:{}", port(&proxy)), |c| c.dns = Some(server));
    run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap();
    assert_eq!(fake.count("localhost"), 0);
}

#[test]
fn a_name_that_the_server_does_not_know() {
    let fake = FakeDns::serve(Manner::Sound, &[]);
    let server = fake.address.to_string().parse().unwrap();
    let run = Run::with("http://goproxy.test", |c| c.dns = Some(server));
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(matches!(&error, FetchError::Dns { traps, .. } if traps.is_empty()), "{error:?}");
    let wanted = format!(
        "go.mod of example.com/m0@v1.0.0: cannot resolve the host name goproxy.test: \
         {server} says that there is no such name"
    );
    assert_eq!(error.to_string(), wanted);
    assert!(error.hint().unwrap().contains("goproxy.test"));
}

#[test]
fn the_http_proxys_name_is_the_one_to_resolve() {
    let fake = FakeDns::serve(Manner::Sound, &[("goproxy.test", "127.0.0.1")]);
    let run = Run::with("http://goproxy.test", |c| {
        c.dns = Some(fake.address.to_string().parse().unwrap());
        c.http_proxy = HttpProxyVars { http: "http://squid.test:3128".into(), ..HttpProxyVars::default() };
    });
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("cannot resolve the host name of the HTTP proxy squid.test:3128"), "{text}");
    assert!(error.hint().unwrap().contains("HTTPS_PROXY"));
    assert_eq!(fake.count("goproxy.test"), 0);
}

/// A SOCKS proxy (RFC 1928) that leads every connection to one port of this machine.
fn socks(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || lead(client, to));
        }
    });
    port
}

fn lead(mut client: TcpStream, to: u16) -> Option<()> {
    let mut bytes = [0; 512];
    // The methods, of which "no authentication" is taken; then CONNECT.
    client.read_exact(&mut bytes[..2]).ok()?;
    let methods = usize::from(bytes[1]);
    client.read_exact(&mut bytes[..methods]).ok()?;
    client.write_all(&[5, 0]).ok()?;
    client.read_exact(&mut bytes[..5]).ok()?;
    let (address, length) = (bytes[3], usize::from(bytes[4]));
    // The length of a name has been read; one byte of an IPv4 address has been read.
    let rest = if address == 3 { length + 2 } else { 5 };
    client.read_exact(&mut bytes[..rest]).ok()?;
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).ok()?;
    let mut server = TcpStream::connect(("127.0.0.1", to)).ok()?;
    let (mut from_client, mut to_server) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || io::copy(&mut from_client, &mut to_server));
    io::copy(&mut server, &mut client).ok()?;
    Some(())
}

#[test]
fn a_socks_proxy_is_asked_as_by_go() {
    let proxy = Proxy::serve(&world());
    let socks = socks(port(&proxy).parse().unwrap());
    for scheme in ["socks5", "socks5h"] {
        let run = Run::with("http://goproxy.test", |c| {
            let http = format!("{scheme}://127.0.0.1:{socks}").into();
            c.http_proxy = HttpProxyVars { http, ..HttpProxyVars::default() };
        });
        run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap();
    }
    assert_eq!(proxy.count(".mod"), 2);
    let run = Run::with("http://goproxy.test", |c| {
        c.retries.unreachable_attempts = 1;
        c.http_proxy = HttpProxyVars { http: "socks5://127.0.0.1:1".into(), ..HttpProxyVars::default() };
    });
    let error = run.fetch("example.com/m0", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
}

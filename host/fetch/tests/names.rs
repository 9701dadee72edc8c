//! `--dns`: names are asked of one server, and what goes wrong is explained.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/dns.rs"]
mod dns;
mod support;

use airgo_fetch::{FetchError, HttpProxyVars, Kind};
use airgo_testkit::{Module, Proxy, World};
use dns::{FakeDns, Manner};
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

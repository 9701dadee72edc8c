//! Every fault against every way out: another try, another mirror behind `|`,
//! another mirror behind `,`, or none. What comes out is what a healthy network
//! gives, byte for byte, or an error that names the host, the failure and what to try.
//!
//! `cargo test -p airgo-fetch --test table -- --nocapture` prints the table.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;
#[path = "support/tls.rs"]
mod tls_server;

use airgo_fetch::{FetchConfig, FetchError, Kind, Object};
use airgo_testkit::{Fault, Module, Proxy, World};
use std::collections::BTreeMap;
use std::time::Duration;
use support::Run;
use tls_server::{Flaw, TlsProxy};

/// What a fault allows.
#[derive(Clone, Copy, PartialEq)]
enum Passes {
    /// Another try helps when the fault has passed, and `,` does not fall through.
    Retried,
    /// It is final at this proxy, and `,` does not fall through.
    Final,
    /// It is final, and `,` falls through: 404 and 410.
    Absent,
}

use Passes::{Absent, Final, Retried};

fn world() -> World {
    let module =
        |path: &str, size| Module::new(path, "v1.0.0").go("1.21").file("n.bin", support::noise(size));
    World::new().with(module("example.com/a", 700_000)).with(module("example.com/B", 2_000_000))
}

fn faults(login: &str) -> Vec<(&'static str, Fault, Passes)> {
    vec![
        ("500", Fault::Status(500), Retried),
        ("502", Fault::Status(502), Retried),
        ("503, Retry-After: 0", Fault::RetryAfter(503, "0".to_owned()), Retried),
        ("504", Fault::Status(504), Retried),
        ("429", Fault::Status(429), Retried),
        ("408", Fault::Status(408), Retried),
        ("503, Retry-After: 1 day", Fault::RetryAfter(503, "86400".to_owned()), Final),
        ("reset before the answer", Fault::Reset, Retried),
        ("reset within the body", Fault::ResetAfter(50), Retried),
        ("body cut short", Fault::Truncate(50), Retried),
        ("no body", Fault::Truncate(0), Retried),
        ("stall before the answer", Fault::Stall(Duration::from_secs(60)), Retried),
        ("stall within the body", Fault::StallWithin(Duration::from_secs(60)), Retried),
        ("ten bytes at a time", Fault::Drip(10, Duration::from_millis(40)), Retried),
        ("captive portal", Fault::Html, Retried),
        ("redirect to a login page", Fault::Redirect(login.to_owned()), Retried),
        ("403", Fault::Status(403), Final),
        ("401", Fault::Status(401), Final),
        ("400", Fault::Status(400), Final),
        ("404", Fault::Status(404), Absent),
        ("410", Fault::Status(410), Absent),
    ]
}

fn impatient(config: &mut FetchConfig) {
    // Two faults, and a connection that broke without having been in use.
    config.retries.attempts = 5;
    config.retries.unreachable_attempts = 5;
    config.timeouts.connect = Duration::from_millis(400);
    config.timeouts.first_byte = Duration::from_millis(400);
    config.timeouts.idle = Duration::from_millis(400);
    config.timeouts.slow_window = Duration::from_millis(400);
    config.timeouts.slow_bytes = 2048;
}

/// Everything that the world holds, or the first error.
fn fetch_all(goproxy: &str) -> Result<Objects, FetchError> {
    let (world, run) = (world(), Run::with(goproxy, impatient));
    for module in world.modules() {
        for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
            run.fetcher.submit(Object::new(module.id().clone(), kind));
        }
    }
    let mut all = BTreeMap::new();
    let mut first = None;
    while let Some((object, result)) = run.fetcher.next() {
        match result {
            Ok(fetched) => drop(all.insert(object, fetched.bytes().unwrap())),
            Err(e) => drop(first.get_or_insert(e)),
        }
    }
    first.map_or(Ok(all), Err)
}

/// The error's text, fit for a table's cell, once it was found to say all it must.
fn message(error: &FetchError, host: &str, unasked: Option<&str>) -> String {
    let text = error.to_string();
    assert!(text.contains(host), "the host is not named: {text}");
    assert!(text.contains("@v1.0.0: "), "the module is not named: {text}");
    let hint = error.hint().unwrap_or_else(|| panic!("nothing to try: {text}"));
    if error.is_decision() {
        assert!(!text.contains("keeps") && !hint.contains("write |"), "a way around: {text}; {hint}");
    } else if let Some(next) = unasked {
        assert!(text.contains(&format!("the comma in GOPROXY keeps {next} from being asked")), "{text}");
        assert!(hint.contains("write |"), "{hint}");
    }
    let text = text.split_once("@v1.0.0: ").unwrap().1;
    text.split("; the comma").next().unwrap().replace(host, "HOST")
}

#[test]
fn fault_by_outcome() {
    let world = world();
    let healthy = fetch_all(&Proxy::serve(&world).url()).unwrap();
    assert_eq!(healthy.len(), 6);
    let portal = Proxy::serve(&world);
    portal.fault("", Fault::Html);
    let login = format!("{}/login", portal.url().replace("127.0.0.1", "localhost"));

    // Most of the time goes by in waiting.
    let rows: Vec<[String; 5]> = std::thread::scope(|s| {
        let (world, healthy) = (&world, &healthy);
        let rows: Vec<_> = faults(&login)
            .into_iter()
            .map(|(name, fault, passes)| s.spawn(move || row(world, healthy, name, &fault, passes)))
            .collect();
        rows.into_iter().map(|row| row.join().unwrap()).collect()
    });
    let head = [
        "fault",
        "passes after two tries",
        "stays, `\\|` and a mirror",
        "stays, `,` and a mirror",
        "stays, alone",
    ];
    println!("\n| {} |\n|---|---|---|---|---|", head.join(" | "));
    for row in rows.into_iter().chain(unreachable(&world, &healthy)) {
        println!("| {} |", row.join(" | "));
    }
}

type Objects = BTreeMap<Object, Vec<u8>>;

fn same(healthy: &Objects, result: Result<Objects, FetchError>, what: &str) -> String {
    let got = result.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(got == *healthy, "{what}: other bytes");
    "same bytes".to_owned()
}

fn row(world: &World, healthy: &Objects, name: &str, fault: &Fault, passes: Passes) -> [String; 5] {
    // Twice for each file, then the fault has passed.
    let proxy = Proxy::serve(world);
    for module in ["a", "!b"] {
        for extension in ["info", "mod", "zip"] {
            proxy.fault_times(&format!("/{module}/@v/v1.0.0.{extension}"), 2, fault.clone());
        }
    }
    let again = fetch_all(&proxy.url());
    let again = match passes {
        Retried => same(healthy, again, name),
        Final | Absent => {
            assert!(again.is_err(), "{name}");
            "not tried again".to_owned()
        }
    };
    let broken = Proxy::serve(world);
    broken.fault("", fault.clone());
    let host = broken.url().replace("http://", "");
    let [pipe, comma, alone] = beside_a_mirror(world, healthy, name, &broken.url(), &host, passes);
    [name.to_owned(), again, pipe, comma, alone]
}

/// The broken proxy before a sound mirror, and by itself.
fn beside_a_mirror(
    world: &World,
    healthy: &Objects,
    name: &str,
    broken: &str,
    host: &str,
    passes: Passes,
) -> [String; 3] {
    let alone = message(&fetch_all(broken).unwrap_err(), host, None);
    let mirror = Proxy::serve(world);
    let pipe = same(healthy, fetch_all(&format!("{broken}|{}", mirror.url())), name);

    let mirror = Proxy::serve(world);
    let comma = fetch_all(&format!("{broken},{}", mirror.url()));
    let comma = if passes == Absent {
        same(healthy, comma, name)
    } else {
        assert_eq!(mirror.requests().len(), 0, "{name}: go would not ask it");
        message(&comma.unwrap_err(), host, Some(&mirror.url().replace("http://", "")));
        "error that says so".to_owned()
    };
    [pipe, comma, alone]
}

/// Hosts that never come to answering.
fn unreachable(world: &World, healthy: &Objects) -> Vec<[String; 5]> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // The test authority is in no machine's roots.
    let untrusted = TlsProxy::serve(world, "sound.pem", Flaw::None);
    let hosts = [
        ("connection refused", format!("http://{free}"), free.to_string()),
        ("certificate of an unknown authority", untrusted.url(), format!("localhost:{}", untrusted.port)),
        ("a name that does not resolve", "http://goproxy.invalid".to_owned(), "goproxy.invalid".to_owned()),
    ];
    let row = |(name, url, host): (&str, String, String)| {
        let [pipe, comma, alone] = beside_a_mirror(world, healthy, name, &url, &host, Final);
        [name.to_owned(), "-".to_owned(), pipe, comma, alone]
    };
    hosts.into_iter().map(row).collect()
}

#[test]
fn both_mirrors_fail_and_both_are_named() {
    let world = world();
    let (first, second) = (Proxy::serve(&world), Proxy::serve(&world));
    first.fault("", Fault::Status(503));
    second.fault("", Fault::Html);
    let error = fetch_all(&format!("{}|{}", first.url(), second.url())).unwrap_err();
    let (first, second) = (first.url().replace("http://", ""), second.url().replace("http://", ""));
    let text = error.to_string();
    assert!(
        text.contains(&format!("{second} sent a web page instead; before that {first} answered 503")),
        "{text}"
    );
    assert_eq!(error.at().unwrap().site.earlier.len(), 1);
}

#[test]
fn wrong_bytes_are_not_taken_from_a_mirror_while_another_has_the_right_ones() {
    let (good, evil) =
        (world(), World::new().with(Module::new("example.com/a", "v1.0.0").file("a.go", "evil")));
    let wanted = good.get("example.com/a", "v1.0.0").unwrap();
    let (good_proxy, evil) = (Proxy::serve(&good), Proxy::serve(&evil));
    let zip = Object::new(wanted.id().clone(), Kind::Zip);
    for (separator, right) in [('|', true), (',', false)] {
        let run = Run::with(&format!("{}{separator}{}", evil.url(), good_proxy.url()), impatient);
        run.fetcher.submit_expecting(zip.clone(), vec![wanted.h1()]);
        let fetched = run.one().unwrap();
        assert_eq!(fetched.h1 == Some(wanted.h1()), right);
        // Who gave the wrong bytes is named, for the error that compares the hashes.
        assert_eq!(fetched.source, if right { good_proxy.url() } else { evil.url() });
    }
}

//! A bad network: what passes is outlived, what stays is named.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{FetchError, InvalidContent, Kind, Object, Observer, Phase};
use airgo_testkit::{Fault, Module, Proxy, TempTree, World};
use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{Run, object};

const A: (&str, &str) = ("example.com/a", "v1.2.3");

/// A module whose zip is a megabyte, so that it can be cut anywhere.
fn world() -> World {
    World::new().with(Module::new(A.0, A.1).file("noise.bin", support::noise(1 << 20)))
}

fn impatient(goproxy: &str) -> Run {
    Run::with(goproxy, |c| {
        c.timeouts.connect = Duration::from_secs(1);
        c.timeouts.first_byte = Duration::from_millis(500);
        c.timeouts.idle = Duration::from_millis(700);
        c.timeouts.slow_window = Duration::from_millis(600);
        c.timeouts.slow_bytes = 4096;
    })
}

#[test]
fn what_passes_is_outlived() {
    let world = world();
    let zip = world.get(A.0, A.1).unwrap().zip_bytes();
    for fault in [
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
        Fault::Status(408),
        Fault::Status(429),
        Fault::RetryAfter(429, "0".to_owned()),
        Fault::RetryAfter(503, "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
        Fault::Reset,
        Fault::ResetAfter(0),
        Fault::ResetAfter(300_000),
        Fault::Truncate(0),
        Fault::Truncate(1),
        Fault::Truncate(700_000),
        Fault::Short(0),
        Fault::Short(1),
        Fault::Short(700_000),
        Fault::FlipByte,
        Fault::Html,
        Fault::Bytes(b"PK but no zip".to_vec()),
        Fault::Bytes(vec![0x1f, 0x8b, 8, 0]),
        Fault::Stall(Duration::from_secs(60)),
        Fault::StallWithin(Duration::from_secs(60)),
        Fault::Drip(100, Duration::from_millis(100)),
    ] {
        let proxy = Proxy::serve(&world);
        proxy.fault_times(".zip", 2, fault.clone());
        let run = impatient(&proxy.url());
        let fetched = run.fetch(A.0, A.1, Kind::Zip).unwrap_or_else(|e| panic!("{fault:?}: {e}"));
        assert_eq!(fetched.sha256, support::sha256(&zip), "{fault:?}");
        assert_eq!(fetched.bytes().unwrap(), zip, "{fault:?}");
        assert_eq!(proxy.count(".zip"), 3, "{fault:?}");
    }
}

#[test]
fn what_stays_is_named() {
    type Check = fn(&FetchError) -> bool;
    let cases: [(Fault, Kind, usize, Check, &str); 17] = [
        (
            Fault::Status(404),
            Kind::Zip,
            1,
            |e| e.is_not_found(),
            "unknown version: HOST answered 404 Not Found: scripted answer 404",
        ),
        (
            Fault::Status(410),
            Kind::Mod,
            1,
            |e| e.is_not_found(),
            "unknown version: HOST answered 410 Gone: scripted answer 410",
        ),
        (
            Fault::Status(403),
            Kind::Zip,
            1,
            |e| matches!(e, FetchError::Forbidden { status: Some(403), .. }),
            "HOST refuses access: 403 Forbidden: scripted answer 403",
        ),
        (
            Fault::Status(401),
            Kind::Info,
            1,
            |e| matches!(e, FetchError::Forbidden { .. }),
            "HOST refuses access: 401 Unauthorized: scripted answer 401",
        ),
        (
            Fault::Status(400),
            Kind::Zip,
            1,
            |e| e.status() == Some(400),
            "HOST answered 400 Bad Request: scripted answer 400",
        ),
        (
            Fault::Status(500),
            Kind::Zip,
            8,
            |e| e.status() == Some(500),
            "HOST answered 500 Internal Server Error (8 tries): scripted answer 500",
        ),
        (
            Fault::RetryAfter(503, "86400".to_owned()),
            Kind::Zip,
            1,
            |e| e.status() == Some(503),
            "HOST answered 503 Service Unavailable, and asks to wait for 1 d",
        ),
        (
            Fault::Reset,
            Kind::Mod,
            8,
            |e| matches!(e, FetchError::Broken { .. }),
            "the transfer from HOST broke off after 0 bytes (8 tries)",
        ),
        (
            Fault::Truncate(5),
            Kind::Mod,
            8,
            |e| matches!(e, FetchError::Broken { received: 5, .. }),
            "the transfer from HOST broke off after 5 bytes (8 tries)",
        ),
        (
            Fault::Short(700_000),
            Kind::Zip,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Zip(_), .. }),
            "HOST sent a bad zip",
        ),
        (
            Fault::FlipByte,
            Kind::Zip,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Zip(_), .. }),
            "HOST sent a bad zip",
        ),
        (
            Fault::Short(0),
            Kind::Zip,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Empty, .. }),
            "HOST sent nothing instead",
        ),
        (
            Fault::Html,
            Kind::Zip,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Html { .. }, .. }),
            "HOST sent a web page",
        ),
        (
            Fault::Html,
            Kind::Mod,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Html { .. }, .. }),
            "HOST sent a web page",
        ),
        (
            Fault::Html,
            Kind::Info,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Html { .. }, .. }),
            "HOST sent a web page",
        ),
        (
            Fault::Bytes(b"{\"Version\":\"v1.2.4\"}".to_vec()),
            Kind::Info,
            1,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::OtherVersion(_), .. }),
            "HOST sent the .info of version \"v1.2.4\" instead",
        ),
        (
            Fault::Bytes(b"{".to_vec()),
            Kind::Info,
            4,
            |e| matches!(e, FetchError::InvalidContent { what: InvalidContent::Info(_), .. }),
            "HOST sent bad JSON",
        ),
    ];
    let world = world();
    for (fault, kind, tries, check, text) in cases {
        let proxy = Proxy::serve(&world);
        let suffix = format!(".{}", kind.extension());
        proxy.fault(&suffix, fault.clone());
        let run = impatient(&proxy.url());
        let error = run.fetch(A.0, A.1, kind).unwrap_err();
        assert!(check(&error), "{fault:?}: {error:?}");
        let host = proxy.url().replace("http://", "");
        let text = text.replace("HOST", &host);
        let said = error.to_string();
        assert!(said.contains(&text) && said.contains("example.com/a@v1.2.3"), "{fault:?}: {said}");
        assert!(!said.contains('\n') && !said.ends_with('.'), "{said}");
        assert_eq!(proxy.count(&suffix), tries, "{fault:?}: {said}");
        let at = error.at().unwrap();
        assert_eq!((at.site.host.as_str(), at.site.attempts as usize), (host.as_str(), tries));
        assert!(error.hint().is_some());
        assert_eq!(spooled(&run), 0, "{fault:?} left something behind");
    }
}

#[test]
fn each_wait_is_bounded_and_named() {
    let world = world();
    for (fault, wanted, text) in [
        (Fault::Stall(Duration::from_secs(60)), Phase::FirstByte, "did not answer for 1 s (2 tries)"),
        (
            Fault::StallWithin(Duration::from_secs(60)),
            Phase::Body,
            "stalled in mid-transfer for 1 s (2 tries)",
        ),
        (
            Fault::Drip(10, Duration::from_millis(50)),
            Phase::Body,
            "stalled in mid-transfer for 1 s (2 tries)",
        ),
    ] {
        let proxy = Proxy::serve(&world);
        proxy.fault(".zip", fault);
        let run = Run::with(&proxy.url(), |c| {
            c.timeouts.connect = Duration::from_secs(1);
            c.timeouts.first_byte = Duration::from_millis(500);
            c.timeouts.idle = Duration::from_millis(700);
            c.timeouts.slow_window = Duration::from_millis(600);
            c.timeouts.slow_bytes = 4096;
            c.retries.attempts = 2;
        });
        let error = run.fetch(A.0, A.1, Kind::Zip).unwrap_err();
        assert!(matches!(&error, FetchError::Timeout { phase, .. } if *phase == wanted), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_proxy_that_is_down() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = impatient(&format!("http://{free}"));
    let error = run.fetch(A.0, A.1, Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&format!("cannot connect to {free} (4 tries): Connection refused")),
        "{error}"
    );
}

#[test]
fn a_name_that_does_not_resolve() {
    let run = impatient("http://proxy.invalid");
    let error = run.fetch(A.0, A.1, Kind::Mod).unwrap_err();
    // A resolver that hangs is a timeout.
    let timeout = matches!(error, FetchError::Timeout { phase: Phase::Connect | Phase::FirstByte, .. });
    assert!(timeout || matches!(error, FetchError::Dns { .. }), "{error:?}");
    assert!(timeout || error.to_string().contains("cannot resolve the host name proxy.invalid"), "{error}");
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let world = world();
    let (first, second) = (Proxy::serve(&world), Proxy::serve(&world));
    let there = format!("{}/example.com/a/@v/v1.2.3.mod", second.url());
    first.fault(".mod", Fault::Redirect(there.clone()));
    assert!(impatient(&first.url()).fetch(A.0, A.1, Kind::Mod).is_ok());

    second.fault(".mod", Fault::Redirect(there));
    let error = impatient(&first.url()).fetch(A.0, A.1, Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::Redirect { .. }), "{error:?}");
    assert!(error.to_string().ends_with("redirects more than 10 times"), "{error}");
}

#[test]
fn of_a_redirect_the_host_is_named_that_fails() {
    let (proxy, world) = (Proxy::serve(&world()), world());
    for (to, text) in [
        ("http://login.invalid/sso", "the host name login.invalid, to which 127.0.0.1:"),
        ("http://127.0.0.1:1/x", "(by a redirect to 127.0.0.1:1)"),
    ] {
        proxy.heal().fault(".mod", Fault::Redirect(to.to_owned()));
        let error = impatient(&proxy.url()).fetch(A.0, A.1, Kind::Mod).unwrap_err();
        let hint = error.hint().unwrap();
        // A resolver that hangs is a timeout.
        assert!(matches!(error, FetchError::Timeout { .. }) || error.to_string().contains(text), "{error}");
        assert!(hint.contains("redirects to") || matches!(error, FetchError::Timeout { .. }), "{hint}");
    }
    // The next request of the same address is not the redirected one.
    let there = Proxy::serve(&world);
    proxy.heal().fault_times(
        ".mod",
        1,
        Fault::Redirect(format!("{}/example.com/a/@v/v1.2.3.mod", there.url())),
    );
    let run = impatient(&proxy.url());
    run.fetch(A.0, A.1, Kind::Mod).unwrap();
    proxy.fault("", Fault::Reset);
    let error = run.fetch(A.0, "v1.0.0", Kind::Mod).unwrap_err();
    assert!(!error.to_string().contains("redirect"), "{error}");
}

#[test]
fn too_much_is_not_read() {
    let world = world();
    let proxy = Proxy::serve(&world);
    let run = Run::with(&proxy.url(), |c| {
        c.limits.zip = 1 << 19;
        c.limits.go_mod = 8;
        c.limits.info = 8;
    });
    for kind in [Kind::Zip, Kind::Mod, Kind::Info] {
        let error = run.fetch(A.0, A.1, kind).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { .. }), "{error:?}");
    }
    let tree = TempTree::new();
    let url = world.write(tree.path());
    let error = Run::with(&url, |c| c.limits.zip = 8).fetch(A.0, A.1, Kind::Zip).unwrap_err();
    assert!(error.to_string().ends_with("sends more than the limit of 8 bytes"), "{error}");
}

#[test]
fn file_trees_with_faults() {
    let (world, tree) = (world(), TempTree::new());
    let url = world.write(tree.path());
    let zip = tree.path().join("example.com/a/@v/v1.2.3.zip");
    let bytes = fs::read(&zip).unwrap();
    fs::write(&zip, &bytes[..bytes.len() / 2]).unwrap();
    let run = Run::new(&url);
    let error = run.fetch(A.0, A.1, Kind::Zip).unwrap_err();
    assert!(matches!(error, FetchError::InvalidContent { what: InvalidContent::Zip(_), .. }), "{error}");
    let error = run.fetch("example.com/b", "v1.0.0", Kind::Zip).unwrap_err();
    assert!(error.is_not_found() && error.is_unknown_version());
    assert!(error.to_string().contains("example.com/b@v1.0.0: unknown version: file://"), "{error}");
    fs::create_dir_all(tree.path().join("example.com/c/@v/v1.0.0.mod")).unwrap();
    let error = run.fetch("example.com/c", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(matches!(error, FetchError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("cannot be read: "), "{error}");
}

/// Counts what is reported to an observer.
#[derive(Default)]
struct Tally {
    retries: AtomicUsize,
    finished: AtomicUsize,
    bytes: AtomicU64,
    discarded: AtomicU64,
}

impl Observer for Tally {
    fn bytes(&self, _: &Object, count: u64) {
        self.bytes.fetch_add(count, Ordering::SeqCst);
    }
    fn retry(&self, _: &Object, _: &FetchError, _: Duration, discarded: u64) {
        self.retries.fetch_add(1, Ordering::SeqCst);
        self.discarded.fetch_add(discarded, Ordering::SeqCst);
    }
    fn finished(&self, _: &Object, _: airgo_fetch::Outcome) {
        self.finished.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn one_answer_in_five_fails_and_nothing_is_lost() {
    let names: Vec<String> = (0..100).map(|i| format!("example.com/m{i}")).collect();
    let world = names.iter().fold(World::new(), |w, n| w.with(Module::new(n.as_str(), "v1.0.0")));
    for fault in [Fault::Status(500), Fault::Truncate(10), Fault::Reset] {
        let proxy = Proxy::serve(&world);
        proxy.fault_every(5, fault.clone());
        let tally = Arc::new(Tally::default());
        let run = Run::with(&proxy.url(), |c| c.observer = Some(tally.clone()));
        for name in &names {
            for kind in [Kind::Mod, Kind::Zip, Kind::Info] {
                run.fetcher.submit(object(name, "v1.0.0", kind));
            }
        }
        let mut size = 0;
        while let Some((_, result)) = run.fetcher.next() {
            let fetched = result.unwrap_or_else(|e| panic!("{fault:?}: {e}"));
            size += fetched.size;
        }
        assert_eq!(tally.finished.load(Ordering::SeqCst), 300);
        assert!(tally.retries.load(Ordering::SeqCst) >= 60, "{fault:?}");
        assert_eq!(tally.bytes.load(Ordering::SeqCst) - tally.discarded.load(Ordering::SeqCst), size);
        assert!(proxy.most_active() <= 64);
    }
}

#[test]
fn cancelling_is_quick_and_leaves_nothing() {
    let proxy = Proxy::serve(&world());
    proxy.fault(".zip", Fault::StallWithin(Duration::from_secs(60)));
    let run = Run::new(&proxy.url());
    for _ in 0..20 {
        run.fetcher.submit(object(A.0, A.1, Kind::Zip));
    }
    while proxy.count(".zip") < 20 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (canceller, start) = (run.fetcher.canceller(), Instant::now());
    std::thread::spawn(move || canceller.cancel());
    let mut count = 0;
    while let Some((_, result)) = run.fetcher.next() {
        assert!(matches!(result, Err(FetchError::Cancelled(_))));
        count += 1;
    }
    assert_eq!(count, 20);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(matches!(run.fetch(A.0, A.1, Kind::Mod), Err(FetchError::Cancelled(_))));
    // The next run finds nothing left over.
    let again = run.again(&proxy.url());
    drop(run);
    assert_eq!(spooled(&again), 0);
}

#[test]
fn what_is_dropped_leaves_no_file() {
    let proxy = Proxy::serve(&world());
    let run = Run::new(&proxy.url());
    let fetched = run.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(spooled(&run), 1);
    drop(fetched);
    assert_eq!(spooled(&run), 0);
}

#[test]
fn a_store_that_cannot_be_written_is_the_machines_fault() {
    let dir = TempTree::new();
    let file = dir.path().join("store");
    fs::write(&file, "").unwrap();
    let config = airgo_fetch::FetchConfig::new("https://proxy.example", &file);
    let error = airgo_fetch::Fetcher::new(config).err().unwrap();
    assert!(matches!(error, FetchError::Disk { .. }), "{error}");
}

/// How many half-fetched or unkept files the run has.
fn spooled(run: &Run) -> usize {
    let runs = fs::read_dir(run.store().join("tmp")).unwrap().flatten().filter(|e| e.path().is_dir());
    runs.map(|dir| fs::read_dir(dir.path()).unwrap().count()).sum()
}

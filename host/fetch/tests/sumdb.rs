//! Who is asked about the checksum database, held against the go command
//! (cmd/go modfetch/sumdb.go initBase).
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;
#[path = "support/tls.rs"]
mod tls_server;

use airgo_fetch::FetchConfig;
use airgo_gomod::note::SignerKey;
use airgo_testkit::{Fault, Go, Module, Proxy, TempTree, World, require_tool};
use std::process::Command;
use std::sync::atomic::Ordering;
use support::{CHILD, Run};
use tls_server::{Flaw, TlsProxy, pem};

const M: &str = "example.com/m@v1.0.0";

/// How a proxy answers for `sumdb/…/supported`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    Carrier,
    Gives(u16),
    Down,
    /// `file://` without and with the database, and with a directory in a file's place.
    Tree,
    CarrierTree,
    OddTree,
}

#[derive(Debug, PartialEq)]
enum Asked {
    TheDatabase,
    Proxy(usize),
    Nobody,
}

struct List {
    trees: Vec<TempTree>,
    proxies: Vec<(usize, Proxy)>,
    goproxy: String,
}

fn list(database: &str, entries: &[(Is, &str)], end: &str) -> List {
    let world = World::new().with(Module::new("example.com/m", "v1.0.0"));
    let supported = format!("sumdb/{database}/supported");
    let mut list = List { trees: Vec::new(), proxies: Vec::new(), goproxy: String::new() };
    for (place, (is, separator)) in entries.iter().enumerate() {
        let tree = TempTree::new();
        world.write(tree.path());
        match is {
            Is::Carrier | Is::CarrierTree => drop(tree.write(&supported, "")),
            Is::OddTree => drop(tree.dir(&supported)),
            _ => {}
        }
        if matches!(is, Is::Tree | Is::CarrierTree | Is::OddTree) {
            list.goproxy += &format!("file://{}{separator}", tree.path().display());
        } else {
            let proxy = Proxy::serve_dir(tree.path());
            match is {
                Is::Gives(status) => drop(proxy.fault("supported", Fault::Status(*status))),
                Is::Down => drop(proxy.fault("supported", Fault::Reset)),
                _ => {}
            }
            list.goproxy += &format!("{}{separator}", proxy.url());
            list.proxies.push((place, proxy));
        }
        list.trees.push(tree);
    }
    list.goproxy += end;
    list
}

impl List {
    /// What the servers saw.
    fn asked(&self, database: &TlsProxy, before: usize, carried: bool) -> Asked {
        let lookup = |(place, proxy): &(usize, Proxy)| {
            proxy.requests().iter().any(|r| r.path.contains("/lookup/")).then_some(*place)
        };
        if database.streams.load(Ordering::SeqCst) > before {
            Asked::TheDatabase
        } else if let Some(place) = self.proxies.iter().find_map(lookup) {
            Asked::Proxy(place)
        } else if carried {
            Asked::Proxy(self.trees.len() - 1)
        } else {
            Asked::Nobody
        }
    }
}

fn once(config: &mut FetchConfig) {
    config.retries.attempts = 1;
    config.retries.unreachable_attempts = 1;
}

#[test]
fn the_database_is_asked_as_go_asks_it() {
    const NAME: &str = "the_database_is_asked_as_go_asks_it";
    if !require_tool("go") {
        return;
    }
    if std::env::var_os(CHILD).is_none() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([NAME, "--exact", "--nocapture"]).env(CHILD, "1").env("SSL_CERT_FILE", pem("ca.pem"));
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        let out = command.output().unwrap();
        assert!(
            out.status.success(),
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        return;
    }
    let database = TlsProxy::serve(&World::new(), "sound.pem", Flaw::None);
    let name = format!("localhost:{}", database.port);
    let key = SignerKey::from_seed(&name, &[7; 32]).unwrap().verifier().to_string();

    use Is::{Carrier, CarrierTree, Down, Gives, OddTree, Tree};
    // Proxies with their separators, how the list ends, and GONOPROXY.
    type Case = (Vec<(Is, &'static str)>, &'static str, &'static str);
    let mut cases: Vec<Case> = Vec::new();
    // One proxy alone, and each way for the list to end.
    for is in [Carrier, Gives(404), Gives(410), Gives(400), Gives(401), Gives(403), Gives(500), Down] {
        for (separator, end) in
            [("", ""), (",", "off"), ("|", "off"), (",", "direct"), ("|", "direct"), ("|", "")]
        {
            cases.push((vec![(is, separator)], end, ""));
        }
        for next in [Carrier, Gives(404), Gives(502)] {
            cases.push((vec![(is, ","), (next, "")], "", ""));
            cases.push((vec![(is, "|"), (next, "")], "", ""));
            cases.push((vec![(is, "|"), (next, "|")], "direct", ""));
        }
    }
    for is in [Tree, OddTree] {
        cases.push((vec![(is, "")], "", ""));
        cases.push((vec![(is, ",")], "off", ""));
        cases.push((vec![(is, "|")], "direct", ""));
    }
    // GONOPROXY is about modules, not about the database.
    cases.push((vec![(Gives(404), "")], "", "example.org"));
    cases.push((vec![(Carrier, "")], "", "example.org"));
    cases.push((vec![(Tree, ","), (Gives(404), ","), (Carrier, "")], "", ""));
    for (entries, end, gonoproxy) in cases {
        let what = format!("{entries:?} {end} {gonoproxy}");
        let theirs = list(&name, &entries, end);
        let go = Go::with_proxy(&theirs.goproxy)
            .env("GOSUMDB", &key)
            .env("GONOSUMDB", "")
            .env("GONOPROXY", gonoproxy);
        let before = database.streams.load(Ordering::SeqCst);
        let out = go.output(TempTree::new().path(), &["mod", "download", M]);
        assert!(!out.status.success(), "nobody has the record; {what}: {out:?}");
        let go_asked = theirs.asked(&database, before, false);

        let ours = list(&name, &entries, end);
        let run = Run::with(&ours.goproxy, |config| {
            once(config);
            config.gonoproxy = gonoproxy.into();
        });
        let before = database.streams.load(Ordering::SeqCst);
        if let Ok(source) = run.fetcher.sumdb(&name, None) {
            let read = source.read(&[format!("/lookup/{M}")]);
            assert!(read[0].as_ref().unwrap_err().is_not_found(), "{what}: {read:?}");
        }
        assert_eq!(ours.asked(&database, before, false), go_asked, "{what}: {out:?}");
    }
    // A tree keeps no record of who read it: go says in which file it looked.
    let carrier = list(&name, &[(CarrierTree, ",")], "direct");
    let go = Go::with_proxy(&carrier.goproxy).env("GOSUMDB", &key).env("GONOSUMDB", "");
    let out = go.output(TempTree::new().path(), &["mod", "download", M]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("/lookup/"), "{out:?}");
    let run = Run::with(&carrier.goproxy, once);
    let shown = run.fetcher.sumdb(&name, None).unwrap().shown().to_owned();
    assert!(shown.starts_with("file://") && shown.ends_with(&format!("/sumdb/{name}")), "{shown}");
    // `off` keeps modules from being fetched, not the database from being asked.
    let shown = Run::with("off", once).fetcher.sumdb(&name, None).unwrap().shown().to_owned();
    assert_eq!(shown, format!("https://{name}"));
}

#[test]
fn an_address_in_gosumdb_passes_proxies_by() {
    let world = World::new();
    let (proxy, other) = (Proxy::serve(&world), Proxy::serve(&world));
    let run = Run::with(&proxy.url(), once);
    let source = run.fetcher.sumdb("sum.example", Some(&format!("{}/db", other.url()).into())).unwrap();
    assert!(source.read(&["/latest".to_owned()])[0].as_ref().unwrap_err().is_not_found());
    assert_eq!(other.requests()[0].path, "/db/latest");
    assert!(proxy.requests().is_empty());
}

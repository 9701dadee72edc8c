//! The list of proxies, held against the go command (rule 25: cmd/go
//! modfetch/proxy.go TryProxies).
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{DirectReason, FetchConfig, FetchError, Fetcher, Kind};
use airgo_testkit::{Fault, Go, Module, Proxy, TempTree, World, require_tool};
use support::Run;

const M: (&str, &str) = ("example.com/a", "v1.2.3");

/// How a server of the list behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    Sound,
    Gives(u16),
    Html,
    Down,
}

/// Servers with the separator that follows each, and an end such as `off`.
struct List {
    servers: Vec<Proxy>,
    goproxy: String,
}

fn list(servers: &[(Is, char)], end: &str) -> List {
    let world = World::new().with(Module::new(M.0, M.1).go("1.21"));
    let mut list = List { servers: Vec::new(), goproxy: String::new() };
    for (is, separator) in servers {
        let proxy = Proxy::serve(&world);
        match is {
            Is::Sound => {}
            Is::Gives(status) => drop(proxy.fault("", Fault::Status(*status))),
            Is::Html => drop(proxy.fault("", Fault::Html)),
            Is::Down => drop(proxy.fault("", Fault::Reset)),
        }
        list.goproxy += &format!("{}{separator}", proxy.url());
        list.servers.push(proxy);
    }
    if let Some(before) = end.strip_suffix("URL") {
        let proxy = Proxy::serve(&world);
        list.goproxy += &format!("{before}{}", proxy.url());
        list.servers.push(proxy);
    } else {
        list.goproxy += end;
    }
    list
}

impl List {
    /// Which servers were asked for the `.info`.
    fn asked(&self) -> Vec<bool> {
        self.servers.iter().map(|s| s.count(".info") > 0).collect()
    }
}

fn once(config: &mut FetchConfig) {
    config.retries.attempts = 1;
    config.retries.unreachable_attempts = 1;
}

#[test]
fn rule_25_falls_through_as_go_does() {
    if !require_tool("go") {
        return;
    }
    let kinds =
        [Is::Sound, Is::Gives(404), Is::Gives(410), Is::Gives(403), Is::Gives(500), Is::Html, Is::Down];
    let mut cases = Vec::new();
    for a in kinds {
        for (separator, b, end) in [
            (',', Is::Sound, ""),
            ('|', Is::Sound, ""),
            ('|', Is::Gives(404), "off"),
            (',', Is::Gives(500), "off"),
            ('|', Is::Gives(500), ""),
        ] {
            cases.push((vec![(a, separator), (b, ',')], end));
        }
    }
    // What stands behind the end of the list is never asked.
    for end in ["off,URL", "off|URL", " off ,URL"] {
        cases.push((vec![(Is::Gives(404), ',')], end));
    }
    cases.push((vec![(Is::Gives(404), ','), (Is::Gives(410), '|'), (Is::Sound, ',')], ""));
    cases.push((vec![(Is::Gives(404), ','), (Is::Gives(500), ','), (Is::Sound, ',')], ""));
    cases.push((vec![(Is::Gives(500), '|'), (Is::Gives(404), ','), (Is::Sound, ',')], ""));
    cases.push((vec![(Is::Sound, ' ')], " , off"));
    cases.push((vec![], "off"));
    cases.push((vec![], ",, off|"));
    for (servers, end) in cases {
        let what = format!("{servers:?} {end}");
        let ours = list(&servers, end);
        let result = Run::with(&ours.goproxy, once).fetch(M.0, M.1, Kind::Info);

        let theirs = list(&servers, end);
        let go = Go::with_proxy(&theirs.goproxy);
        let dir = TempTree::new();
        let out = go.output(dir.path(), &["mod", "download", "-json", &format!("{}@{}", M.0, M.1)]);
        // Go takes a page for a go.mod, and fails later.
        if !servers.iter().any(|(is, _)| *is == Is::Html) {
            assert_eq!(result.is_ok(), out.status.success(), "{what}: {result:?} {out:?}");
        }
        assert_eq!(ours.asked(), theirs.asked(), "{what}");
    }
}

/// Nor is a repository looked for: GOVCS cannot be read.
fn nowhere(config: &mut FetchConfig) {
    once(config);
    config.direct.govcs = "none".into();
}

#[test]
fn rule_25_the_most_helpful_error_is_reported() {
    // The ranks of TryProxies: direct, then what is not "not found", then "not found", later before earlier.
    type Check = fn(&FetchError) -> bool;
    type Case = (&'static [(Is, char)], &'static str, Check);
    let cases: [Case; 8] = [
        (&[(Is::Gives(404), ','), (Is::Gives(410), ',')], "", |e| e.status() == Some(410)),
        (&[(Is::Gives(403), '|'), (Is::Gives(404), ',')], "", |e| e.status() == Some(403)),
        (&[(Is::Gives(403), '|'), (Is::Gives(500), ',')], "", |e| e.status() == Some(500)),
        (&[(Is::Gives(404), ','), (Is::Gives(403), ',')], "", |e| e.status() == Some(403)),
        (&[(Is::Gives(404), ',')], "off", |e| {
            matches!(e, FetchError::Off { after: Some(_), .. }) && e.is_unknown_version()
        }),
        (&[(Is::Gives(500), '|')], "off", |e| e.status() == Some(500)),
        (&[(Is::Gives(404), ',')], "direct", |e| {
            matches!(e, FetchError::Direct { reason: DirectReason::Listed, .. }) && e.is_unknown_version()
        }),
        (&[(Is::Gives(500), '|')], "direct,https://never.invalid", |e| {
            matches!(e, FetchError::Direct { after: Some(_), .. }) && e.status() == Some(500)
        }),
    ];
    for (servers, end, check) in cases {
        let list = list(servers, end);
        let error = Run::with(&list.goproxy, nowhere).fetch(M.0, M.1, Kind::Mod).unwrap_err();
        assert!(check(&error), "{servers:?} {end}: {error:?}");
        assert!(error.to_string().contains("example.com/a@v1.2.3"), "{error}");
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_fall_through_to_direct_names_what_the_proxy_said() {
    let list = list(&[(Is::Gives(404), ',')], "direct");
    let error = Run::with(&list.goproxy, nowhere).fetch(M.0, M.1, Kind::Mod).unwrap_err();
    let host = list.servers[0].url().replace("http://", "");
    assert_eq!(
        error.to_string(),
        format!(
            "example.com/a@v1.2.3: bad GOVCS: missing colon in \"none\" (before that: unknown version: {host} \
             answered 404 Not Found: scripted answer 404)"
        )
    );
}

#[test]
fn rule_25_private_modules_are_asked_of_no_proxy() {
    for (gonoproxy, goprivate, goproxy_end, private) in [
        ("example.com/a", "", "", true),
        ("*.com", "", "", true),
        ("example.com/*", "", "", true),
        ("", "example.com", "", true),
        ("none", "example.com", "", false),
        ("example.com/b", "example.com/a", "", false),
        ("*", "", ",off", true),
        ("*", "", ",direct", true),
        ("", "", "", false),
    ] {
        let list = list(&[(Is::Sound, ',')], goproxy_end);
        let run = Run::with(&list.goproxy, |c| {
            c.gonoproxy = gonoproxy.into();
            c.goprivate = goprivate.into();
            nowhere(c);
        });
        let result = run.fetch(M.0, M.1, Kind::Mod);
        let what = format!("{gonoproxy:?} {goprivate:?} {goproxy_end:?}");
        if private {
            let error = result.unwrap_err();
            assert!(
                matches!(error, FetchError::Direct { reason: DirectReason::Private, .. }),
                "{what}: {error}"
            );
            assert_eq!(list.servers[0].requests().len(), 0, "{what}");
        } else {
            assert!(result.is_ok(), "{what}");
        }
    }
}

#[test]
fn rule_25_lists_that_go_refuses_too() {
    let dir = TempTree::new();
    let go_there = require_tool("go");
    for goproxy in
        ["", ",", " ", "word", "ftp://x/", "file://host/x", "https://ok.example,/abs/path", "file:///x?y"]
    {
        let error = Fetcher::new(FetchConfig::new(goproxy, dir.path().join("s"))).err();
        let error = error.unwrap_or_else(|| panic!("{goproxy:?} is accepted"));
        assert!(error.to_string().starts_with("bad GOPROXY: "), "{error}");
        assert!(error.hint().is_some());
        // An empty GOPROXY never reaches the list: go takes its default.
        if go_there && !goproxy.is_empty() {
            let out =
                Go::with_proxy(goproxy).output(dir.path(), &["mod", "download", "example.com/a@v1.2.3"]);
            assert!(!out.status.success(), "{goproxy:?}: {out:?}");
        }
    }
}

#[test]
fn rule_25_file_trees_fall_through_as_go_does() {
    if !require_tool("go") {
        return;
    }
    let world = World::new().with(Module::new(M.0, M.1).go("1.21"));
    let (empty, full, locked) = (TempTree::new(), TempTree::new(), TempTree::new());
    world.write(full.path());
    world.write(locked.path());
    // A directory in a file's place: an error that is not "not found".
    let info = locked.path().join("example.com/a/@v/v1.2.3.info");
    std::fs::remove_file(&info).unwrap();
    std::fs::create_dir(&info).unwrap();
    let url = |tree: &TempTree| format!("file://{}", tree.path().display());
    for (goproxy, found) in [
        (url(&full), true),
        (format!("{},{}", url(&empty), url(&full)), true),
        (format!("{},off", url(&empty)), false),
        (format!("{}/,{}", url(&empty), url(&full)), true),
        (format!("{},{}", url(&locked), url(&full)), false),
        (format!("{}|{}", url(&locked), url(&full)), true),
    ] {
        let result = Run::with(&goproxy, once).fetch(M.0, M.1, Kind::Info);
        assert_eq!(result.is_ok(), found, "{goproxy}: {result:?}");
        let dir = TempTree::new();
        let out = Go::with_proxy(&goproxy)
            .output(dir.path(), &["list", "-m", "-json", &format!("{}@{}", M.0, M.1)]);
        assert_eq!(out.status.success(), found, "{goproxy}: {out:?}");
    }
}

#[test]
fn rule_25_globs_match_as_goprivate_does() {
    if !require_tool("go") {
        return;
    }
    // Where go turns to the repository, which does not exist, no proxy sees the module.
    for globs in
        ["example.com", "example.com/", "*.com/a", "*/*", "example.com/[ab]", "example.com/b,example.com/a"]
            .iter()
            .chain(&["example", "com", "*.org", "example.com/a/b", "example.com/[", " example.com", "?"])
    {
        let ours = list(&[(Is::Sound, ',')], "");
        let result = Run::with(&ours.goproxy, |c| c.goprivate = (*globs).into()).fetch(M.0, M.1, Kind::Info);
        let theirs = list(&[(Is::Sound, ',')], "");
        let go =
            Go::with_proxy(&theirs.goproxy).env("GOPRIVATE", globs).env("HTTPS_PROXY", "http://127.0.0.1:1");
        let dir = TempTree::new();
        let out = go.output(dir.path(), &["list", "-m", "-json", &format!("{}@{}", M.0, M.1)]);
        assert_eq!(ours.asked(), theirs.asked(), "{globs:?}: {result:?} {out:?}");
    }
}

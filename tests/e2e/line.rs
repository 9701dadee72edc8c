//! The whole line on a small project: pack, verify, inspect, unpack, build.

use crate::airgo::Airgo;
use crate::site::{FIXED, Site, snapshot, text};
use airgo_testkit::{Go, TreeDiff, require_tool};
use std::fs;

#[test]
fn a_packed_project_builds_without_a_network() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let site = Site::new();
    site.pack().done();
    let gapped = Airgo::air_gapped();
    let (bundle, cache, key) = (site.bundle(), site.modcache(), site.public_key());
    gapped.run(&["verify", text(&bundle), "--trust", text(&key)]).done();
    gapped.run(&["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&key)]).done();

    let expected = Go::with_proxy(&site.proxy.url());
    expected.mod_download(&site.project(), &["all"]);
    TreeDiff::gomodcaches(expected.gomodcache(), &cache).assert_same();

    let go = Go::air_gapped(&cache);
    for args in [&["build", "./..."][..], &["mod", "verify"], &["list", "-deps", "-test", "./..."]] {
        go.run(&site.project(), args);
    }
    assert_eq!(go.list_m_all(&site.project()), expected.list_m_all(&site.project()));
}

#[test]
fn the_bundle_is_a_proxy_for_go_itself() {
    if !require_tool("go") || !require_tool("unzip") {
        return;
    }
    let site = Site::new();
    site.pack().done();
    let tree = site.temp.dir("unzipped");
    let status = std::process::Command::new("unzip")
        .arg("-q")
        .arg(site.bundle())
        .arg("-d")
        .arg(&tree)
        .status()
        .unwrap();
    assert!(status.success());
    let go = Go::with_proxy(&format!("file://{}/proxy", tree.display())).env("GOFLAGS", "-mod=readonly");
    go.run(&site.project(), &["build", "./..."]);
    go.run(&site.project(), &["mod", "verify"]);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (one, two) = (Site::new(), Site::new());
    fs::copy(one.key(), two.key()).unwrap();
    // Without the statement of time and place, and judged for one time.
    one.pack_with(&FIXED).done();
    two.pack_with(&[&FIXED[..], &["--jobs", "1"]].concat()).done();
    assert!(fs::read(one.bundle()).unwrap() == fs::read(two.bundle()).unwrap(), "two packs differ");
    // Over an older bundle and with everything in the store, too.
    one.pack_with(&FIXED).done();
    assert!(fs::read(one.bundle()).unwrap() == fs::read(two.bundle()).unwrap(), "a second pack differs");
    // With all statements, everything before them is the same.
    one.pack().done();
    two.pack().done();
    let [one, two] = [one, two].map(|site| {
        let bytes = fs::read(site.bundle()).unwrap();
        let at = bytes.windows(11).position(|w| w == b"statements/").unwrap();
        // The local header before the name states a size and a checksum.
        bytes[..at - 30].to_vec()
    });
    assert!(one.len() > 1000 && one == two, "what is before the statements differs");
}

#[test]
fn a_second_unpack_changes_nothing_and_needs_no_write() {
    let site = Site::new();
    site.pack().done();
    site.unpack(&site.bundle(), &[]).done();
    let before = snapshot(&site.modcache());
    site.unpack(&site.bundle(), &[]).done();
    assert!(snapshot(&site.modcache()) == before, "a second unpack changed the cache");
}

#[test]
fn a_personal_key_is_made_once_and_trusted_by_its_user() {
    let site = Site::new();
    let (project, bundle, cache) = (site.project(), site.bundle(), site.modcache());
    let pack = ["pack", text(&project), "-o", text(&bundle)];
    let unpack = ["unpack", text(&bundle), "--gomodcache", text(&cache)];
    site.airgo.run(&pack).done().says(&["key"]);
    site.airgo.run(&unpack).done();
    // Somebody else has to be told whom to trust, and is told how.
    let stranger = Airgo::new("off");
    let other = site.temp.join("other");
    let run = stranger.run(&["unpack", text(&bundle), "--gomodcache", text(&other)]).ends(10);
    run.says(&["--trust", "hint:"]);
    assert!(snapshot(&other).is_empty(), "an untrusted bundle left files");
}

#[test]
fn inspect_shows_the_modules_as_a_table_and_as_json() {
    let site = Site::new();
    site.pack().done();
    let (bundle, key) = (site.bundle(), site.public_key());
    let run = site.airgo.run(&["inspect", text(&bundle), "--trust", text(&key)]).done();
    assert!(run.stdout.contains("example.com/a") && run.stdout.contains("v1.0.0"), "{}", run.stdout);
    let run = site.airgo.run(&["inspect", "--json", text(&bundle), "--trust", text(&key)]).done();
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(json.get("schema").is_some(), "{json}");
    assert!(run.stdout.contains("example.com/b/v2"), "{json}");
}

#[test]
fn a_failure_is_inside_the_json_too() {
    let site = Site::new();
    let missing = site.temp.join("missing.airgo");
    let run = site.airgo.run(&["verify", "--json", text(&missing)]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(json.get("schema").is_some(), "{json}");
    assert!(json.to_string().contains("missing.airgo"), "{json}");
}

#[test]
fn a_wrong_command_line_is_usage() {
    let airgo = Airgo::new("off");
    for args in [&["pack", "-o"][..], &["frobnicate"], &["unpack"], &["resolve", "--format", "xml"]] {
        assert_eq!(airgo.run(args).code, 2, "{args:?}");
    }
    let help = airgo.run(&["--help"]).done();
    for code in ["10 ", "11 ", "12 ", "13 ", "130 "] {
        assert!(help.stdout.contains(code), "no exit code {code} in help");
    }
}

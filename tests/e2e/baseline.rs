//! `--baseline OLD`: what was approved before is compared with, and not told
//! again; what it has wrong is no better for that.

use crate::airgo::{Run, run};
use crate::secrets::payloads;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::Module;
use serde_json::Value;
use std::path::PathBuf;

const WARNS: &str = r#"
[[plugin]]
name = "drift"
builtin = "drift"
[[plugin]]
name = "licence"
builtin = "licence"
config.unknown = "warn"
"#;

/// The known project with one module more, whose licence nobody knows either,
/// and the bundle of the known one.
fn later(policy: &str) -> (Site, PathBuf, PathBuf) {
    let old = Site::new();
    old.pack().done();
    let mut world = small_world();
    let new = Module::new("example.com/new", "v1.0.0").go("1.21").file("n.go", "package n\n");
    world.add(new.file("LICENSE", "Ask my cat.\n"));
    let site = Site::of(world, &main_module().require("example.com/new", "v1.0.0"));
    std::fs::copy(old.key(), site.key()).unwrap();
    std::fs::copy(old.public_key(), site.public_key()).unwrap();
    let before = site.temp.join("before.airgo");
    std::fs::copy(old.bundle(), &before).unwrap();
    let policy = site.temp.write("policy.toml", policy);
    (site, before, policy)
}

fn document(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e} in {}", run.stdout))
}

/// Who warns of what, in a report.
fn findings(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|f| f["verdict"] == "warn")
        .map(|f| {
            let words = ["plugin", "rule", "module"].map(|name| f[name].as_str().unwrap_or("the bundle"));
            words.join(" ")
        })
        .collect()
}

#[test]
fn pack_and_unpack_warn_of_what_is_new_and_state_all() {
    let (site, before, policy) = later(WARNS);
    let all =
        ["licence unknown example.com/b/v2", "drift new example.com/new", "licence unknown example.com/new"];
    let judge = ["--policy", text(&policy), "--baseline", text(&before)];
    let key = site.public_key();
    let packed = site.pack_with(&[&judge[..], &["--trust", text(&key), "--json"]].concat()).done();
    let bundle = site.bundle();
    let unpacked = site.unpack(&bundle, &[&judge[..], &["--json"]].concat()).done();
    for run in [&packed, &unpacked] {
        let policy = &document(run)["policy"];
        let found = findings(policy);
        assert!(all.iter().all(|finding| found.contains(&(*finding).to_owned())), "{found:?}");
        assert_eq!(policy["counts"]["warn"], found.len(), "all are counted");
    }
    let stated = payloads(&std::fs::read(&bundle).unwrap());
    let stated = stated.iter().map(|p| serde_json::from_str::<Value>(p).unwrap());
    let verdict = stated.into_iter().find(|s| s["predicateType"].as_str().unwrap().ends_with("/verdict/v1"));
    assert_eq!(findings(&verdict.unwrap()["predicate"]), findings(&document(&packed)["policy"]));

    let packed = site.pack_with(&[&judge[..], &["--trust", text(&key)]].concat()).done();
    let unpacked = site.unpack(&bundle, &judge).done();
    for run in [packed, unpacked] {
        let run =
            run.says(&["example.com/new@v1.0.0: ", "[drift/new]", "[licence/unknown]", "before.airgo: "]);
        assert!(!run.stderr.contains("example.com/b/v2"), "{}", run.stderr);
    }
    // Without it, all is told and drift has nothing to compare with.
    let policy = ["--policy", text(&policy)];
    for run in [site.pack_with(&policy).done(), site.unpack(&bundle, &policy).done()] {
        run.says(&["example.com/b/v2@v2.1.0: ", "[drift/no-baseline]"]);
    }
}

/// It is no exception: nobody has given a reason.
#[test]
fn a_baseline_lifts_no_refusal() {
    let (site, before, policy) = later(&WARNS.replace("unknown = \"warn\"", "unknown = \"deny\""));
    let key = site.public_key();
    let judge = ["--policy", text(&policy), "--baseline", text(&before)];
    let run = site.pack_with(&[&judge[..], &["--trust", text(&key)]].concat()).ends(12);
    run.says(&["policy refused 2 findings", "example.com/b/v2@v2.1.0: ", "example.com/new@v1.0.0: "]);
    site.assert_nothing_written();
    // The old bundle itself, in which nothing is new.
    let run = site.unpack(&before, &judge).ends(12).says(&["example.com/b/v2@v2.1.0: "]);
    assert!(!run.stderr.contains("example.com/new"), "{}", run.stderr);
    assert!(!site.modcache().join("example.com").exists());
}

#[test]
fn a_baseline_that_nobody_trusted_signed_is_none() {
    let (site, before, policy) = later(WARNS);
    site.airgo.run(&["keygen", "-o", text(&site.temp.join("other"))]).done();
    let other = site.temp.join("other.pub");
    let judge = ["--policy", text(&policy), "--baseline", text(&before), "--trust", text(&other)];
    let asked = site.proxy.requests().len();
    site.pack_with(&judge).ends(10).says(&["before.airgo"]);
    site.assert_nothing_written();
    assert_eq!(site.proxy.requests().len(), asked, "nothing was downloaded for it");
    let nowhere = site.temp.join("nowhere.airgo");
    let bundle = site.bundle();
    site.pack().done();
    site.unpack(&bundle, &["--policy", text(&policy), "--baseline", text(&nowhere)]).ends(1);
}

/// What drift compares is remembered as what licence and native found: the
/// second time no source is looked into, and nothing else changes.
#[test]
fn a_comparison_remembers_the_sources_and_says_the_same() {
    let (site, before, policy) =
        later(&WARNS.replace("[[plugin]]\nname = \"licence\"", "[[plugin]]\nname = \"other\""));
    site.pack().done();
    let (bundle, key) = (site.bundle(), site.public_key());
    let check = |cache: Option<&str>| {
        let mut cmd = site.airgo.command();
        cmd.args(["policy", "check", text(&bundle), "--baseline", text(&before), "--json", "-v"]);
        cmd.args(["--policy", text(&policy), "--trust", text(&key), "--at", "2026-06-01T00:00:00Z"]);
        if let Some(cache) = cache {
            cmd.env("XDG_CACHE_HOME", cache);
        }
        run(cmd).done()
    };
    // A file in its place: nothing can be kept.
    let blocked = site.temp.write("blocked", "");
    let without = check(Some(text(&blocked)));
    let cache = site.temp.join("cache");
    let cold = check(Some(text(&cache)));
    let warm = check(Some(text(&cache)));
    assert_eq!((&cold.stdout, &warm.stdout), (&without.stdout, &without.stdout));
    assert!(findings(&document(&warm)).contains(&"drift new example.com/new".to_owned()), "{}", warm.stdout);

    // Three modules now, two of them approved before.
    let drift = |run: &Run| -> Vec<String> {
        let lines = run.stderr.lines().filter(|line| line.contains(" for drift: facts of "));
        lines.map(|line| line.rsplit_once(", in ").unwrap().0.trim().to_owned()).collect()
    };
    let line = |plugin: &str, gathered: &str, remembered: usize| {
        format!("{plugin} for drift: facts of {gathered} gathered, of {remembered} remembered")
    };
    let (none, three, two) = ("0 modules", "3 modules", "2 modules");
    let expected = |new: (&str, usize), old: (&str, usize)| -> Vec<String> {
        let of = |(gathered, remembered)| ["licence", "native"].map(|p| line(p, gathered, remembered));
        [of(new), of(old)].concat()
    };
    assert_eq!(drift(&without), expected((three, 0), (two, 0)));
    assert_eq!(drift(&cold), expected((three, 0), (none, 2)));
    assert_eq!(drift(&warm), expected((none, 3), (none, 2)));
    // Nor does a plugin of the policy that gathers as drift's do.
    assert!(warm.stderr.contains("other: facts of 0 modules gathered, of 3 remembered"), "{}", warm.stderr);
}

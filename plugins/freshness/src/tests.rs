//! The plugin over bundles made of literals, on the author's machine.

use airgo_plugin::testing::FakeBundle;
use airgo_plugin::{CheckError, Finding, Policy};

use crate::Freshness;

/// `verdict rule module: message`, one line a finding.
fn lines(config: &str, bundle: &FakeBundle) -> Vec<String> {
    let config = serde_json::from_str(config).expect("a good config");
    let line = |f: Finding| {
        let module = f.module.map_or("-", |index| &bundle.modules[index as usize].path);
        let verdict = format!("{:?}", f.verdict).replace("Verdict::", "");
        format!("{verdict} {} {module}: {}", f.rule, f.message)
    };
    Freshness::check(config, bundle).expect("a verdict").into_iter().map(line).collect()
}

/// One module, made at a time; the bundle is judged at the first second of 2026.
fn one(time: Option<&str>) -> FakeBundle {
    at_version("v1.0.0", time)
}

fn at_version(version: &str, time: Option<&str>) -> FakeBundle {
    let mut bundle = FakeBundle::new().module("example.com/a", version, &[]);
    bundle.modules[0].time = time.map(str::to_owned);
    bundle.modules[0].zip_size = 1;
    bundle
}

#[test]
fn a_young_version_waits() {
    let young = one(Some("2025-12-30T00:00:00Z"));
    assert_eq!(lines("{}", &young), ["Warn young example.com/a: is 2 days old, where 7 days is the least"]);
    assert_eq!(lines(r#"{"min-age":"2d"}"#, &young), [""; 0]);
    assert_eq!(lines(r#"{"min-age":"49h","young":"deny"}"#, &young).len(), 1);
    assert_eq!(lines(r#"{"exempt":["=example.com/a@v1.0.0"]}"#, &young), [""; 0]);
    assert_eq!(lines(r#"{"exempt":["=example.com/a@v1.0.1"]}"#, &young).len(), 1);
}

#[test]
fn what_has_no_time_counts_as_young() {
    for time in [None, Some("yesterday")] {
        assert_eq!(
            lines(r#"{"young":"deny"}"#, &one(time)),
            ["Deny no-time example.com/a: has no time, so that nobody knows whether it is 7 days old"]
        );
    }
    assert_eq!(lines(r#"{"min-age":"0d"}"#, &one(None)), [""; 0]);
    let future = one(Some("2027-01-01T00:00:00Z"));
    assert_eq!(
        lines("{}", &future),
        ["Warn young example.com/a: was made after the time that is judged for"]
    );
}

#[test]
fn an_old_version_is_told_on_demand() {
    let old = one(Some("2020-01-01T00:00:00Z"));
    assert_eq!(lines("{}", &old), [""; 0]);
    assert_eq!(
        lines(r#"{"max-age":"3y"}"#, &old),
        ["Warn old example.com/a: is 2192 days old, where 1095 days is the most"]
    );
}

#[test]
fn what_its_authors_say() {
    let bundle = one(Some("2020-01-01T00:00:00Z"))
        .attribute("retracted", "leaks keys")
        .attribute("deprecated", "true");
    assert_eq!(
        lines("{}", &bundle),
        [
            "Warn retracted example.com/a: is retracted by its authors: leaks keys",
            "Warn deprecated example.com/a: is deprecated by its authors"
        ]
    );
}

#[test]
fn commits_are_told_on_demand() {
    for (version, wanted) in [
        ("v0.0.0-20200101000000-abcdefabcdef", 1),
        ("v1.2.4-0.20200101000000-abcdefabcdef", 1),
        ("v1.2.4-pre.0.20200101000000-abcdefabcdef+incompatible", 1),
        ("v1.2.4-rc.1", 0),
        ("v1.2.4", 0),
    ] {
        let bundle = at_version(version, Some("2020-01-01T00:00:00Z"));
        assert_eq!(lines(r#"{"pseudo-version":"warn"}"#, &bundle).len(), wanted, "{version}");
        assert_eq!(lines("{}", &bundle), [""; 0]);
    }
}

#[test]
fn replacements() {
    let old = || one(Some("2020-01-01T00:00:00Z"));
    assert_eq!(
        lines("{}", &old().replaced_by("fork.example/a", "v1.0.1")),
        ["Warn fork example.com/a: is replaced by fork.example/a@v1.0.1"]
    );
    // The same module at another version is no fork.
    assert_eq!(lines("{}", &old().replaced_by("example.com/a", "v1.0.1")), [""; 0]);
    // A directory has no time, and needs none.
    assert_eq!(
        lines("{}", &one(None).replaced_by("../a", "")),
        ["Warn directory example.com/a: is replaced by the directory ../a"]
    );
}

#[test]
fn config_errors_point_at_their_place() {
    let error = |config: &str| {
        let config = serde_json::from_str(config).expect("a config of the right shape");
        match Freshness::check(config, &one(None)) {
            Err(CheckError::Config(err)) => format!("{}: {}", err.pointer, err.message),
            other => panic!("no config error: {other:?}"),
        }
    };
    assert!(error(r#"{"min-age":"soon"}"#).starts_with("/min-age: \"soon\" is no span"));
    assert!(error(r#"{"max-age":"1"}"#).starts_with("/max-age: "));
    assert!(error(r#"{"exempt":["a.example","b.example@1"]}"#).starts_with("/exempt/1: "));
    assert!(serde_json::from_str::<crate::config::Config>(r#"{"minage":"1d"}"#).is_err());
}

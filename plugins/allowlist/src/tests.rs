//! The plugin over bundles made of literals, on the author's machine.

use airgo_plugin::testing::FakeBundle;
use airgo_plugin::{CheckError, Finding, Policy};

use crate::Allowlist;

fn check(config: &str, bundle: &FakeBundle) -> Vec<Finding> {
    let config = serde_json::from_str(config).expect("a good config");
    Allowlist::check(config, bundle).expect("a verdict")
}

/// `verdict rule module: message`, one line a finding.
fn lines(config: &str, bundle: &FakeBundle) -> Vec<String> {
    let line = |f: Finding| {
        let module = f.module.map_or("-", |index| &bundle.modules[index as usize].path);
        // wit-bindgen prints `Verdict::Deny`.
        let verdict = format!("{:?}", f.verdict).replace("Verdict::", "");
        format!("{verdict} {} {module}: {}", f.rule, f.message)
    };
    check(config, bundle).into_iter().map(line).collect()
}

fn bundle() -> FakeBundle {
    FakeBundle::new().module("example.com/a", "v1.0.0", &[]).module("example.com/b", "v1.2.0", &[]).module(
        "golang.org/x/mod",
        "v0.20.0",
        &[],
    )
}

#[test]
fn without_config_there_is_nothing_to_say() {
    assert_eq!(lines("{}", &bundle()), [""; 0]);
}

#[test]
fn default_deny_refuses_what_is_not_listed() {
    let config = r#"{"default":"deny","allow":["golang.org/x/*","=example.com/a@v1.0.0"]}"#;
    assert_eq!(lines(config, &bundle()), ["Deny not-listed example.com/b: is not on the allow list"]);
}

#[test]
fn default_warn_warns() {
    let config = r#"{"default":"warn","allow":["example.com"]}"#;
    assert_eq!(lines(config, &bundle()), ["Warn not-listed golang.org/x/mod: is not on the allow list"]);
}

#[test]
fn another_version_is_a_rule_of_its_own() {
    let config = r#"{"default":"deny","allow":["example.com@v1.0.0","golang.org/x/mod@>=v0.21"]}"#;
    assert_eq!(
        lines(config, &bundle()),
        [
            "Deny version-not-listed example.com/b: \
             is not at an allowed version, which are \"example.com@v1.0.0\"",
            "Deny version-not-listed golang.org/x/mod: \
             is not at an allowed version, which are \"golang.org/x/mod@>=v0.21\"",
        ]
    );
}

#[test]
fn deny_beats_allow_and_gives_its_reason() {
    let config = r#"{"allow":["example.com"],
        "deny":[{"path":"example.com/b","versions":"<v1.3","reason":"CVE-2026-1"},"example.com/b"]}"#;
    assert_eq!(
        lines(config, &bundle()),
        ["Deny denied example.com/b: is denied by the entry \"=example.com/b@<v1.3\": CVE-2026-1"]
    );
}

#[test]
fn a_replacement_is_judged_as_the_code_that_it_is() {
    let bundle = FakeBundle::new()
        .module("example.com/a", "v1.0.0", &[])
        .replaced_by("fork.example/a", "v1.0.1")
        .module("example.com/b", "v1.0.0", &[])
        .replaced_by("./local", "");
    let config = r#"{"default":"deny","allow":["example.com"]}"#;
    assert_eq!(
        lines(config, &bundle),
        ["Deny not-listed example.com/a: \
          its replacement fork.example/a@v1.0.1 is not on the allow list"]
    );
    let config = r#"{"deny":["fork.example"]}"#;
    assert_eq!(
        lines(config, &bundle),
        ["Deny denied example.com/a: \
          its replacement fork.example/a@v1.0.1 is denied by the entry \"fork.example\""]
    );
    // The name under which it is required counts for deny as well.
    let config = r#"{"deny":["example.com/a"]}"#;
    assert_eq!(lines(config, &bundle).len(), 1);
}

#[test]
fn a_version_that_does_not_read_is_no_way_around_a_denied_range() {
    let bundle = FakeBundle::new().module("example.com/a", "odd", &[]);
    assert_eq!(check(r#"{"deny":["example.com/a@<v2"]}"#, &bundle).len(), 1);
    assert_eq!(check(r#"{"default":"deny","allow":["example.com/a@<v2"]}"#, &bundle).len(), 1);
}

#[test]
fn unused_entries_are_reported_on_demand() {
    let config = r#"{"unused":"warn","allow":["example.com","exmaple.com"],"deny":["golang.org/y"]}"#;
    assert_eq!(
        lines(config, &bundle()),
        [
            "Warn unused-entry -: the allow entry \"exmaple.com\" matches no module",
            "Warn unused-entry -: the deny entry \"golang.org/y\" matches no module",
        ]
    );
}

#[test]
fn config_errors_point_at_their_place() {
    let error = |config: &str| {
        let config = serde_json::from_str(config).expect("a config of the right shape");
        match Allowlist::check(config, &bundle()) {
            Err(CheckError::Config(err)) => format!("{}: {}", err.pointer, err.message),
            other => panic!("no config error: {other:?}"),
        }
    };
    assert!(error(r#"{"allow":["a.example","b.example@1"]}"#).starts_with("/allow/1: "));
    assert!(error(r#"{"deny":[{"reason":"x"}]}"#).starts_with("/deny/0: an entry names either"));
    assert!(serde_json::from_str::<crate::config::Config>(r#"{"alow":[]}"#).is_err());
}

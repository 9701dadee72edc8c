//! The plugin over bundles made of literals, on the author's machine.

use airgo_plugin::testing::FakeBundle;
use airgo_plugin::{CheckError, Finding, Policy};

use crate::Drift;

/// `verdict rule module: message`, one line a finding.
fn lines(config: &str, bundle: &FakeBundle) -> Vec<String> {
    let config = serde_json::from_str(config).expect("a good config");
    let line = |f: Finding| {
        let module = f.module.map_or("-", |index| &bundle.modules[index as usize].path);
        let verdict = format!("{:?}", f.verdict).replace("Verdict::", "");
        format!("{verdict} {} {module}: {}", f.rule, f.message)
    };
    Drift::check(config, bundle).expect("a verdict").into_iter().map(line).collect()
}

const ALL: &str = r#"{"removed":"warn","upgraded":"warn"}"#;

fn at(version: &str) -> FakeBundle {
    FakeBundle::new().module("example.com/a", version, &[])
}

fn against(mut bundle: FakeBundle, baseline: &FakeBundle) -> FakeBundle {
    bundle.baseline = Some(baseline.modules.clone());
    bundle
}

#[test]
fn nothing_changed() {
    assert_eq!(lines(ALL, &against(at("v1.0.0"), &at("v1.0.0"))), [""; 0]);
}

#[test]
fn new_and_removed() {
    let bundle = against(
        at("v1.0.0").module("example.com/b", "v1.0.0", &[]),
        &at("v1.0.0").module("example.com/c", "v1.2.0", &[]),
    );
    assert_eq!(
        lines(ALL, &bundle),
        [
            "Warn new example.com/b: is not in the approved bundle",
            "Warn removed -: example.com/c@v1.2.0 is gone"
        ]
    );
    assert_eq!(lines(r#"{"new":"deny","approved":["=example.com/b@v1.0.0"]}"#, &bundle), [""; 0]);
}

#[test]
fn steps_from_version_to_version() {
    let step = |now: &str, was: &str| lines(ALL, &against(at(now), &at(was)));
    assert_eq!(
        step("v1.1.0", "v1.0.0"),
        ["Warn upgraded example.com/a: is at v1.1.0, where v1.0.0 was approved"]
    );
    assert_eq!(
        step("v1.1.0", "v1.10.0"),
        ["Deny downgraded example.com/a: is at v1.1.0, where the newer v1.10.0 was approved"]
    );
    assert!(step("v1.1.0", "odd")[0].starts_with("Deny downgraded"));
    let config = r#"{"approved":["example.com"]}"#;
    assert_eq!(lines(config, &against(at("v1.0.0"), &at("v1.1.0"))), [""; 0]);
}

#[test]
fn other_bytes_under_the_same_version_are_an_alarm() {
    let with_sum = |sum: &str| {
        let mut bundle = at("v1.0.0");
        bundle.modules[0].sum = sum.to_owned();
        bundle
    };
    let changed = against(with_sum("h1:new="), &with_sum("h1:old="));
    assert_eq!(
        lines(r#"{"approved":["example.com"]}"#, &changed),
        [
            "Deny changed-sum example.com/a: has another zip under the same version: h1:new=, where h1:old= was approved"
        ]
    );
    assert_eq!(lines(ALL, &against(with_sum("h1:new="), &with_sum(""))), [""; 0]);
}

#[test]
fn another_fork_is_another_replacement() {
    let fork = |path: &str, version: &str| at("v1.0.0").replaced_by(path, version);
    assert_eq!(
        lines(ALL, &against(fork("fork.example/a", "v1.0.0"), &at("v1.0.0"))),
        [
            "Warn changed-replacement example.com/a: is now fork.example/a@v1.0.0, where example.com/a@v1.0.0 was approved"
        ]
    );
    assert_eq!(
        lines(ALL, &against(fork("fork.example/a", "v1.1.0"), &fork("fork.example/a", "v1.0.0"))).len(),
        1
    );
    assert_eq!(lines(ALL, &against(fork("./a", ""), &fork("./a", ""))), [""; 0]);
    // A directory has no version: it can hide a step back.
    assert!(lines(ALL, &against(fork("./a", ""), &at("v1.0.0")))[0].starts_with("Warn changed-replacement"));
}

#[test]
fn what_both_bundles_know_is_compared() {
    let with = |name: &str, value: &str| at("v1.0.0").attribute(name, value);
    assert_eq!(
        lines(
            ALL,
            &against(with("origin.url", "https://b.example/a"), &with("origin.url", "https://a.example/a"))
        ),
        [
            "Warn changed-origin example.com/a: has origin.url https://b.example/a, where https://a.example/a was approved"
        ]
    );
}

#[test]
fn what_other_plugins_found_is_compared() {
    let licence = |expression: &str| {
        let json = format!(r#"[{{"rule":"found","attributes":{{"expression":"{expression}"}}}}]"#);
        at("v1.0.0").attribute("findings.licence", &json)
    };
    let rules = |plugin: &str, rules: &[&str]| {
        let found: Vec<String> = rules.iter().map(|rule| format!(r#"{{"rule":"{rule}"}}"#)).collect();
        at("v1.0.0").attribute(&format!("findings.{plugin}"), &format!("[{}]", found.join(",")))
    };
    assert_eq!(
        lines(ALL, &against(licence("MIT"), &licence("GPL-3.0"))),
        ["Warn changed-licence example.com/a: has licence MIT, where GPL-3.0 was approved"]
    );
    assert_eq!(
        lines(ALL, &against(licence("MIT"), &rules("licence", &["unknown", "low-confidence"]))),
        ["Warn changed-licence example.com/a: has licence MIT, where unknown was approved"]
    );
    assert_eq!(
        lines(ALL, &against(rules("native", &["unsafe", "cgo", "cgo"]), &rules("native", &[]))),
        ["Warn changed-native example.com/a: has native cgo unsafe, where none was approved"]
    );
    // What is not known of both cannot be compared.
    assert_eq!(lines(ALL, &against(licence("MIT"), &at("v1.0.0"))), [""; 0]);
    assert_eq!(lines(ALL, &against(licence("MIT"), &rules("licence", &[]))), [""; 0]);
    let broken = at("v1.0.0").attribute("findings.native", "{");
    assert_eq!(lines(ALL, &against(rules("native", &["cgo"]), &broken)), [""; 0]);
}

#[test]
fn without_a_baseline_it_says_so() {
    assert_eq!(
        lines("{}", &at("v1.0.0")),
        ["Warn no-baseline -: there is no approved bundle to compare with"]
    );
    assert_eq!(lines(r#"{"no-baseline":"allow"}"#, &at("v1.0.0")), [""; 0]);
}

#[test]
fn config_errors_point_at_their_place() {
    let config =
        serde_json::from_str(r#"{"approved":["b.example@1"]}"#).expect("a config of the right shape");
    match Drift::check(config, &at("v1.0.0")) {
        Err(CheckError::Config(err)) => assert_eq!(err.pointer, "/approved/0"),
        other => panic!("no config error: {other:?}"),
    }
    assert!(serde_json::from_str::<crate::config::Config>(r#"{"news":"deny"}"#).is_err());
}

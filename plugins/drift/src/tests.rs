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

/// What plugin native found: rules, those in builds with a `+`.
fn native(version: &str, rules: &str) -> FakeBundle {
    let found = rules.split_whitespace().map(|rule| {
        let (rule, built) = (rule.trim_end_matches('+'), rule.ends_with('+'));
        format!(r#"{{"rule":"{rule}","attributes":{{"built":"{built}"}}}}"#)
    });
    let found: Vec<String> = found.collect();
    at(version).attribute("findings.native", &format!("[{}]", found.join(",")))
}

fn licence(version: &str, rule: &str, attributes: &str) -> FakeBundle {
    let found = format!(r#"[{{"rule":"{rule}","attributes":{{{attributes}}}}}]"#);
    at(version).attribute("findings.licence", &found)
}

fn part(bundle: FakeBundle) -> FakeBundle {
    bundle.attribute("files", "part")
}

fn with_sum(mut bundle: FakeBundle, sum: &str) -> FakeBundle {
    bundle.modules[0].sum = sum.to_owned();
    bundle
}

/// What changed beside the version.
fn changed(now: FakeBundle, was: &FakeBundle) -> Vec<String> {
    lines("{}", &against(now, was))
}

fn has_native(now: &str, was: &str) -> [String; 1] {
    [format!("Warn changed-native example.com/a: has native {now}, where {was} was approved")]
}

/// Other files of the same code are not other code.
#[test]
fn the_same_code_has_not_changed_however_much_of_it_is_there() {
    let same = |bundle| with_sum(bundle, "h1:same=");
    let whole = || same(native("v1.0.0", "assembly cgo+"));
    let bit = || same(part(native("v1.0.0", "cgo+")));
    let other_bit = || same(part(native("v1.0.0", "assembly")));
    for (now, was) in [(bit(), whole()), (whole(), bit()), (bit(), other_bit()), (other_bit(), bit())] {
        assert_eq!(changed(now, &was), [""; 0]);
    }
    let whole = || same(licence("v1.0.0", "found", r#""expression":"MIT""#));
    let bit = || same(part(licence("v1.0.0", "unknown", "")));
    assert_eq!(changed(bit(), &whole()), [""; 0]);
    assert_eq!(changed(whole(), &bit()), [""; 0]);
}

#[test]
fn native_code_that_a_part_does_not_show_is_not_gone() {
    let whole = |rules: &str| native("v1.1.0", rules);
    let was = |rules: &str| native("v1.0.0", rules);
    assert_eq!(changed(part(whole("")), &was("assembly cgo+")), [""; 0]);
    assert_eq!(changed(part(whole("cgo+")), &part(was("assembly cgo+"))), [""; 0]);
    // What is there counts.
    assert_eq!(changed(part(whole("exec")), &was("assembly")), has_native("exec", "assembly"));
    assert_eq!(changed(part(whole("cgo+")), &part(was(""))), has_native("cgo", "none"));
    // All that there is shows that some of it is gone.
    assert_eq!(changed(whole(""), &part(was("cgo+"))), has_native("none", "cgo"));
    assert_eq!(changed(whole(""), &was("cgo+")), has_native("none", "cgo"));
}

/// What builds do not have was not in an approved part, even if it was there.
#[test]
fn beside_a_part_only_native_code_that_builds_have_is_new() {
    let was = part(native("v1.0.0", "unsafe+"));
    let now = |rules: &str| native("v1.1.0", rules);
    assert_eq!(changed(now("assembly exec unsafe+"), &was), [""; 0]);
    assert_eq!(changed(now("assembly cgo+ unsafe"), &was), has_native("cgo unsafe", "unsafe"));
    assert_eq!(changed(part(now("assembly cgo+ unsafe")), &was), has_native("cgo unsafe", "unsafe"));
    let before = native("v1.0.0", "unsafe+");
    assert_eq!(changed(now("assembly unsafe+"), &before), has_native("assembly unsafe", "unsafe"));
}

#[test]
fn a_licence_that_a_part_does_not_show_has_not_changed() {
    let found = |version: &str| licence(version, "found", r#""expression":"MIT""#);
    let pointer = |version: &str| licence(version, "unknown", r#""absent":"docs/LICENSE.md""#);
    assert_eq!(changed(part(pointer("v1.1.0")), &found("v1.0.0")), [""; 0]);
    assert_eq!(changed(found("v1.1.0"), &part(pointer("v1.0.0"))), [""; 0]);
    let some = licence("v1.0.0", "found", r#""expression":"GPL-3.0","absent":"docs/LICENSE.md""#);
    assert_eq!(changed(found("v1.1.0"), &part(some)), [""; 0]);
    let changes = |now: &str, was: &str| {
        [format!("Warn changed-licence example.com/a: has licence {now}, where {was} was approved")]
    };
    // The file that is named is not in the module either.
    assert_eq!(changed(pointer("v1.1.0"), &found("v1.0.0")), changes("unknown", "MIT"));
    // Licence files are there, whatever else is not.
    assert_eq!(changed(part(licence("v1.1.0", "unknown", "")), &found("v1.0.0")), changes("unknown", "MIT"));
    let other = licence("v1.1.0", "found", r#""expression":"GPL-3.0""#);
    assert_eq!(changed(part(other), &found("v1.0.0")), changes("GPL-3.0", "MIT"));
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

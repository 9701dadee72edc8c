//! The plugin over bundles made of literals, on the author's machine.

use airgo_plugin::testing::FakeBundle;
use airgo_plugin::{Bundle, CheckError, Finding};

use crate::LicencePolicy;

const MIT: &str = include_str!("../fixtures/mit.txt");
const APACHE: &str = include_str!("../fixtures/apache-2.0-header.txt");
const GPL: &str = include_str!("../fixtures/gpl-3.0-or-later-header.txt");
const CHANGED_MIT: &str = include_str!("../fixtures/mit-changed.txt");

fn check(config: &str, bundle: &FakeBundle) -> Vec<Finding> {
    let config = serde_json::from_str(config).expect("a good config");
    bundle.check::<LicencePolicy>(config).expect("a verdict")
}

/// `verdict rule module: message`, one line a finding.
fn lines(config: &str, bundle: &FakeBundle) -> Vec<String> {
    let line = |f: Finding| {
        let module = f.module.map_or("-", |index| &bundle.modules[index as usize].path);
        let verdict = format!("{:?}", f.verdict).replace("Verdict::", "");
        format!("{verdict} {} {module}: {}", f.rule, f.message)
    };
    check(config, bundle).into_iter().map(line).collect()
}

fn one(files: &[(&str, &str)]) -> FakeBundle {
    FakeBundle::new().module("example.com/a", "v1.0.0", files)
}

#[test]
fn permissive_and_weak_copyleft_pass_without_config() {
    assert_eq!(lines("{}", &one(&[("LICENSE", MIT)])), [""; 0]);
    assert_eq!(
        lines("{}", &one(&[("LICENSE", GPL)])),
        ["Warn not-allowed example.com/a: is under GPL-3.0-or-later, and \
          GPL-3.0-or-later (strong-copyleft) is not allowed"]
    );
}

#[test]
fn deny_by_group_and_by_name() {
    let bundle = one(&[("COPYING", GPL), ("LICENSE", MIT)]);
    let wanted =
        ["Deny denied example.com/a: is under GPL-3.0-or-later AND MIT, and GPL-3.0-or-later is denied"];
    assert_eq!(lines(r#"{"deny":["strong-copyleft"]}"#, &bundle), wanted);
    assert_eq!(lines(r#"{"deny":["GPL-3.0"]}"#, &bundle), wanted);
    assert_eq!(lines(r#"{"groups":{"ours":["GPL-3.0-or-later"]},"deny":["ours"]}"#, &bundle), wanted);
}

#[test]
fn a_choice_needs_one_allowed_licence() {
    let config = r#"{"allow":["MIT"],"default":"deny","low-confidence":"allow"}"#;
    assert_eq!(lines(config, &one(&[("LICENSE-MIT", MIT), ("LICENSE-APACHE", APACHE)])), [""; 0]);
    // Two files that are not named so have to be kept both.
    assert_eq!(
        lines(config, &one(&[("LICENSE", MIT), ("COPYING", APACHE)])),
        [
            "Deny not-allowed example.com/a: is under Apache-2.0 AND MIT, and Apache-2.0 (permissive) is not allowed"
        ]
    );
    let tagged = format!("SPDX-License-Identifier: GPL-3.0-only OR MIT\n\n{GPL}\n{MIT}");
    assert_eq!(lines(config, &one(&[("LICENSE", &tagged)])), [""; 0]);
}

#[test]
fn a_guessed_choice_is_marked() {
    let found = lines("{}", &one(&[("LICENSE-MIT", MIT), ("LICENSE-APACHE", APACHE)]));
    assert_eq!(
        found,
        [
            "Warn low-confidence example.com/a: a file for each licence is taken to be a choice: Apache-2.0 OR MIT"
        ]
    );
}

#[test]
fn missing_and_unknown_are_rules_of_their_own() {
    assert_eq!(
        lines("{}", &one(&[("README", "hello")])),
        ["Warn missing example.com/a: has no licence file"]
    );
    assert_eq!(
        lines(r#"{"unknown":"deny"}"#, &one(&[("LICENSE", "Ask Jane before you use this.")])),
        ["Deny unknown example.com/a: has a licence file, but none of the licences that are known"]
    );
    // A notice is no licence.
    assert_eq!(lines("{}", &one(&[("NOTICE", APACHE)])).len(), 1);
}

#[test]
fn a_changed_text_is_a_guess() {
    assert_eq!(
        lines("{}", &one(&[("LICENSE", CHANGED_MIT)])),
        ["Warn low-confidence example.com/a: LICENSE is close to MIT, but not word for word"]
    );
}

#[test]
fn words_beside_the_licence_are_told_on_demand() {
    let text = format!(
        "{MIT}\n\nFurther terms.\n{}",
        "This was made on days whose names end with a y, mostly. ".repeat(5)
    );
    let found = lines(r#"{"further-text":"warn"}"#, &one(&[("LICENSE", &text)]));
    assert_eq!(
        found,
        ["Warn further-text example.com/a: LICENSE has 60 words that belong to no known licence"]
    );
    assert_eq!(lines("{}", &one(&[("LICENSE", &text)])), [""; 0]);
}

#[test]
fn a_tag_that_the_text_contradicts_is_marked() {
    let text = format!("SPDX-License-Identifier: MIT\n\n{GPL}");
    assert_eq!(
        lines("{}", &one(&[("LICENSE", &text)])),
        ["Warn low-confidence example.com/a: LICENSE is tagged MIT, but has the text of GPL-3.0-or-later"]
    );
    // No contradiction: the bare name stands for both.
    let text = format!("SPDX-License-Identifier: GPL-3.0\n\n{GPL}");
    assert_eq!(lines(r#"{"allow":["GPL-3.0"]}"#, &one(&[("LICENSE", &text)])), [""; 0]);
}

#[test]
fn every_tag_counts() {
    let text = "main: SPDX-License-Identifier: MIT\nplugins: SPDX-License-Identifier: AGPL-3.0-only\n";
    assert_eq!(
        lines(r#"{"deny":["strong-copyleft"]}"#, &one(&[("LICENSE", text)])),
        ["Deny denied example.com/a: is under AGPL-3.0-only AND MIT, and AGPL-3.0-only is denied"]
    );
}

#[test]
fn limits_beside_a_licence_are_marked() {
    let limits = [
        "Commercial use requires a licence of its own.",
        // On lines too short to be more than a heading.
        "You may\nnot use this\nat work.",
        "Copyright holders note: this is forbidden to companies.",
    ];
    for limit in limits {
        let text = format!("{limit}\n\n{MIT}");
        let found = lines("{}", &one(&[("LICENSE", &text)]));
        assert_eq!(
            found,
            ["Warn low-confidence example.com/a: LICENSE speaks of limits beside MIT"],
            "{limit}"
        );
    }
}

#[test]
fn an_unknown_licence_beside_a_known_one_is_marked() {
    let terms = "Those who run this pay Jane a coin for each day that they do. ".repeat(4);
    assert_eq!(
        lines("{}", &one(&[("LICENSE", MIT), ("LICENSE.enterprise", &terms)])),
        ["Warn unknown example.com/a: LICENSE.enterprise holds none of the licences that are known"]
    );
}

#[test]
fn exceptions_lift_both_lists() {
    let config = r#"{"deny":["strong-copyleft"],"unused":"warn","exceptions":[
        {"module":"=example.com/a","licences":["GPL-3.0"],"reason":"a tool"},
        {"module":"example.com/b","licences":["MIT"]}]}"#;
    assert_eq!(
        lines(config, &one(&[("LICENSE", GPL)])),
        ["Warn unused-entry -: the exception for \"example.com/b\" is of no use"]
    );
}

#[test]
fn clarifications_hold_for_the_file_that_was_read() {
    let digest = "6a4a3a24d5b1b4f1a1d1c1e8b4f0a7f2d1c0b9a8979695949392919088878685";
    let config = |digest: &str| {
        format!(
            r#"{{"deny":["MIT"],"clarifications":[{{"module":"example.com/a","expression":"Apache-2.0",
            "files":[{{"path":"LICENSE","sha256":"{digest}"}}]}}]}}"#
        )
    };
    let bundle = one(&[("LICENSE", MIT)]);
    let found = lines(&config(digest), &bundle);
    assert_eq!(
        found[0],
        "Warn stale-clarification example.com/a: LICENSE is not the file that was clarified"
    );
    assert!(found[1].starts_with("Deny denied"), "{found:?}");
    let right: String = {
        use sha2::{Digest, Sha256};
        Sha256::digest(bundle.read(0, "LICENSE", 0, 9999).expect("it is there"))
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
    };
    assert_eq!(lines(&config(&right), &bundle), [""; 0]);
}

#[test]
fn nested_licences_are_judged_on_demand() {
    let bundle = one(&[("LICENSE", MIT), ("third_party/x/COPYING", GPL), ("testdata/LICENSE", GPL)]);
    assert_eq!(lines("{}", &bundle), [""; 0]);
    assert_eq!(
        lines(r#"{"nested":"warn"}"#, &bundle),
        ["Warn nested example.com/a: third_party/x/COPYING is GPL-3.0-or-later, which is not allowed"]
    );
}

#[test]
fn the_report_names_every_file() {
    let bundle = one(&[("LICENSE", MIT), ("NOTICE", "Made by Jane."), ("PATENTS", "none")]);
    let found = check(r#"{"report":true}"#, &bundle);
    assert_eq!(found[0].message, "is under MIT");
    let attributes: Vec<String> =
        found[0].attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        attributes,
        ["expression=MIT", "confidence=high", "file:LICENSE=MIT", "file:NOTICE=", "file:PATENTS="]
    );
}

/// A file that is not there may be in the module.
#[test]
fn of_a_part_nothing_is_concluded_from_what_is_not_there() {
    let (whole, part) = (one, |files: &[(&str, &str)]| one(files).attribute("files", "part"));
    let config = r#"{"report":true,"unused":"warn","clarifications":[
        {"module":"example.com/a","expression":"MIT","files":[{"path":"README.md","sha256":"00"}]}]}"#;
    let go_mod = [("go.mod", "module example.com/a\n")];
    assert_eq!(lines("{}", &whole(&go_mod)), ["Warn missing example.com/a: has no licence file"]);
    assert_eq!(lines(config, &part(&go_mod)), [""; 0]);
    assert_eq!(lines(config, &part(&[])), [""; 0]);
    let code = [("a.go", "package a\n")];
    assert_eq!(lines("{}", &part(&code)), ["Warn missing example.com/a: has no licence file"]);

    // What is not there is said to be no more than that.
    assert_eq!(
        lines(config, &part(&[("LICENSE", MIT)])),
        [
            "Warn stale-clarification example.com/a: README.md, to which the clarification is pinned, is not in the bundle",
            "Allow found example.com/a: is under MIT"
        ]
    );
    let pointer = [("LICENSE", "See docs/LICENSE.md for the licence.")];
    let message = "Warn unknown example.com/a: has a licence file, but none of the licences that are known: \
                   LICENSE names docs/LICENSE.md, which is not in the ";
    assert_eq!(lines("{}", &whole(&pointer)), [format!("{message}module")]);
    assert_eq!(lines("{}", &part(&pointer)), [format!("{message}bundle")]);
    let found = check("{}", &part(&pointer));
    assert_eq!(found[0].attributes, [("absent".to_owned(), "docs/LICENSE.md".to_owned())]);
}

#[test]
fn config_errors_point_at_their_place() {
    let error = |config: &str| {
        let config = serde_json::from_str(config).expect("a config of the right shape");
        match one(&[]).check::<LicencePolicy>(config) {
            Err(CheckError::Config(err)) => format!("{}: {}", err.pointer, err.message),
            other => panic!("no config error: {other:?}"),
        }
    };
    assert!(error(r#"{"deny":["MIT","GLP-3.0"]}"#).starts_with("/deny/1: \"GLP-3.0\" is neither"));
    assert!(error(r#"{"groups":{"permissive":[]}}"#).starts_with("/groups/permissive: "));
    assert!(error(r#"{"exceptions":[{"module":"","licences":[]}]}"#).starts_with("/exceptions/0/module: "));
    let clarification = |rest: &str| format!(r#"{{"clarifications":[{{"module":"a.example",{rest}}}]}}"#);
    assert!(
        error(&clarification(r#""expression":"MIT OR","files":[{"path":"a","sha256":""}]"#))
            .contains("/expression: ")
    );
    assert!(error(&clarification(r#""expression":"MIT","files":[]"#)).contains("/files: "));
    assert!(serde_json::from_str::<crate::config::Config>(r#"{"alow":[]}"#).is_err());
}

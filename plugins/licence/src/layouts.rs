//! Licence files of other encodings, and files beside the licence: editions
//! that are sold, and documentation.

use airgo_plugin::testing::FakeBundle;

use crate::LicencePolicy;

const MIT: &str = include_str!("../fixtures/mit.txt");
const APACHE: &str = include_str!("../fixtures/apache-2.0-header.txt");
const GPL: &str = include_str!("../fixtures/gpl-3.0-or-later-header.txt");
const CC_BY: &str = include_str!("../texts/CC-BY-4.0.txt");
const CC_BY_SA: &str = include_str!("../texts/CC-BY-SA-4.0.txt");

/// The findings as `verdict rule file: message`, and the expression.
fn findings(config: &str, files: &[(&str, &[u8])]) -> Vec<String> {
    let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &[]);
    let bundle = files.iter().fold(bundle, |bundle, (path, bytes)| bundle.file(path, bytes));
    let config = serde_json::from_str(config).expect("a config");
    let found = bundle.check::<LicencePolicy>(config).expect("a verdict");
    let line = |f: airgo_plugin::Finding| {
        let file = f.file.as_deref().unwrap_or("-");
        let verdict = format!("{:?}", f.verdict).replace("Verdict::", "");
        format!("{verdict} {} {file}: {}", f.rule, f.message)
    };
    found.into_iter().map(line).collect()
}

fn texts(config: &str, files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    findings(config, &files)
}

/// The expression, with `?` where it is a guess.
fn expression(files: &[(&str, &str)]) -> String {
    let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", files);
    let config = serde_json::from_str(r#"{"report":true,"default":"allow"}"#).expect("a config");
    let all = bundle.check::<LicencePolicy>(config).expect("a verdict");
    let Some(found) = all.iter().find(|f| f.rule == "found") else { return "none".to_owned() };
    let value = |name: &str| found.attributes.iter().find(|(own, _)| own == name).map(|(_, v)| v.as_str());
    let doubt = if value("confidence") == Some("high") { "" } else { "?" };
    format!("{}{doubt}", value("expression").unwrap_or_default())
}

fn plain(template: &str) -> String {
    crate::agreement::first_branches(template)
}

#[test]
fn a_licence_in_utf_16_or_with_a_mark_is_read() {
    for text in
        [MIT, GPL, include_str!("../fixtures/apache-2.0.txt"), "SPDX-License-Identifier: GPL-3.0-only"]
    {
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let config = r#"{"report":true}"#;
        let wanted = findings(config, &[("LICENSE", text.as_bytes())]);
        for (mark, rest) in [
            (b"\xff\xfe".as_slice(), le.as_slice()),
            (b"\xfe\xff", &be),
            (b"", &le),
            (b"\xef\xbb\xbf", text.as_bytes()),
        ] {
            assert_eq!(findings(config, &[("LICENSE", &[mark, rest].concat())]), wanted);
        }
    }
}

#[test]
fn a_file_of_unknown_text_beside_the_licence_is_reported() {
    for name in [
        "LICENSE-enterprise",
        "LICENSE.commercial",
        "LICENSE_EE.md",
        "COPYING.EXTRA",
        "LICENSE2",
        "LICENSE (commercial).txt",
        "COMMERCIAL-LICENSE",
        "EULA.txt",
    ] {
        for text in [
            "Ask Jane before you use this.",
            "Copyright 2020 Jane. It must not be run by companies.",
            "All rights reserved. Production use needs a subscription; write to sales@example.com.",
            &"No part of it may be run by companies of more than ten people. ".repeat(20),
        ] {
            let found = texts("{}", &[("LICENSE", MIT), (name, text)]);
            let wanted = format!("Warn unknown {name}: {name} holds none of the licences that are known");
            assert_eq!(found, [wanted], "{text}");
            let denied = texts(r#"{"unknown":"deny"}"#, &[("LICENSE", MIT), (name, text)]);
            assert!(denied[0].starts_with("Deny unknown "), "{denied:?}");
        }
    }
    assert_eq!(
        texts("{}", &[("LICENSE-community", MIT), ("LICENSE-enterprise", "Pay Jane.")]),
        ["Warn unknown LICENSE-enterprise: LICENSE-enterprise holds none of the licences that are known"]
    );
    assert_eq!(expression(&[("LICENSE", MIT), ("LICENSE-enterprise", "Pay Jane.")]), "MIT?");
    // It points at the licence, but has terms of its own.
    let found =
        texts("{}", &[("LICENSE", MIT), ("LICENSE-ee", "See LICENSE. Production use is prohibited.")]);
    assert_eq!(
        found,
        ["Warn low-confidence LICENSE-ee: LICENSE-ee speaks of limits, and of no known licence"]
    );
}

#[test]
fn what_says_nothing_of_terms_is_not_reported() {
    for (name, text) in [
        ("LICENSE-mit", ""),
        ("COPYRIGHT", "Copyright 2020 Jane\nCopyright 2021 Bob and many others who are listed in AUTHORS"),
        ("COPYRIGHT", "The authors of this are listed in the file AUTHORS, and in the history of git."),
        ("LICENSE.md", "See LICENSE."),
        ("COPYING", "This is under the MIT license, see LICENSE for the text."),
        ("LICENSE-HEADER", "Copyright 2020 Jane\nSPDX-License-Identifier: MIT\n"),
    ] {
        assert_eq!(texts("{}", &[("LICENSE", MIT), (name, text)]), [""; 0], "{name} {text}");
    }
}

#[test]
fn a_known_text_in_a_file_of_any_suffix_counts() {
    let both = "GPL-3.0-or-later AND MIT";
    for name in
        ["LICENSE-enterprise", "LICENSE.commercial", "COPYING.EXTRA", "LICENSE2", "LICENSE(ee)", "EULA"]
    {
        assert_eq!(expression(&[("LICENSE", MIT), (name, GPL)]), both, "{name}");
    }
    assert_eq!(expression(&[("LICENSE-community", MIT), ("LICENSE-enterprise", GPL)]), both);
    let text = "Licensed under either of LICENSE-community or LICENSE-enterprise, at your option.";
    let files = [("LICENSE", text), ("LICENSE-community", MIT), ("LICENSE-enterprise", GPL)];
    assert_eq!(expression(&files), "GPL-3.0-or-later OR MIT?");
}

#[test]
fn a_licence_for_documentation_is_a_note() {
    let docs = plain(CC_BY_SA);
    for name in
        ["LICENSE.docs", "LICENSE-docs", "LICENSE_DOCS.md", "LICENSE-documentation", "DOCS-LICENSE.txt"]
    {
        let files = [("LICENSE", APACHE), (name, docs.as_str())];
        assert_eq!(
            texts(r#"{"deny":["strong-copyleft"],"default":"deny"}"#, &files),
            [format!("Allow documentation {name}: {name} is CC-BY-SA-4.0, for the documentation alone")],
        );
        assert_eq!(expression(&files), "Apache-2.0", "{name}");
    }
    // The code has no licence then.
    let found = texts("{}", &[("LICENSE.docs", &docs)]);
    assert!(
        found.contains(
            &"Warn missing -: has no licence file: LICENSE.docs is for the documentation alone".to_owned()
        ),
        "{found:?}"
    );
    // No name and no text says that these are for documentation.
    for name in ["LICENSE-CC-BY-SA", "LICENSE.content", "LICENSE-docker"] {
        assert_eq!(
            expression(&[("LICENSE", APACHE), (name, &docs)]),
            "Apache-2.0 AND CC-BY-SA-4.0",
            "{name}"
        );
    }
}

#[test]
fn prose_may_say_what_is_for_documentation() {
    let (by, by_sa) = (plain(CC_BY), plain(CC_BY_SA));
    for text in [
        "Documentation is licensed under CC-BY-SA-4.0.",
        "The documentation in docs/ is licensed under the CC-BY-SA-4.0 license.",
        "All documentation is made available under the Creative Commons Attribution-ShareAlike 4.0 International License, \
         see LICENSE-CC.",
        "The docs are under CC-BY-SA-4.0 (LICENSE-CC).",
    ] {
        let said = format!("{APACHE}\n\n{text}\n");
        let files = [("LICENSE", said.as_str()), ("LICENSE-CC", by_sa.as_str())];
        assert_eq!(expression(&files), "Apache-2.0", "{text}");
        assert_eq!(
            texts(r#"{"default":"deny"}"#, &files),
            ["Allow documentation LICENSE: LICENSE says that CC-BY-SA-4.0 is for the documentation alone"],
            "{text}"
        );
        // Another licence than the one that is said to be for documentation.
        let files = [("LICENSE", said.as_str()), ("LICENSE-ee", by.as_str())];
        assert_eq!(expression(&files).trim_end_matches('?'), "Apache-2.0 AND CC-BY-4.0", "{text}");
    }
    for text in [
        "The code and documentation are licensed under CC-BY-SA-4.0.",
        "This project is under CC-BY-SA-4.0, documentation in docs/.",
        "Everything except documentation is licensed under CC-BY-SA-4.0.",
        "Documentation and examples are licensed under CC-BY-SA-4.0.",
        "Documentation is licensed under CC-BY-SA-4.0, as is the server.",
    ] {
        let said = format!("{APACHE}\n\n{text}\n");
        let found = expression(&[("LICENSE", &said), ("LICENSE-CC", &by_sa)]);
        assert_eq!(found.trim_end_matches('?'), "Apache-2.0 AND CC-BY-SA-4.0", "{text}");
    }
    // A licence for programs is not passed over by a sentence, nor is the only one there is.
    let said = format!("{APACHE}\n\nDocumentation is licensed under GPL-3.0-or-later.\n");
    assert_eq!(expression(&[("LICENSE", &said), ("COPYING", GPL)]), "Apache-2.0 AND GPL-3.0-or-later");
    let said = "Documentation is licensed under CC-BY-SA-4.0.";
    assert_eq!(expression(&[("LICENSE.md", said), ("LICENSE", &by_sa)]), "CC-BY-SA-4.0");
}

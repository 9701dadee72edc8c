//! Files that speak of other licence files: layouts that users of go-licenses,
//! licensee, licensecheck and scancode-toolkit have reported, in words of our
//! own.

use airgo_plugin::testing::FakeBundle;

use crate::LicencePolicy;

const MIT: &str = include_str!("../fixtures/mit.txt");
const APACHE: &str = include_str!("../fixtures/apache-2.0-header.txt");
const GPL: &str = include_str!("../fixtures/gpl-3.0-or-later-header.txt");
const BSD: &str = include_str!("../fixtures/bsd-3-clause.txt");
const LGPL_TEXT: &str = include_str!("../texts/LGPL-3.0.txt");
const GPL_TEXT: &str = include_str!("../texts/GPL-3.0.txt");
const GPL2_TEXT: &str = include_str!("../texts/GPL-2.0.txt");

/// The expression of a module with some files, and whether it is sure.
fn found(files: &[(&str, &str)]) -> (String, bool) {
    let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", files);
    let config = serde_json::from_str(r#"{"report":true,"default":"allow"}"#).expect("a config");
    let findings = bundle.check::<LicencePolicy>(config).expect("a verdict");
    let attribute = |name: &str| {
        let found = findings.iter().find(|f| f.rule == "found");
        let all = found.map(|f| f.attributes.clone()).unwrap_or_default();
        all.into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    };
    match attribute("expression") {
        Some(expression) => (expression, attribute("confidence").as_deref() == Some("high")),
        None => (findings.first().map_or_else(String::new, |f| format!("{}: {}", f.rule, f.message)), false),
    }
}

/// What holds, with `?` where it is a guess.
fn check(files: &[(&str, &str)], wanted: &str) {
    let (expression, sure) = found(files);
    let got = format!("{expression}{}", if sure { "" } else { "?" });
    assert_eq!(
        got,
        wanted,
        "{:?}",
        files.iter().map(|(path, text)| (path, text.get(..160).unwrap_or(text))).collect::<Vec<_>>()
    );
}

fn plain(template: &str) -> String {
    crate::agreement::first_branches(template)
}

#[test]
fn a_pointer_offers_a_choice_of_files() {
    let two = [("LICENSE-APACHE", APACHE), ("LICENSE-MIT", MIT)];
    for text in [
        "Licensed under either of LICENSE-MIT or LICENSE-APACHE, at your option.",
        "This project is dual-licensed. You may use it under either of\n\n* Apache License, Version 2.0 (LICENSE-APACHE)\n\
         * MIT license (LICENSE-MIT)\n\nat your option.\n",
        "# License\n\nLicensed under either of\n\n * Apache License, Version 2.0, ([LICENSE-APACHE](LICENSE-APACHE) or \
         http://www.apache.org/licenses/LICENSE-2.0)\n * MIT license ([LICENSE-MIT](LICENSE-MIT) or \
         http://opensource.org/licenses/MIT)\n\nat your option.\n\n### Contribution\n\nUnless you explicitly state \
         otherwise, any contribution intentionally submitted for inclusion in the work by you shall be dual licensed \
         as above, without any additional terms or conditions.\n",
        "Except as otherwise noted, this is licensed under the Apache License, Version 2.0 <LICENSE-APACHE> or the MIT \
         license <LICENSE-MIT>, at your option.",
        "Dual licensed under the MIT and Apache-2.0 licenses.",
        "You can choose the MIT licence or the Apache License 2.0.",
        "The project is MIT/Apache-2.0 licensed.",
        "This project is dual licensed.",
        "This project is licensed under the MIT license or the Apache License 2.0. See LICENSE-MIT and LICENSE-APACHE.",
    ] {
        for name in ["LICENSE", "LICENSE.md", "COPYRIGHT", "LICENSING.md", "COPYING"] {
            check(&[(name, text), two[0], two[1]], "Apache-2.0 OR MIT?");
        }
    }
}

#[test]
fn a_choice_needs_no_custom_names() {
    let text = "Choose either the MIT licence (COPYING.MIT) or the GNU General Public License v3 or later (COPYING).";
    check(&[("LICENSE", text), ("COPYING.MIT", MIT), ("COPYING", GPL)], "GPL-3.0-or-later OR MIT?");
    let text = "Available under either of legal/MIT-LICENSE.txt or legal/COPYING at your option.";
    check(
        &[("LICENSE", text), ("legal/MIT-LICENSE.txt", MIT), ("legal/COPYING", GPL)],
        "GPL-3.0-or-later OR MIT?",
    );
    // What the sentence does not name holds beside the choice.
    let text = "Licensed under either of LICENSE-MIT or LICENSE-APACHE, at your option.";
    check(
        &[("LICENSE", text), ("LICENSE-MIT", MIT), ("LICENSE-APACHE", APACHE), ("COPYING", GPL)],
        "GPL-3.0-or-later AND (Apache-2.0 OR MIT)?",
    );
}

#[test]
fn a_tag_relates_the_files_beside_it() {
    let tag = "SPDX-License-Identifier: MIT OR GPL-3.0-or-later\n";
    check(&[("LICENSE", tag), ("LICENSE-MIT", MIT), ("LICENSE-GPL", GPL)], "GPL-3.0-or-later OR MIT");
    check(&[("LICENSE", tag), ("COPYING", GPL), ("MIT-LICENSE.txt", MIT)], "GPL-3.0-or-later OR MIT");
    check(
        &[("LICENSE", tag), ("COPYING", GPL), ("LICENSE-APACHE", APACHE)],
        "Apache-2.0 AND (GPL-3.0-or-later OR MIT)",
    );
    check(
        &[
            ("LICENSE", "SPDX-License-Identifier: MIT AND GPL-3.0-or-later"),
            ("COPYING", GPL),
            ("LICENSE-MIT", MIT),
        ],
        "GPL-3.0-or-later AND MIT",
    );
    let tag = "SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0";
    check(&[("LICENSE", tag), ("COPYING", &plain(GPL2_TEXT))], "GPL-2.0-only WITH Classpath-exception-2.0");
}

#[test]
fn terms_that_hold_together_are_no_choice() {
    let two = [("LICENSE-GPL", GPL), ("LICENSE-MIT", MIT)];
    for text in [
        "This project contains code under the MIT license (LICENSE-MIT) and under the GPL (LICENSE-GPL); both apply.",
        "Licensed under the MIT license and the GNU GPL v3 or later.",
        "You must comply with both LICENSE-MIT and LICENSE-GPL.",
        "Files under gpl/ are licensed under LICENSE-GPL, everything else under LICENSE-MIT.",
        "The library bar, which is available under either LICENSE-MIT or LICENSE-GPL at your option, is included.",
        "This is not dual-licensed under MIT or GPL.",
        "Contains foo, dual licensed under MIT or GPL.",
        "All of it is under LICENSE-MIT. It bundles a parser under either the MIT or the GPL, at your option.",
        "# Third-party code\n\nLicensed under either of LICENSE-MIT or LICENSE-GPL, at your option.",
        "It may be used at your option.",
        "Licensed under either MIT or GPL, at your option. For the compiled program both MIT and GPL v3 licenses apply.",
        "See LICENSE-MIT and LICENSE-GPL.",
    ] {
        let (expression, _) = found(&[("LICENSE", text), two[0], two[1]]);
        assert_eq!(expression, "GPL-3.0-or-later AND MIT", "{text}");
    }
    // A file beside the licence cannot make a choice of it.
    let text = "Licensed under either of LICENSE-MIT or LICENSE-GPL, at your option.";
    check(&[("NOTICE", text), ("COPYING", GPL), ("LICENSE", MIT)], "GPL-3.0-or-later AND MIT");
    // A part of a name is no licence that may be chosen.
    check(&[("LICENSE-core", GPL), ("LICENSE-MIT", MIT)], "GPL-3.0-or-later AND MIT");
    // What LICENSE-MIT holds counts, not its name.
    let text = "Licensed under either of MIT (LICENSE-MIT) or Apache-2.0 (LICENSE-APACHE), at your option.";
    check(
        &[("LICENSE", text), ("LICENSE-MIT", GPL), ("LICENSE-APACHE", APACHE)],
        "Apache-2.0 AND GPL-3.0-or-later AND MIT?",
    );
}

#[test]
fn a_later_version_at_your_option_is_no_choice() {
    let header = "This is free software: you can redistribute it under the terms of the GNU General Public License as \
                  published by the Free Software Foundation, either version 3 of the License, or (at your option) any \
                  later version. Now the text:\n\n";
    let (expression, _) = found(&[("LICENSE", &format!("{header}{MIT}"))]);
    assert!(!expression.contains("OR "), "{expression}");
    let (expression, _) = found(&[("LICENSE", &format!("{header}{GPL}\n\n{MIT}"))]);
    assert_eq!(expression, "GPL-3.0-or-later AND MIT");
}

#[test]
fn parts_hold_beside_the_rest() {
    let text =
        format!("{MIT}\n\nFiles under gpl/ are licensed under the GNU General Public License v2.0 only.\n");
    check(&[("LICENSE", &text)], "GPL-2.0-only AND MIT?");
    let text = format!("{MIT}\n\nThe directory ee/ has its own licence, see ee/LICENSE.\n");
    check(&[("LICENSE", &text), ("ee/LICENSE", GPL)], "GPL-3.0-or-later AND MIT");
    let text = format!("{MIT}\n\nThe content of ee/ is under another licence.\n");
    check(&[("LICENSE", &text), ("ee/LICENSE", GPL)], "GPL-3.0-or-later AND MIT");
    check(&[("LICENSE", &text), ("ee/LICENSE", "Ask Jane.")], "MIT?");
    let text = "The following files are under the Apache License 2.0: parse.go, scan.go.\n\nAll the rest is MIT licensed.";
    check(&[("LICENSE", text), ("LICENSE-MIT", MIT), ("LICENSE-APACHE", APACHE)], "Apache-2.0 AND MIT");
    let text = "* core/ - MIT\n* tools/ - GPL-3.0-or-later\n";
    check(&[("LICENSING.md", text), ("COPYING", GPL), ("LICENSE", MIT)], "GPL-3.0-or-later AND MIT");
}

#[test]
fn a_pointer_to_one_file_adds_nothing() {
    for text in ["See LICENSE.txt", "LICENSE.txt", "The licence is in LICENSE.txt.", "MIT, see LICENSE.txt"] {
        check(&[("LICENSE", text), ("LICENSE.txt", MIT)], "MIT");
    }
    check(&[("LICENSE", "See docs/LICENSE.md for the licence."), ("docs/LICENSE.md", MIT)], "MIT");
    check(
        &[("LICENSE", "This program is licensed under the GNU GPL, see COPYING."), ("COPYING", GPL)],
        "GPL-3.0-or-later",
    );
    let (told, _) = found(&[("LICENSE", "See LICENSE.txt for the licence.")]);
    assert!(told.ends_with("LICENSE names LICENSE.txt, which is not in the module"), "{told}");
    check(&[("LICENSE", "Licensed under the MIT licence, see LICENSE.txt.")], "MIT?");
}

#[test]
fn a_choice_with_one_text() {
    let text = "Licensed under either of the MIT licence or GPL-3.0-or-later (COPYING), at your option.";
    check(&[("LICENSE", text), ("COPYING", GPL)], "GPL-3.0-or-later OR MIT?");
    // A family without a version is nothing to choose, nor is a contract.
    check(&[("LICENSE", "Dual-licensed under MIT or BSD."), ("LICENSE-MIT", MIT)], "MIT");
    let text = "This is available under either the GNU GPL v3 or later, or a commercial licence.";
    let (expression, _) = found(&[("LICENSE", text), ("COPYING", GPL)]);
    assert_eq!(expression, "GPL-3.0-or-later");
}

#[test]
fn one_file_with_a_choice_and_its_texts() {
    let text = format!(
        "Licensed under the MIT license or the Apache License 2.0, at your option.\n\n{MIT}\n\n{APACHE}"
    );
    check(&[("LICENSE", &text)], "Apache-2.0 OR MIT?");
    let text = format!("This is dual licensed.\n\n{MIT}\n\n{APACHE}");
    check(&[("LICENSE", &text)], "Apache-2.0 OR MIT?");
    // The third is not in the choice.
    let text =
        format!("Dual licensed under MIT or Apache-2.0.\n\n{MIT}\n\n{APACHE}\n\nFor the parser:\n\n{GPL}");
    check(&[("LICENSE", &text)], "GPL-3.0-or-later AND (Apache-2.0 OR MIT)?");
    let text = format!("This is dual licensed.\n\n{MIT}\n\n{APACHE}\n\nFor the parser:\n\n{GPL}");
    assert_eq!(found(&[("LICENSE", &text)]).0, "Apache-2.0 AND GPL-3.0-or-later AND MIT");
    let text = format!(
        "{BSD}\n\nAlternatively, this may be distributed under the terms of the GNU General Public License \
                        version 3 or later.\n\n{GPL}"
    );
    check(&[("LICENSE", &text)], "BSD-3-Clause OR GPL-3.0-or-later?");
}

#[test]
fn exceptions_go_with_their_licence() {
    let gpl2 = plain(GPL2_TEXT);
    let text = "GNU GPL version 2 with the Classpath exception, see COPYING.";
    check(&[("LICENSE", text), ("COPYING", &gpl2)], "GPL-2.0 WITH Classpath-exception-2.0?");
    let text = "As a special exception, the copyright holders give permission to link this library with other programs.";
    check(&[("LICENSE", text), ("COPYING", GPL)], "GPL-3.0-or-later WITH GPL-3.0-linking-exception?");
    check(&[("LICENSE", text), ("COPYING", MIT)], "MIT");
    let files = [("LICENSE", text), ("COPYING.LESSER", &plain(LGPL_TEXT)), ("COPYING", &plain(GPL_TEXT))];
    let (expression, _) = found(&files);
    assert!(expression.contains("GPL-3.0"), "{expression}");
}

#[test]
fn licenses_of_reuse() {
    check(&[("LICENSES/MIT.txt", MIT)], "MIT");
    check(&[("LICENSES/MIT.txt", MIT), ("LICENSES/GPL-3.0-or-later.txt", GPL)], "GPL-3.0-or-later AND MIT?");
    check(&[("LICENSE", MIT), ("LICENSES/MIT.txt", MIT)], "MIT");
    check(&[("LICENSE", MIT), ("LICENSES/GPL-3.0-or-later.txt", GPL)], "GPL-3.0-or-later AND MIT?");
    check(&[("LICENSES/LicenseRef-Jane.txt", "Ask Jane.")], "LicenseRef-Jane");
    check(
        &[
            ("LICENSE", "SPDX-License-Identifier: MIT OR GPL-3.0-or-later"),
            ("LICENSES/MIT.txt", MIT),
            ("LICENSES/GPL-3.0-or-later.txt", GPL),
        ],
        "GPL-3.0-or-later OR MIT",
    );
    let text = "Available under either a [proprietary license](LICENSES/LicenseRef-Jane.md) or \
                [GNU GPLv3 or later](LICENSES/GPL-3.0-or-later.txt).";
    let (expression, _) = found(&[
        ("LICENSE.md", text),
        ("LICENSES/GPL-3.0-or-later.txt", GPL),
        ("LICENSES/LicenseRef-Jane.md", "Pay Jane."),
    ]);
    assert!(expression.contains("GPL-3.0-or-later"), "{expression}");
    // Texts of others that no licence is named for.
    check(&[("LICENSE", MIT), ("LICENSES/vendor/x/LICENSE", GPL), ("licenses/x.txt", GPL)], "MIT");
}

#[test]
fn lists_of_others_are_no_licence() {
    check(&[("LICENSE", MIT), ("THIRD_PARTY_LICENSES", GPL), ("LICENSE-3RD-PARTY.txt", GPL)], "MIT");
    let text = format!(
        "{APACHE}\n\nThis product bundles jquery, available under the MIT license; see licenses/LICENSE-jquery.txt."
    );
    check(&[("LICENSE", &text), ("licenses/LICENSE-jquery.txt", MIT)], "Apache-2.0 AND MIT");
}

#[test]
fn gnu_texts_beside_their_headers_are_one_licence() {
    check(&[("LICENSE", GPL), ("COPYING", &plain(GPL_TEXT))], "GPL-3.0-or-later");
}

//! docs/RULES.md says what holds: thirty rules, and every test that it names is
//! there.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every test function and text case below `dir`.
fn tests(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" {
                tests(&path, found);
            }
        } else if let Some(case) = name.strip_suffix(".txt") {
            found.insert(case.to_owned());
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut above = "";
            for line in text.lines().map(str::trim) {
                let function = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')).map(|(f, _)| f);
                if let Some(function) = function.filter(|_| above.starts_with("#[")) {
                    found.insert(function.to_owned());
                }
                above = line;
            }
        }
    }
}

#[test]
fn every_rule_names_tests_that_are_there() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = BTreeSet::new();
    tests(&root.join("host"), &mut found);
    let table = fs::read_to_string(root.join("docs/RULES.md")).unwrap();
    let numbered =
        |l: &&str| l.strip_prefix("| ").is_some_and(|cell| cell.starts_with(|c: char| c.is_ascii_digit()));
    let rows = table.lines().filter(numbered);
    let mut number = 0;
    for row in rows {
        number += 1;
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells[0], number.to_string(), "{row}");
        let names: Vec<&str> = cells.last().unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test for rule {number}");
        for name in names {
            // A test may say the rule's number before the name.
            let there = found.iter().any(|test| test == name || test.ends_with(&format!("_{name}")));
            assert!(there, "rule {number} names {name}, which is not a test");
        }
    }
    assert_eq!(number, 30);
}

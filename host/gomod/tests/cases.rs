//! The text cases: one file a case below `tests/cases`, its first lines say
//! what it is about. `AIRGO_BLESS=1` writes what the crate says into the files;
//! `tests/differential.rs` holds the go.mod and go.work ones against x/mod.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;
use support::{case, describe, sums, tables};

/// Runs every file of a folder: `answer` gives what should follow the input.
fn run_folder(folder: &str, answer: impl Fn(&case::Case) -> String) {
    let bless = std::env::var_os("AIRGO_BLESS").is_some();
    let mut wrong = Vec::new();
    let files = case::files(folder);
    assert!(!files.is_empty(), "no cases in {folder}");
    for path in files {
        let case = case::Case::read(&path);
        let got = answer(&case);
        if got == case.want {
            continue;
        }
        if bless {
            bless_file(&path, &case, &got);
        } else {
            wrong.push(format!("{}\n--- want\n{}--- got\n{got}", path.display(), case.want));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn bless_file(path: &Path, case: &case::Case, got: &str) {
    let text = fs::read_to_string(path).unwrap();
    let marker = "-- want --\n";
    let input = text.split(marker).next().unwrap();
    fs::write(path, format!("{input}{marker}{got}")).unwrap();
    assert!(!case.inputs.is_empty(), "{}: no input", path.display());
}

#[test]
fn modfile() {
    run_folder("modfile", describe_all);
}

#[test]
fn work() {
    run_folder("work", describe_all);
}

fn describe_all(case: &case::Case) -> String {
    case.inputs.iter().map(|(name, data)| describe::text(name, data)).collect()
}

#[test]
fn gosum() {
    run_folder("gosum", sums::answer);
}

#[test]
fn semver() {
    run_folder("semver", tables::answer);
}

#[test]
fn gover() {
    run_folder("gover", tables::answer);
}

#[test]
fn module() {
    run_folder("module", tables::answer);
}

#[test]
fn sumdb() {
    run_folder("sumdb", tables::answer);
}

#[test]
fn goenv() {
    run_folder("goenv", |case| {
        let settings = airgo_gomod::goenv::parse(case.input("env"));
        settings.iter().map(|(key, value)| format!("{key} {value:?}\n")).collect()
    });
}

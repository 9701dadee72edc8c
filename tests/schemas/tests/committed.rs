//! The committed schemas are what the types make today. With `UPDATE=1` this
//! test writes them.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_schemas::{DIRECTORY, documents};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[test]
fn schemas_are_what_the_types_make() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(DIRECTORY);
    let wanted: BTreeMap<String, String> =
        documents().iter().map(|d| (format!("{}.json", d.name), d.text().unwrap())).collect();
    if std::env::var_os("UPDATE").is_some() {
        for (name, text) in &wanted {
            std::fs::write(dir.join(name), text).unwrap();
        }
    }
    let files = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let committed: BTreeMap<String, String> = files
        .filter(|file| file.extension().is_some_and(|e| e == "json"))
        .map(|file| {
            (file.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&file).unwrap())
        })
        .collect();
    assert_eq!(committed.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (name, text) in &wanted {
        assert!(
            &committed[name] == text,
            "{DIRECTORY}/{name} is not what the types make; if the change is meant: \
             UPDATE=1 cargo test -p airgo-schemas"
        );
    }
}

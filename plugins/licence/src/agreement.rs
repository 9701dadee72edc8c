//! Agreement with licence files that are known: fixtures/ always, and the
//! truth set of 181 files beside the checkout, where it and its modules are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::detect::{Detection, detect};

fn ids(detection: &Detection) -> String {
    detection.found.iter().map(|found| found.id.as_str()).collect::<Vec<_>>().join("|")
}

/// No word of doubt about any of it.
fn is_sure(detection: &Detection) -> bool {
    detection.found.iter().all(|found| found.exact) && !detection.is_mostly_unknown()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

#[test]
fn fixtures_agree() {
    let table = std::fs::read_to_string(fixtures().join("expected.csv")).expect("the table");
    for line in table.lines().skip(1) {
        let [file, wanted, sure] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let bytes = std::fs::read(fixtures().join(file)).expect(file);
        let detection = detect(&String::from_utf8_lossy(&bytes));
        assert_eq!(
            (ids(&detection).as_str(), is_sure(&detection).to_string().as_str()),
            (wanted, sure),
            "{file}"
        );
    }
}

#[test]
fn every_template_matches_itself() {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("texts");
    for entry in std::fs::read_dir(texts).expect("texts") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name").to_owned();
        let Some(id) = name.strip_suffix(".txt") else { continue };
        let id = id.split('@').next().expect("a part");
        let text = first_branches(&std::fs::read_to_string(&path).expect("a text"));
        let detection = detect(&text);
        assert!(detection.found.iter().any(|f| f.id == id && f.exact), "{name}: {detection:?}");
    }
}

/// A template with `[[ a || b ]]` as `a` and `<<n>>` as a name.
pub fn first_branches(template: &str) -> String {
    let mut text = String::new();
    // For each open bracket, whether its first branch is over.
    let mut over: Vec<bool> = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let (mark, len) = match rest.get(..2) {
            Some("[[") => (Some(false), 2),
            Some("||") if !over.is_empty() => (Some(true), 2),
            Some("]]") => {
                over.pop();
                rest = &rest[2..];
                continue;
            }
            Some("<<") => {
                if !over.contains(&true) {
                    text.push_str(" Jane ");
                }
                rest = rest.split_once(">>").expect("closes").1;
                continue;
            }
            _ => (None, rest.chars().next().map_or(1, char::len_utf8)),
        };
        match mark {
            Some(false) => over.push(false),
            Some(true) => *over.last_mut().expect("open") = true,
            None if !over.contains(&true) => text.push_str(&rest[..len]),
            None => {}
        }
        rest = &rest[len..];
    }
    text
}

#[test]
fn the_truth_set_agrees() {
    let Some(truth) = truth() else { return };
    let start = std::time::Instant::now();
    let mut sure = 0;
    let mut differ = Vec::new();
    let mut wrong_and_sure = Vec::new();
    for row in &truth {
        let bytes = std::fs::read(&row.file).expect("a licence file");
        let detection = detect(&String::from_utf8_lossy(&bytes));
        sure += usize::from(is_sure(&detection));
        if ids(&detection) != row.ids {
            let line = format!("{}: wanted {:?}, found {detection:?}", row.file.display(), row.ids);
            // Nothing found is no answer, and so no wrong one.
            if is_sure(&detection) && !detection.found.is_empty() {
                wrong_and_sure.push(line.clone());
            }
            differ.push(line);
        }
    }
    println!(
        "{} files in {:?}, {} differ, {sure} without doubt\n{}",
        truth.len(),
        start.elapsed(),
        differ.len(),
        differ.join("\n")
    );
    assert!(wrong_and_sure.is_empty(), "{}", wrong_and_sure.join("\n"));
    assert!(differ.len() * 100 <= truth.len() * 2, "{}", differ.join("\n"));
}

struct Row {
    file: PathBuf,
    ids: String,
}

/// The rows of licence-truth.csv, or of the table that `AIRGO_LICENCE_TRUTH`
/// names, whose modules the Go proxy gives; None where the table or `go` is
/// missing.
fn truth() -> Option<Vec<Row>> {
    let shared = std::env::var_os("AIRGO_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let table = std::env::var_os("AIRGO_LICENCE_TRUTH")
        .map_or_else(|| shared.join("data/licence-truth.csv"), PathBuf::from);
    let Ok(table) = std::fs::read_to_string(&table) else {
        eprintln!("skipped: there is no {}", table.display());
        return None;
    };
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut modules: Vec<String> = rows.iter().map(|row| format!("{}@{}", row[0], row[1])).collect();
    modules.sort();
    modules.dedup();
    let dir = std::env::temp_dir().join("airgo-licence-truth");
    std::fs::create_dir_all(&dir).expect("a directory for modules");
    let go = Command::new("go")
        .args(["mod", "download", "-json"])
        .args(&modules)
        .current_dir(&dir)
        .env("GOMODCACHE", dir.join("cache"))
        .env("GOFLAGS", "-modcacherw")
        .env("GO111MODULE", "on")
        .output();
    let Ok(output) = go else {
        assert!(std::env::var_os("CI").is_none(), "CI has no go");
        eprintln!("skipped: no go here");
        return None;
    };
    let mut dirs = std::collections::BTreeMap::new();
    for module in serde_json::Deserializer::from_slice(&output.stdout).into_iter::<serde_json::Value>() {
        let module = module.expect("JSON from go");
        let text = |key: &str| module[key].as_str().unwrap_or_default().to_owned();
        if !text("Dir").is_empty() {
            dirs.insert((text("Path"), text("Version")), PathBuf::from(text("Dir")));
        }
    }
    let row = |row: &Vec<&str>| {
        let dir = dirs.get(&(row[0].to_owned(), row[1].to_owned()))?;
        Some(Row { file: dir.join(row[2]), ids: row[3].to_owned() })
    };
    let found: Vec<Row> = rows.iter().filter_map(row).collect();
    if found.len() < rows.len() {
        eprintln!(
            "skipped: {} of {} files, whose modules cannot be fetched",
            rows.len() - found.len(),
            rows.len()
        );
    }
    Some(found)
}

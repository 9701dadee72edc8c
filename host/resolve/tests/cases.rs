//! One text file a rule: a project, the modules it may need, and what comes of
//! them. The real go checks every case too.
//!
//! A case is a txtar archive (tests/cases/rules). `proxy/PATH@VERSION` is a
//! go.mod file of the proxy, `want/NAME` an expectation, every other file
//! belongs to the project. The line `local go: VERSION` in the comment makes up
//! an installed go; such a case is not checked. `AIRGO_BLESS=1` writes the
//! expectations again.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use airgo_gomod::ModuleVersion;
use airgo_resolve::{Mode, Resolution, Scope, format_graph, format_list, resolve};
use airgo_testkit::{Module, TempTree, Txtar, World, require_tool};
use support::oracle::{Oracle, go_version};
use support::project;
use support::source::{Files, Shuffled};

fn world(case: &Txtar) -> World {
    let mut world = World::new();
    for file in &case.files {
        if let Some(id) = file.name.strip_prefix("proxy/") {
            let (path, version) = id.split_once('@').unwrap();
            world.add(Module::new(path, version).go_mod(file.data.clone()));
        }
    }
    world
}

fn write(case: &Txtar, place: &TempTree) {
    for file in &case.files {
        if !file.name.starts_with("proxy/") && !file.name.starts_with("want/") {
            place.write(&file.name, &file.data);
        }
    }
}

fn run(dir: &Path, files: &Files, mode: Mode, local_go: Option<&str>) -> Result<Resolution, String> {
    let ours = project::load(dir, mode, local_go)
        .and_then(|p| resolve(&p, &mut Shuffled::new(files, 1)).map_err(|e| e.to_string()));
    ours.map_err(|e| e.replace(dir.to_str().unwrap(), "$WORK"))
}

/// What comes of a case, by the names of its expectations.
fn outcome(dir: &Path, files: &Files, local_go: Option<&str>) -> Vec<(&'static str, String)> {
    let names = |list: &[ModuleVersion]| list.iter().map(|m| format!("{m}\n")).collect::<String>();
    let mut found = Vec::new();
    match run(dir, files, Mode::Readonly, local_go) {
        Ok(r) => found.push(("want/list", format_list(&r))),
        Err(e) => found.push(("want/list-error", e + "\n")),
    }
    match run(dir, files, Mode::Update, local_go) {
        Ok(r) => {
            found.push(("want/graph", format_graph(&r)));
            found.push(("want/mods", names(&r.go_mods)));
            found.push(("want/zips", names(&r.needs(Scope::Build).zips)));
        }
        Err(e) => found.push(("want/graph-error", e + "\n")),
    }
    found
}

fn bless(file: &Path, case: &Txtar, found: &[(&str, String)]) {
    let mut text = String::from_utf8(case.comment.clone()).unwrap();
    for f in case.files.iter().filter(|f| !f.name.starts_with("want/")) {
        text.push_str(&format!("-- {} --\n{}", f.name, String::from_utf8_lossy(&f.data)));
    }
    for (name, data) in found {
        text.push_str(&format!("-- {name} --\n{data}"));
    }
    fs::write(file, text).unwrap();
}

fn check(file: &Path, with_go: bool) -> Result<(), String> {
    let case = Txtar::parse(&fs::read(file).unwrap());
    let comment = String::from_utf8_lossy(&case.comment).into_owned();
    let local_go = comment.lines().find_map(|l| l.strip_prefix("local go: "));
    let oracle = Oracle::new(&world(&case));
    let place = oracle.place();
    write(&case, &place);

    let go = local_go.unwrap_or_else(|| go_version());
    let found = outcome(place.path(), &oracle.files, (go != "none").then_some(go));
    if std::env::var_os("AIRGO_BLESS").is_some() {
        bless(file, &case, &found);
    }
    for (name, data) in &found {
        let want = case.get(name).map(String::from_utf8_lossy);
        if want.as_deref() != Some(data) {
            return Err(format!("{name}\n{data}\nwanted\n{}", want.unwrap_or_default()));
        }
    }
    if with_go && local_go.is_none() {
        oracle.compare(place.path(), 2)?;
        oracle.compare_download(place.path(), 3)?;
    }
    Ok(())
}

#[test]
fn every_rule_has_its_case() {
    let with_go = require_tool("go");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rules");
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20, "only {} cases", files.len());
    let failures: Vec<String> = files
        .iter()
        .filter_map(|f| check(f, with_go).err().map(|e| format!("{}: {e}", f.display())))
        .collect();
    assert!(failures.is_empty(), "{} of {} cases\n\n{}", failures.len(), files.len(), failures.join("\n\n"));
}

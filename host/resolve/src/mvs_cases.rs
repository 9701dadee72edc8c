//! The named graphs of Go's own MVS tests, read from the installed Go.
//!
//! A line `A: B1 C2` says what A requires; `build A: …` wants its build list,
//! `req A B: …` the least requirements with B among them. The lines on
//! upgrades and downgrades are not ours.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use airgo_gomod::ModuleVersion;
use airgo_gomod::modfile;
use airgo_testkit::require_tool;

use crate::ids::Id;
use crate::loader::{Loader, Pruning};
use crate::mvs::minimal;
use crate::walk::read_graph;
use crate::{MapSource, Project};

/// `B2.hidden` as a module version; `B` is the lowest of all.
fn module(name: &str) -> ModuleVersion {
    let (path, version) = name.split_at(1);
    let (minor, patch) = match version.strip_suffix(".hidden") {
        Some(minor) => (minor, 1),
        None => (version, 0),
    };
    let minor = if minor.is_empty() { "0" } else { minor };
    ModuleVersion::new(format!("x.test/{path}"), format!("v0.{minor}.{patch}"))
}

fn name(m: &ModuleVersion) -> String {
    let path = m.path.trim_start_matches("x.test/");
    match m.version.trim_start_matches("v0.").split_once('.') {
        Some(("0", _)) => path.to_owned(),
        Some((minor, "1")) => format!("{path}{minor}.hidden"),
        Some((minor, _)) => format!("{path}{minor}"),
        None => path.to_owned(),
    }
}

fn names(list: &str) -> Vec<&str> {
    // "none" stands for no requirement at all.
    list.split_whitespace().filter(|n| !n.ends_with("none")).collect()
}

struct Case {
    name: String,
    requires: HashMap<String, String>,
    wants: Vec<(String, String)>,
}

fn cases() -> Vec<Case> {
    let out = Command::new("go").args(["env", "GOROOT"]).output().unwrap();
    let goroot = String::from_utf8(out.stdout).unwrap();
    let file = format!("{}/src/cmd/go/internal/mvs/mvs_test.go", goroot.trim());
    let text = fs::read_to_string(file).unwrap();
    let tests = text.split('`').nth(1).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in tests.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (key, value) = line.split_once(':').unwrap();
        let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
        match key.split(' ').next().unwrap() {
            "name" => cases.push(Case { name: value, requires: HashMap::new(), wants: Vec::new() }),
            "build" | "req" => cases.last_mut().unwrap().wants.push((key, value)),
            _ if key.contains(' ') => {}
            _ => {
                cases.last_mut().unwrap().requires.insert(key, value);
            }
        }
    }
    cases
}

/// A loader in which `target` is the main module, and the target's roots.
fn with_loader<T>(case: &Case, target: &str, f: impl FnOnce(&mut Loader<'_>, &[Id]) -> T) -> T {
    let mut source = MapSource::default();
    let mentioned = case.requires.values().flat_map(|list| names(list));
    for m in mentioned.map(module) {
        let text = format!("module {}\n", m.path);
        source.insert(m, text);
    }
    for (key, list) in &case.requires {
        let m = module(key);
        let mut text = format!("module {}\n", m.path);
        for r in names(list).into_iter().map(module) {
            let _ = writeln!(text, "require {} {}", r.path, r.version);
        }
        source.insert(m, text);
    }
    let main = format!("module {}\n", module(target).path);
    let project = Project::new(".", modfile::parse("go.mod", main.as_bytes()).unwrap());
    let mut loader = Loader::new(&project, String::new(), &mut source).unwrap();
    let required = case.requires.get(target).map_or("", String::as_str);
    let roots: Vec<Id> = names(required).into_iter().map(|n| loader.ids.intern(&module(n))).collect();
    f(&mut loader, &roots)
}

#[test]
fn named_graphs_of_go() {
    if !require_tool("go") {
        return;
    }
    let mut checked = 0;
    for case in cases() {
        for (key, want) in &case.wants {
            let mut words = key.split(' ');
            let (verb, target) = (words.next().unwrap(), words.next().unwrap());
            let base: Vec<&str> = words.collect();
            let got = with_loader(&case, target, |loader, roots| {
                let graph = read_graph(loader, Pruning::Unpruned, roots).unwrap();
                let list = graph.build_list(&loader.ids);
                if verb == "build" {
                    let rest = list.iter().skip(1).map(|&m| name(&loader.ids.module(m)));
                    return std::iter::once(target.to_owned()).chain(rest).collect::<Vec<_>>();
                }
                let base: Vec<_> = base.iter().map(|n| loader.ids.path_id(&module(n).path)).collect();
                let main = loader.mains()[0];
                let least = minimal(loader, main, &base, roots).unwrap();
                least.iter().map(|&m| name(&loader.ids.module(m))).collect()
            });
            assert_eq!(got, want.split_whitespace().collect::<Vec<_>>(), "{}: {key}", case.name);
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} expectations");
}

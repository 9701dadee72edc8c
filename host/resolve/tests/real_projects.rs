//! Real projects: their build lists and graphs equal those of the real go,
//! read from the go.mod files that it leaves in its cache. Needs the network
//! once; the cache stays in cargo's target directory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use airgo_gomod::ModuleVersion;
use airgo_resolve::{Mode, Scope, format_graph, format_list, resolve};
use airgo_testkit::{Go, TempTree, require_tool};
use support::oracle::{go_version, sorted};
use support::project;
use support::real::{fetch, files, go, modcache};
use support::source::Shuffled;

/// Compares a module, taken from its zip.
fn compare(id: &str) {
    compare_placed(id, |go, place| fetch(go, id, place));
}

/// Compares a workspace of published modules, each in its own directory.
fn compare_workspace(name: &str, go_line: &str, modules: &[(&str, &str)]) {
    compare_placed(name, |go, place| {
        let mut work = format!("go {go_line}\n");
        for (dir, _) in modules {
            work.push_str(&format!("use ./{dir}\n"));
        }
        fs::write(place.join("go.work"), work).unwrap();
        modules.iter().all(|(dir, id)| fetch(go, id, &place.join(dir)))
    });
}

fn compare_placed(name: &str, put: impl FnOnce(&Go, &Path) -> bool) {
    if !require_tool("go") {
        return;
    }
    let modcache = modcache(name);
    let go = go(&modcache);
    let place = TempTree::new();
    if put(&go, place.path()) {
        compare_dir(name, &go, &modcache, place.path());
    }
}

fn compare_dir(name: &str, go: &Go, modcache: &Path, dir: &Path) {
    let list = go.run(dir, &["list", "-m", "all"]);
    let graph = sorted(&go.run(dir, &["mod", "graph"]));

    let files = files(modcache);
    let project = project::load(dir, Mode::Readonly, Some(go_version())).unwrap();
    let mut source = Shuffled::new(&files, 1);
    let ours = resolve(&project, &mut source).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(list, format_list(&ours), "go list -m all of {name}");
    assert_eq!(graph, format_graph(&ours), "go mod graph of {name}");
    let asked: Vec<ModuleVersion> = source.asked.into_iter().collect();
    assert_eq!(asked, ours.go_mods, "what was asked for is what is needed");
    let took = (0..10).map(|i| {
        let mut source = Shuffled::new(&files, i);
        let start = Instant::now();
        resolve(&project, &mut source).unwrap();
        start.elapsed()
    });
    let took = took.min().unwrap();
    println!(
        "{name}: {} modules, {} edges, {} go.mod files, {} zips, {took:?}",
        ours.build_list.len(),
        ours.graph.len(),
        ours.go_mods.len(),
        ours.needs(Scope::Build).zips.len(),
    );
}

#[test]
fn gin() {
    compare("github.com/gin-gonic/gin@v1.10.0");
}

#[test]
fn cobra_without_pruning() {
    compare("github.com/spf13/cobra@v1.1.3");
}

#[test]
fn testcontainers_incompatible() {
    compare("github.com/testcontainers/testcontainers-go@v0.37.0");
}

#[test]
fn prometheus() {
    compare("github.com/prometheus/prometheus@v0.305.0");
}

#[test]
fn helm() {
    compare("helm.sh/helm/v3@v3.18.4");
}

#[test]
fn hugo() {
    compare("github.com/gohugoio/hugo@v0.147.0");
}

#[test]
fn buildkit() {
    compare("github.com/moby/buildkit@v0.22.0");
}

#[test]
fn kubernetes_workspace() {
    let names = [
        "api",
        "apiextensions-apiserver",
        "apimachinery",
        "apiserver",
        "cli-runtime",
        "client-go",
        "component-base",
        "kube-aggregator",
        "kubectl",
        "sample-controller",
    ];
    let modules = names.map(|name| (name, format!("k8s.io/{name}@v0.33.1")));
    let modules: Vec<(&str, &str)> = modules.iter().map(|(dir, id)| (*dir, id.as_str())).collect();
    compare_workspace("kubernetes-workspace", "1.24.0", &modules);
}

/// Any project of one's own: `AIRGO_PROJECT_DIR=DIR`.
#[test]
fn a_project_of_ones_own() {
    let Some(dir) = std::env::var_os("AIRGO_PROJECT_DIR").map(PathBuf::from) else { return };
    let modcache = modcache("own");
    compare_dir(&dir.display().to_string(), &go(&modcache), &modcache, &dir);
}

//! Real projects: their build lists and graphs equal those of the real go,
//! read from the go.mod files that it leaves in its cache. Needs the network
//! once; the cache stays in cargo's target directory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use airgo_gomod::{ModuleVersion, module};
use airgo_resolve::{Mode, Scope, format_graph, format_list, resolve};
use airgo_testkit::{Go, TempTree, require_tool, target_tmp};
use support::oracle::{cached, go_version, sorted};
use support::project;
use support::source::{Files, Shuffled};

fn go(modcache: &Path) -> Go {
    Go::online().modcache(modcache)
}

/// A project's go.mod and go.sum, taken from its zip; `None` offline.
fn fetch(go: &Go, id: &str) -> Option<TempTree> {
    let nowhere = TempTree::new();
    let out = go.output(nowhere.path(), &["mod", "download", "-json", id]);
    let json = String::from_utf8_lossy(&out.stdout).into_owned();
    if !out.status.success() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{id} cannot be fetched: {json}");
        println!("SKIPPED: {id} cannot be fetched without a network");
        return None;
    }
    let dir = json.lines().find_map(|l| l.trim().strip_prefix("\"Dir\": \"")).unwrap();
    let dir = PathBuf::from(dir.trim_end_matches(['"', ',']));
    let place = TempTree::new();
    for name in ["go.mod", "go.sum"] {
        place.write(name, fs::read(dir.join(name)).unwrap());
    }
    Some(place)
}

/// Every go.mod file of a cache.
fn files(modcache: &Path) -> Files {
    let mut files = HashMap::new();
    for m in cached(modcache, "mod") {
        let path = module::escape_path(&m.path).unwrap();
        let version = module::escape_version(&m.version).unwrap();
        let file = modcache.join(format!("cache/download/{path}/@v/{version}.mod"));
        files.insert(m, fs::read(file).unwrap());
    }
    files
}

fn compare(id: &str) {
    if !require_tool("go") {
        return;
    }
    let name = id.replace(['/', '@'], "_");
    let modcache = target_tmp().join("resolve-modcache").join(name);
    fs::create_dir_all(&modcache).unwrap();
    let go = go(&modcache);
    let Some(place) = fetch(&go, id) else { return };
    let dir = place.path();
    let list = go.run(dir, &["list", "-m", "all"]);
    let graph = sorted(&go.run(dir, &["mod", "graph"]));

    let files = files(&modcache);
    let project = project::load(dir, Mode::Readonly, Some(go_version())).unwrap();
    let mut source = Shuffled::new(&files, 1);
    let start = Instant::now();
    let ours = resolve(&project, &mut source).unwrap_or_else(|e| panic!("{id}: {e}"));
    let took = start.elapsed();
    assert_eq!(list, format_list(&ours), "go list -m all of {id}");
    assert_eq!(graph, format_graph(&ours), "go mod graph of {id}");
    let asked: Vec<ModuleVersion> = source.asked.into_iter().collect();
    assert_eq!(asked, ours.go_mods, "what was asked for is what is needed");
    println!(
        "{id}: {} modules, {} edges, {} go.mod files, {} zips, {took:?}",
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

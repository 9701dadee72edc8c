//! Scopes on real projects: a cache that holds just what is needed, without any
//! network, serves every command that the scope promises. Needs the network
//! once; the cache stays in cargo's target directory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;
use std::path::Path;

use airgo_resolve::{Mode, Scope, resolve};
use airgo_testkit::{Go, TempTree, require_tool, target_tmp};
use support::oracle::go_version;
use support::source::Shuffled;
use support::{cache, project, real};

const BUILD: &[&str] = &[
    "list -m all",
    "mod graph",
    "mod verify",
    "mod download",
    "list -deps ./...",
    "list -deps -test ./...",
    "mod vendor",
];
const ALL: &[&str] = &[
    "list -deps -test all",
    "list -mod=mod -deps -test all",
    "mod why -m all",
    "mod tidy -diff",
    "mod download all",
];

/// A copy of the project for every command: go may rewrite go.mod.
fn run(go: &Go, project: &Path, command: &str) -> Result<(), String> {
    let copy = TempTree::new();
    real::copy(project, copy.path(), None);
    let args: Vec<&str> = command.split(' ').collect();
    let out = go.output(copy.path(), &args);
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

fn check(id: &str) {
    if !(require_tool("go") && require_tool("unshare")) {
        return;
    }
    let whole = real::modcache(&format!("scopes-{id}"));
    let online = real::go(&whole);
    let place = TempTree::new();
    if !real::fetch_some(&online, id, place.path(), None) {
        return;
    }
    // Everything that any scope may ask for, and more.
    run(&online, place.path(), "mod download all").unwrap();
    let working: Vec<&str> =
        BUILD.iter().chain(ALL).copied().filter(|c| run(&online, place.path(), c).is_ok()).collect();

    let files = real::files(&whole);
    let mut loaded = project::load(place.path(), Mode::Update, Some(go_version())).unwrap();
    for (scope, commands) in [(Scope::Build, BUILD), (Scope::All, ALL)] {
        loaded.scope = scope;
        let ours = resolve(&loaded, &mut Shuffled::new(&files, 1)).unwrap_or_else(|e| panic!("{id}: {e}"));
        let needs = ours.needs(scope);
        // `go mod download all` leaves out what only tidy looks into.
        for m in needs.zips.iter().filter(|m| !whole.join(format!("{}.zip", cache::stem(m))).exists()) {
            online.run(place.path(), &["mod", "download", &m.to_string()]);
        }
        let part = target_tmp().join(format!("resolve-scope-{}-{scope:?}", id.replace(['/', '@'], "_")));
        // What an earlier run left may be read-only.
        Go::with_proxy("off").modcache(&part).output(place.path(), &["clean", "-modcache"]);
        for name in cache::names(&needs) {
            let target = part.join(&name);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::hard_link(whole.join(&name), &target).unwrap_or_else(|e| panic!("{id}: {name}: {e}"));
        }
        let offline = Go::air_gapped(&part).env("GOSUMDB", "off").env("GONOSUMDB", "*").env("GOFLAGS", "");
        let mut served = Vec::new();
        for command in commands.iter().filter(|c| working.contains(c)) {
            run(&offline, place.path(), command).unwrap_or_else(|e| panic!("{id}: go {command}: {e}"));
            served.push(*command);
        }
        println!(
            "{id} {scope:?}: {} .mod, {} .info, {} zips; without a network: {}",
            needs.mods.len(),
            needs.infos.len(),
            needs.zips.len(),
            served.join(", ")
        );
        Go::with_proxy("off").modcache(&part).output(place.path(), &["clean", "-modcache"]);
    }
}

#[test]
fn gin() {
    check("github.com/gin-gonic/gin@v1.10.0");
}

#[test]
#[ignore = "downloads 200 MB"]
fn cobra_without_pruning() {
    check("github.com/spf13/cobra@v1.1.3");
}

/// At go 1.17, so that `go mod tidy` also reads the graph as go 1.16 saw it.
#[test]
#[ignore = "downloads 100 MB"]
fn at_go_1_17() {
    check("github.com/spf13/viper@v1.12.0");
}

#[test]
#[ignore = "downloads 120 MB"]
fn testcontainers_incompatible() {
    check("github.com/testcontainers/testcontainers-go@v0.37.0");
}

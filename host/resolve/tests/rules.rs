//! Rules that show only in what a cache holds (docs/RULES.md), checked against the
//! real go. Rules about graphs are text cases; see cases.rs.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;

use airgo_gomod::ModuleVersion;
use airgo_resolve::{Mode, Scope, resolve};
use airgo_testkit::{Go, Module, TempTree, World, require_tool};
use support::cache;
use support::oracle::go_version;
use support::project;
use support::source::{Files, Shuffled};

fn m(path: &str, version: &str) -> ModuleVersion {
    ModuleVersion::new(path, version)
}

fn ok(go: &Go, dir: &Path, args: &[&str]) -> Result<(), String> {
    let out = go.output(dir, args);
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

/// `go list -m all` asks for the time of every module of the build list, also of
/// those whose code no build here ever reads.
#[test]
fn rule_01_info_of_the_whole_build_list() {
    if !require_tool("go") {
        return;
    }
    let world = World::new()
        .with(Module::new("x.test/a", "v1.0.0").go("1.21").require("x.test/b", "v1.0.0"))
        .with(Module::new("x.test/b", "v1.0.0").go("1.21").require("x.test/c", "v1.0.0"))
        .with(Module::new("x.test/c", "v1.0.0").go("1.21"));
    let files: Files = world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect();
    let place = TempTree::new();
    place.write("main/go.mod", "module example.com/main\n\ngo 1.21\n\nrequire x.test/a v1.0.0\n");
    place.write("main/go.sum", world.go_sum());
    let dir = place.join("main");
    let project = project::load(&dir, Mode::Readonly, Some(go_version())).unwrap();
    let needs = resolve(&project, &mut Shuffled::new(&files, 1)).unwrap().needs(Scope::Build);
    let (a, b) = (m("x.test/a", "v1.0.0"), m("x.test/b", "v1.0.0"));
    assert_eq!((&needs.zips, &needs.infos), (&vec![a.clone()], &vec![a, b]));

    let cached = place.join("cache");
    cache::fill(&world, &needs, &cached);
    let go = Go::with_proxy("off").modcache(&cached);
    ok(&go, &dir, &["list", "-m", "all"]).unwrap();
    fs::remove_file(cached.join("cache/download/x.test/b/@v/v1.0.0.info")).unwrap();
    let error = ok(&go, &dir, &["list", "-m", "all"]).unwrap_err();
    assert!(error.contains("module lookup disabled by GOPROXY=off"), "{error}");
    ok(&go, &dir, &["mod", "graph"]).unwrap();
}

/// In a workspace a missing go.sum line is not an error of its own: go asks the
/// checksum database, offline too. So whatever go.work.sum lacks, a bundle has
/// to bring the database's word for.
#[test]
fn rule_13_workspaces_ask_the_database_for_missing_sums() {
    if !require_tool("go") {
        return;
    }
    let world = World::new().with(Module::new("x.test/a", "v1.0.0").go("1.21"));
    let files: Files = world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect();
    let place = TempTree::new();
    let go_mod = "module example.com/main\n\ngo 1.21\n\nrequire x.test/a v1.0.0\n";
    place.write("main/go.mod", go_mod);
    place.write("main/main.go", "package main\n\nimport _ \"x.test/a\"\n\nfunc main() {}\n");
    let dir = place.join("main");
    let project = project::load(&dir, Mode::Readonly, Some(go_version())).unwrap();
    let needs = resolve(&project, &mut Shuffled::new(&files, 1)).unwrap().needs(Scope::Build);
    let cached = place.join("cache");
    cache::fill(&world, &needs, &cached);
    // A database that nobody can reach, as the default one is offline.
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let go = Go::with_proxy("off").modcache(&cached).env("GOSUMDB", key).env("GONOSUMDB", "");
    let alone = ok(&go, &dir, &["list", "-deps", "./..."]).unwrap_err();
    assert!(alone.contains("missing go.sum entry"), "{alone}");
    place.write("go.work", "go 1.21\n\nuse ./main\n");
    let workspace = ok(&go, &dir, &["list", "-deps", "./..."]).unwrap_err();
    assert!(
        !workspace.contains("missing go.sum entry") && workspace.contains("lookup disabled"),
        "{workspace}"
    );
    place.write("go.work.sum", world.go_sum());
    ok(&go, &dir, &["list", "-deps", "./..."]).unwrap();
}

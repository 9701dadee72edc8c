//! Rules of what a GOMODCACHE holds (docs/RULES.md), one test a rule, with the
//! real go as the oracle.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::ModuleInput;
use airgo_testkit::{Go, Module, TempTree, TreeDiff, World, ZipBuilder, require_tool};
use common::{input, open};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A go that has downloaded the world by itself.
fn downloaded(world: &World, place: &TempTree) -> Go {
    let go = Go::with_proxy(&world.write(&place.dir("proxy")));
    let ids: Vec<String> = world.modules().iter().map(|m| m.id().to_string()).collect();
    let mut args = vec!["mod", "download"];
    args.extend(ids.iter().map(String::as_str));
    go.run(place.path(), &args);
    go
}

fn installed(world: &World, target: &Path) {
    for module in world.modules() {
        open(target).install(input(module)).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn rule_17_a_ziphash_is_47_bytes_and_verify_wants_it() {
    if !require_tool("go") {
        return;
    }
    let place = TempTree::new();
    let world = World::new().with(Module::new("example.com/a", "v1.0.0").go("1.21"));
    let target = place.join("cache");
    installed(&world, &target);
    let file = target.join("cache/download/example.com/a/@v/v1.0.0.ziphash");
    assert_eq!(fs::read_to_string(&file).unwrap(), world.modules()[0].h1().to_string());
    assert_eq!(fs::metadata(&file).unwrap().len(), 47);

    place.write("main/go.mod", "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n");
    place.write("main/go.sum", world.go_sum());
    let verify = || Go::with_proxy("off").modcache(&target).output(&place.join("main"), &["mod", "verify"]);
    assert!(verify().status.success());
    fs::remove_file(&file).unwrap();
    assert!(!verify().status.success());
}

#[test]
fn rule_21_files_lose_their_modes_and_links_are_files() {
    if !require_tool("go") {
        return;
    }
    let name = |file: &str| format!("example.com/x@v1.0.0/{file}");
    let zip = ZipBuilder::new()
        .file(name("go.mod"), "module example.com/x\n\ngo 1.21\n")
        .with_mode(name("run.sh"), "#!/bin/sh\n", 0o100_755)
        .with_mode(name("dir/link"), "../run.sh", 0o120_777)
        .stored(name("empty/"), "");
    let world = World::new().with(Module::new("example.com/x", "v1.0.0").go("1.21").zip(zip));
    let place = TempTree::new();
    let go = downloaded(&world, &place);
    let target = place.join("cache");
    installed(&world, &target);
    TreeDiff::gomodcaches(go.gomodcache(), &target).assert_same();

    let tree = target.join("example.com/x@v1.0.0");
    let mode = |file: &str| fs::symlink_metadata(tree.join(file)).unwrap().permissions().mode();
    assert_eq!(mode("run.sh"), 0o100_444);
    assert_eq!(mode("dir/link"), 0o100_444);
    assert_eq!(fs::read_to_string(tree.join("dir/link")).unwrap(), "../run.sh");
    assert!(!tree.join("empty").exists());
}

#[test]
fn rule_24_the_list_is_that_of_go() {
    if !require_tool("go") {
        return;
    }
    let versions = [
        "v1.10.0",
        "v1.9.0",
        "v1.9.0-rc.1",
        "v2.0.0+incompatible",
        "v1.9.1-0.20240102030405-0123456789ab",
        "v1.9.0-RC1",
    ];
    let module =
        |v: &&str| Module::new("example.com/m", *v).go_mod("module example.com/m\n").without_go_mod();
    let world = versions.iter().fold(World::new(), |world, v| world.with(module(v)));
    let place = TempTree::new();
    let go = downloaded(&world, &place);
    let target = place.join("cache");
    for module in world.modules() {
        open(&target).install(ModuleInput { zip: None, ..input(module) }).unwrap();
    }
    let list = "cache/download/example.com/m/@v/list";
    let theirs = fs::read_to_string(go.gomodcache().join(list)).unwrap();
    assert_eq!(fs::read_to_string(target.join(list)).unwrap(), theirs);
    // go looks at the escaped names: v1.9.0-!r!c1 is not a version.
    assert!(!theirs.contains("RC1") && theirs.contains("+incompatible"), "{theirs}");
}

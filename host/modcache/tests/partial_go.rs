//! What the go command makes of a cache that has parts of modules.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{Content, ModCache, Options};
use airgo_testkit::{Go, Module, TempTree, World, require_tool};
use common::{contents, input, open, partial};
use std::fs;
use std::path::Path;

/// A project that reads one package of a module and a file that it embeds, and imports
/// by a path that two modules could have.
fn project(dir: &Path) -> World {
    let lib = Module::new("example.com/Lib", "v1.0.0")
        .go("1.21")
        .file("lib.go", "package lib\n\nimport \"example.com/missing\"\n\nvar X = missing.X\n")
        .file("used/used.go", "package used\n\nimport _ \"embed\"\n\n//go:embed data/text\nvar Text string\n")
        .file("used/used_test.go", "package used\n\nimport \"testing\"\n\nfunc TestText(t *testing.T) { if Text != \"text\" { t.Fatal(Text) } }\n")
        .file("used/data/text", "text")
        .file("used/data/other", "other")
        .file("LICENSE", "all rights\n");
    let outer = Module::new("example.com/amb", "v1.0.0").go("1.21").file("amb.go", "package amb\n");
    let inner = Module::new("example.com/amb/inner", "v1.0.0")
        .go("1.21")
        .file("pkg/p.go", "package pkg\n\nconst P = 1\n");
    let world = World::new().with(lib).with(outer).with(inner);
    Module::project("example.com/main")
        .go("1.21")
        .require("example.com/Lib", "v1.0.0")
        .require("example.com/amb", "v1.0.0")
        .require("example.com/amb/inner", "v1.0.0")
        .file(
            "main.go",
            "package main\n\nimport (\n\t\"example.com/Lib/used\"\n\t\"example.com/amb/inner/pkg\"\n)\n\nfunc main() { println(used.Text, pkg.P) }\n",
        )
        .file("go.sum", world.go_sum())
        .write_dir(dir);
    world
}

fn is_read(module: &str, name: &str) -> bool {
    match module {
        "example.com/Lib" => {
            name == "go.mod" || name == "LICENSE" || (name.starts_with("used/") && !name.ends_with("other"))
        }
        "example.com/amb/inner" => name == "pkg/p.go",
        _ => false,
    }
}

fn install(world: &World, dir: &Path) {
    install_files(world, dir, is_read);
}

fn install_files(world: &World, dir: &Path, carried: fn(&str, &str) -> bool) {
    let cache = ModCache::open(dir, Options::default()).unwrap();
    let stage = cache.stage().of_bundle([1; 32]);
    for module in world.modules() {
        let all = contents(module);
        let tree = stage.partial(partial(module, |name| carried(&module.id().path, name)), &()).unwrap();
        for index in (0..all.len()).filter(|index| tree.awaits(*index)) {
            tree.put(index, &Content::of(&all[index].1)).unwrap();
        }
    }
    stage.publish(1, &()).unwrap();
}

#[test]
fn go_lists_builds_and_tests_from_parts_of_modules() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let tree = TempTree::new();
    let main = tree.dir("main");
    let world = project(&main);
    let (exact, full) = (tree.join("exact"), tree.join("full"));
    install(&world, &exact);
    open(&full).install_all(world.modules().iter().map(input), 1, &()).unwrap();
    assert!(!exact.join("example.com/!lib@v1.0.0/lib.go").exists());
    assert_eq!(fs::read_dir(exact.join("example.com/amb@v1.0.0")).unwrap().count(), 0);
    let said = |cache: &Path, args: &[&str]| {
        let output = Go::air_gapped(cache).output(&main, args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for args in [
        &["list", "-deps", "-test", "./..."][..],
        &["list", "-m", "all"],
        &["mod", "graph"],
        &["build", "-o", "/dev/null", "./..."],
        &["vet", "./..."],
        &["list", "-deps", "example.com/Lib/used"],
    ] {
        assert_eq!(said(&exact, args), said(&full, args), "{args:?}");
    }
    said(&exact, &["test", "example.com/Lib/used"]);
    let build = |cache: &Path| {
        let binary = tree.join("binary");
        said(cache, &["build", "-trimpath", "-o", binary.to_str().unwrap(), "."]);
        fs::read(binary).unwrap()
    };
    assert!(build(&exact) == build(&full), "other binaries");
    // A package that is not carried is said to be missing.
    let output = Go::air_gapped(&exact).output(&main, &["list", "-deps", "example.com/Lib"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("package example.com/Lib"), "{text}");
}

/// As docs/docker.md says.
#[test]
fn what_go_mod_verify_and_download_say() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let tree = TempTree::new();
    let main = tree.dir("main");
    let world = project(&main);
    let (exact, lean) = (tree.join("exact"), tree.join("lean"));
    install(&world, &exact);
    install_files(&world, &lean, |_, _| true);
    let said = |cache: &Path, args: &[&str]| {
        let output = Go::air_gapped(cache).output(&main, args);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (fine, text) = said(&exact, &["mod", "verify"]);
    assert!(!fine && text.matches(": dir has been modified (").count() == 3, "{text}");
    let (fine, text) = said(&lean, &["mod", "verify"]);
    assert!(fine && text.trim() == "all modules verified", "{text}");
    for cache in [&exact, &lean] {
        let (fine, text) = said(cache, &["mod", "download"]);
        assert!(!fine && text.matches("module lookup disabled by GOPROXY=off").count() == 3, "{text}");
    }
    // With a network, go fetches zips and leaves the trees: a later airgo replaces them.
    let proxy = world.write(&tree.dir("proxy"));
    Go::with_proxy(&proxy).modcache(&exact).run(&main, &["mod", "download"]);
    assert!(!exact.join("example.com/!lib@v1.0.0/lib.go").exists());
    install(&world, &exact);
    open(&exact).install_all(world.modules().iter().map(input), 1, &()).unwrap();
    assert!(exact.join("example.com/!lib@v1.0.0/lib.go").exists());
    assert!(!exact.join("cache/airgo-exact.json").exists());
    let (fine, text) = said(&exact, &["mod", "verify"]);
    assert!(fine, "{text}");
}

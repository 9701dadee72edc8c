//! The go command is the oracle: what is installed equals what it makes itself,
//! and it takes it for its own.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{escape_path, escape_version};
use airgo_modcache::{Installed, ModCache, ModuleInput, Options, Outcome, Problem};
use airgo_testkit::{Go, Module, TempTree, TreeDiff, World, require_tool};
use common::{input, inputs_of, open};
use std::fs;
use std::path::Path;

fn download_world(go: &Go, dir: &Path, world: &World) {
    let ids: Vec<String> = world.modules().iter().map(|module| module.id().to_string()).collect();
    let mut args = vec!["mod", "download", "-json"];
    args.extend(ids.iter().map(String::as_str));
    go.output(dir, &args);
}

/// Removes the zips that go could not extract: some of its tests' modules are
/// broken on purpose. Of these it keeps the zip and has no tree. airgo refuses
/// them, too.
fn remove_broken(gomodcache: &Path, aside: &Path) {
    let broken = |input: &ModuleInput<'_>| {
        let ModuleVersion { path, version } = &input.module;
        let escaped = [escape_path(path).unwrap(), escape_version(version).unwrap()];
        input.zip.is_some() && !gomodcache.join(escaped.join("@")).exists()
    };
    for input in inputs_of(gomodcache).into_iter().filter(broken) {
        let ModuleVersion { path, version } = &input.module;
        let [path, version] = [escape_path(path).unwrap(), escape_version(version).unwrap()];
        for suffix in ["zip", "ziphash"] {
            let name = format!("cache/download/{path}/@v/{version}.{suffix}");
            fs::remove_file(gomodcache.join(name)).unwrap();
        }
        let error = open(aside).install(input).unwrap_err();
        assert!(matches!(*error.problem, Problem::Zip(_)), "{error}");
    }
}

#[track_caller]
fn install_all(target: &Path, inputs: Vec<ModuleInput<'_>>) -> Installed {
    open(target).install_all(inputs, 2, &()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn equals_what_go_downloads() {
    if !require_tool("go") {
        return;
    }
    let tree = TempTree::new();
    let world = World::of_go();
    let go = Go::with_proxy(&world.write(&tree.dir("proxy")));
    download_world(&go, tree.path(), &world);
    remove_broken(&go.gomodcache(), &tree.join("aside"));
    let inputs = inputs_of(&go.gomodcache());
    assert!(inputs.len() > 150, "only {} modules", inputs.len());
    let target = tree.join("target");
    install_all(&target, inputs);
    TreeDiff::gomodcaches(go.gomodcache(), &target).assert_same();
    // Again, and everything is there.
    let again = install_all(&target, inputs_of(&go.gomodcache()));
    assert!(again.iter().all(|(_, outcome)| *outcome == Outcome::AlreadyPresent), "{again:?}");
}

#[test]
fn equals_what_go_downloads_with_modcacherw() {
    if !require_tool("go") {
        return;
    }
    let tree = TempTree::new();
    let world = World::new().with(common::sample());
    let go = Go::with_proxy(&world.write(&tree.dir("proxy"))).env("GOFLAGS", "-modcacherw");
    download_world(&go, tree.path(), &world);
    let options = Options { keep_writable: true, ..Options::default() };
    let cache = ModCache::open(&tree.join("target"), options).unwrap();
    cache.install_all(inputs_of(&go.gomodcache()), 2, &()).unwrap();
    drop(cache);
    TreeDiff::gomodcaches(go.gomodcache(), tree.join("target")).assert_same();
}

/// A project that imports two modules, one of them by way of the other.
fn project(dir: &Path) -> World {
    let b = Module::new("example.com/B", "v1.0.0").go("1.20").file("b.go", "package b\n\nconst B = 1\n");
    let a = Module::new("example.com/a/v2", "v2.0.1")
        .go("1.20")
        .require("example.com/B", "v1.0.0")
        .file("a.go", "package a\n\nimport b \"example.com/B\"\n\nconst A = b.B\n");
    let unused = Module::new("example.com/unused", "v0.1.0").go("1.20");
    let world = World::new().with(a).with(b).with(unused);
    Module::project("example.com/main")
        .go("1.20")
        .require("example.com/a/v2", "v2.0.1")
        .require_indirect("example.com/B", "v1.0.0")
        .require_indirect("example.com/unused", "v0.1.0")
        .file("main.go", "package main\n\nimport a \"example.com/a/v2\"\n\nfunc main() { println(a.A) }\n")
        .file("go.sum", world.go_sum())
        .write_dir(dir);
    world
}

#[test]
fn go_builds_from_it_without_a_network() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let tree = TempTree::new();
    let main = tree.dir("main");
    let world = project(&main);
    let inputs = world.modules().iter().map(|module| {
        let mut input = input(module);
        if module.id().path == "example.com/unused" {
            input.zip = None;
        }
        input
    });
    let cache = tree.join("cache");
    let installed = install_all(&cache, inputs.collect());
    assert_eq!(installed.len(), 3);
    let go = Go::air_gapped(&cache);
    go.run(&main, &["build", "-o", "/dev/null", "./..."]);
    go.run(&main, &["vet", "./..."]);
    go.run(&main, &["mod", "verify"]);
    assert_eq!(go.list_m_all(&main).lines().count(), 4);
    let graph = go.mod_graph(&main);
    assert!(graph.contains("example.com/a/v2@v2.0.1 example.com/B@v1.0.0\n"), "{graph}");
}

/// Go and airgo fill one cache at the same time.
#[test]
fn runs_beside_go() {
    if !require_tool("go") {
        return;
    }
    let tree = TempTree::new();
    let world = World::of_go();
    let go = Go::with_proxy(&world.write(&tree.dir("proxy")));
    download_world(&go, tree.path(), &world);
    remove_broken(&go.gomodcache(), &tree.join("aside"));
    let shared = Go::with_proxy(&format!("file://{}", tree.join("proxy").display()));
    let target = shared.gomodcache();
    std::thread::scope(|scope| {
        scope.spawn(|| download_world(&shared, tree.path(), &world));
        for _ in 0..2 {
            scope.spawn(|| install_all(&target, inputs_of(&go.gomodcache())));
        }
    });
    remove_broken(&target, &tree.join("aside"));
    TreeDiff::gomodcaches(go.gomodcache(), &target).assert_same();
}

/// Real projects, from the proxy that this machine is set up with.
#[test]
fn equals_what_go_downloads_of_real_projects() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    for (module, package) in [
        ("rsc.io/quote@v1.5.2", "rsc.io/quote"),
        ("github.com/gin-gonic/gin@v1.10.0", "github.com/gin-gonic/gin"),
    ] {
        let tree = TempTree::new();
        let main = tree.dir("main");
        let source = format!("package main\n\nimport _ {package:?}\n\nfunc main() {{}}\n");
        Module::project("example.com/main").go("1.21").file("main.go", source).write_dir(&main);
        let go = Go::online();
        go.run(&main, &["get", module]);
        go.mod_download(&main, &["all"]);
        let target = tree.join("target");
        install_all(&target, inputs_of(&go.gomodcache()));
        TreeDiff::gomodcaches(go.gomodcache(), &target).assert_same();
        let offline = Go::air_gapped(&target);
        offline.run(&main, &["list", "-deps", "-test", "./..."]);
        offline.run(&main, &["mod", "verify"]);
        offline.list_m_all(&main);
        offline.mod_download(&main, &[]);
        if package == "rsc.io/quote" {
            offline.run(&main, &["build", "-o", "/dev/null", "./..."]);
        }
    }
}

//! Several projects in one bundle, and the wider scope.

use crate::airgo::Airgo;
use crate::site::{Site, text};
use airgo_testkit::{Go, Module, Proxy, TempTree, TreeDiff, World, require_tool};
use std::path::PathBuf;

/// Modules of which the projects below choose different versions.
fn world() -> World {
    let lib = |version: &str, word: &str| {
        Module::new("example.com/lib", version)
            .go("1.20")
            .file("lib.go", format!("package lib\n\nconst Word = {word:?}\n"))
    };
    World::new()
        .with(lib("v1.0.0", "one"))
        .with(lib("v1.1.0", "two"))
        .with(
            Module::new("example.com/fork", "v1.0.0")
                .go("1.20")
                .file("fork.go", "package lib\n\nconst Word = \"fork\"\n"),
        )
        .with(
            Module::new("example.com/tested", "v1.0.0")
                .go("1.20")
                .require("example.com/onlytest", "v1.0.0")
                .file("tested.go", "package tested\n")
                .file("tested_test.go", "package tested\n\nimport _ \"example.com/onlytest\"\n"),
        )
        .with(Module::new("example.com/onlytest", "v1.0.0").go("1.20").file("o.go", "package onlytest\n"))
}

/// A repository with two modules, a workspace of two more and one beside it.
fn monorepo(world: &World) -> TempTree {
    let tree = TempTree::new();
    let module = |dir: &str, module: Module, imports: &str| {
        module
            .file("main.go", format!("package main\n\n{imports}\n\nfunc main() {{}}\n"))
            .write_dir(&tree.dir(dir));
        tree.write(format!("{dir}/go.sum"), world.go_sum());
    };
    let lib = "import _ \"example.com/lib\"";
    module("a", Module::project("example.com/a").go("1.20").require("example.com/lib", "v1.0.0"), lib);
    module(
        "deep/b",
        Module::project("example.com/b")
            .go("1.20")
            .require("example.com/lib", "v1.0.0")
            .replace("example.com/lib", "example.com/fork v1.0.0"),
        lib,
    );
    module(
        "c",
        Module::project("example.com/c")
            .go("1.20")
            .require("example.com/lib", "v1.0.0")
            .replace("example.com/lib", "../local"),
        lib,
    );
    tree.write("local/go.mod", "module example.com/lib\n\ngo 1.20\n");
    tree.write("local/lib.go", "package lib\n");
    tree.write("local/testdata/broken/go.mod", "this is not read");
    module("work/x", Module::project("example.com/x").go("1.20").require("example.com/lib", "v1.1.0"), lib);
    module("work/y", Module::project("example.com/y").go("1.20"), "");
    module(
        "work/alone",
        Module::project("example.com/alone").go("1.20").require("example.com/tested", "v1.0.0"),
        "import _ \"example.com/tested\"",
    );
    tree.write("work/go.work", "go 1.20\n\nuse (\n\t./x\n\t./y\n)\n");
    tree
}

struct Packed {
    _proxy: Proxy,
    temp: TempTree,
    bundle: PathBuf,
    cache: PathBuf,
    url: String,
}

fn pack_and_unpack(world: &World, args: &[&str]) -> Packed {
    let proxy = Proxy::serve(world);
    let temp = TempTree::new();
    // A tidy go.sum has no lines for the tests of dependencies.
    let airgo = Airgo::new(&proxy.url()).env("GONOSUMDB", "example.com/onlytest");
    let (bundle, key, cache) = (temp.join("app.airgo"), temp.join("key"), temp.join("modcache"));
    airgo.run(&["keygen", "-o", text(&key)]).done();
    let mut all = vec!["pack", "-o", text(&bundle), "--key", text(&key)];
    all.extend(args);
    airgo.run(&all).done();
    let public = temp.join("key.pub");
    Airgo::air_gapped()
        .run(&["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)])
        .done();
    Packed { url: proxy.url(), _proxy: proxy, temp, bundle, cache }
}

#[test]
fn a_monorepo_builds_from_one_bundle() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let world = world();
    let tree = monorepo(&world);
    let packed = pack_and_unpack(&world, &[&format!("{}/...", tree.path().display())]);
    let (online, offline) = (Go::with_proxy(&packed.url), Go::air_gapped(&packed.cache));
    for dir in ["a", "deep/b", "c", "local", "work/x", "work/y"] {
        let dir = tree.join(dir);
        assert_eq!(offline.list_m_all(&dir), online.list_m_all(&dir), "{}", dir.display());
        assert_eq!(offline.mod_graph(&dir), online.mod_graph(&dir), "{}", dir.display());
        offline.run(&dir, &["build", "./..."]);
    }
    // Not used by the go.work above it: a project of its own.
    let alone = tree.join("work/alone");
    let offline = offline.env("GOWORK", "off");
    assert_eq!(offline.list_m_all(&alone), online.env("GOWORK", "off").list_m_all(&alone));
    offline.run(&alone, &["test", "./..."]);

    let shown = inspect(&packed);
    let dirs: Vec<_> =
        shown["mainModules"].as_array().unwrap().iter().map(|m| m["dir"].as_str().unwrap()).collect();
    assert_eq!(dirs, ["a", "c", "deep/b", "local", "work/alone", "work/x", "work/y"]);
    assert_eq!(shown["workspaces"][0]["dir"], "work");
    let lib: Vec<_> = shown["modules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| m["path"] == "example.com/lib")
        .map(|m| (m["version"].as_str().unwrap(), m["replacement"].to_string()))
        .collect();
    assert_eq!(
        lib.iter().map(|(v, r)| (*v, r.contains("./local"), r.contains("fork"))).collect::<Vec<_>>(),
        [
            ("v1.0.0", false, false),
            ("v1.0.0", true, false),
            ("v1.0.0", false, true),
            ("v1.1.0", false, false)
        ],
        "{lib:?}"
    );
}

#[test]
fn a_bundle_of_projects_does_not_depend_on_where_they_lie() {
    let world = world();
    let (one, two) = (monorepo(&world), monorepo(&world));
    let id = |tree: &TempTree| {
        let packed = pack_and_unpack(&world, &[text(&tree.join("a")), text(&tree.join("deep/b"))]);
        std::fs::read(&packed.bundle).unwrap().split(|b| *b == b'\n').next().unwrap().to_vec()
    };
    let before_signature =
        |bytes: Vec<u8>| bytes.windows(10).position(|w| w == b"signatures").map(|at| bytes[..at].to_vec());
    assert_eq!(before_signature(id(&one)), before_signature(id(&two)));
}

/// A project whose go.sum lacks what only another project's has is refused as
/// `go` would refuse it there, where the checksum database is off limits.
#[test]
fn one_projects_sums_do_not_vouch_for_another() {
    let world = world();
    let tree = monorepo(&world);
    std::fs::remove_file(tree.join("a/go.sum")).unwrap();
    let proxy = Proxy::serve(&world);
    let airgo = Airgo::new(&proxy.url());
    let bundle = tree.join("app.airgo");
    airgo
        .run(&[
            "pack",
            text(&tree.join("deep/b")),
            text(&tree.join("a")),
            text(&tree.join("work")),
            "-o",
            text(&bundle),
        ])
        .ends(1)
        .says(&["a/go.sum lacks: example.com/lib v1.0.0 h1:"]);
    assert!(!bundle.exists());
}

#[test]
fn a_pattern_without_modules_is_an_error() {
    let tree = TempTree::new();
    tree.dir("empty/testdata/m");
    tree.write("empty/testdata/m/go.mod", "module m\n");
    let airgo = Airgo::new("off");
    let pattern = format!("{}/...", tree.join("empty").display());
    airgo
        .run(&["pack", &pattern, "-o", text(&tree.join("x.airgo"))])
        .ends(1)
        .says(&["no go.mod matches", "hint:"]);
}

#[test]
fn scope_all_also_tidies_and_tests_everything_offline() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let world = world();
    let tree = monorepo(&world);
    let project = tree.join("work/alone");
    // `go list -deps -test all` asks for more lines of go.sum than `go mod tidy`
    // writes; real.rs has a project that has them.
    let commands: [&[&str]; 3] =
        [&["mod", "tidy", "-diff"], &["mod", "why", "-m", "all"], &["mod", "download", "all"]];
    // Tidy: what `go` itself would leave behind, so that there is no diff.
    let proxy = Proxy::serve(&world);
    let go = Go::with_proxy(&proxy.url()).env("GOWORK", "off");
    go.run(&project, &["mod", "tidy"]);
    std::fs::remove_file(tree.join("work/go.work")).unwrap();
    let packed = pack_and_unpack(&world, &["--scope", "all", text(&project)]);
    assert_eq!(inspect(&packed)["scope"], "all");
    let expected = Go::with_proxy(&packed.url);
    let copy = tree.dir("copy");
    for file in ["go.mod", "go.sum", "main.go"] {
        std::fs::copy(project.join(file), copy.join(file)).unwrap();
    }
    expected.mod_download(&copy, &["all"]);
    TreeDiff::gomodcaches(expected.gomodcache(), &packed.cache).assert_same();
    let offline = Go::air_gapped(&packed.cache).env("GONOSUMDB", "example.com/onlytest");
    for command in commands {
        assert_eq!(offline.run(&project, command), expected.run(&project, command), "{command:?}");
    }
}

fn inspect(packed: &Packed) -> serde_json::Value {
    let public = packed.temp.join("key.pub");
    let run =
        Airgo::new("off").run(&["inspect", "--json", text(&packed.bundle), "--trust", text(&public)]).done();
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn diff_tells_versions_of_several_projects_apart() {
    let world = world();
    let tree = monorepo(&world);
    let site = Site::new();
    let packed = pack_and_unpack(&world, &[text(&tree.join("a"))]);
    let more = pack_and_unpack(&world, &[text(&tree.join("a")), text(&tree.join("deep/b"))]);
    let keys = [packed.temp.join("key.pub"), more.temp.join("key.pub")];
    let run = site
        .airgo
        .run(&[
            "diff",
            text(&packed.bundle),
            text(&more.bundle),
            "--trust",
            text(&keys[0]),
            "--trust",
            text(&keys[1]),
        ])
        .done();
    assert_eq!(run.stdout, "+ example.com/lib v1.0.0 => example.com/fork v1.0.0  (added)\n");
}

#[test]
fn the_main_modules_own_imports_are_recorded() {
    let site = Site::new();
    let write = |name: &str, text: &str| site.temp.write(format!("main/{name}"), text);
    write(
        "main_test.go",
        "package main\n\nimport (\n\t\"testing\"\n\t_ \"example.com/a\"\n)\n\nvar _ testing.T\n",
    );
    write("x_windows.go", "package main\n\nimport \"os\"\n\nvar _ = os.Args\n");
    write("sub/s.go", "//go:build linux || custom\n\npackage sub\n\nimport \"example.com/b/v2/inner\"\n");
    write("use/u.go", "package use\n\nimport _ \"example.com/main/sub\"\n");
    write("gone.go", "//go:build ignore\n\npackage main\n\nimport \"example.com/none\"\n");
    write("testdata/t.go", "package t\n\nimport \"example.com/none\"\n");
    write("other/go.mod", "module example.com/other\n");
    write("other/o.go", "package other\n\nimport \"example.com/none\"\n");
    let shown = |args: &[&str]| {
        site.pack_with(args).done();
        let run =
            site.airgo.run(&["inspect", "--json", text(&site.bundle()), "--trust", text(&site.public_key())]);
        let json: serde_json::Value = serde_json::from_str(&run.done().stdout).unwrap();
        json["mainModules"][0]["imports"].to_string()
    };
    assert_eq!(
        shown(&["--tags", "custom"]),
        r#"[{"path":"example.com/a"},{"path":"example.com/b/v2/inner"},{"path":"os","platforms":["windows/386","windows/amd64","windows/arm","windows/arm64"]},{"path":"testing","test":true}]"#
    );
    assert_eq!(
        shown(&["--platform", "linux/amd64,windows/arm64"]),
        r#"[{"path":"example.com/a"},{"path":"example.com/b/v2/inner","platforms":["linux/amd64"]},{"path":"os","platforms":["windows/arm64"]},{"path":"testing","test":true}]"#
    );
    assert_eq!(
        shown(&["--platform", "windows/arm64", "--tags", "custom"]),
        r#"[{"path":"example.com/a"},{"path":"example.com/b/v2/inner"},{"path":"os"},{"path":"testing","test":true}]"#
    );
    site.pack_with(&["--platform", "linux"]).ends(2);
}

/// The build on the other side would want what the bundle lacks: unpack says so
/// where the project is there to compare with.
#[test]
fn unpack_says_when_the_bundle_is_for_another_state() {
    let site = Site::new();
    site.pack().done();
    let (bundle, key, cache) = (site.bundle(), site.public_key(), site.modcache());
    let unpack = |dir: &std::path::Path| {
        let mut cmd = site.airgo.command();
        cmd.arg("unpack")
            .arg(&bundle)
            .arg("--trust")
            .arg(&key)
            .arg("--gomodcache")
            .arg(&cache)
            .current_dir(dir);
        crate::airgo::run(cmd).done().stderr
    };
    let says = "packed for another state of this project: ";
    assert!(!unpack(&site.project()).contains(says) && !unpack(site.temp.path()).contains(says));
    let sums = std::fs::read_to_string(site.project().join("go.sum")).unwrap();
    let fewer: Vec<&str> = sums.lines().filter(|line| !line.starts_with("example.com/a v")).collect();
    site.temp.write("main/go.sum", format!("{}\n", fewer.join("\n")));
    assert!(unpack(&site.project()).contains("go.sum no longer has the line for example.com/a@"));
    site.temp.write("main/go.sum", &sums);
    let go_mod = std::fs::read_to_string(site.project().join("go.mod")).unwrap();
    site.temp.write("main/go.mod", format!("// What go does not read modules by.\n{go_mod}"));
    assert!(!unpack(&site.project()).contains(says));
    site.temp.write("main/go.mod", format!("{go_mod}\nexclude example.com/a v0.9.0\n"));
    let said = unpack(&site.project());
    assert!(
        said.contains("go.mod is not the go.mod that was packed") && said.contains("hint: pack again"),
        "{said}"
    );
}

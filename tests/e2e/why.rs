//! `airgo why` and the reasons of findings: who really needs a module.

use crate::site::{Site, text};
use airgo_testkit::{Go, Module, World, require_tool};

/// go.mod lists everything, as `go mod tidy` writes it: main needs a and e, a
/// needs b by one way and c by another, both need d; t is what only a build tag
/// asks for, u nobody's code.
fn site() -> Site {
    let module = |name: &str, imports: &[&str]| {
        let path = format!("example.com/{name}");
        let mut module = Module::new(&path, "v1.0.0").go("1.21");
        let mut source = format!("package {name}\n\n");
        for import in imports {
            source += &format!("import _ \"example.com/{import}\"\n");
            let needed = import.split('/').next().unwrap();
            module = module.require(&format!("example.com/{needed}"), "v1.0.0");
        }
        module.file(format!("{name}.go"), source)
    };
    let world = World::new()
        .with(module("a", &["b/deep", "c"]).require("example.com/u", "v1.0.0"))
        .with(
            module("b", &[])
                .require("example.com/d", "v1.0.0")
                .file("deep/deep.go", "package deep\n\nimport _ \"example.com/d\"\n"),
        )
        .with(module("c", &["d"]))
        .with(module("d", &[]))
        .with(
            module("e", &[])
                .require("example.com/t", "v1.0.0")
                .file("tagged.go", "//go:build special\n\npackage e\n\nimport _ \"example.com/t\"\n"),
        )
        .with(module("t", &[]))
        .with(module("u", &[]));
    let mut main = Module::project("example.com/main").go("1.21");
    for name in ["a", "e"] {
        main = main.require(&format!("example.com/{name}"), "v1.0.0");
    }
    for name in ["b", "c", "d", "t", "u"] {
        main = main.require_indirect(&format!("example.com/{name}"), "v1.0.0");
    }
    let source =
        "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/e\"\n)\n\nfunc main() {}\n";
    Site::of(world, &main.file("main.go", source))
}

fn why(site: &Site, module: &str) -> serde_json::Value {
    let (bundle, key) = (site.bundle(), site.public_key());
    let run = site.airgo.run(&["why", "--json", text(&bundle), module, "--trust", text(&key)]).done();
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn chains_are_those_of_go_mod_why() {
    let site = site();
    site.pack().done();
    let told = why(&site, "example.com/d");
    let chain = |by: &str| ["a", by, "d"].iter().map(|n| format!("example.com/{n}")).collect::<Vec<_>>();
    let with_main = |rest: Vec<String>| [vec!["example.com/main".to_owned()], rest].concat();
    assert_eq!(told["imports"], serde_json::json!([with_main(chain("b/deep")), with_main(chain("c"))]));
    let versions = |rest: Vec<String>| rest.into_iter().map(|m| format!("{m}@v1.0.0")).collect();
    assert_eq!(
        told["requirements"],
        serde_json::json!([with_main(versions(chain("b"))), with_main(versions(chain("c")))])
    );
    assert_eq!(why(&site, "example.com/u")["imports"], serde_json::json!([]));
    if !require_tool("go") {
        return;
    }
    let go = Go::with_proxy(&site.proxy.url());
    for name in ["a", "b", "c", "d", "e", "t", "u"] {
        let path = format!("example.com/{name}");
        let output = go.output(&site.project(), &["mod", "why", "-m", &path]);
        let output = String::from_utf8(output.stdout).unwrap();
        let mut expected: Vec<String> = output.lines().skip(1).map(str::to_owned).collect();
        if expected.first().is_some_and(|line| line.starts_with('(')) {
            expected.clear();
        }
        let told = why(&site, &path);
        let chains = told["imports"].as_array().unwrap();
        let same = |chain: &serde_json::Value| *chain == serde_json::json!(expected);
        assert!(chains.iter().any(same) || (chains.is_empty() && expected.is_empty()), "{told}\n{output}");
    }
}

#[test]
fn a_finding_goes_through_who_needs_the_module() {
    let site = site();
    site.pack().done();
    let policy = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"deny\"\nconfig.allow = [\"example.com/a\"]\n";
    let policy = site.temp.write("deny.toml", policy);
    for target in [site.bundle(), site.project()] {
        let key = site.public_key();
        let args = ["policy", "check", text(&target), "--policy", text(&policy), "--trust", text(&key)];
        let run = site.airgo.run(&args).ends(12);
        for line in [
            "why: example.com/main -> example.com/a@v1.0.0 -> example.com/b@v1.0.0 -> example.com/d@v1.0.0\n",
            "why: example.com/main -> example.com/e@v1.0.0 -> example.com/t@v1.0.0\n",
            "why: example.com/main -> example.com/a@v1.0.0 -> example.com/c@v1.0.0\n",
        ] {
            assert!(run.stdout.contains(line), "no {line:?} in {}", run.stdout);
        }
    }
}

/// Each project by the version that it builds.
#[test]
fn projects_that_build_different_versions_have_chains_of_their_own() {
    let lib = |version: &str, imports: &str| {
        Module::new("example.com/lib", version)
            .go("1.21")
            .file("lib.go", format!("package lib\n\n{imports}\n"))
    };
    let world = World::new()
        .with(lib("v1.0.0", ""))
        .with(lib("v1.1.0", "import _ \"example.com/deep\"").require("example.com/deep", "v1.0.0"))
        .with(Module::new("example.com/deep", "v1.0.0").go("1.21").file("deep.go", "package deep\n"));
    let project = |name: &str| {
        Module::project(format!("example.com/{name}"))
            .go("1.21")
            .file("main.go", "package main\n\nimport _ \"example.com/lib\"\n\nfunc main() {}\n")
    };
    let site = Site::of(world.clone(), &project("one").require("example.com/lib", "v1.0.0"));
    let other = site.temp.dir("other");
    project("two")
        .require("example.com/lib", "v1.1.0")
        .require("example.com/deep", "v1.0.0")
        .file("go.sum", world.go_sum())
        .write_dir(&other);
    site.pack_with(&[text(&other)]).done();
    let imports = |module: &str| why(&site, module)["imports"].clone();
    assert_eq!(
        imports("example.com/lib@v1.0.0"),
        serde_json::json!([["example.com/one", "example.com/lib"]])
    );
    assert_eq!(
        imports("example.com/lib@v1.1.0"),
        serde_json::json!([["example.com/two", "example.com/lib"]])
    );
    assert_eq!(
        imports("example.com/deep"),
        serde_json::json!([["example.com/two", "example.com/lib", "example.com/deep"]])
    );
}

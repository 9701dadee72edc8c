//! What a bundle records of the main modules' imports, beside `go list`.

use crate::reach::many;
use crate::site::{Site, text};
use airgo_testkit::{Go, Module, World, require_tool};
use std::collections::BTreeSet;

const PLATFORMS: [&str; 2] = ["linux/amd64", "windows/amd64"];

/// Imports of each kind that something other than the main module's own
/// directories decides: a module whose path is below the main module's, a
/// directory in a module's place that a dependency uses in part, a package that
/// only a test needs, one that code needs here and a test there.
fn site() -> Site {
    let import = |name: &str, path: &str| format!("package {name}\n\nimport _ \"example.com/{path}\"\n");
    let dep = Module::new("example.com/dep", "v1.0.0")
        .require("example.com/local", "v1.0.0")
        .file("dep.go", import("dep", "local/used"));
    let nested = Module::new("example.com/main/nested", "v1.0.0")
        .file("p/p.go", "package p\n")
        .file("q/q.go", "package q\n");
    let main = Module::project("example.com/main")
        .go("1.25")
        .require("example.com/dep", "v1.0.0")
        .require("example.com/local", "v1.0.0")
        .require("example.com/main/nested", "v1.0.0")
        .require("example.com/many", "v1.0.0")
        .replace("example.com/local", "./local")
        .line("ignore ./gen")
        .file(
            "main.go",
            "package main\n\nimport (\n\t_ \"example.com/dep\"\n\t_ \"example.com/main/nested/p\"\n)\n\nfunc main() {}\n",
        )
        .file("main_test.go", import("main", "main/testdata/t"))
        .file("testdata/t/t.go", import("t", "many/d"))
        .file("x_linux.go", import("main", "many/c"))
        .file("x_windows_test.go", import("main", "many/c"))
        .file("gen/gen.go", import("gen", "many/e"))
        .file("local/go.mod", "module example.com/local\n")
        .file("local/used/u.go", import("used", "many/a"))
        .file("local/unused/u.go", import("unused", "many/b"));
    Site::of(World::new().with(many()).with(dep).with(nested), &main)
}

#[test]
fn imports_are_those_that_lead_to_what_go_lists() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    site.pack_with(&["--platform", &PLATFORMS.join(",")]).done();
    let (bundle, key) = (site.bundle(), site.public_key());
    let run = site.airgo.run(&["inspect", "--json", text(&bundle), "--trust", text(&key)]).done();
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let recorded = json["mainModules"][0]["imports"].as_array().unwrap();
    let of = |path: &str| recorded.iter().find(|import| import["path"] == path).unwrap().to_string();
    assert_eq!(of("example.com/many/c"), r#"{"path":"example.com/many/c"}"#);
    assert_eq!(of("example.com/many/d"), r#"{"path":"example.com/many/d","test":true}"#);

    let dependency = |path: &str| {
        ["example.com/dep", "example.com/many/", "example.com/main/nested/"]
            .iter()
            .any(|p| path.starts_with(p))
    };
    for platform in PLATFORMS {
        let on = |import: &&serde_json::Value| {
            import["platforms"].as_array().is_none_or(|on| on.iter().any(|name| name == platform))
        };
        for tests in [true, false] {
            let (os, arch) = platform.split_once('/').unwrap();
            let go = Go::with_proxy(&site.proxy.url()).env("GOOS", os).env("GOARCH", arch);
            let test = format!("-test={tests}");
            let listed = go.run(
                &site.project(),
                &["list", "-mod=mod", "-deps", &test, "-f", "{{.ImportPath}}", "./..."],
            );
            let listed: BTreeSet<&str> = listed.lines().filter(|path| dependency(path)).collect();
            let needed = recorded.iter().filter(on).filter(|import| tests || import["test"] != true);
            let needed = needed.map(|import| import["path"].as_str().unwrap());
            let needed: BTreeSet<&str> = needed.filter(|path| dependency(path)).collect();
            // What a test needs on one platform alone is told of all that have it.
            let both = if tests { BTreeSet::new() } else { BTreeSet::from(["example.com/many/c"]) };
            let less =
                |set: &BTreeSet<&str>| set.difference(&both).map(|p| (*p).to_owned()).collect::<Vec<_>>();
            assert_eq!(less(&needed), less(&listed), "{platform}, tests: {tests}");
        }
    }
}

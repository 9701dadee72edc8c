//! The modules behind the proxy, and the projects that are packed.

use super::checkout::Checkout;
use airgo_testkit::{Module, World};

fn module(path: &str, version: &str, go: &str) -> Module {
    Module::new(path, version).go(go)
}

/// Modules with several versions, in which packages come and go. None imports
/// more of the standard library than `embed`, so that go is quick.
pub fn world() -> World {
    let a = |version: &str, b: &str| {
        module("example.com/a", version, "1.20")
            .require("example.com/b", b)
            .require("example.com/c", "v1.0.0")
            .require("example.com/win", "v1.0.0")
            .file("a.go", "package a\n\nimport _ \"example.com/b\"\n")
            .file("a_test.go", "package a\n\nimport _ \"example.com/nowhere\"\n")
            .file("internal/i/i.go", "package i\n")
    };
    let sub = |a: Module| {
        a.file("sub/sub.go", "package sub\n\nimport _ \"example.com/c/pkg\"\n")
            .file("sub/sub_windows.go", "package sub\n\nimport _ \"example.com/win\"\n")
    };
    let c = |version: &str| {
        module("example.com/c", version, "1.20")
            .file(
                "pkg/pkg.go",
                "package pkg\n\nimport _ \"embed\"\n\n//go:embed data/*.txt\nvar Data string\n",
            )
            .file("pkg/data/x.txt", "x\n")
            .file("c.go", "package c\n")
    };
    let plain = |path: &str, version: &str, package: &str| {
        module(path, version, "1.20").file("p.go", format!("package {package}\n"))
    };
    World::new()
        .with(sub(a("v1.0.0", "v1.0.0")))
        .with(
            sub(a("v1.1.0", "v1.1.0"))
                .file("extra/extra.go", "package extra\n\nimport _ \"example.com/b/inner\"\n"),
        )
        .with(a("v1.2.0", "v1.1.0"))
        .with(plain("example.com/b", "v1.0.0", "b").file("inner/i.go", "package inner\n"))
        .with(
            plain("example.com/b", "v1.1.0", "b")
                .require("example.com/deep", "v1.0.0")
                .file("inner/i.go", "package inner\n\nimport _ \"example.com/deep\"\n"),
        )
        .with(c("v1.0.0"))
        .with(c("v1.1.0").file("more/more.go", "package more\n"))
        .with(plain("example.com/deep", "v1.0.0", "deep"))
        .with(plain("example.com/deep", "v1.2.0", "deep").file("er/er.go", "package er\n"))
        .with(plain("example.com/win", "v1.0.0", "win"))
        .with(
            plain("example.com/tst", "v1.0.0", "tst")
                .require("example.com/deep", "v1.2.0")
                .file("help/h.go", "package help\n\nimport _ \"example.com/deep/er\"\n"),
        )
        .with(Module::new("example.com/old", "v1.0.0").without_go_mod().file("old.go", "package old\n"))
        .with(
            module("example.com/one", "v1.0.0", "1.20")
                .file("two/two.go", "package two\n")
                .file("x/x.go", "package x\n"),
        )
        .with(plain("example.com/one/two", "v1.0.0", "two"))
        .with(plain("example.com/newgo", "v1.0.0", "newgo").go_mod("module example.com/newgo\n\ngo 1.99\n"))
        .with(plain("example.com/midgo", "v1.0.0", "midgo").go_mod("module example.com/midgo\n\ngo 1.25.0\n"))
}

const LIB: &str = "package app\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/a/sub\"\n)\n";
const TEST: &str = "package app\n\nimport (\n\t_ \"example.com/tst/help\"\n)\n";
const WINDOWS: &str = "package app\n\nimport (\n\t_ \"example.com/win\"\n)\n";
const TAGGED: &str = "//go:build special\n\npackage app\n\nimport (\n\t_ \"example.com/b/inner\"\n)\n";
const CGO: &str = "package app\n\nimport (\n\t_ \"example.com/c\"\n\n\t\"C\"\n)\n";
const EMBEDS: &str = "package data\n\nimport (\n\t_ \"embed\"\n)\n\n//go:embed *.txt dir\nvar Data string\n";

/// The packages of the first project.
fn app(go_mod: &str, go_sum: &str) -> Checkout {
    let embeds = EMBEDS.replace("string", "embed.FS").replace("_ \"embed\"", "\"embed\"");
    Checkout::new(
        &[
            ("go.mod", go_mod),
            ("app.go", LIB),
            ("app_test.go", TEST),
            ("app_windows.go", WINDOWS),
            ("tagged.go", TAGGED),
            ("cgo.go", CGO),
            ("data/data.go", &embeds),
            ("data/one.txt", "1\n"),
            ("data/dir/two.bin", "2\n"),
            ("data/dir/.hidden", "3\n"),
            ("sub/sub.go", "package sub\n\nimport (\n\t_ \"example.com/c/pkg\"\n)\n"),
            ("testdata/x/x.go", "package x\n\nimport (\n\t_ \"example.org/nowhere\"\n)\n"),
        ],
        go_sum,
    )
}

fn requires(versions: &[&str]) -> String {
    versions.iter().map(|line| format!("require example.com/{line}\n")).collect()
}

/// The projects: name, checkout, and what is packed with it into one bundle.
pub fn bases(world: &World) -> Vec<(&'static str, Checkout, Vec<Checkout>)> {
    let sums = world.go_sum();
    let direct = ["a v1.0.0", "c v1.0.0", "tst v1.0.0", "win v1.0.0", "b v1.0.0"];
    let pruned = |go: &str, deep: &str| {
        format!("module example.com/app\n\ngo {go}\n\n{}{}", requires(&direct), requires(&[deep]))
    };
    let newer = "module example.com/newer\n\ngo 1.21\n\nrequire example.com/a v1.1.0\nrequire example.com/b v1.1.0\n\
                 require example.com/c v1.0.0\nrequire example.com/deep v1.0.0 // indirect\nrequire example.com/win v1.0.0\n";
    let newer = Checkout::new(
        &[("go.mod", newer), ("n.go", "package n\n\nimport (\n\t_ \"example.com/a/extra\"\n)\n")],
        &sums,
    );
    let unpruned = format!("module example.com/app\n\ngo 1.16\n\n{}", requires(&direct));
    let replaced = "module example.com/app\n\ngo 1.21\n\nrequire example.com/was v1.0.0\nrequire example.com/local v0.0.0\n\
                    require example.com/c v1.0.0\nrequire example.com/old v1.0.0\n\n\
                    replace example.com/was => example.com/deep v1.2.0\nreplace example.com/local => ./local\n";
    let replaced = Checkout::new(
        &[
            ("go.mod", replaced),
            ("r.go", "package r\n\nimport (\n\t_ \"example.com/local/x\"\n\t_ \"example.com/was\"\n)\n"),
            ("r_test.go", "package r\n\nimport (\n\t_ \"example.com/old\"\n)\n"),
            ("local/go.mod", "module example.com/local\n\ngo 1.20\n\nrequire example.com/c v1.0.0\n"),
            ("local/x/x.go", "package x\n\nimport (\n\t_ \"example.com/c\"\n)\n"),
        ],
        &sums,
    );
    let two = "module example.com/app\n\ngo 1.22\n\nrequire example.com/one v1.0.0\nrequire example.com/deep v1.0.0 // indirect\n\
               require example.com/midgo v1.0.0 // indirect\n";
    let two = two.replace("go 1.22", "go 1.25.0");
    let two = Checkout::new(
        &[
            ("go.mod", &two),
            ("t.go", "package t\n\nimport (\n\t_ \"example.com/one/two\"\n)\n"),
            ("t2/t.go", "package t2\n\nimport (\n\t_ \"example.com/one/x\"\n)\n"),
        ],
        &sums,
    );
    let workspace = Checkout::new(
        &[
            ("go.work", "go 1.21\n\nuse ./m1\nuse ./m2\n"),
            ("m1/go.mod", "module example.com/m1\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n"),
            ("m1/m.go", "package m1\n\nimport (\n\t_ \"example.com/c/pkg\"\n)\n"),
            (
                "m2/go.mod",
                "module example.com/m2\n\ngo 1.21\n\nrequire example.com/b v1.1.0\n\nrequire example.com/deep v1.0.0 // indirect\n",
            ),
            ("m2/m.go", "package m2\n\nimport (\n\t_ \"example.com/b/inner\"\n\t_ \"example.com/m1\"\n)\n"),
            ("m2/m_test.go", "package m2\n\nimport (\n\t_ \"example.com/deep\"\n)\n"),
            (
                "m3/go.mod",
                "module example.com/m3\n\ngo 1.21\n\nrequire example.com/tst v1.0.0\nrequire example.com/deep v1.2.0 // indirect\n",
            ),
            ("m3/m.go", "package m3\n\nimport (\n\t_ \"example.com/tst\"\n)\n"),
        ],
        &sums,
    );
    let single = "module example.com/app\n\ngo 1.24\n\nrequire example.com/old v1.0.0 // indirect\n\nrequire example.com/c v1.1.0\n\ntool example.com/old\n";
    let single = Checkout::new(
        &[
            ("go.mod", single),
            ("s.go", "package s\n\nimport (\n\t_ \"example.com/c/more\"\n)\n"),
            ("e/e.go", EMBEDS),
            ("e/only.txt", "1\n"),
            ("e/dir/x", "\n"),
        ],
        &sums,
    );
    let mut single = single;
    let embeds = EMBEDS
        .replace("string", "embed.FS")
        .replace("_ \"embed\"", "\"embed\"")
        .replace("package data", "package e");
    single.files.insert("e/e.go".to_owned(), embeds);
    vec![
        ("pruned", app(&pruned("1.21", "deep v1.2.0 // indirect"), &sums), vec![newer.clone()]),
        ("unpruned", app(&unpruned, &sums), vec![]),
        ("replaced", replaced, vec![newer.clone()]),
        ("nested", two, vec![]),
        ("workspace", workspace, vec![]),
        ("tools", single, vec![newer]),
    ]
}

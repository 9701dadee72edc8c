//! What `go` refuses behind the gap is refused at pack, and nothing else:
//! small projects, each tried with the real go on the unpacked bundle.

use crate::airgo::Airgo;
use crate::site::text;
use airgo_testkit::{Go, Module, Proxy, TempTree, World, require_tool};
use std::fs;
use std::path::Path;

/// One project: its go.mod lines behind the module line, its files, the lines
/// of go.sum that it lacks, and what airgo says where go refuses.
struct Case {
    name: &'static str,
    go_mod: &'static str,
    files: &'static [(&'static str, &'static str)],
    lacks: &'static [&'static str],
    says: &'static [&'static str],
}

const A: &str = "go 1.21\nrequire example.com/a v1.0.0\nrequire example.com/b/v2 v2.1.0 // indirect\n";
const MAIN: &str = "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n";

fn world() -> World {
    let with = |path: &str, file: &str, text: &str| Module::new(path, "v1.0.0").go("1.20").file(file, text);
    World::new()
        .with(
            Module::new("example.com/a", "v1.0.0")
                .go("1.20")
                .require("example.com/b/v2", "v2.1.0")
                .file("a.go", "package a\n\nimport _ \"example.com/b/v2/inner\"\n")
                .file("a_test.go", "package a\n\nimport _ \"example.com/nowhere\"\n")
                .file("internal/i/i.go", "package i\n")
                .file("win/w_windows.go", "package win\n\nimport _ \"example.com/b/v2/missing\"\n")
                .file("win/w.go", "package win\n")
                .file("broken/broken.go", "package broken\n\nimport _ \"example.com/nowhere/x\"\n"),
        )
        .with(
            Module::new("example.com/b/v2", "v2.1.0")
                .go("1.20")
                .require("example.com/deep", "v1.0.0")
                .file("inner/inner.go", "package inner\n"),
        )
        .with(with("example.com/deep", "deep.go", "package deep\n"))
        .with(with("example.com/one", "two/two.go", "package two\n"))
        .with(with("example.com/one/two", "two.go", "package two\n"))
        .with(with("example.com/old", "old.go", "package old\n"))
}

const CASES: &[Case] = &[
    Case { name: "whole", go_mod: A, files: &[("main.go", MAIN)], lacks: &[], says: &[] },
    Case {
        name: "no-sum",
        go_mod: A,
        files: &[("main.go", MAIN)],
        lacks: &["example.com"],
        says: &[
            "lacks: example.com/a v1.0.0 h1:",
            "missing go.sum entry for module providing package example.com/a",
        ],
    },
    Case {
        name: "zip-line",
        go_mod: A,
        files: &[("main.go", MAIN)],
        lacks: &["example.com/b/v2 v2.1.0 "],
        says: &[
            "example.com/a (of v1.0.0)",
            "lacks: example.com/b/v2 v2.1.0 h1:",
            "go mod download example.com/b/v2",
        ],
    },
    Case {
        name: "mod-line",
        go_mod: A,
        files: &[("main.go", MAIN)],
        lacks: &["example.com/a v1.0.0/go.mod"],
        says: &[
            "example.com/a@v1.0.0: missing go.sum entry for go.mod file",
            "lacks: example.com/a v1.0.0/go.mod h1:",
            "go mod download example.com/a",
        ],
    },
    // Nothing but the module graph needs it, and `go build` does not read that.
    Case {
        name: "mod-line-of-pruned",
        go_mod: A,
        files: &[("main.go", "package main\n\nfunc main() {}\n")],
        lacks: &["example.com/b/v2 v2.1.0/go.mod", "example.com/b/v2 v2.1.0 ", "example.com/a v1.0.0 "],
        says: &[],
    },
    Case {
        name: "mod-line-unpruned",
        go_mod: "go 1.16\nrequire example.com/a v1.0.0\n",
        files: &[("main.go", "package main\n\nfunc main() {}\n")],
        lacks: &["example.com/deep v1.0.0/go.mod"],
        says: &["lacks: example.com/deep v1.0.0/go.mod"],
    },
    Case {
        name: "unused-zip-unpruned",
        go_mod: "go 1.16\nrequire example.com/a v1.0.0\n",
        files: &[("main.go", MAIN)],
        lacks: &["example.com/deep v1.0.0 "],
        says: &[],
    },
    Case {
        name: "no-module",
        go_mod: A,
        files: &[("main.go", "package main\n\nimport _ \"example.org/x/y\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["main.go:3: no required module provides package example.org/x/y", "go get example.org/x/y"],
    },
    Case {
        name: "dropped-indirect",
        go_mod: "go 1.21\nrequire example.com/a v1.0.0\n",
        files: &[("main.go", MAIN)],
        lacks: &[],
        says: &["updates to go.mod needed", "go mod tidy"],
    },
    Case {
        name: "dropped-direct",
        go_mod: "go 1.21\nrequire example.com/a v1.0.0\n",
        files: &[("main.go", "package main\n\nimport _ \"example.com/b/v2/inner\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["from implicitly required module example.com/b/v2@v2.1.0", "go get example.com/b/v2@v2.1.0"],
    },
    Case {
        name: "dropped-direct-unpruned",
        go_mod: "go 1.16\nrequire example.com/a v1.0.0\n",
        files: &[("main.go", "package main\n\nimport _ \"example.com/b/v2/inner\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["from implicitly required module example.com/b/v2@v2.1.0"],
    },
    Case {
        name: "package-not-in-module",
        go_mod: A,
        files: &[("main.go", "package main\n\nimport _ \"example.com/a/none\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["no required module provides package example.com/a/none"],
    },
    Case {
        name: "own-package",
        go_mod: "go 1.21\n",
        files: &[("main.go", "package main\n\nimport _ \"example.com/main/gen\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["main.go:3: ", "example.com/main/gen", "generate it first"],
    },
    Case {
        name: "own-package-in-testdata",
        go_mod: "go 1.21\n",
        files: &[
            ("main.go", "package main\n\nimport _ \"example.com/main/testdata/x\"\n\nfunc main() {}\n"),
            ("testdata/x/x.go", "package x\n\nimport _ \"example.org/x\"\n"),
        ],
        lacks: &[],
        says: &["no required module provides package example.org/x"],
    },
    Case {
        name: "nobody-imports-testdata",
        go_mod: "go 1.21\n",
        files: &[
            ("main.go", "package main\n\nfunc main() {}\n"),
            ("testdata/x.go", "package x\n\nimport _ \"example.org/x\"\n"),
        ],
        lacks: &[],
        says: &[],
    },
    Case {
        name: "only-tests",
        go_mod: "go 1.21\n",
        files: &[
            ("main.go", "package main\n\nfunc main() {}\n"),
            ("main_test.go", "package main\n\nimport _ \"example.org/x\"\n"),
        ],
        lacks: &[],
        says: &["main_test.go:3: ", "(tests only)"],
    },
    Case {
        name: "tools-and-ignore",
        go_mod: "go 1.21\n",
        files: &[
            ("main.go", "package main\n\nfunc main() {}\n"),
            ("tools.go", "//go:build tools\n\npackage main\n\nimport _ \"example.org/x\"\n"),
            ("gen.go", "//go:build ignore\n\npackage main\n\nimport _ \"example.org/y\"\n"),
            ("x_plan9.go", "package main\n\nimport _ \"example.org/z\"\n"),
            ("_y.go", "package main\n\nimport _ \"example.org/y\"\n"),
        ],
        lacks: &[],
        says: &[],
    },
    Case {
        name: "dependency-imports-nothing",
        go_mod: A,
        files: &[("main.go", "package main\n\nimport _ \"example.com/a/broken\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &[
            "example.com/a/broken (of v1.0.0): no required module provides package example.com/nowhere/x",
        ],
    },
    Case {
        name: "ambiguous",
        go_mod: "go 1.21\nrequire (\n\texample.com/one v1.0.0\n\texample.com/one/two v1.0.0\n)\n",
        files: &[("main.go", "package main\n\nimport _ \"example.com/one/two\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &[
            "ambiguous import: found package example.com/one/two in multiple modules: example.com/one v1.0.0, example.com/one/two v1.0.0",
        ],
    },
    Case {
        name: "prefix-line",
        go_mod: "go 1.21\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b/v2 v2.1.0 // indirect\n\texample.com/one v1.0.0\n\texample.com/one/two v1.0.0\n)\n",
        files: &[("main.go", "package main\n\nimport _ \"example.com/one/two\"\n\nfunc main() {}\n")],
        lacks: &["example.com/one v1.0.0 "],
        says: &["is provided by exactly one module", "lacks: example.com/one v1.0.0 h1:"],
    },
    Case {
        name: "internal",
        go_mod: A,
        files: &[("main.go", "package main\n\nimport _ \"example.com/a/internal/i\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["use of internal package example.com/a/internal/i not allowed"],
    },
    Case {
        name: "not-in-std",
        go_mod: "go 1.21\n",
        files: &[("main.go", "package main\n\nimport _ \"fmt/none\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &["package fmt/none is not in std"],
    },
    Case {
        name: "replaced-not-required",
        go_mod: "go 1.21\nreplace example.com/old => ./old\n",
        files: &[
            ("main.go", "package main\n\nimport _ \"example.com/old\"\n\nfunc main() {}\n"),
            ("old/go.mod", "module example.com/old\n"),
            ("old/old.go", "package old\n"),
        ],
        lacks: &[],
        says: &["module example.com/old provides package example.com/old and is replaced but not required"],
    },
    Case {
        name: "replaced-by-directory",
        go_mod: "go 1.21\nrequire example.com/old v1.0.0\nreplace example.com/old => ./old\n",
        files: &[
            ("main.go", "package main\n\nimport _ \"example.com/old\"\n\nfunc main() {}\n"),
            ("old/go.mod", "module example.com/old\n"),
            ("old/old.go", "package old\n\nimport _ \"example.org/x\"\n"),
        ],
        lacks: &["example.com/old"],
        says: &["no required module provides package example.org/x"],
    },
    Case {
        name: "replaced-by-module",
        go_mod: "go 1.21\nrequire example.com/was v1.0.0\nreplace example.com/was => example.com/old v1.0.0\n",
        files: &[("main.go", "package main\n\nimport _ \"example.com/was\"\n\nfunc main() {}\n")],
        lacks: &["example.com/old v1.0.0 "],
        says: &["lacks: example.com/old v1.0.0 h1:"],
    },
    Case {
        name: "nested-module",
        go_mod: "go 1.21\n",
        files: &[
            ("main.go", "package main\n\nimport _ \"example.com/main/sub\"\n\nfunc main() {}\n"),
            ("sub/go.mod", "module example.com/main/sub\n"),
            ("sub/s.go", "package sub\n"),
        ],
        lacks: &[],
        says: &["example.com/main/sub"],
    },
    Case {
        name: "dependency-of-other-platform",
        go_mod: A,
        files: &[("main.go", "package main\n\nimport _ \"example.com/a/win\"\n\nfunc main() {}\n")],
        lacks: &[],
        says: &[],
    },
    Case {
        name: "cgo-and-unsafe",
        go_mod: "go 1.21\n",
        files: &[(
            "main.go",
            "package main\n\nimport (\n\t_ \"unsafe\"\n\t_ \"net/http\"\n)\n\nfunc main() {}\n",
        )],
        lacks: &[],
        says: &[],
    },
];

/// go.sum without the lines that begin so.
fn sums(world: &World, lacks: &[&str]) -> String {
    let all = world.go_sum();
    let kept = all.lines().filter(|line| !lacks.iter().any(|lack| line.starts_with(lack)));
    kept.flat_map(|line| [line, "\n"]).collect()
}

fn write(case: &Case, world: &World, dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("go.mod"), format!("module example.com/main\n\n{}", case.go_mod)).unwrap();
    fs::write(dir.join("go.sum"), sums(world, case.lacks)).unwrap();
    for (name, text) in case.files {
        fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        fs::write(dir.join(name), text).unwrap();
    }
}

#[test]
fn pack_refuses_what_go_refuses_and_nothing_else() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let world = world();
    let proxy = Proxy::serve(&world);
    let temp = TempTree::new();
    let airgo = Airgo::new(&proxy.url()).env("GOSUMDB", "off");
    let key = temp.join("key");
    airgo.run(&["keygen", "-o", text(&key)]).done();
    let mut wrong = Vec::new();
    for case in CASES {
        let (dir, cache) = (temp.join(case.name), temp.join(format!("{}-cache", case.name)));
        write(case, &world, &dir);
        let bundle = temp.join(format!("{}.airgo", case.name));
        let pack =
            ["pack", text(&dir), "-o", text(&bundle), "--key", text(&key), "--platform", "linux/amd64"];
        let run = airgo.run(&pack);
        let refused = run.code != 0;
        assert_eq!(refused, !bundle.exists(), "{}: a bundle is there: {}", case.name, run.stderr);
        if refused {
            let lacking = case.says.iter().find(|words| !run.stderr.contains(**words));
            if let Some(words) = lacking {
                wrong.push(format!("{}: {words:?} is not said in\n{}", case.name, run.stderr));
            }
            let all = [&pack[..], &["--allow-incomplete"]].concat();
            airgo.run(&all).done().says(&["warning: "]);
        }
        let public = temp.join("key.pub");
        let unpack = ["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)];
        Airgo::air_gapped().run(&unpack).done();
        // The checksum database is off here as it was at pack.
        let go = Go::air_gapped(&cache).env("GOSUMDB", "off").env("CGO_ENABLED", "0");
        // Type checking is not the question, loading is.
        let vet = go.output(&dir, &["list", "-deps", "-test", "./..."]);
        let build = go.output(&dir, &["build", "-o", "/dev/null", "./..."]);
        let theirs = !vet.status.success() || !build.status.success();
        if theirs != refused || theirs == case.says.is_empty() {
            wrong.push(format!(
                "{}: airgo {refused}, go {theirs}\n{}{}{}",
                case.name,
                run.stderr,
                String::from_utf8_lossy(&vet.stderr),
                String::from_utf8_lossy(&build.stderr)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

/// A module that the go.work above it does not use is no part of the
/// workspace, and go does not build it there.
#[test]
fn a_module_beside_its_workspace_is_refused() {
    let tree = TempTree::new();
    for name in ["a", "c"] {
        tree.write(format!("{name}/go.mod"), format!("module example.com/{name}\n\ngo 1.21\n"));
        tree.write(format!("{name}/x.go"), format!("package {name}\n"));
    }
    tree.dir("c/sub");
    tree.write("go.work", "go 1.21\n\nuse ./a\n");
    let bundle = tree.join("c.airgo");
    let airgo = Airgo::new("off");
    for dir in ["c", "c/sub"] {
        let words = [
            "is contained in a module that is not one of the workspace modules listed in go.work",
            "go work use ",
            "GOWORK=off",
        ];
        airgo.run(&["pack", text(&tree.join(dir)), "-o", text(&bundle)]).ends(1).says(&words);
        assert!(!bundle.exists());
    }
    let alone = Airgo::new("off").env("GOWORK", "off");
    alone.run(&["pack", text(&tree.join("c")), "-o", text(&bundle)]).done();
    airgo.run(&["pack", text(tree.path()), "-o", text(&bundle)]).done();
}

#[test]
fn vendored_projects_are_told_and_never_refused() {
    let tree = TempTree::new();
    tree.write("go.mod", "module example.com/main\n\ngo 1.21\n");
    tree.write("main.go", "package main\n\nimport _ \"example.org/x\"\n\nfunc main() {}\n");
    tree.write("vendor/modules.txt", "# example.org/x v1.0.0\n");
    let bundle = tree.join("v.airgo");
    let run = Airgo::new("off").run(&["pack", text(tree.path()), "-o", text(&bundle)]);
    run.done().says(&["vendor: it needs no bundle"]);
    let modules = Airgo::new("off").env("GOFLAGS", "-mod=readonly");
    modules.run(&["pack", text(tree.path()), "-o", text(&bundle)]).ends(1).says(&["go get example.org/x"]);
}

#[test]
fn the_bundle_has_a_name_by_default_and_stdout_is_refused() {
    let tree = TempTree::new();
    tree.write("go.mod", "module example.com/some/tool/v2\n\ngo 1.21\n");
    let airgo = Airgo::new("off");
    let mut command = airgo.command();
    command.args(["pack", "."]).current_dir(tree.path());
    crate::airgo::run(command).done().says(&["Packed tool.airgo"]);
    assert!(tree.join("tool.airgo").is_file());
    let mut command = airgo.command();
    command.args(["pack", ".", "-o", "-"]).current_dir(tree.path());
    crate::airgo::run(command).ends(2).says(&["writes none to stdout"]);
    assert!(!tree.join("-").exists());
}

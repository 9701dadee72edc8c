//! The heads of Go's own sources, read as `go list` reads them.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_gomod::gosource::{Platform, Tags, Truth, is_built, scan};
use airgo_testkit::require_tool;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Every package of the standard library, on platforms that differ in all that
/// constraints speak of.
#[test]
fn the_standard_library_imports_what_go_list_says() {
    if !require_tool("go") {
        return;
    }
    for name in ["linux/amd64", "windows/arm64", "darwin/arm64", "android/arm64", "js/wasm", "illumos/amd64"]
    {
        let platform = Platform::parse(name).unwrap();
        let fields = "ImportPath,Dir,Imports,TestImports,XTestImports";
        let out = Command::new("go")
            .args(["list", "-e", &format!("-json={fields}"), "std"])
            .env("GOOS", &platform.os)
            .env("GOARCH", &platform.arch)
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "")
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let packages = serde_json::Deserializer::from_slice(&out.stdout).into_iter::<serde_json::Value>();
        let (mut seen, mut doubts) = (0, 0);
        for package in packages {
            let package = package.unwrap();
            let dir = package["Dir"].as_str().unwrap();
            let want: BTreeSet<String> = ["Imports", "TestImports", "XTestImports"]
                .iter()
                .flat_map(|field| package[*field].as_array().into_iter().flatten())
                // The standard library's own vendored modules stand under another name there.
                .map(|i| i.as_str().unwrap().trim_start_matches("vendor/").to_owned())
                .collect();
            let (surely, perhaps) = imports(Path::new(dir), &platform);
            let (lacks, more): (Vec<_>, Vec<_>) =
                (want.difference(&perhaps).collect(), surely.difference(&want).collect());
            assert!(lacks.is_empty() && more.is_empty(), "{name} {dir}: lacks {lacks:?}, too many {more:?}");
            doubts += perhaps.len() - surely.len();
            seen += 1;
        }
        assert!(seen > 150, "{seen} packages");
        // Only experiments are in doubt where platform and cgo are given.
        assert!(doubts < 100, "{doubts} imports are in doubt");
    }
}

/// Those of files that are surely built, and with them those that may be.
fn imports(dir: &Path, platform: &Platform) -> (BTreeSet<String>, BTreeSet<String>) {
    let tags = Tags { platform: Some(platform), build: &[], cgo: Some(false) };
    let (mut surely, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with(".go") {
            continue;
        }
        let header =
            scan(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let built = is_built(name, &header, &tags);
        if built != Truth::No {
            perhaps.extend(header.imports.iter().cloned());
        }
        if built == Truth::Yes {
            surely.extend(header.imports);
        }
    }
    (surely, perhaps)
}

#[test]
fn heads_are_read_to_the_last_import() {
    let header = scan(
        b"\xEF\xBB\xBF// A file.\r\n\n//go:build (linux && !cgo) || custom\n\n/* c */ package x // x\nimport \"a/b\"; import ( . \"c\"\n_ `d`; e /* e */ \"f\" )\nvar import_ = \"g\"\n",
    )
    .unwrap();
    assert_eq!(header.package, "x");
    assert_eq!(header.imports, ["a/b", "c", "d", "f"]);
    let linux = Platform::parse("linux/amd64").unwrap();
    let windows = Platform::parse("windows/amd64").unwrap();
    let custom = ["custom".to_owned()];
    let built = |platform, build, cgo| is_built("x.go", &header, &Tags { platform, build, cgo });
    assert_eq!(built(Some(&linux), &[], Some(false)), Truth::Yes);
    assert_eq!(built(Some(&linux), &[], Some(true)), Truth::No);
    assert_eq!(built(Some(&linux), &[], None), Truth::Maybe);
    assert_eq!(built(Some(&windows), &[], None), Truth::No);
    assert_eq!(built(Some(&windows), &custom, None), Truth::Yes);
    assert_eq!(built(None, &[], Some(false)), Truth::Maybe);
}

#[test]
fn old_constraints_need_a_blank_line_behind_them() {
    let tags = Tags::default();
    let with = |text: &str| is_built("x.go", &scan(text.as_bytes()).unwrap(), &tags);
    assert_eq!(with("// +build ignore\n\npackage x\n"), Truth::No);
    assert_eq!(with("// +build ignore\npackage x\n"), Truth::Yes);
    assert_eq!(with("// +build linux,!ignore darwin\n// +build !ignore\n\npackage x\n"), Truth::Maybe);
    assert_eq!(with("//go:build !ignore\n// +build ignore\n\npackage x\n"), Truth::Yes);
}

#[test]
fn broken_heads_are_named_with_their_line() {
    for (text, line, problem) in [
        ("", 1, "expected the package clause"),
        ("\n\nfunc main() {}\n", 3, "expected the package clause"),
        ("package x\n/* no end", 2, "the comment does not end"),
        ("package x\nimport (\n\tx\n)\n", 4, "expected an import path"),
        ("package x\nimport \"a\n\"", 2, "the import path does not end"),
        ("//go:build linux &&\npackage x\n", 1, "malformed //go:build line"),
    ] {
        let error = scan(text.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.problem), (line, problem), "{text:?}");
    }
}

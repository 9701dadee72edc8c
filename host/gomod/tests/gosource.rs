//! The heads of Go's own sources, read as `go list` reads them.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_gomod::gosource::{Expr, Platform, Tags, Truth, is_built, read, when_built};
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
        let header = read(&std::fs::read(&path).unwrap());
        assert_eq!(header.error, None, "{}", path.display());
        let built = is_built(name, &header, &tags);
        if built != Truth::No {
            perhaps.extend(header.imports.iter().map(|i| i.path.clone()));
        }
        if built == Truth::Yes {
            surely.extend(header.imports.into_iter().map(|i| i.path));
        }
    }
    (surely, perhaps)
}

#[test]
fn heads_are_read_to_the_last_import() {
    let header = read(
        b"\xEF\xBB\xBF// A file.\r\n\n//go:build (linux && !cgo) || custom\n\n/* c */ package x // x\nimport \"a/b\"; import ( . \"c\"\n_ `d`; e /* e */ \"f\" )\nvar import_ = \"g\"\n",
    );
    assert_eq!(header.error, None);
    assert_eq!(header.package, "x");
    let imports: Vec<_> = header.imports.iter().map(|i| (i.path.as_str(), i.line)).collect();
    assert_eq!(imports, [("a/b", 6), ("c", 6), ("d", 7), ("f", 7)]);
    assert!(header.complete);
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
    let with = |text: &str| is_built("x.go", &read(text.as_bytes()), &tags);
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
        ("package x\nimport (\n\tx\n)\n", 3, "expected an import path"),
        ("package x\nimport \"a\n\"", 2, "the string does not end"),
        ("package x\nimport \"a b\"\n", 2, "invalid import path"),
        ("package x\nimport \"a\\x20b\"\n", 2, "invalid import path"),
        ("package x\nimport \"a\" import \"b\"\n", 2, "expected a semicolon or the end of the line"),
        ("package x\n// \u{feff}\nimport \"a\"\n", 2, "a character that Go source may not have"),
        ("package x\n\x00", 2, "unexpected NUL"),
        ("//go:build linux &&\npackage x\n", 1, "the //go:build line is not an expression"),
        ("//go:build x\n//go:build y\n\npackage x\n", 2, "multiple //go:build comments"),
    ] {
        let error = read(text.as_bytes()).error.unwrap();
        assert_eq!((error.line, error.problem), (line, problem), "{text:?}");
    }
}

#[test]
fn what_nobody_knows_is_in_doubt_both_ways() {
    let tags = Tags::default();
    for (constraint, wanted) in [
        ("go1.18", Truth::Yes),
        ("!go1.18", Truth::No),
        // The Go that builds may be older, or newer.
        ("go1.99", Truth::Maybe),
        ("!go1.99", Truth::Maybe),
        ("go1.018", Truth::No),
        ("amd64.v3", Truth::Maybe),
        ("!amd64.v3", Truth::Maybe),
        ("boringcrypto", Truth::Maybe),
        ("tools", Truth::No),
        ("!tools", Truth::Yes),
    ] {
        let source = read(format!("//go:build {constraint}\n\npackage a\n").as_bytes());
        assert_eq!(is_built("a.go", &source, &tags), wanted, "{constraint}");
    }
}

#[test]
fn a_constraint_that_is_written_reads_as_it_was() {
    for (text, written) in [
        ("linux", "linux"),
        ("(linux&&!cgo)||custom", "linux && !cgo || custom"),
        ("linux && (!cgo || custom) && !(a && b)", "linux && (!cgo || custom) && !(a && b)"),
        ("!(!a)", "!(!a)"),
    ] {
        let expr = Expr::parse(text).unwrap();
        assert_eq!(expr.to_string(), written);
        assert_eq!(Expr::parse(written), Some(expr), "{text}");
    }
}

/// What is kept of a file says the same as the file.
#[test]
fn conditions_are_all_that_a_build_goes_by() {
    let linux = Platform::parse("linux/amd64").unwrap();
    for (name, text, wanted) in [
        ("a.go", "package a\n", Truth::Yes),
        ("a_windows.go", "package a\n", Truth::No),
        ("a_linux_amd64.go", "//go:build !cgo\n\npackage a\n", Truth::Maybe),
        ("a.go", "package a\n\nimport \"C\"\n", Truth::Maybe),
        ("_a.go", "package a\n", Truth::No),
        ("a.go", "package documentation\n", Truth::No),
        ("a_arm64.s", "// Assembly.\n\n#include \"textflag.h\"\n", Truth::No),
        ("a.s", "//go:build !linux\n\nTEXT ·f(SB)\n", Truth::No),
        ("a.s", "/* c */ // c\n//go:build linux\n\nTEXT ·f(SB)\n", Truth::Yes),
    ] {
        let source = read(text.as_bytes());
        let tags = Tags { platform: Some(&linux), ..Tags::default() };
        assert_eq!(is_built(name, &source, &tags), wanted, "{name} {text:?}");
        let kept = when_built(name, &source).map(|when| when.iter().map(Expr::to_string).collect::<Vec<_>>());
        let again = kept.map_or(Truth::No, |kept| {
            let has = |tag: &str| tags.has(tag);
            kept.iter().fold(Truth::Yes, |all, text| all.and(Expr::parse(text).unwrap().evaluate(&has)))
        });
        assert_eq!(again, wanted, "{name} {text:?}");
    }
}

#[test]
fn every_port_of_go_is_known() {
    if !require_tool("go") {
        return;
    }
    let out = Command::new("go").args(["tool", "dist", "list"]).output().unwrap();
    let ports: BTreeSet<String> = Platform::ports().iter().map(ToString::to_string).collect();
    let missing: Vec<_> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .filter(|p| !ports.contains(*p))
        .map(str::to_owned)
        .collect();
    assert!(missing.is_empty() && ports.iter().all(|p| Platform::parse(p).is_some()), "{missing:?}");
}

//! This crate against golang.org/x/mod itself: every go.mod and go.work in the
//! installed Go, and generated ones; every rule about paths and versions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_testkit::{Go, TempTree, Txtar};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Instant;
use support::case::{self, Case};
use support::describe;
use support::oracle::Oracle;
use support::run;

/// Compares one file read in all three ways.
fn compare_file(oracle: &mut Oracle, name: &str, data: &[u8]) {
    for kind in ["main", "dependency", "work"] {
        let want = oracle.ask_file(kind, data);
        let got = describe::file_with_queries(kind, data);
        assert_eq!(got, want, "{name} as {kind}:\n{}", String::from_utf8_lossy(data));
    }
    let want = oracle.ask_one("module_path", &[&base64(data)]);
    let got = airgo_gomod::modfile::module_path(data).unwrap_or_default();
    assert_eq!(got, want, "module path of {name}:\n{}", String::from_utf8_lossy(data));
}

fn base64(data: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(data)
}

/// Every go.mod, go.work and `.mod` in Go's source and in the archives of the
/// go command's own tests.
fn files_of_go() -> Vec<(String, Vec<u8>)> {
    let dir = TempTree::new();
    let root = PathBuf::from(Go::with_proxy("off").run(dir.path(), &["env", "GOROOT"]).trim());
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    files
}

fn walk(dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        let name = path.to_str().unwrap().to_owned();
        if entry.file_type().unwrap().is_dir() {
            walk(&path, files);
        } else if is_mod_file(&name) {
            files.push((name, std::fs::read(path).unwrap()));
        } else if name.ends_with(".txt") && name.contains("/testdata/") {
            let archive = Txtar::parse(&std::fs::read(&path).unwrap());
            let inner = archive.files.into_iter().filter(|file| is_mod_file(&file.name));
            files.extend(inner.map(|file| (format!("{name}: {}", file.name), file.data)));
        }
    }
}

fn is_mod_file(name: &str) -> bool {
    name.ends_with(".mod") || name.ends_with("go.work") || name.contains("go.mod")
}

#[test]
fn every_file_of_go_reads_as_x_mod_reads_it() {
    let Some(mut oracle) = Oracle::start() else { return };
    let files = files_of_go();
    assert!(files.len() > 1000, "only {} files: has Go moved them?", files.len());
    for (name, data) in &files {
        compare_file(&mut oracle, name, data);
        // Windows line ends must not matter, nor a missing last one.
        let crlf = String::from_utf8_lossy(data).replace('\n', "\r\n");
        compare_file(&mut oracle, name, crlf.as_bytes());
        compare_file(&mut oracle, name, data.trim_ascii_end());
    }
    let start = Instant::now();
    for (_, data) in &files {
        let _ = airgo_gomod::modfile::parse_lax("go.mod", data);
    }
    println!("{} files read in {:?}", files.len(), start.elapsed());
}

#[test]
fn every_text_case_reads_as_x_mod_reads_it() {
    let Some(mut oracle) = Oracle::start() else { return };
    for path in case::files("modfile").into_iter().chain(case::files("work")) {
        for (name, data) in Case::read(&path).inputs {
            compare_file(&mut oracle, &format!("{}: {name}", path.display()), &data);
        }
    }
}

#[test]
fn generated_files_read_as_x_mod_reads_them() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let accepted = Cell::new(0);
    run(2000, generated_file(), |data| {
        compare_file(&mut oracle.borrow_mut(), "generated", data.as_bytes());
        accepted.set(accepted.get() + u32::from(airgo_gomod::modfile::parse("F", data.as_bytes()).is_ok()));
    });
    // Else the comparison would only be one of messages.
    assert!(accepted.get() > 100, "only {} of 2000 are legal", accepted.get());
    println!("{} of 2000 are legal", accepted.get());
    run(1000, proptest::collection::vec(any::<u8>(), 0..60), |data| {
        compare_file(&mut oracle.borrow_mut(), "random", &data);
    });
}

/// Lines that are mostly right, so that faults meet each other deep inside.
fn generated_file() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![6 => directive(), 2 => block(), 1 => soup()], 0..8)
        .prop_map(|lines| lines.concat())
}

fn directive() -> impl Strategy<Value = String> {
    (comment_before(), verb(), arguments(), line_end())
        .prop_map(|(before, verb, arguments, end)| format!("{before}{verb} {arguments}{end}"))
}

fn block() -> impl Strategy<Value = String> {
    let line = (comment_before(), arguments(), line_end())
        .prop_map(|(before, arguments, end)| format!("{before}\t{arguments}{end}"));
    (comment_before(), verb(), line_end(), proptest::collection::vec(line, 0..4), line_end()).prop_map(
        |(before, verb, open, lines, end)| format!("{before}{verb} ({open}{}){end}", lines.concat()),
    )
}

fn comment_before() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(String::new()),
        1 => Just("// Deprecated: use v2\n".to_owned()),
        1 => Just("// why\n//\n// Deprecated:  for\n// two reasons\n".to_owned()),
        1 => Just("\n// alone\n\n".to_owned()),
        1 => Just("\n\n".to_owned()),
    ]
}

fn line_end() -> impl Strategy<Value = String> {
    let ends = [
        "\n",
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        " // indirect\n",
        " //indirect; x\n",
        " // indirect x\n",
        " // reason\r\n",
        "// tight\n",
        " // Deprecated: gone\n",
        "",
        " ",
        " /* no */\n",
        " ) \n",
        "\n// after\n",
    ];
    prop::sample::select(ends.to_vec()).prop_map(str::to_owned)
}

fn verb() -> impl Strategy<Value = String> {
    let verbs = [
        "module",
        "go",
        "toolchain",
        "godebug",
        "require",
        "require",
        "exclude",
        "replace",
        "replace",
        "retract",
        "tool",
        "ignore",
        "use",
        "unknown",
        "require x",
        "\"require\"",
        "// module",
    ];
    prop::sample::select(verbs.to_vec()).prop_map(str::to_owned)
}

fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => (path(), version()).prop_map(|(path, version)| format!("{path} {version}")),
        2 => path(),
        2 => version(),
        2 => (path(), path()).prop_map(|(a, b)| format!("{a} => {b}")),
        2 => (path(), version(), path()).prop_map(|(a, v, b)| format!("{a} {v} => {b}")),
        2 => (path(), version(), path(), version()).prop_map(|(a, v, b, w)| format!("{a} {v} => {b} {w}")),
        2 => (version(), version()).prop_map(|(v, w)| format!("[{v}, {w}]")),
        1 => (version(), version()).prop_map(|(v, w)| format!("[ {v} {w} ]")),
        1 => Just("[v1.0.0, v1.1.0] more".to_owned()),
        1 => Just("a=b".to_owned()),
        1 => soup(),
        1 => Just(String::new()),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let paths = [
        "example.com/a",
        "example.com/a",
        "example.com/b/v2",
        "example.com/b/v2",
        "gopkg.in/yaml.v2",
        "gopkg.in/check.v1",
        "gopkg.in/foo.v3-unstable",
        "example.com/v1",
        "example.com/c/v03",
        "gopkg.in/bad",
        "./dir",
        "../dir/v2",
        "..\\win",
        "C:\\x",
        "/abs",
        "a@v1.0.0",
        "\"example.com/q\"",
        "\"example.com/\\x61\"",
        "`example.com/raw`",
        "'example.com/single'",
        "\"bad\\q\"",
        "x",
        "",
        "\"\"",
        "a(b",
        "é.com/x",
    ];
    prop::sample::select(paths.to_vec()).prop_map(str::to_owned)
}

fn version() -> impl Strategy<Value = String> {
    let versions = [
        "v1.0.0",
        "v1.2.3",
        "v0.0.0",
        "v2.0.0",
        "v2.1.0+incompatible",
        "v3.0.0",
        "v1",
        "v1.2",
        "v1.2.3+meta",
        "v1.2.3-pre.1",
        "v01.2.3",
        "v0.0.0-20161208181325-20d25e280405",
        "v2.0.0-gopkgin-v2.2.1",
        "master",
        "latest",
        "none",
        "\"v1.0.0\"",
        "`v1.0.0`",
        "\"\"",
        "1.2.3",
        "1.21",
        "1.21.3",
        "1.21rc1",
        "v1.12.x-foo",
        "1.9x",
        "go1.21.3",
        "default",
        "go1",
        "v2.0.0-beta+incompatible",
        "=>",
    ];
    prop::sample::select(versions.to_vec()).prop_map(str::to_owned)
}

fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "`",
        "'",
        "\\",
        "\n",
        "\r",
        "\t",
        " ",
        "//",
        "/*",
        "*/",
        "=>",
        "=",
        "a",
        "v1.0.0",
        "module",
        "require",
        "\u{feff}",
        "\u{a0}",
        "\u{85}",
        "é",
        "\0",
        "\"a\\\n\"",
    ];
    proptest::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat())
}

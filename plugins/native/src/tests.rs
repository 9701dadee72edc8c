//! The plugin over bundles made of literals, on the author's machine.

use airgo_plugin::testing::FakeBundle;
use airgo_plugin::{CheckError, Finding};

use crate::Native;

/// Every rule as a warning.
const ALL: &str = r#""cgo":"warn","assembly":"warn","linkname":"warn","unsafe":"warn","syscall":"warn","exec":"warn",
    "plugin":"warn","binary":"warn","archive":"warn","generate":"warn""#;

/// `verdict rule module file:line: message`, one line a finding.
fn lines(config: &str, bundle: &FakeBundle) -> Vec<String> {
    let config = serde_json::from_str(config).expect("a good config");
    let line = |f: Finding| {
        let module = f.module.map_or("-", |index| &bundle.modules[index as usize].path);
        let verdict = format!("{:?}", f.verdict).replace("Verdict::", "");
        let line = f.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{verdict} {} {module} {}{line}: {}", f.rule, f.file.unwrap_or_default(), f.message)
    };
    bundle.check::<Native>(config).expect("a verdict").into_iter().map(line).collect()
}

fn all(files: &[(&str, &str)]) -> Vec<String> {
    lines(&format!("{{{ALL}}}"), &FakeBundle::new().module("example.com/a", "v1.0.0", files))
}

#[test]
fn plain_code_is_nothing_to_tell() {
    let source =
        "package a\n\n// import \"C\"\nimport \"fmt\"\n\nconst s = `\n//go:generate rm\nimport \"unsafe\"`\n";
    assert_eq!(all(&[("a.go", source), ("README.md", "PK\x03\x04"), ("go.mod", "module a")]), [""; 0]);
}

#[test]
fn imports_are_found_where_they_are() {
    assert_eq!(
        all(&[
            ("a.go", "package a\n\n// #include <x.h>\nimport \"C\"\n"),
            ("b.go", "package a\nimport (\n\t\"os/exec\"\n\t\"golang.org/x/sys/unix\"\n\t\"syscall\"\n)\n"),
            ("c.go", "package a\nimport \"plugin\"\nimport \"C\"\n"),
        ]),
        [
            "Warn cgo example.com/a a.go:4: holds C code, by way of cgo in 2 files",
            "Warn syscall example.com/a b.go:4: holds system calls in 1 file",
            "Warn exec example.com/a b.go:3: holds os/exec, which runs programs in 1 file",
            "Warn plugin example.com/a c.go:2: holds package plugin, which loads code in 1 file",
        ]
    );
}

#[test]
fn what_no_build_has_is_passed_over() {
    let file = |line: &str| format!("//go:build {line}\n\npackage main\nimport \"C\"\n");
    for (line, wanted) in [
        ("ignore", 0),
        ("linux && ignore", 0),
        ("!ignore", 1),
        ("ignore || linux", 1),
        ("ignored", 1),
        // Brackets do not hide that the file is built.
        ("!(ignore)", 1),
        ("! ( ignore && x )", 1),
        ("ignore && !x", 0),
    ] {
        assert_eq!(all(&[("a.go", &file(line))]).len(), wanted, "{line}");
    }
}

#[test]
fn directives_are_found() {
    let source =
        "package a\n\nimport _ \"unsafe\"\n\n//go:linkname f runtime.f\nfunc f()\n\n//go:generate stringer\n";
    assert_eq!(
        all(&[("a.go", source), ("b.go", "package a\n// see //go:generate x\n//go:generated\n")]),
        [
            "Warn linkname example.com/a a.go:5: holds //go:linkname, which reaches into other packages in 1 file",
            "Warn unsafe example.com/a a.go:3: holds package unsafe in 1 file",
            "Warn generate example.com/a a.go:8: holds //go:generate, which runs programs in 1 file",
        ]
    );
}

#[test]
fn imports_far_down_are_found() {
    let source = format!("package a\n/*{}*/\nimport \"C\"\n//go:generate x\n", "long\n".repeat(20_000));
    let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &[("a.go", &source)]);
    assert_eq!(
        lines("{}", &bundle),
        ["Warn cgo example.com/a a.go:20003: holds C code, by way of cgo in 1 file"]
    );
}

/// Wherever the head of a file ends: in a comment's first mark, in a word.
#[test]
fn imports_behind_any_cut_are_found() {
    for len in 1990..2060 {
        let source = format!("package a\n// {}\n// import\nimport \"C\"\n", "x".repeat(len));
        assert_eq!(all(&[("a.go", &source)]).len(), 1, "{len}");
        // Where nobody asks for directives, the head alone is read at first.
        let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &[("a.go", &source)]);
        assert_eq!(lines("{}", &bundle).len(), 1, "{len}");
    }
}

#[test]
fn files_that_are_no_text() {
    assert_eq!(
        all(&[
            ("x_amd64.s", "TEXT"),
            ("lib/x.syso", ""),
            ("data", "\x7fELFxx"),
            ("b.bin", "PK\x03\x04xx"),
            ("c.tar.gz", "")
        ]),
        [
            "Warn assembly example.com/a x_amd64.s: holds assembly in 1 file",
            "Warn binary example.com/a data: holds compiled code in 2 files",
            "Warn archive example.com/a b.bin: holds archives in 2 files",
        ]
    );
}

#[test]
fn tests_are_looked_at_on_demand() {
    let files = [("a_test.go", "package a\nimport \"C\"\n"), ("testdata/x.so", ""), ("_x/y.so", "")];
    assert_eq!(all(&files), [""; 0]);
    let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &files);
    assert_eq!(lines(r#"{"tests":true}"#, &bundle).len(), 2);
}

#[test]
fn allowances_are_for_modules_and_features() {
    let bundle = FakeBundle::new().module(
        "example.com/a",
        "v1.0.0",
        &[("a.go", "package a\nimport \"C\"\n"), ("a.so", "")],
    );
    let config = r#"{"unused":"warn","allow":[{"module":"=example.com/a","features":["cgo"],"reason":"sqlite"},
        {"module":"example.com/b","features":["cgo"]}]}"#;
    assert_eq!(
        lines(config, &bundle),
        [
            "Warn binary example.com/a a.so: holds compiled code in 1 file",
            "Warn unused-entry - : the allowance for \"example.com/b\" is of no use"
        ]
    );
}

#[test]
fn config_errors_point_at_their_place() {
    let error = |config: &str| {
        let config = serde_json::from_str(config).expect("a config of the right shape");
        match FakeBundle::new().check::<Native>(config) {
            Err(CheckError::Config(err)) => format!("{}: {}", err.pointer, err.message),
            other => panic!("no config error: {other:?}"),
        }
    };
    assert_eq!(
        error(r#"{"allow":[{"module":"a","features":["cgo","go"]}]}"#),
        "/allow/0/features/1: \"go\" is no rule of this plugin"
    );
    assert!(error(r#"{"allow":[{"module":"","features":[]}]}"#).starts_with("/allow/0/module: "));
    assert!(serde_json::from_str::<crate::config::Config>(r#"{"c":"warn"}"#).is_err());
}

#[test]
fn odd_spellings_of_an_import_are_found() {
    assert_eq!(
        all(&[
            ("a.go", "package a\nimport\n\"unsafe\"\n"),
            ("b.go", "package a\nimport .\n\"os\\x2fexec\"\n"),
            ("c.swig", "%module c"),
        ]),
        [
            "Warn cgo example.com/a c.swig: holds C code, by way of cgo in 1 file",
            "Warn unsafe example.com/a a.go:3: holds package unsafe in 1 file",
            "Warn exec example.com/a b.go:3: holds os/exec, which runs programs in 1 file",
        ]
    );
}

/// Patterns such as ./... pass these directories over; an import does not.
#[test]
fn testdata_that_the_code_imports_is_code() {
    let files = [
        ("a.go", "package a\nimport _ \"example.com/a/x/testdata/y\"\n"),
        ("x/testdata/y/y.go", "package y\nimport _ \"example.com/a/_z\"\n"),
        ("x/testdata/y/y_test.go", "package y\nimport \"C\"\n"),
        ("x/testdata/y/y.s", ""),
        ("x/testdata/other/z.go", "package z\nimport \"C\"\n"),
        ("_z/z.go", "package z\nimport \"unsafe\"\n"),
    ];
    assert_eq!(
        all(&files),
        [
            "Warn assembly example.com/a x/testdata/y/y.s: holds assembly in 1 file",
            "Warn unsafe example.com/a _z/z.go:2: holds package unsafe in 1 file",
        ]
    );
}

#[test]
fn a_file_counts_once() {
    let source = "package a\nimport (\n\"syscall\"\n\"golang.org/x/sys/unix\"\n)\n";
    assert_eq!(
        all(&[("a.go", source), ("b.go", source)]),
        ["Warn syscall example.com/a a.go:3: holds system calls in 2 files"]
    );
}

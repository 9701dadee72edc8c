//! The plugin over bundles made of literals, on the author's machine.

use airgo_plugin::testing::FakeBundle;
use airgo_plugin::{CheckError, Finding, MainModule};

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
    for (line, wanted, in_module) in [
        ("ignore", 0, 0),
        ("linux && ignore", 0, 0),
        ("!ignore", 1, 1),
        ("ignore || linux", 1, 1),
        // A tag that nobody sets.
        ("ignored", 0, 1),
        ("!ignored", 1, 1),
        ("linux && windows", 0, 1),
        // Go is not there, whatever its file names say.
        ("hurd", 0, 1),
        // Brackets do not hide that the file is built.
        ("!(ignore)", 1, 1),
        ("! ( ignore && x )", 1, 1),
        ("ignore && !x", 0, 0),
    ] {
        let files = [("a.go", &*file(line))];
        assert_eq!(all(&files).len(), wanted, "{line}");
        assert_eq!(lines(MODULE, &project(&[], &files)).len(), in_module, "{line}");
    }
    for name in ["_types_amd64.go", ".a.go", "_a.s", "_a.syso"] {
        assert_eq!(all(&[(name, "package a\nimport \"C\"\n")]), [""; 0], "{name}");
        let bundle = project(&[], &[(name, "package a\nimport \"C\"\n")]);
        assert_eq!(lines(MODULE, &bundle), [""; 0], "{name}");
    }
}

const MODULE: &str = r#"{"level":"module"}"#;

/// A module `example.com/a` in the bundle of a main module that imports these.
fn project(imports: &[&str], files: &[(&str, &str)]) -> FakeBundle {
    let mut bundle = FakeBundle::new().module("example.com/a", "v1.0.0", files);
    bundle.main_modules = vec![MainModule {
        path: "example.com/main".to_owned(),
        go_version: None,
        imports: imports.iter().map(|path| (*path).to_owned()).collect(),
        attributes: vec![("imports".to_owned(), "recorded".to_owned())],
    }];
    bundle
}

const CGO: &str = "package p\nimport \"C\"\n";

#[test]
fn the_packings_platforms_and_tags_decide_what_is_built() {
    let files = [
        ("a_darwin.go", CGO),
        ("b_linux.go", "package p\n"),
        ("c.go", "//go:build freebsd\n\npackage p\nimport \"C\"\n"),
        ("d.go", "//go:build icu\n\npackage p\nimport \"C\"\n"),
        ("rsrc_windows_386.syso", ""),
    ];
    let mut bundle = project(&["example.com/a"], &files);
    assert_eq!(
        lines("{}", &bundle),
        [
            "Warn cgo example.com/a a_darwin.go:2: holds C code, by way of cgo in 2 files, built for darwin, freebsd and ios alone",
            "Warn binary example.com/a rsrc_windows_386.syso: holds compiled code in 1 file, built for windows alone",
        ]
    );
    bundle.platforms = vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()];
    assert_eq!(lines("{}", &bundle), [""; 0]);
    assert_eq!(
        lines(r#"{"tags":["icu"]}"#, &bundle),
        ["Warn cgo example.com/a d.go:4: holds C code, by way of cgo in 1 file"]
    );
    bundle.attributes.push(("build-tags".to_owned(), "icu netgo".to_owned()));
    assert_eq!(lines("{}", &bundle).len(), 1);
    bundle.platforms.push("windows/386".to_owned());
    assert_eq!(lines("{}", &bundle).len(), 2);
    // All of the module, as before an airgo that knows of builds.
    assert_eq!(
        lines(MODULE, &bundle),
        [
            "Warn cgo example.com/a a_darwin.go:2: holds C code, by way of cgo in 3 files",
            "Warn binary example.com/a rsrc_windows_386.syso: holds compiled code in 1 file",
        ]
    );
}

#[test]
fn packages_that_nobody_imports_do_not_count() {
    let files = [
        ("a.go", "package a\nimport _ \"example.com/a/x\"\n"),
        ("a_windows.go", "package a\nimport _ \"example.com/a/win\"\n"),
        ("cmd/tool/main.go", "package main\nimport \"C\"\n"),
        ("cmd/tool/x.syso", ""),
        ("other/a.s", ""),
        ("other/o.go", CGO),
        ("win/w_linux.go", CGO),
        ("win/w.go", "package win\n"),
        ("x/x.go", CGO),
    ];
    let told = |imports: &[&str]| lines(r#"{"assembly":"warn"}"#, &project(imports, &files));
    let cgo = |file: &str| format!("Warn cgo example.com/a {file}:2: holds C code, by way of cgo in 1 file");
    assert_eq!(told(&["fmt"]), [""; 0]);
    assert_eq!(told(&["example.com/a/x"]), [cgo("x/x.go")]);
    // On windows alone win is imported, and there it has no C.
    assert_eq!(told(&["example.com/a"]), [cgo("x/x.go")]);
    assert_eq!(
        told(&["example.com/a/other"]),
        [
            "Warn cgo example.com/a other/o.go:2: holds C code, by way of cgo in 1 file",
            "Warn assembly example.com/a other/a.s: holds assembly in 1 file"
        ]
    );
    assert_eq!(lines(MODULE, &project(&["fmt"], &files)).len(), 2);
    // Who did not look does not know.
    let mut bundle = project(&[], &files);
    bundle.main_modules[0].attributes.clear();
    assert_eq!(lines("{}", &bundle).len(), 2);
}

#[test]
fn code_and_archives_count_where_they_get_into_a_program() {
    let embed =
        "package a\nimport _ \"embed\"\n\n//go:embed web testdata/x.zip \"all:more\"\nvar b embed.FS\n";
    let files = [
        ("a.go", embed),
        ("docs/y.tar.gz", ""),
        ("lib/x.a", ""),
        ("more/.hidden.gz", ""),
        ("testdata/x.zip", ""),
        ("testdata/y.zip", ""),
        ("web/.hidden.gz", ""),
        ("web/app.wasm", ""),
        ("web/deep/z.zip", ""),
    ];
    assert_eq!(
        lines("{}", &project(&["example.com/a"], &files)),
        [
            "Warn binary example.com/a web/app.wasm: holds compiled code in 1 file",
            "Warn archive example.com/a more/.hidden.gz: holds archives in 3 files",
        ]
    );
    assert_eq!(lines("{}", &project(&["fmt"], &files)), [""; 0]);
    // C code may link it.
    let files = [("a.go", CGO), ("lib/x.a", ""), ("lib/y.exe", ""), ("b_windows.go", CGO)];
    let mut bundle = project(&["example.com/a"], &files);
    assert_eq!(lines("{}", &bundle)[1], "Warn binary example.com/a lib/x.a: holds compiled code in 1 file");
    let no_c = [("a.go", "package a\n"), ("lib/x.a", ""), ("b_windows.go", CGO)];
    bundle = project(&["example.com/a"], &no_c);
    bundle.platforms = vec!["linux/amd64".to_owned()];
    assert_eq!(lines("{}", &bundle), [""; 0]);
}

/// Facts have a limit: beyond it, too much is told and nothing is missed.
#[test]
fn a_module_of_very_many_packages_is_judged_as_a_whole() {
    let files: Vec<(String, &str)> =
        (0..4_000).map(|number| (format!("some/longer/path/to/package{number}/x.go"), CGO)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let first = "example.com/a/some/longer/path/to/package0";
    assert_eq!(
        lines("{}", &project(&[first], &files)),
        [
            "Warn cgo example.com/a some/longer/path/to/package0/x.go:2: holds C code, by way of cgo in 4000 files"
        ]
    );
    assert_eq!(lines("{}", &project(&["fmt"], &files)), [""; 0]);
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
    let files = [
        ("x_amd64.s", "TEXT"),
        ("lib/x.syso", ""),
        ("data", "\x7fELFxx"),
        ("b.bin", "PK\x03\x04xx"),
        ("c.tar.gz", ""),
    ];
    assert_eq!(
        all(&files),
        [
            "Warn assembly example.com/a x_amd64.s: holds assembly in 1 file",
            "Warn binary example.com/a lib/x.syso: holds compiled code in 1 file",
        ]
    );
    let config = format!("{{{ALL},\"level\":\"module\"}}");
    assert_eq!(
        lines(&config, &FakeBundle::new().module("example.com/a", "v1.0.0", &files)),
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

#[test]
fn what_the_builds_have_is_said_of_all_of_a_module() {
    let files = [
        ("a.go", "package a\nimport _ \"example.com/a/x\"\n"),
        ("x/x.go", CGO),
        ("y/y.s", ""),
        ("x/b_windows.go", "package x\nimport _ \"os/exec\"\n"),
    ];
    let built = |config: &str, platform: &str| {
        let mut bundle = project(&["example.com/a"], &files);
        bundle.platforms = vec![platform.to_owned()];
        let config = serde_json::from_str(config).expect("a good config");
        let found = bundle.check::<Native>(config).expect("a verdict").into_iter();
        let built = |f: &Finding| f.attributes.iter().find(|a| a.0 == "built").map(|a| a.1.clone());
        found.map(|f| format!("{} {}", f.rule, built(&f).unwrap_or_default())).collect::<Vec<_>>()
    };
    let config = format!(r#"{{{ALL},"level":"module","built":true}}"#);
    assert_eq!(built(&config, "linux/amd64"), ["cgo true", "assembly false", "exec false"]);
    assert_eq!(built(&config, "windows/amd64"), ["cgo true", "assembly false", "exec true"]);
    assert_eq!(built(MODULE, "linux/amd64"), ["cgo "]);
}

/// A file that the allowance is for may be one that is not there.
#[test]
fn of_a_part_no_allowance_is_of_no_use_at_level_module() {
    let config = |level: &str| {
        format!(
            r#"{{"unused":"warn","level":"{level}","allow":[{{"module":"example.com/a","features":["cgo"]}}]}}"#
        )
    };
    let whole = project(&["example.com/a"], &[("a.go", "package a\n")]);
    let part = whole.clone().attribute("files", "part");
    assert_eq!(lines(&config("module"), &whole).len(), 1);
    assert_eq!(lines(&config("module"), &part), [""; 0]);
    // What builds have is there, tests aside.
    let tests = config("package").replacen('{', r#"{"tests":true,"#, 1);
    assert_eq!(lines(&tests, &part), [""; 0]);
    assert_eq!(lines(&config("package"), &part).len(), 1);
}

//! What the native plugin tells is what the build has: held against `go list`.

use crate::site::{Site, text};
use airgo_testkit::{Go, Module, World, require_tool};
use std::collections::BTreeSet;

const CGO: &str = "package p\n\nimport \"C\"\n";
const PLAIN: &str = "package p\n";

/// A module with C code and assembly for several systems, in packages that are
/// imported by way of one another, for one system, with a tag, or not at all.
fn many() -> Module {
    let import = |name: &str| format!("package p\n\nimport _ \"example.com/many/{name}\"\n");
    Module::new("example.com/many", "v1.0.0")
        .go("1.21")
        .file("a/a.go", import("b"))
        .file("a/a_windows.go", import("win"))
        .file("a/_types_amd64.go", CGO)
        .file("a/tagged.go", format!("//go:build special\n\n{}", import("tagged")))
        .file("b/b.go", PLAIN)
        .file("b/b_darwin.go", CGO)
        .file("b/b_hurd.go", CGO)
        .file("b/bsd.go", format!("//go:build freebsd || openbsd\n\n{CGO}"))
        .file("b/asm_arm64.s", "// Nothing.\n")
        .file("b/asm.s", "//go:build windows\n\n// Nothing.\n")
        .file("b/rsrc_windows_amd64.syso", "\x7fELF")
        .file("tagged/t.go", CGO)
        .file("win/w.go", PLAIN)
        .file("win/w_linux.go", CGO)
        .file("win/w_cgo.go", format!("//go:build windows\n\n{CGO}"))
        .file("cmd/tool/main.go", "package main\n\nimport \"C\"\n\nfunc main() {}\n")
        .file("cmd/tool/rsrc.syso", "\x7fELF")
        .file("testdata/x.zip", "PK\x03\x04")
}

fn site() -> Site {
    let main = Module::project("example.com/main")
        .go("1.21")
        .require("example.com/many", "v1.0.0")
        .file("main.go", "package main\n\nimport _ \"example.com/many/a\"\n\nfunc main() {}\n");
    let site = Site::of(World::new().with(many()), &main);
    site.temp.write(
        "policy.toml",
        "[[plugin]]\nname = \"native\"\nbuiltin = \"native\"\nconfig.assembly = \"warn\"\n",
    );
    site
}

/// `rule files systems` of each finding.
fn told(site: &Site, flags: &[&str]) -> BTreeSet<String> {
    let (project, policy) = (site.project(), site.temp.join("policy.toml"));
    let args = ["policy", "check", text(&project), "--policy", text(&policy), "--format", "json"];
    let report: serde_json::Value =
        serde_json::from_str(&site.airgo.run(&[&args[..], flags].concat()).done().stdout).unwrap();
    let line = |finding: &serde_json::Value| {
        let attributes = finding["attributes"].as_array().unwrap();
        let of = |name: &str| {
            attributes.iter().find(|a| a[0] == name).map_or("", |a| a[1].as_str().unwrap()).to_owned()
        };
        format!("{} {} {}", finding["rule"].as_str().unwrap(), of("files"), of("systems")).trim().to_owned()
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn files_count_where_go_list_has_them() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    let mut seen = BTreeSet::new();
    for (platform, tags) in [
        ("linux/amd64", ""),
        ("linux/arm64", "special"),
        ("windows/amd64", ""),
        ("darwin/arm64", ""),
        ("openbsd/amd64", "special"),
    ] {
        let (os, arch) = platform.split_once('/').unwrap();
        let go =
            Go::with_proxy(&site.proxy.url()).env("GOOS", os).env("GOARCH", arch).env("CGO_ENABLED", "1");
        let format = "{{with .Module}}{{if not .Main}}{{range $.CgoFiles}}cgo\n{{end}}{{range $.SFiles}}assembly\n{{end}}{{range $.SysoFiles}}binary\n{{end}}{{end}}{{end}}";
        let tag_flag = format!("-tags={tags}");
        let listed = go
            .run(&site.project(), &["list", "-mod=mod", "-deps", "-test", &tag_flag, "-f", format, "./..."]);
        let wanted: BTreeSet<String> = ["cgo", "assembly", "binary"]
            .into_iter()
            .map(|rule| (rule, listed.lines().filter(|line| *line == rule).count()))
            .filter(|(_, files)| *files > 0)
            .map(|(rule, files)| format!("{rule} {files}"))
            .collect();
        let mut flags = vec!["--platform", platform];
        if !tags.is_empty() {
            flags.extend(["--tags", tags]);
        }
        assert_eq!(told(&site, &flags), wanted, "{platform} {tags}");
        seen.extend(wanted);
    }
    assert!(seen.len() > 3, "the cases differ: {seen:?}");
}

#[test]
fn without_a_platform_the_systems_are_named() {
    let site = site();
    let wanted = [
        "assembly 2 android darwin freebsd ios linux netbsd openbsd windows",
        "binary 1 windows",
        "cgo 3 darwin freebsd ios openbsd windows",
    ];
    assert_eq!(told(&site, &[]), wanted.map(str::to_owned).into());
    site.temp.write(
        "policy.toml",
        "[[plugin]]\nname = \"native\"\nbuiltin = \"native\"\nconfig.level = \"module\"\n",
    );
    // All of the module, files that no build can have aside.
    assert_eq!(told(&site, &[]), ["binary 2".to_owned(), "cgo 7".to_owned()].into());
}

/// What the project imports on one system, it has on that alone, whether or not
/// the packing names platforms.
#[test]
fn imports_of_some_systems_count_there() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    site.temp.write("main/main.go", "package main\n\nfunc main() {}\n");
    site.temp.write("main/x_windows.go", "package main\n\nimport _ \"example.com/many/b\"\n");
    site.temp.write("main/x_ios.go", "package main\n\nimport _ \"example.com/many/win\"\n");
    let wanted = BTreeSet::from(["assembly 2 windows".to_owned(), "binary 1 windows".to_owned()]);
    assert_eq!(told(&site, &[]), wanted);
    site.pack().done();
    let (bundle, policy, key) = (site.bundle(), site.temp.join("policy.toml"), site.public_key());
    let args = ["policy", "check", text(&bundle), "--policy", text(&policy), "--trust", text(&key)];
    let run = site.airgo.run(&args).done();
    assert!(!run.stdout.contains("cgo") && run.stdout.contains("built for windows alone"), "{}", run.stdout);
    for platform in ["windows/amd64", "ios/arm64", "darwin/arm64", "freebsd/amd64", "linux/amd64"] {
        let (os, arch) = platform.split_once('/').unwrap();
        let go =
            Go::with_proxy(&site.proxy.url()).env("GOOS", os).env("GOARCH", arch).env("CGO_ENABLED", "1");
        let format =
            "{{if not .Standard}}{{range .CgoFiles}}cgo\n{{end}}{{range .SFiles}}assembly\n{{end}}{{end}}";
        let listed = go.run(&site.project(), &["list", "-mod=mod", "-deps", "-f", format, "./..."]);
        assert!(!listed.contains("cgo"), "{platform}: {listed}");
        assert_eq!(listed.contains("assembly"), os == "windows", "{platform}: {listed}");
    }
}

//! Package level: which packages of a dependency a project reaches, held
//! against `go list -deps -test`.
//!
//! The data have one entry for every package of every module of the project, so
//! that what the plugin calls affected is the very list of what it thinks is
//! reached.

use crate::airgo::Airgo;
use crate::real::{copy_writable, source};
use crate::site::{Site, text};
use airgo_testkit::{Go, Module, Proxy, TempTree, World, require_tool, target_tmp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

#[test]
fn gin_reaches_what_go_list_says() {
    hold("github.com/gin-gonic/gin@v1.10.0", "linux/amd64", &[]);
}

#[test]
fn gin_reaches_what_go_list_says_elsewhere_and_with_tags() {
    hold("github.com/gin-gonic/gin@v1.10.0", "windows/arm64", &["go_json"]);
}

/// A go.mod from before module graph pruning, and modules with many packages.
#[test]
fn cobra_reaches_what_go_list_says() {
    hold("github.com/spf13/cobra@v1.1.3", "darwin/arm64", &[]);
}

/// Packages of the project that `./...` passes over, and a directory in a
/// module's place.
#[test]
fn packages_beside_the_pattern_are_followed() {
    if !require_tool("go") {
        return;
    }
    let module = many().go("1.21");
    let main = Module::project("example.com/main")
        .go("1.21")
        .require("example.com/many", "v1.0.0")
        .require("example.com/local", "v1.0.0")
        .replace("example.com/local", "./local")
        .file("main.go", "package main\n\nimport _ \"example.com/main/testdata/x\"\nimport _ \"example.com/local/p\"\n\nfunc main() {}\n")
        .file("testdata/x/x.go", "package x\n\nimport _ \"example.com/main/_odd/y\"\n")
        .file("testdata/x/x_test.go", "package x\n\nimport _ \"example.com/many/e\"\n")
        .file("testdata/other/o.go", "package other\n\nimport _ \"example.com/many/d\"\n")
        .file("_odd/y/y.go", "package y\n\nimport _ \"example.com/many/a\"\n")
        .file("local/go.mod", "module example.com/local\n\ngo 1.21\n")
        .file("local/p/p.go", "package p\n\nimport _ \"example.com/many/b\"\n")
        .file("local/p/p_test.go", "package p\n\nimport _ \"example.com/many/e\"\n")
        .file("main_test.go", "package main\n\nimport _ \"example.com/many/c\"\n");
    let site = Site::of(World::new().with(module), &main);
    let listed = Go::with_proxy(&site.proxy.url())
        .run(&site.project(), &["list", "-mod=mod", "-deps", "-test", "-f", "{{.ImportPath}}", "./..."]);
    let reached = |name: &str| listed.lines().any(|line| line == format!("example.com/many/{name}"));
    let wanted: Vec<&str> = PACKAGES.into_iter().filter(|name| reached(name)).collect();
    assert_eq!(wanted, ["a", "b", "c"]);
    assert_eq!(affected(&site), wanted);
}

/// Imports that nobody writes and the compiler decodes, and files that it does
/// not build: in the project, in a directory in a module's place, in a dependency.
#[test]
fn imports_are_those_that_the_compiler_reads() {
    if !require_tool("go") {
        return;
    }
    let many = PACKAGES.iter().fold(Module::new("example.com/many", "v1.0.0").go("1.21"), |module, name| {
        module.file(format!("{name}/{name}.go"), format!("package {name}\n"))
    });
    // A tool that the dependency needs for itself.
    let many = many.file("a/tools.go", "//go:build tools\n\npackage a\n\nimport _ \"example.com/many/e\"\n");
    let main = Module::project("example.com/main")
        .go("1.21")
        .require("example.com/many", "v1.0.0")
        .require("example.com/local", "v1.0.0")
        .replace("example.com/local", "./local")
        .file("main.go", "package main\n\nimport _ \"example.com/m\\x61ny/a\"\nimport _ \"example.com/local/p\"\n\nfunc main() {}\n")
        .file("raw.go", "package main\n\nimport _ `example.com/ma\rny/b`\n")
        .file("other.go", "/* no constraint */ //go:build ignore\n\npackage main\n\nimport _ \"example.com/many/c\"\n")
        .file("tools.go", "//go:build tools\n\npackage main\n\nimport _ \"example.com/many/e\"\n")
        .file("local/go.mod", "module example.com/local\n\ngo 1.21\n")
        .file("local/p/p.go", "package p\n\nimport _ \"example.com/\\u006dany/d\"\n");
    let site = Site::of(World::new().with(many), &main);
    let listed = Go::with_proxy(&site.proxy.url())
        .run(&site.project(), &["list", "-mod=mod", "-deps", "-f", "{{.ImportPath}}", "./..."]);
    let reached = |name: &str| listed.lines().any(|line| line == format!("example.com/many/{name}"));
    let wanted: Vec<&str> = PACKAGES.into_iter().filter(|name| reached(name)).collect();
    assert_eq!(wanted, ["a", "b", "c", "d"]);
    assert_eq!(affected(&site), wanted);

    // None recorded is not "not recorded": nothing of the module is reached.
    site.temp.write("main/main.go", "package main\n\nfunc main() {}\n");
    for name in ["raw.go", "other.go", "tools.go", "local/p/p.go"] {
        fs::remove_file(site.project().join(name)).unwrap();
    }
    assert_eq!(affected(&site), [""; 0]);
}

/// The packages of `example.com/many`.
const PACKAGES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A module of these packages, which import nothing.
pub fn many() -> Module {
    let module = Module::new("example.com/many", "v1.0.0");
    PACKAGES
        .iter()
        .fold(module, |module, name| module.file(format!("{name}/{name}.go"), format!("package {name}\n")))
}

/// Those that the vulnerability plugin takes for reached, each with an entry.
fn affected(site: &Site) -> Vec<&'static str> {
    for name in PACKAGES {
        let entry = format!(
            r#"{{"id":"X-{name}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"name":"example.com/many","ecosystem":"Go"}},"ecosystem_specific":{{"imports":[{{"path":"example.com/many/{name}"}}]}}}}]}}"#
        );
        site.temp.write(format!("osv/{name}.json"), entry);
    }
    let policy = site.temp.write(
        "policy.toml",
        "[[plugin]]\nname = \"vulnerability\"\nbuiltin = \"vulnerability\"\nconfig.level = \"package\"\n\n\
         [[data]]\nname = \"vulndb\"\npath = \"osv\"\n",
    );
    let project = site.project();
    let args = ["policy", "check", text(&project), "--policy", text(&policy), "--format", "json"];
    let report: serde_json::Value = serde_json::from_str(&site.airgo.run(&args).done().stdout).unwrap();
    let found = |name: &&str| report["findings"].to_string().contains(&format!("example.com/many/{name}\""));
    PACKAGES.into_iter().filter(found).collect()
}

fn hold(name: &str, platform: &str, tags: &[&str]) {
    if !require_tool("go") {
        return;
    }
    let temp = TempTree::new();
    let shared = target_tmp().join("modules");
    let (os, arch) = platform.split_once('/').unwrap();
    let go = Go::online().modcache(&shared).env("GOOS", os).env("GOARCH", arch).env("CGO_ENABLED", "1");
    let project = temp.join("project");
    copy_writable(&source(&go, name), &project);
    go.mod_download(&project, &[]);
    let packages = packages(&go, &project);
    assert!(packages.len() > 20, "only {} packages", packages.len());
    let tag_flag = format!("-tags={}", tags.join(","));
    let listed = go
        .run(&project, &["list", "-deps", "-test", &tag_flag, "-f", "{{.ImportPath}} {{.ForTest}}", "./..."]);
    // A package compiled anew for a test, `p [q.test]`, is the package.
    let reached: BTreeSet<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    let wanted: BTreeSet<&str> =
        packages.keys().map(String::as_str).filter(|p| reached.contains(p)).collect();
    assert!(!wanted.is_empty() && wanted.len() < packages.len(), "{} are reached", wanted.len());

    for (number, (package, module)) in packages.iter().enumerate() {
        let entry = format!(
            r#"{{"id":"X-{number}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"name":"{module}","ecosystem":"Go"}},"ecosystem_specific":{{"imports":[{{"path":"{package}"}}]}}}}]}}"#
        );
        temp.write(format!("osv/{number}.json"), entry);
    }
    let snapshot = temp.join("every.airgodb");
    let proxy = Proxy::serve_dir(shared.join("cache/download"));
    let airgo = Airgo::new(&format!("{},{}", proxy.url(), go.vars()["GOPROXY"]));
    airgo.run(&["vulndb", "import", text(&temp.join("osv")), "-o", text(&snapshot)]).done();
    let mut policy = String::from(
        "[[plugin]]\nname = \"vulnerability\"\nbuiltin = \"vulnerability\"\n\n[plugin.config]\nlevel = \"package\"\nunreachable = \"warn\"\n",
    );
    let quoted: Vec<String> = tags.iter().map(|tag| format!("{tag:?}")).collect();
    let _ = writeln!(
        policy,
        "tags = [{}]\n\n[[data]]\nname = \"vulndb\"\npath = \"every.airgodb\"",
        quoted.join(", ")
    );
    let policy = temp.write("policy.toml", policy);
    let mut args = vec![
        "policy",
        "check",
        text(&project),
        "--policy",
        text(&policy),
        "--format",
        "json",
        "--platform",
        platform,
    ];
    for tag in tags {
        args.extend(["--tags", tag]);
    }
    let report: serde_json::Value = serde_json::from_str(&airgo.run(&args).done().stdout).unwrap();
    let mut found = BTreeSet::new();
    let mut unreachable = 0;
    for finding in report["findings"].as_array().unwrap() {
        match finding["rule"].as_str().unwrap() {
            "affected" => {
                let attributes = finding["attributes"].as_array().unwrap();
                let package = attributes.iter().find(|a| a[0] == "package").expect("which package");
                found.insert(package[1].as_str().unwrap());
            }
            "unreachable" => unreachable += 1,
            other => panic!("a finding of {other}"),
        }
    }
    let more: Vec<_> = found.difference(&wanted).collect();
    let missed: Vec<_> = wanted.difference(&found).collect();
    assert!(more.is_empty() && missed.is_empty(), "{name}: not reached by go: {more:?}; missed: {missed:?}");
    assert!(unreachable > 0, "nothing is out of reach");
}

/// The packages of the modules that bring code: their path and their module's.
fn packages(go: &Go, project: &Path) -> BTreeMap<String, String> {
    let listed = go.run(project, &["list", "-m", "-f", "{{if not .Main}}{{.Path}} {{.Dir}}{{end}}", "all"]);
    let mut packages = BTreeMap::new();
    for (module, dir) in
        listed.lines().filter_map(|line| line.split_once(' ')).filter(|(_, dir)| !dir.is_empty())
    {
        let mut open = vec![Path::new(dir).to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.is_dir() && !name.starts_with(['.', '_']) && name != "testdata" {
                    open.push(path);
                } else if name.ends_with(".go") && !name.ends_with("_test.go") {
                    let below = next.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
                    let package =
                        if below.is_empty() { module.to_owned() } else { format!("{module}/{below}") };
                    packages.insert(package, module.to_owned());
                }
            }
        }
    }
    packages
}

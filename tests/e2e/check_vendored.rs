//! `airgo check` of checkouts that go builds from their vendor directory.

use crate::airgo::Airgo;
use crate::site::text;
use crate::vendor::Vendored;
use airgo_testkit::{Go, require_tool};
use serde_json::Value;
use std::fs;

/// What is changed: a file of the checkout, and what in it becomes what; without a text
/// the file goes.
type Change = (&'static str, Option<(&'static str, &'static str)>);

/// Each with what `airgo check` says of it.
const CHANGES: [(Change, &str); 17] = [
    (("main.go", Some(("package", "package"))), "complete from its vendor directory"),
    (
        ("vendor/example.com/b/v2/inner/inner.go", None),
        "cannot find module providing package example.com/b/v2/inner: import lookup disabled by -mod=vendor",
    ),
    (("vendor/example.com/large/used/second.go", None), "vendor/example.com/large/used/second.go: missing"),
    (("vendor/example.com/large/LICENSE", None), "1 difference; airgo vendor --check"),
    (("vendor/modules.txt", None), "is explicitly required in go.mod, but not marked as explicit"),
    (
        (
            "vendor/modules.txt",
            Some(("## explicit; go 1.21\nexample.com/a\n", "## go 1.21\nexample.com/a\n")),
        ),
        "example.com/a@v1.0.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt",
    ),
    (("vendor/modules.txt", Some(("go 1.21", "go 9.1"))), "requires go >= 9.1"),
    (("vendor/modules.txt", Some(("example.com/large/used\n", ""))), "1 difference"),
    (
        (
            "vendor/modules.txt",
            Some(("## explicit; go 1.21\nexample.com/a\n", "## explicit; go 1.20\nexample.com/a\n")),
        ),
        "2 differences",
    ),
    (
        ("vendor/modules.txt", Some(("# example.com/a v1.0.0", "# example.com/a v1.0.1"))),
        "example.com/a@v1.0.1: is marked as explicit",
    ),
    (
        ("go.mod", Some(("example.com/a v1.0.0", "example.com/a v1.1.0"))),
        "inconsistent vendoring: example.com/a@v1.1.0",
    ),
    (
        ("go.mod", Some(("require", "replace example.com/a => ./a\n\nrequire"))),
        "example.com/a: is replaced in",
    ),
    (
        ("main.go", Some(("example.com/a", "example.com/large/more"))),
        "package example.com/large/more: import lookup disabled",
    ),
    (
        ("main.go", Some(("example.com/a", "example.com/a/more"))),
        "package example.com/a/more: import lookup disabled",
    ),
    (("vendor/example.com/a/a.go", Some(("package a", "package a // changed"))), "1 difference"),
    (("vendor/example.com/large/tagged/tagged.go", None), "1 difference"),
    (("go.sum", None), "is not compared with go.sum"),
];

/// Go and `airgo check` agree on which checkouts build, and go needs no module.
#[test]
fn a_changed_checkout_builds_where_check_says_so() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let mut refused = 0;
    for ((file, change), says) in CHANGES {
        let vendored = Vendored::new();
        let site = &vendored.0;
        vendored.pack(&[]);
        let path = site.project().join(file);
        match change {
            None => fs::remove_file(&path).unwrap(),
            Some((from, to)) => {
                let old = fs::read_to_string(&path).unwrap();
                assert!(old.contains(from), "{file}: {old}");
                fs::write(&path, old.replacen(from, to, 1)).unwrap();
            }
        }
        let go = Go::air_gapped(&site.temp.dir("no-modules")).env("GOFLAGS", "");
        let runs = [&["build", "./..."][..], &["list", "-deps", "-test", "./..."]];
        let runs = runs.map(|args| go.output(&site.project(), args));
        let builds = runs.iter().all(|run| run.status.success());
        let said: String = runs.iter().map(|run| String::from_utf8_lossy(&run.stderr).into_owned()).collect();
        let (bundle, project, public) = (site.bundle(), site.project(), site.public_key());
        let args = ["check", text(&bundle), text(&project), "--trust", text(&public)];
        let args = [&args[..], &["--platform", "linux/amd64"]].concat();
        let run = Airgo::air_gapped().run(&args).says(&[says]);
        assert_eq!(run.code == 0, builds, "{file} {change:?}: go: {said} airgo: {}", run.stderr);
        let json = Airgo::air_gapped().run(&[&args[..], &["--json"]].concat());
        let document: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((&document["complete"], &document["vendored"]), (&builds.into(), &true.into()));
        refused += usize::from(!builds);
    }
    assert!(refused >= 8, "{refused}");
}

/// Where go is to pass over the directory, the modules have to be in the bundle.
#[test]
fn without_the_vendor_directory_it_is_the_bundle_that_counts() {
    if !require_tool("go") {
        return;
    }
    let vendored = Vendored::new();
    vendored.pack(&[]);
    let site = &vendored.0;
    fs::remove_file(vendored.file("modules.txt")).unwrap();
    let (bundle, project, public) = (site.bundle(), site.project(), site.public_key());
    let args = ["check", text(&bundle), text(&project), "--trust", text(&public)];
    let airgo = Airgo::air_gapped().env("GOFLAGS", "-mod=mod");
    airgo.run(&args).done().says(&["against", "complete"]);
    Airgo::air_gapped().run(&args).ends(1).says(&["inconsistent vendoring", "go mod vendor"]);
}

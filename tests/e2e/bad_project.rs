//! Projects that cannot be packed: said with file and line, nothing written.

use crate::site::{Site, main_module, small_world};
use airgo_testkit::{Go, Module, require_tool};
use std::fs;

#[test]
fn no_go_mod() {
    let site = Site::new();
    fs::remove_file(site.project().join("go.mod")).unwrap();
    site.pack_fails(1, &["go.mod", "hint:"]);
}

#[test]
fn a_syntax_error_is_shown_at_its_line() {
    let site = Site::new();
    fs::write(site.project().join("go.mod"), "module example.com/main\n\ngo 1.21\n\nrequire example.com/a\n")
        .unwrap();
    site.pack_fails(1, &["go.mod:5", "require example.com/a"]);
}

#[test]
fn a_syntax_error_names_its_column() {
    let site = Site::new();
    fs::write(site.project().join("go.mod"), "module example.com/main\n\nrequire \"example.com/a\n").unwrap();
    site.pack_fails(1, &["go.mod:3:23", "require \"example.com/a"]);
}

#[test]
fn a_version_that_nobody_has() {
    let main = main_module().require("example.com/none", "v1.9.9");
    let site = Site::of(small_world(), &main);
    site.pack_fails(1, &["example.com/none@v1.9.9"]);
}

#[test]
fn a_missing_go_sum_line_is_named() {
    let site = Site::new();
    let sums = fs::read_to_string(site.project().join("go.sum")).unwrap();
    let without: String =
        sums.lines().filter(|l| !l.starts_with("example.com/a v1.0.0 ")).flat_map(|l| [l, "\n"]).collect();
    fs::write(site.project().join("go.sum"), without).unwrap();
    site.pack_fails(1, &["go.sum", "example.com/a", "v1.0.0"]);
}

#[test]
fn a_malformed_go_sum_is_shown_at_its_line() {
    let site = Site::new();
    fs::write(site.project().join("go.sum"), "example.com/a v1.0.0\n").unwrap();
    site.pack_fails(1, &["go.sum:1"]);
}

#[test]
fn a_wrong_hash_shows_both() {
    let site = Site::new();
    let other = Module::new("example.com/a", "v1.0.0").file("a.go", "package other\n").h1().to_string();
    let real = site.world.get("example.com/a", "v1.0.0").unwrap().h1().to_string();
    let sums = fs::read_to_string(site.project().join("go.sum")).unwrap().replace(&real, &other);
    fs::write(site.project().join("go.sum"), sums).unwrap();
    site.pack_fails(11, &["example.com/a@v1.0.0", &real, &other]);
}

#[test]
fn no_such_directory() {
    let site = Site::new();
    fs::remove_dir_all(site.project()).unwrap();
    site.pack_fails(1, &["main"]);
}

/// A site whose module b has one more file.
fn with_file(name: &str) -> Site {
    let mut world = small_world();
    world.add(Module::new("example.com/long", "v1.0.0").go("1.21").file(name, "package x\n"));
    Site::of(world, &main_module().require("example.com/long", "v1.0.0"))
}

#[test]
fn names_that_no_cache_can_hold_are_refused_at_pack() {
    let name = format!("d/{}.go", "x".repeat(300));
    let site = with_file(&name);
    let words = ["example.com/long@v1.0.0 cannot be unpacked on Linux", "has 303 bytes", "255", "hint: "];
    site.pack_fails(1, &words);
    site.pack_with(&["--allow-incomplete"]).done().says(&["warning: example.com/long@v1.0.0 cannot be"]);
    if require_tool("go") {
        let go = Go::with_proxy(&site.world.write(&site.temp.dir("proxy"))).modcache(&site.modcache());
        let out = go.output(&site.project(), &["mod", "download"]);
        assert!(String::from_utf8_lossy(&out.stderr).contains("file name too long"));
    }
    let deep = with_file(&format!("{}x.go", "deep/".repeat(830)));
    deep.pack_fails(1, &["example.com/long@v1.0.0 cannot be unpacked on Linux: the path ", "4083"]);
}

#[test]
fn names_that_are_too_long_for_some_systems_are_warned_of() {
    let site = with_file(&format!("{}x.go", "deep/".repeat(60)));
    let warned = |run: &crate::airgo::Run, system: &str| {
        run.stderr.contains(&format!("long@v1.0.0 cannot be unpacked on {system}: the path example.com/long"))
    };
    let run = site.pack().done();
    assert!(!warned(&run, "Windows") && !warned(&run, "macOS") && !warned(&run, "Linux"));
    let run = site.pack_with(&["--platform", "linux/amd64,windows/amd64"]).done();
    assert!(warned(&run, "Windows"), "{}", run.stderr);
    let site = with_file(&format!("{}x.go", "deep/".repeat(210)));
    let run = site.pack().done();
    assert!(warned(&run, "macOS"), "{}", run.stderr);
    let run = site.pack_with(&["--platform", "linux/amd64"]).done();
    assert!(!warned(&run, "macOS"), "{}", run.stderr);
}

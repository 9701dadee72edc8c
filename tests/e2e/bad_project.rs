//! Projects that cannot be packed: said with file and line, nothing written.

use crate::site::{Site, main_module, small_world};
use airgo_testkit::Module;
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

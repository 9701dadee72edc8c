//! `airgo check`: would this checkout build from this bundle?

use crate::airgo::Run;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::{Module, TempTree};
use serde_json::Value;
use std::fs;

/// A packed project, and checkouts of it that changed since.
struct Packed(Site);

impl Packed {
    fn new() -> Self {
        let mut world = small_world();
        world.add(Module::new("example.com/a", "v1.1.0").go("1.21").file("a.go", "package a\n"));
        let site = Site::of(world, &main_module());
        site.pack().done();
        Self(site)
    }

    fn check(&self, more: &[&str]) -> Run {
        let (bundle, project, public) = (self.0.bundle(), self.0.project(), self.0.public_key());
        let args = ["check", text(&bundle), text(&project), "--trust", text(&public)];
        self.0.airgo.run(&[&args[..], more].concat())
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let file = self.0.project().join(file);
        let old = fs::read_to_string(&file).unwrap();
        assert!(old.contains(from), "{old}");
        fs::write(&file, old.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn what_was_packed_is_complete() {
    let packed = Packed::new();
    packed.check(&[]).done().says(&["complete, 3 packages of 3 modules on 6 platforms"]);
    packed.check(&["--platform", "linux/amd64"]).done().says(&["on 1 platform"]);
    let run = packed.check(&["--json"]).done();
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["complete"], true);
    assert_eq!(document["packages"], 3);
}

#[test]
fn what_changed_since_is_said_with_what_fixes_it() {
    let packed = Packed::new();
    packed.edit(
        "main.go",
        "import _ \"example.com/a\"",
        "import (\n\t_ \"example.com/a\"\n\t_ \"example.org/new/pkg\"\n)",
    );
    packed.check(&[]).ends(1).says(&[
        "main.go:5: no required module provides package example.org/new/pkg",
        "go get example.org/new/pkg",
    ]);
    packed.edit("main.go", "\t_ \"example.org/new/pkg\"\n", "");
    packed.check(&[]).done();
    packed.edit("go.mod", "example.com/a v1.0.0", "example.com/a v1.1.0");
    packed.check(&[]).ends(1).says(&[
        "the bundle lacks example.com/a@v1.1.0",
        "(it has v1.0.0)",
        "airgo pack",
        "go get example.com/a@v1.0.0",
    ]);
    let run = packed.check(&["--json"]).ends(1);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["complete"], false);
    assert_eq!(document["problems"][0]["kind"], "module");
    assert_eq!(document["problems"][0]["module"], "example.com/a@v1.1.0");
    assert_eq!(document["problems"][0]["importedBy"]["line"], 4);
}

#[test]
fn nobody_is_trusted_unasked() {
    let packed = Packed::new();
    let other = TempTree::new();
    let key = other.join("other");
    packed.0.airgo.run(&["keygen", "-o", text(&key)]).done();
    let public = other.join("other.pub");
    let (bundle, project) = (packed.0.bundle(), packed.0.project());
    packed.0.airgo.run(&["check", text(&bundle), text(&project), "--trust", text(&public)]).ends(10);
}

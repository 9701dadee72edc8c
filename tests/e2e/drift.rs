//! What changed since the approved bundle: where the code comes from, its
//! licence, and the set of native code in it.

use crate::site::{Site, main_module, text};
use airgo_testkit::{Module, World};

/// b at a version with these files, from this repository.
fn site(repository: &str, files: &[(&str, &str)]) -> Site {
    let a = Module::new("example.com/a", "v1.0.0")
        .go("1.21")
        .require("example.com/b/v2", "v2.1.0")
        .file("a.go", "package a\n\nimport _ \"example.com/b/v2/inner\"\n");
    let info = format!(
        r#"{{"Version":"v2.1.0","Time":"2025-01-01T00:00:00Z","Origin":{{"VCS":"git","URL":"{repository}"}}}}"#
    );
    let b = Module::new("example.com/b/v2", "v2.1.0")
        .go("1.21")
        .info(info)
        .file("inner/inner.go", "package inner\n");
    let b = files.iter().fold(b, |b, (name, content)| b.file(*name, *content));
    Site::of(World::new().with(a).with(b), &main_module())
}

#[test]
fn a_changed_origin_licence_and_set_of_native_code_are_shown() {
    let old = site("https://one.example/b", &[("LICENSE", "Do as you like.\n")]);
    old.pack().done();
    let new = site(
        "https://two.example/b",
        &[("LICENSE", include_str!("../../LICENSE")), ("inner/c.go", "package inner\n\nimport \"C\"\n")],
    );
    let (key, public) = (old.key(), old.public_key());
    let (project, bundle, before) = (new.project(), new.bundle(), old.bundle());
    new.airgo.run(&["pack", text(&project), "-o", text(&bundle), "--key", text(&key)]).done();
    let policy = new.temp.write(
        "drift.toml",
        "[[plugin]]\nname = \"drift\"\nbuiltin = \"drift\"\nconfig.changed-sum = \"warn\"\n",
    );
    let check = |bundle: &str| {
        let args = [
            "policy",
            "check",
            bundle,
            "--baseline",
            text(&before),
            "--policy",
            text(&policy),
            "--trust",
            text(&public),
        ];
        new.airgo.run(&args).done().stdout
    };
    let told = check(text(&bundle));
    for words in [
        "warning[drift/changed-sum]: ",
        "warning[drift/changed-origin]: has origin.url https://two.example/b, where https://one.example/b was approved",
        "warning[drift/changed-licence]: has licence Apache-2.0, where unknown was approved",
        "warning[drift/changed-native]: has native cgo, where none was approved",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    let told = check(text(&before));
    assert!(!told.contains("drift/"), "{told}");

    // A plugin of another name that asks for the same is given the same.
    let drift = include_bytes!("../../plugins/built/drift.wasm");
    let (own, other) = (b"drift0.1.0Compares", b"watch0.1.0Compares");
    let at = drift.windows(own.len()).position(|part| part == own).expect("its name is in it");
    let mut watch = drift.to_vec();
    watch[at..at + other.len()].copy_from_slice(other);
    let watch = new.temp.write("watch.wasm", watch);
    let config = new.temp.write("watch.toml", "changed-sum = \"warn\"\n");
    let args = ["policy", "check", text(&bundle), "--baseline", text(&before), "--plugin", text(&watch)];
    let run = new.airgo.run(&[&args[..], &["--config", text(&config), "--trust", text(&public)]].concat());
    let told = run.done().stdout;
    for words in [
        "warning[watch/changed-licence]: has licence Apache-2.0, where unknown was approved",
        "warning[watch/changed-native]: has native cgo, where none was approved",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
}

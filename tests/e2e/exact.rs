//! `pack --exact`: what a build reads, verified against go.sum, and no more.

use crate::site::{Site, large_module, main_module, main_of_large, small_world, snapshot, text};
use airgo_testkit::{Go, Module, World, require_tool};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A build reads one package of three, an embedded file and the licence.
fn site() -> Site {
    let noise: String = (0..2_000).map(|n| format!("// {n} {}\n", n * 7919 % 10_007)).collect();
    let large = large_module()
        .file("used/used_windows.go", "package used\n")
        .file("unused/unused.go", format!("package unused\n{noise}"))
        .file("second/second.go", format!("package second\n{noise}"));
    Site::of(small_world().with(large), &main_of_large())
}

/// The files of a module in a cache, below its root.
fn tree(cache: &Path, module: &str) -> BTreeSet<String> {
    let root = cache.join(module);
    let files = snapshot(&root).into_iter().filter(|(path, _)| path.is_file());
    files.map(|(path, _)| path.strip_prefix(&root).unwrap().display().to_string()).collect()
}

const LARGE: &str = "example.com/large@v1.0.0";

#[test]
fn an_exact_bundle_builds_what_the_whole_one_builds() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    site.pack().done();
    let whole = fs::metadata(site.bundle()).unwrap().len();
    site.unpack(&site.bundle(), &[]).done();
    let exact = site.temp.join("exact.airgo");
    site.pack_to(&exact, &["--exact"]).done().says(&["Selected"]);
    assert!(fs::metadata(&exact).unwrap().len() < whole, "it is not smaller");
    site.verify(&exact).done();

    let cache = site.temp.join("exact-cache");
    site.unpack_to(&exact, &cache, &[]).done();
    let want = [
        "LICENSE",
        "go.mod",
        "second/second.go",
        "used/text/hello.txt",
        "used/used.go",
        "used/used_windows.go",
    ];
    assert_eq!(tree(&cache, LARGE), want.map(str::to_owned).into());
    assert!(!cache.join("cache/download/example.com/large/@v/v1.0.0.zip").exists());

    let (full, part) = (Go::air_gapped(&site.modcache()), Go::air_gapped(&cache));
    for command in [
        &["build", "./..."][..],
        &["vet", "./..."],
        &["test", "-run", "^$", "./..."],
        &["list", "-deps", "-test", "./..."],
        &["list", "-m", "all"],
        &["mod", "graph"],
    ] {
        let [full, part] = [&full, &part].map(|go| go.run(&site.project(), command));
        assert_eq!(full, part, "{command:?}");
    }
    let binary = |go: &Go, name: &str| {
        let file = site.temp.join(name);
        go.run(&site.project(), &["build", "-trimpath", "-o", text(&file), "."]);
        fs::read(file).unwrap()
    };
    assert!(binary(&full, "one") == binary(&part, "two"), "the binaries differ");

    // A second time there is nothing to do, and a changed file is found.
    site.unpack_to(&exact, &cache, &[]).done();
    let file = cache.join(LARGE).join("used/used.go");
    let mut mode = fs::metadata(&file).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false)] // A test's own file.
    mode.set_readonly(false);
    fs::set_permissions(&file, mode).unwrap();
    fs::write(&file, "package used\n\nvar Hello = \"changed\"\n").unwrap();
    site.unpack_to(&exact, &cache, &[]).ends(11).says(&["used/used.go", LARGE]);
}

/// What a later bundle brings whole is whole.
#[test]
fn a_whole_bundle_completes_the_parts() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    let exact = site.temp.join("exact.airgo");
    site.pack_to(&exact, &["--exact"]).done();
    site.pack().done();
    site.unpack(&exact, &[]).done();
    site.unpack(&site.bundle(), &["--into-shared"]).done();
    assert!(tree(&site.modcache(), LARGE).contains("unused/unused.go"));
    assert!(
        Go::air_gapped(&site.modcache())
            .run(&site.project(), &["mod", "verify"])
            .contains("all modules verified")
    );
    // And whole it stays: nothing is taken away.
    site.unpack(&exact, &[]).done();
    assert!(tree(&site.modcache(), LARGE).contains("unused/unused.go"));
}

#[test]
fn parts_do_not_go_beside_complete_modules_unasked() {
    let site = site();
    let exact = site.temp.join("exact.airgo");
    site.pack_to(&exact, &["--exact"]).done();
    let other = Site::of(
        World::new()
            .with(Module::new("example.com/other", "v1.0.0").go("1.21").file("o.go", "package other\n")),
        &Module::project("example.com/main").go("1.21").require("example.com/other", "v1.0.0"),
    );
    other.pack().done();
    other.unpack_to(&other.bundle(), &site.modcache(), &[]).done();
    let before = snapshot(&site.modcache().join("example.com"));
    site.unpack(&exact, &[]).ends(1).says(&["holds complete modules", "--gomodcache", "--into-shared"]);
    assert_eq!(snapshot(&site.modcache().join("example.com")), before);
    site.unpack(&exact, &["--into-shared"]).done();
    assert!(site.modcache().join(LARGE).is_dir());
}

/// Directories below a module's root are packages, as for `go build`.
#[test]
fn packages_are_named_as_for_go_build() {
    let site = site();
    let exact = site.temp.join("exact.airgo");
    let (key, second) = (site.key(), site.project().join("cmd/second"));
    site.airgo.run(&["pack", "--exact", text(&second), "--output", text(&exact), "--key", text(&key)]).done();
    site.unpack(&exact, &[]).done();
    assert_eq!(
        tree(&site.modcache(), LARGE),
        ["LICENSE", "go.mod", "second/second.go"].map(str::to_owned).into()
    );
    site.pack_with(&["--no-tests"]).ends(2).says(&["--exact"]);
}

/// What plugins find in the part is what they find in the whole.
#[test]
fn the_policy_is_evaluated_on_the_part() {
    let site = site();
    let exact = site.temp.join("exact.airgo");
    site.pack_to(&exact, &["--exact"]).done();
    let public = site.public_key();
    for command in ["policy check", "inspect", "why"] {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.push(text(&exact));
        args.extend((command == "why").then_some("example.com/large"));
        args.extend(["--trust", text(&public)]);
        site.airgo.run(&args).done();
    }
    site.airgo.run(&["diff", text(&exact), text(&exact), "--trust", text(&public)]).done();
}

/// Lists of files stand beside zips where they cost little.
#[test]
fn a_bundle_of_zips_has_lists_where_they_cost_little() {
    let bytes = |site: &Site| String::from_utf8_lossy(&fs::read(site.bundle()).unwrap()).into_owned();
    let small = Site::new();
    small.pack().done();
    assert!(!bytes(&small).contains("files/example.com"));
    let noise: String =
        (0..60_000_u32).map(|n| format!("// {:x}\n", n.wrapping_mul(2_654_435_761))).collect();
    let world = small_world().with(
        Module::new("example.com/new", "v1.0.0").go("1.21").file("n.go", format!("package n\n{noise}")),
    );
    let large = Site::of(world, &main_module().require("example.com/new", "v1.0.0"));
    large.pack().done();
    assert!(bytes(&large).contains("files/example.com/new/@v/v1.0.0.files"));
    large.verify(&large.bundle()).done();
    large.unpack(&large.bundle(), &[]).done();
}

/// `airgo check` says of a package that is left out whose it is, and for what the
/// bundle was packed.
#[test]
fn check_names_what_is_left_out() {
    let site = site();
    let exact = site.temp.join("exact.airgo");
    let (key, public, project) = (site.key(), site.public_key(), site.project());
    let second = project.join("cmd/second");
    let check = || site.airgo.run(&["check", text(&exact), text(&project), "--trust", text(&public)]);
    site.pack_to(&exact, &["--exact"]).done();
    check().done();
    site.airgo.run(&["pack", "--exact", text(&second), "--output", text(&exact), "--key", text(&key)]).done();
    check().ends(1).says(&[
        "use.go:3",
        "only what a build reads on any platform, and not package example.com/large/used of example.com/large@v1.0.0",
        "airgo pack --exact",
    ]);
}

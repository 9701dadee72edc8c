//! `unpack --exact`: what a checkout's build reads of a bundle with everything.

use crate::airgo::Run;
use crate::site::{Site, large_module, main_module, main_of_large, small_world, snapshot, text};
use airgo_testkit::{Go, Module, require_tool};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const HERE: [&str; 2] = ["--platform", "linux/amd64"];
const LARGE: &str = "example.com/large@v1.0.0";

/// Text that compresses badly, so that lists cost little beside it.
fn noise(lines: u32) -> String {
    (0..lines).map(|n| format!("// {:x}\n", n.wrapping_mul(2_654_435_761))).collect()
}

/// A module of which a build reads one package of three, and an embedded file; one with
/// files of which only some are for linux; one that is opened and not read.
fn site() -> Site {
    let large = large_module()
        .file("used/used_windows.go", "package used\n\nimport _ \"example.com/large/forwindows\"\n")
        .file("used/used_test.go", "package used\n\nimport _ \"example.com/large/second\"\n")
        .file("forwindows/w.go", "package forwindows\n")
        .file("unused/unused.go", format!("package unused\n{}", noise(60_000)))
        .file("second/second.go", format!("package second\n{}", noise(1_000)));
    let world = small_world()
        .with(large)
        .with(Module::new("example.com/large/used/not", "v1.0.0").go("1.21").file("n.go", "package not\n"));
    Site::of(world, &main_of_large())
}

fn part(site: &Site, bundle: &Path, cache: &str, more: &[&str]) -> (PathBuf, Run) {
    let (cache, project) = (site.temp.join(cache), site.project());
    let run = site.unpack_to(bundle, &cache, &[&["--exact", text(&project)], more].concat());
    (cache, run)
}

/// What `pack --exact` and then `unpack` make of it.
fn packed_exact(site: &Site, name: &str, more: &[&str]) -> PathBuf {
    let (bundle, cache) = (site.temp.join(format!("{name}.airgo")), site.temp.join(name));
    site.pack_to(&bundle, &[&["--exact"], more].concat()).done();
    site.unpack_to(&bundle, &cache, &[]).done();
    cache
}

/// All files with their modes, without airgo's record; of the marker only which modules it names.
fn files(cache: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let relative = |path: PathBuf| path.strip_prefix(cache).unwrap().to_owned();
    let all = snapshot(cache).into_iter().map(|(path, what)| (relative(path), what));
    // The record of inodes and times is of each cache.
    let is_record = |path: &Path| path.to_string_lossy().starts_with("cache/airgo-record-");
    let mut all: BTreeMap<_, _> = all.filter(|(path, _)| !is_record(path)).collect();
    let (mode, marker) = all.remove(Path::new("cache/airgo-exact.json")).expect("no marker");
    let marker: serde_json::Value = serde_json::from_slice(&marker).unwrap();
    let modules = marker["modules"].as_array().unwrap().iter();
    let named: Vec<String> = modules.map(|m| format!("{}@{} {}", m["path"], m["version"], m["h1"])).collect();
    all.insert("cache/airgo-exact.json".into(), (mode, named.join("\n").into_bytes()));
    all
}

#[test]
fn the_part_is_what_an_exact_bundle_gives() {
    let site = site();
    site.pack().done();
    for (name, settings) in [
        ("plain", &HERE[..]),
        ("no-tests", &["--platform", "linux/amd64", "--no-tests"]),
        ("vendor", &["--platform", "linux/amd64", "--vendor"]),
        ("windows", &["--platform", "windows/amd64"]),
        ("both", &["--platform", "linux/amd64,windows/amd64"]),
        ("tags", &["--platform", "linux/amd64", "--tags", "extra"]),
    ] {
        let (cache, run) = part(&site, &site.bundle(), &format!("{name}-part"), settings);
        run.done();
        let want = files(&packed_exact(&site, name, settings));
        let got = files(&cache);
        assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>(), "{name}");
        assert!(got == want, "{name}: the files differ");
        assert!(got.contains_key(Path::new("example.com/large@v1.0.0/used/text/hello.txt")), "{name}");
        assert!(!got.contains_key(Path::new("example.com/large@v1.0.0/unused/unused.go")), "{name}");
    }
}

#[test]
fn a_project_builds_from_the_part_and_a_whole_bundle_completes_it() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    site.pack().done();
    let (cache, run) = part(&site, &site.bundle(), "part", &[]);
    run.done().says(&["that building", "reads"]);
    let go = Go::air_gapped(&cache);
    for command in
        [&["build", "./..."][..], &["vet", "./..."], &["test", "-run", "^$", "./..."], &["list", "-m", "all"]]
    {
        go.run(&site.project(), command);
    }
    // Once more there is nothing to do.
    let before = snapshot(&cache);
    part(&site, &site.bundle(), "part", &[]).1.done();
    assert_eq!(snapshot(&cache).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let public = site.public_key();
    let bundle = site.bundle();
    site.airgo
        .run(&[
            "unpack",
            text(&bundle),
            "--gomodcache",
            text(&cache),
            "--trust",
            text(&public),
            "--into-shared",
        ])
        .done();
    assert!(go.run(&site.project(), &["mod", "verify"]).contains("all modules verified"));
    // A cache with complete modules is another's.
    let other = site.temp.join("whole");
    site.airgo.run(&["unpack", text(&bundle), "--gomodcache", text(&other), "--trust", text(&public)]).done();
    fs::remove_dir_all(other.join("cache/download/example.com/large")).unwrap();
    fs::rename(other.join(LARGE), site.temp.join("away")).unwrap();
    part(&site, &bundle, "whole", &[]).1.ends(1).says(&["holds complete modules", "--into-shared"]);
    part(&site, &bundle, "whole", &["--into-shared"]).1.done();
}

/// The go command has an index of a module's directories in GOCACHE, by the path of the
/// module's tree alone: where a part grows, it does not see what is new. Should this fail
/// with a newer go that does, the warning can go.
#[test]
fn where_a_part_grows_the_index_of_go_is_warned_of() {
    if !require_tool("go") {
        return;
    }
    let site = site();
    site.pack().done();
    let (cache, bundle, public) = (site.temp.join("part"), site.bundle(), site.public_key());
    let second = site.project().join("cmd/second");
    let unpack = |dir: &Path| {
        let args = ["unpack", text(&bundle), "--exact", text(dir), "--gomodcache", text(&cache)];
        site.airgo.run(&[&args[..], &["--trust", text(&public)]].concat()).done()
    };
    let warned = |run: &Run| run.stderr.contains("go clean -cache") && run.stderr.contains(LARGE);
    let run = unpack(&second);
    assert!(!warned(&run), "{}", run.stderr);
    // Its GOCACHE lasts. Nothing is compiled.
    let builds = site.temp.join("go-build");
    let go = Go::air_gapped(&cache).env("GOCACHE", text(&builds));
    go.run(&site.project(), &["list", "-deps", "./cmd/second"]);
    let run = unpack(&site.project());
    assert!(warned(&run), "{}", run.stderr);
    let output = go.output(&site.project(), &["list", "-deps", "."]);
    assert!(!output.status.success(), "go has no index of the part any more");
    let without = Go::air_gapped(&cache).env("GODEBUG", "goindex=0").env("GOCACHE", text(&builds));
    without.run(&site.project(), &["list", "-deps", "."]);
    go.run(&site.project(), &["clean", "-cache"]);
    go.run(&site.project(), &["list", "-deps", "."]);
    // And where a whole bundle completes it.
    let args = ["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)];
    let run = site.airgo.run(&[&args[..], &["--into-shared"]].concat()).done();
    assert!(warned(&run), "{}", run.stderr);
    let run = site.airgo.run(&args).done();
    assert!(!warned(&run), "{}", run.stderr);
}

/// The settings choose the part.
#[test]
fn packages_are_chosen_as_for_pack() {
    let site = site();
    site.pack().done();
    let (cache, bundle, public) = (site.temp.join("part"), site.bundle(), site.public_key());
    let second = site.project().join("cmd/second");
    site.airgo
        .run(&[
            "unpack",
            text(&bundle),
            "--exact",
            text(&second),
            "--gomodcache",
            text(&cache),
            "--trust",
            text(&public),
        ])
        .done()
        .says(&["example.com/main/cmd/second"]);
    let has = |file: &str| cache.join(LARGE).join(file).exists();
    assert!(has("second/second.go") && has("LICENSE") && !has("used/used.go"));
    site.unpack(&bundle, &["--no-tests"]).ends(2).says(&["--exact"]);
    site.unpack(&bundle, &["--platform", "linux/amd64"]).ends(2).says(&["--exact"]);
}

/// Where the checkout does not build, that is said in the words of `airgo check`.
#[test]
fn a_checkout_that_does_not_build_is_refused_as_by_check() {
    let site = site();
    site.pack().done();
    site.temp.write("main/more.go", "package main\n\nimport _ \"example.com/large/none\"\n");
    let (project, public, bundle) = (site.project(), site.public_key(), site.bundle());
    let mut args = vec!["check", text(&bundle), text(&project), "--trust", text(&public)];
    args.extend(HERE);
    let check = site.airgo.run(&args).ends(1);
    let (cache, run) = part(&site, &bundle, "part", &HERE);
    let run = run.ends(1);
    for line in check.stderr.lines() {
        assert!(run.stderr.contains(line), "not said: {line}\n{}", run.stderr);
    }
    assert!(snapshot(&cache).is_empty());

    site.temp.write("main/more.go", "package main\n");
    let sum = fs::read_to_string(site.project().join("go.sum")).unwrap();
    let line = sum.lines().find(|line| line.starts_with("example.com/large v1.0.0 h1:")).unwrap();
    let other = sum.lines().find(|line| line.starts_with("example.com/a v1.0.0 h1:")).unwrap();
    let wrong = format!("example.com/large v1.0.0 {}", other.split(' ').nth(2).unwrap());
    site.temp.write("main/go.sum", sum.replace(line, &wrong));
    part(&site, &bundle, "part", &HERE).1.ends(1).says(&["checksum mismatch", LARGE]);
    assert!(snapshot(&cache).is_empty());
}

/// What is not read is not looked at; what is read is held against the list.
#[test]
fn damage_is_found_where_something_is_read() {
    let site = site();
    site.pack().done();
    let good = fs::read(site.bundle()).unwrap();
    let zip_of = |module: &str| {
        let module =
            site.world.modules().iter().find(|m| m.id().to_string() == module).expect("no such module");
        module.zip_bytes()
    };
    let zip = zip_of(LARGE);
    let at = good.windows(zip.len()).position(|window| window == zip).expect("the zip is not in the bundle");
    let entry = |name: &str| {
        let name = format!("{LARGE}/{name}");
        let header = zip.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
        at + header + name.len()
    };
    let damaged = |place: usize| {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        let file = site.temp.write(format!("changed/{place}.airgo"), bytes);
        let (cache, run) = part(&site, &file, &format!("cache-{place}"), &HERE);
        fs::remove_file(file).unwrap();
        (cache, run)
    };
    for name in ["used/used.go", "used/text/hello.txt", "LICENSE", "used/used_windows.go"] {
        // Every byte of its data, and the header before.
        for byte in 0..12 {
            let (cache, run) = damaged(entry(name) + byte);
            assert!([10, 11, 12].contains(&run.code), "{name} {byte}: exit {}\n{}", run.code, run.stderr);
            assert!(snapshot(&cache).is_empty(), "{name} {byte}: files are left");
        }
    }
    // Far inside a file that is not read.
    let (cache, run) = damaged(entry("unused/unused.go") + 5_000);
    run.done();
    assert!(cache.join(LARGE).join("used/used.go").exists());
}

#[test]
fn a_bundle_without_lists_is_not_taken_apart() {
    let site = Site::new();
    site.pack().done();
    let (cache, run) = part(&site, &site.bundle(), "part", &[]);
    run.ends(1).says(&["no lists of its modules' files", "without --exact", "airgo pack --exact"]);
    assert!(snapshot(&cache).is_empty());
}

/// Of an exact bundle a narrower part, and nothing that it lacks.
#[test]
fn a_part_of_a_part() {
    let site = site();
    packed_exact(&site, "linux", &HERE);
    packed_exact(&site, "any", &[]);
    let bundle = |name: &str| site.temp.join(format!("{name}.airgo"));
    let (cache, run) = part(&site, &bundle("any"), "of-any", &HERE);
    run.done();
    assert!(files(&cache) == files(&site.temp.join("linux")), "the files differ");
    let (cache, run) = part(&site, &bundle("linux"), "of-linux", &["--platform", "windows/amd64"]);
    run.ends(1).says(&["example.com/large/forwindows", "airgo pack --exact"]);
    assert!(snapshot(&cache).is_empty());
}

/// The toolchain that go switches to comes with `pack --exact`, and `unpack --exact`
/// installs it where the checkout asks for it.
#[test]
fn a_toolchain_comes_along() {
    if (std::env::consts::OS, std::env::consts::ARCH) != ("linux", "x86_64") || !require_tool("go") {
        return;
    }
    let toolchain = |name: &str| {
        Module::new("golang.org/toolchain", format!("v0.0.1-{name}.linux-amd64"))
            .file("bin/go", "#!/bin/sh\n")
            .file("src/large.go", format!("package src\n{}", noise(60_000)))
    };
    let world = small_world().with(toolchain("go1.99.0"));
    let mut site = Site::of(world, &main_module());
    site.airgo = site.airgo.env("GOTOOLCHAIN", "go1.99.0");
    let toolchain = HERE.iter().copied().chain(["--toolchain", "linux/amd64"]).collect::<Vec<_>>();
    site.pack_with(&["--toolchain", "linux/amd64"]).done();
    let program = |cache: &Path| cache.join("golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64/bin/go");

    let exact = packed_exact(&site, "exact", &toolchain);
    assert!(program(&exact).exists());
    let (cache, run) = part(&site, &site.bundle(), "part", &HERE);
    run.done();
    assert!(program(&cache).exists());
    assert!(files(&cache) == files(&exact), "the files differ");

    // Here go does not switch.
    site.airgo = site.airgo.env("GOTOOLCHAIN", "local");
    let (cache, run) = part(&site, &site.bundle(), "local", &HERE);
    run.done();
    assert!(!program(&cache).exists());
    assert!(cache.join("example.com/a@v1.0.0/a.go").exists());
}

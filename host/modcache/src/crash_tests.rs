//! Kills the process at each step of installing, and looks what is left: the go
//! command must take the cache as it is, and airgo must complete it.

use crate::{
    Content, GoModInput, ModCache, ModuleInput, Options, Outcome, PartialInput, RebuiltZip, ZipInput,
};
use airgo_gomod::dirhash::hash_go_mod;
use airgo_gomod::modzip::FileList;
use airgo_testkit::{Go, Module, TempTree, TreeDiff, World, require_tool};
use sha2::{Digest as _, Sha256};
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs};

/// `name:n`: where the child process ends, the n-th time it comes there.
const POINT: &str = "AIRGO_TEST_CRASH_POINT";
/// The cache that the child process installs into.
const CACHE: &str = "AIRGO_TEST_CRASH_CACHE";

/// Ends the process here where the test that started it says so.
pub(crate) fn reached(point: &str) {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let Ok(wanted) = env::var(POINT) else { return };
    let mut seen = SEEN.lock().unwrap();
    seen.push(point.to_owned());
    let times = seen.iter().filter(|name| *name == point).count();
    if wanted == format!("{point}:{times}") {
        let me = rustix::process::getpid();
        rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
    }
}

fn module() -> Module {
    Module::new("example.com/M", "v1.0.0")
        .go("1.20")
        .file("m.go", "package m\n\nconst X = 1\n")
        .file("sub/deep/d.go", "package deep\n")
        .file("sub/s.go", "package sub\n")
}

fn install(cache: &Path) -> Outcome {
    install_with(cache, Options::default())
}

fn install_with(cache: &Path, options: Options) -> Outcome {
    let module = module();
    let (bytes, go_mod) = (module.zip_bytes(), module.go_mod_bytes());
    let input = ModuleInput {
        module: module.id().clone(),
        info: Some(module.info_bytes()),
        go_mod: Some(GoModInput { h1: hash_go_mod(&go_mod), bytes: go_mod }),
        zip: Some(ZipInput {
            size: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            h1: module.h1(),
            reader: Box::new(Cursor::new(bytes)),
        }),
    };
    let cache = ModCache::open(cache, options).unwrap();
    cache.install(input).unwrap_or_else(|error| panic!("{error}"))
}

/// Not a test, but the process that is killed; nothing where `cargo test --
/// --ignored` runs it for itself.
#[test]
#[ignore = "run by the test below"]
fn child() {
    if let Some(cache) = env::var_os(CACHE) {
        install(Path::new(&cache));
    }
}

/// Installs in another process, which is killed at the point; returns whether it
/// came there.
fn install_until(point: &str, cache: &Path) -> bool {
    install_until_in("crash_tests::child", point, cache)
}

fn install_until_in(child: &str, point: &str, cache: &Path) -> bool {
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--quiet"])
        .env(POINT, point)
        .env(CACHE, cache)
        .output()
        .unwrap()
        .status;
    status.code().is_none()
}

/// A part of the module, file by file.
fn install_part(cache: &Path, carried: &[&str]) -> Outcome {
    install_files(cache, carried, None)
}

/// All of it, with the zip made again of the files.
fn install_rebuilt(cache: &Path) -> Outcome {
    install_files(cache, &ALL, Some(module().zip_bytes()))
}

fn install_files(cache: &Path, carried: &[&str], zip: Option<Vec<u8>>) -> Outcome {
    let module = module();
    let go_mod = module.go_mod_bytes();
    let all: [(&str, &[u8]); 4] = [
        ("go.mod", &go_mod),
        ("m.go", b"package m\n\nconst X = 1\n"),
        ("sub/deep/d.go", b"package deep\n"),
        ("sub/s.go", b"package sub\n"),
    ];
    let mut files = FileList::default();
    for (name, bytes) in all {
        files.push(name, bytes.len() as u64, Sha256::digest(bytes).into()).unwrap();
    }
    let input = PartialInput {
        module: module.id().clone(),
        h1: module.h1(),
        files,
        carried: all.map(|(name, _)| carried.contains(&name)).to_vec(),
        info: Some(module.info_bytes()),
        go_mod: Some(GoModInput { h1: hash_go_mod(&go_mod), bytes: go_mod.clone() }),
        zip: zip
            .as_ref()
            .map(|zip| RebuiltZip { size: zip.len() as u64, sha256: Sha256::digest(zip).into() }),
    };
    let cache = ModCache::open(cache, Options::default()).unwrap();
    let stage = cache.stage().of_bundle([7; 32]);
    let tree = stage.partial(input, &()).unwrap();
    for (index, (_, bytes)) in all.iter().enumerate().filter(|(index, _)| tree.awaits(*index)) {
        tree.put(index, &Content::of(bytes)).unwrap();
    }
    if let Some(mut writer) = tree.zip().unwrap() {
        writer.write_all(&zip.unwrap()).unwrap();
        writer.finish().unwrap();
    }
    drop(tree);
    stage.publish(1, &()).unwrap_or_else(|error| panic!("{error}"))[0].1
}

const PART: [&str; 2] = ["m.go", "sub/s.go"];
const ALL: [&str; 4] = ["go.mod", "m.go", "sub/deep/d.go", "sub/s.go"];

/// Not a test, but the process that is killed.
#[test]
#[ignore = "run by the test below"]
fn child_of_a_part() {
    install_part(Path::new(&env::var(CACHE).unwrap()), &PART);
}

/// Not a test, but the process that is killed.
#[test]
#[ignore = "run by the test below"]
fn child_with_a_rebuilt_zip() {
    install_rebuilt(Path::new(&env::var(CACHE).unwrap()));
}

#[test]
fn a_second_run_completes_a_module_with_a_rebuilt_zip() {
    let tree = TempTree::new();
    install(&tree.join("whole"));
    let points = [
        "zip rebuilt:1",
        "partial:1",
        "tree moved:1",
        "tree closed:1",
        "info:1",
        "mod:1",
        "list:1",
        "ziphash:1",
        "zip:1",
        "done:1",
    ];
    for before in [&[][..], &PART] {
        for point in points {
            let cache = tree.join(format!("{point} after {}", before.len()));
            if !before.is_empty() {
                install_part(&cache, before);
            }
            let written = ["info:1", "mod:1", "list:1"].contains(&point);
            let came = install_until_in("crash_tests::child_with_a_rebuilt_zip", point, &cache);
            assert_eq!(came, before.is_empty() || !written, "{point} with {before:?}");
            install_rebuilt(&cache);
            // The lock of the document that said that the module was a part.
            let _ = fs::remove_file(cache.join("cache/airgo-exact.lock"));
            TreeDiff::new(tree.join("whole"), &cache).assert_same();
        }
    }
}

#[test]
fn a_second_run_completes_a_part_that_a_killed_one_left() {
    let tree = TempTree::new();
    install_part(&tree.join("whole"), &PART);
    let points = ["partial:1", "info:1", "mod:1", "list:1", "ziphash:1"];
    for (before, last) in
        [(&[][..], ["tree moved:1", "tree closed:1"]), (&["m.go"], ["tree merged:1", "done:1"])]
    {
        for point in points.iter().chain(&last) {
            let cache = tree.join(format!("{point} with {}", before.len()));
            if !before.is_empty() {
                install_part(&cache, before);
            }
            // What is there of it already is not written again.
            let written = ["info:1", "mod:1", "list:1"].contains(point);
            let came = install_until_in("crash_tests::child_of_a_part", point, &cache);
            assert_eq!(came, before.is_empty() || !written, "{point} with {before:?}");
            install_part(&cache, &PART);
            TreeDiff::new(tree.join("whole"), &cache).assert_same();
            // The whole replaces whatever was left.
            install_until_in("crash_tests::child_of_a_part", point, &cache);
            install(&cache);
            assert!(!cache.join("cache/airgo-exact.json").exists(), "{point}");
        }
    }
}

/// Not a test, but the process that is killed.
#[test]
#[ignore = "run by the test below"]
fn child_that_prunes() {
    let cache = ModCache::open(Path::new(&env::var(CACHE).unwrap()), Options::default()).unwrap();
    cache.prune(|_| crate::Keep::Nothing, &()).unwrap();
}

#[test]
fn a_second_run_completes_a_removal() {
    let tree = TempTree::new();
    install(&tree.join("whole"));
    for point in ["prune: partial:1", "prune: tree:1", "prune: zip:1", "prune: mod:1", "pruned:1"] {
        let cache = tree.join(point);
        install(&cache);
        assert!(install_until_in("crash_tests::child_that_prunes", point, &cache), "{point}");
        // Until it is over, no one takes the module for there.
        let version = cache.join("cache/download/example.com/!m/@v/v1.0.0");
        assert_eq!(version.with_extension("0.partial").exists(), point != "pruned:1", "{point}");
        let again = ModCache::open(&cache, Options::default()).unwrap();
        let pruned = again.prune(|_| crate::Keep::Nothing, &()).unwrap();
        assert_eq!(pruned.removed.len(), usize::from(point != "pruned:1"), "{point}");
        drop(again);
        assert!(!cache.join("example.com/!m@v1.0.0").exists() && !cache.join("cache/airgo-tmp").exists());
        // Or it is wanted again.
        let cache = tree.join(format!("{point}, and back"));
        install(&cache);
        install_until_in("crash_tests::child_that_prunes", point, &cache);
        install(&cache);
        TreeDiff::new(tree.join("whole"), &cache).assert_same();
    }
}

/// Not a test, but the process that is killed.
#[test]
#[ignore = "run by the test below"]
fn child_that_repairs() {
    repair(Path::new(&env::var(CACHE).unwrap()));
}

fn repair(cache: &Path) -> Outcome {
    install_with(cache, Options { repair: true, ..Options::default() })
}

#[test]
fn a_second_run_completes_a_repair() {
    let tree = TempTree::new();
    install(&tree.join("whole"));
    let points = [
        "tree extracted:1",
        "partial:1",
        "tree taken away:1",
        "tree moved:1",
        "tree closed:1",
        "ziphash:1",
        "zip:1",
        "done:1",
    ];
    for point in points {
        let cache = tree.join(point);
        install(&cache);
        let file = cache.join("example.com/!m@v1.0.0/m.go");
        fs::remove_file(&file).unwrap();
        fs::write(&file, "package evil\n").unwrap();
        fs::write(cache.join("cache/download/example.com/!m/@v/v1.0.0.zip"), "junk").unwrap();
        assert!(install_until_in("crash_tests::child_that_repairs", point, &cache), "{point}");
        repair(&cache);
        TreeDiff::new(tree.join("whole"), &cache).assert_same();
    }
}

/// Every step, in their order.
const POINTS: [&str; 18] = [
    "piece:1",
    "zip copied:1",
    "file:1",
    "file:2",
    "file:4",
    "tree extracted:1",
    "partial:1",
    "tree moved:1",
    "tree closed:1",
    "small file written:1",
    "info:1",
    "small file written:2",
    "mod:1",
    "list:1",
    "small file written:3",
    "ziphash:1",
    "zip:1",
    "done:1",
];

#[test]
fn a_second_run_completes_what_a_killed_one_left() {
    let tree = TempTree::new();
    install(&tree.join("whole"));
    for point in POINTS {
        let cache = tree.join(point);
        assert!(install_until(point, &cache), "it did not come to {point}");
        let want = if point == "done:1" { Outcome::AlreadyPresent } else { Outcome::Installed };
        assert_eq!(install(&cache), want, "{point}");
        TreeDiff::new(tree.join("whole"), &cache).assert_same();
        // And when it is killed again and again.
        let cache = tree.join(format!("{point} and before"));
        for earlier in POINTS.iter().rev().skip_while(|earlier| **earlier != point) {
            install_until(earlier, &cache);
        }
        install(&cache);
        TreeDiff::new(tree.join("whole"), &cache).assert_same();
    }
}

#[test]
fn go_takes_what_a_killed_process_left() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let tree = TempTree::new();
    let world = World::new().with(module());
    let proxy = world.write(&tree.dir("proxy"));
    let main = tree.dir("main");
    Module::project("example.com/main")
        .go("1.20")
        .require("example.com/M", "v1.0.0")
        .file("main.go", "package main\n\nimport m \"example.com/M\"\n\nfunc main() { println(m.X) }\n")
        .file("go.sum", world.go_sum())
        .write_dir(&main);
    for point in POINTS {
        let cache = tree.join(point);
        assert!(install_until(point, &cache), "it did not come to {point}");
        // Nothing is there that go would find wrong, and nothing that it would
        // take for a module before all of it is there.
        let offline = Go::air_gapped(&cache);
        let mod_there = cache.join("cache/download/example.com/!m/@v/v1.0.0.mod").exists();
        if mod_there {
            offline.run(&main, &["mod", "verify"]);
        }
        let builds = offline.output(&main, &["build", "-o", "/dev/null"]).status.success();
        // From the zip on, go can complete the module by itself.
        assert_eq!(builds, ["zip:1", "done:1"].contains(&point), "{point}");
        // With a proxy go completes it from anywhere, and airgo agrees.
        let go = Go::with_proxy(&proxy).modcache(&cache);
        go.run(&main, &["build", "-o", "/dev/null"]);
        go.run(&main, &["mod", "verify"]);
        install(&cache);
        let left = fs::read_dir(cache.join("cache/download/example.com/!m/@v")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let temporary = |name: &String| name.ends_with(".tmp") || name.ends_with(".partial");
        assert!(!left.iter().any(temporary), "{point}: {left:?}");
    }
}

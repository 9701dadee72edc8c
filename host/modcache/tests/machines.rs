//! Machines that do not let one write: full disks, someone else's cache.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{Outcome, Problem};
use airgo_testkit::{Module, TempTree};
use common::{files, input, open, sample, unlocked_files};
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, io};

const CACHE: &str = "AIRGO_TEST_CACHE";
const NOBODY: u32 = 65534;

/// What a child works on; nothing where `cargo test -- --ignored` runs it for
/// itself.
fn child_cache() -> Option<PathBuf> {
    env::var_os(CACHE).map(PathBuf::from)
}

/// This test's process again, to run one of the children below.
fn child(name: &str) -> Vec<String> {
    let exe = env::current_exe().unwrap().to_str().unwrap().to_owned();
    [exe.as_str(), "--exact", name, "--ignored", "--nocapture"].map(str::to_owned).to_vec()
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

fn big() -> Module {
    let noise = |seed: u32| {
        let mut x = seed;
        let step = move |_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        };
        (0..30_000).map(step).collect::<Vec<u8>>()
    };
    let add = |module: Module, i: u32| module.file(format!("d{i}/f.bin"), noise(i));
    (0..8).fold(Module::new("example.com/big", "v1.0.0"), add)
}

/// Says so where it is seen, or fails where the machine is a promised one.
fn skipped(test: &str, why: &str) {
    assert!(env::var("CI").is_err(), "{test}: {why}");
    writeln!(io::stderr().lock(), "SKIPPED {test}: {why}").unwrap();
}

/// How to get a mount namespace of one's own, in which a small disk can be
/// mounted.
fn mount_flags(mount: &Path) -> Option<&'static str> {
    let mounts = |flags: &&str| {
        let mut command = Command::new("unshare");
        command.args([flags, "--", "mount", "-t", "tmpfs", "none"]).arg(mount);
        command.output().is_ok_and(|output| output.status.success())
    };
    let flags = ["-m", "-rm"].into_iter().find(mounts);
    if flags.is_none() {
        skipped("a_full_disk", "this machine lets no one mount a tmpfs");
    }
    flags
}

/// Whatever the size of the disk: all or nothing, and a word about it.
#[test]
fn a_full_disk() {
    let tree = TempTree::new();
    let mount = tree.dir("mount");
    let Some(unshare) = mount_flags(&mount) else { return };
    let mut seen = Vec::new();
    let sizes = (8..900).step_by(24).map(|size| format!("size={size}k"));
    let inodes = (3..32).step_by(2).map(|inodes| format!("nr_inodes={inodes}"));
    for options in sizes.chain(inodes) {
        let script = "mount -t tmpfs -o \"$0\" none \"$1\" && shift && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args([unshare, "--", "sh", "-c", script, &options]).arg(&mount);
        let output = command.args(child("install_on_a_small_disk")).env(CACHE, &mount).output().unwrap();
        let stdout = succeeded(&output);
        seen.push(stdout.contains("installed whole"));
    }
    assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
}

#[test]
#[ignore = "run by the test above"]
fn install_on_a_small_disk() {
    let Some(cache) = child_cache() else { return };
    match open(&cache).install(input(&big())) {
        Ok(_) => {
            assert!(cache.join("example.com/big@v1.0.0/d7/f.bin").exists());
            println!("installed whole");
        }
        Err(error) => {
            let Problem::Write { source, .. } = &*error.problem else { panic!("{error}") };
            assert_eq!(source.kind(), io::ErrorKind::StorageFull, "{error}");
            assert!(error.to_string().starts_with("cannot install example.com/big@v1.0.0: cannot write "));
            // What is whole by itself may stay: a go.mod with its hash.
            let left = unlocked_files(&cache);
            let whole = |name: &String| [".info", ".mod", "/list"].iter().any(|end| name.ends_with(end));
            assert!(left.iter().all(whole), "{error}: {left:?}");
            assert!(!cache.join("example.com/big@v1.0.0").exists());
        }
    }
}

/// Runs a child as someone who is not root; as whoever runs the test, if that
/// is not root.
fn run_as_nobody(name: &str, cache: &Path) -> bool {
    let args = child(name);
    let mut command = Command::new(&args[0]);
    command.args(&args[1..]).env(CACHE, cache);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    match command.output() {
        Ok(output) => {
            succeeded(&output);
            true
        }
        Err(error) => {
            // The test's binary is where only root may go.
            skipped(name, &error.to_string());
            false
        }
    }
}

#[test]
fn another_user_than_root() {
    let tree = TempTree::new();
    fs::set_permissions(tree.path(), Permissions::from_mode(0o755)).unwrap();
    let cache = tree.dir("cache");
    if rustix::process::geteuid().is_root() {
        chown(&cache, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    if !run_as_nobody("install_into_an_own_cache", &cache) {
        return;
    }
    // A cache of someone else's that is complete need not be writable.
    if rustix::process::geteuid().is_root() {
        let cache = tree.dir("of root");
        open(&cache).install(input(&sample())).unwrap();
        run_as_nobody("install_into_a_foreign_cache", &cache);
    }
}

#[test]
#[ignore = "run by the test above"]
fn install_into_an_own_cache() {
    let Some(cache) = child_cache() else { return };
    assert_eq!(open(&cache).install(input(&sample())).unwrap(), Outcome::Installed);
    // Again from the start, over a tree of read-only directories.
    fs::write(cache.join(common::SAMPLE_DOWNLOAD).join("v1.2.3-!r!c1.partial"), "").unwrap();
    assert_eq!(open(&cache).install(input(&sample())).unwrap(), Outcome::Installed);
    // Directories that come twice, when they were made read-only already.
    let module = Module::new("example.com/twice", "v1.0.0").file("go.mod", "module example.com/twice\n");
    let zip = ["a/x.go", "b/y.go", "a/z.go", "a/b/c.go", "b/c.go", "a/b/d.go"];
    let zip = zip.iter().fold(airgo_testkit::ZipBuilder::new(), |zip, name| {
        zip.file(format!("example.com/twice@v1.0.0/{name}"), "package x\n")
    });
    assert_eq!(open(&cache).install(input(&module.zip(zip))).unwrap(), Outcome::Installed);
    let tree = cache.join("example.com/twice@v1.0.0");
    assert_eq!(files(&tree), ["a/b/c.go", "a/b/d.go", "a/x.go", "a/z.go", "b/c.go", "b/y.go"]);
    for dir in ["", "a", "b", "a/b"] {
        assert_eq!(common::mode(&tree.join(dir)) & 0o222, 0, "{dir}");
    }
}

#[test]
#[ignore = "run by the test above"]
fn install_into_a_foreign_cache() {
    let Some(cache) = child_cache() else { return };
    assert_eq!(open(&cache).install(input(&sample())).unwrap(), Outcome::AlreadyPresent);
    let error = open(&cache).install(input(&big())).unwrap_err();
    let Problem::Write { source, .. } = &*error.problem else { panic!("{error}") };
    assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
}

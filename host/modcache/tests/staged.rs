//! Modules are staged where no one sees them, and published when all are verified.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{ModCache, ModuleInput, Options, Outcome, Problem, Stage};
use airgo_testkit::{Module, TempTree, TreeDiff};
use common::{SAMPLE_DOWNLOAD, SAMPLE_TREE, input, open, sample};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The larger ones are staged first.
fn numbered(i: usize) -> Module {
    let module = Module::new(format!("example.com/m{i:02}"), "v1.0.0").go("1.21");
    module.file("x.go", format!("package x // {}\n", "x".repeat(9_000 - i * 100)))
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_record(name: &str) -> bool {
    name.starts_with("airgo-record-")
}

fn names_but_record(dir: &Path) -> Vec<String> {
    names(dir).into_iter().filter(|name| !is_record(name)).collect()
}

#[test]
fn a_damaged_zip_after_fifty_good_ones_leaves_no_trace() {
    let tree = TempTree::new();
    for jobs in [1, 2] {
        let mut inputs: Vec<_> = (0..51).map(|i| input(&numbered(i))).collect();
        let last = inputs.last_mut().unwrap().zip.as_mut().unwrap();
        last.reader = Box::new(std::io::repeat(7).take_exactly(last.size));
        let error = open(&tree.join("cache")).install_all(inputs, jobs, &()).unwrap_err();
        assert_eq!(error.error.module.path, "example.com/m50");
        assert!(matches!(*error.error.problem, Problem::Mismatch { .. }), "{error}");
        assert_eq!(names(tree.path()), Vec::<String>::new(), "{jobs} at once");
    }
    // Where there is a cache already, it stays as it was.
    let cache = tree.join("cache");
    for dir in ["cache", "like"] {
        open(&tree.join(dir)).install(input(&sample())).unwrap();
    }
    let mut inputs: Vec<_> = (0..3).map(|i| input(&numbered(i))).chain([input(&sample())]).collect();
    inputs[2].zip.as_mut().unwrap().sha256 = [0; 32];
    open(&cache).install_all(inputs, 1, &()).unwrap_err();
    TreeDiff::new(tree.join("like"), &cache).assert_same();
    assert_eq!(names_but_record(&cache.join("cache")), ["download"]);
}

trait TakeExactly {
    fn take_exactly(self, len: u64) -> std::io::Take<std::io::Repeat>;
}

impl TakeExactly for std::io::Repeat {
    fn take_exactly(self, len: u64) -> std::io::Take<std::io::Repeat> {
        std::io::Read::take(self, len)
    }
}

/// A damaged zip is found also where its module is in the cache, unless a record says that
/// what is there was verified and not changed since: then the zip is not read.
#[test]
fn what_is_there_is_verified_and_so_is_what_came() {
    let tree = TempTree::new();
    open(tree.path()).install(input(&sample())).unwrap();
    let forget = || {
        let dir = tree.join("cache");
        for name in names(&dir).into_iter().filter(|name| is_record(name)) {
            fs::remove_dir_all(dir.join(name)).unwrap();
        }
    };
    forget();
    let mut damaged = input(&sample());
    damaged.zip.as_mut().unwrap().sha256 = [0; 32];
    let error = open(tree.path()).install(damaged).unwrap_err();
    assert!(matches!(*error.problem, Problem::Changed { .. } | Problem::Mismatch { .. }), "{error}");
    forget();
    let mut damaged = input(&sample());
    let zip = damaged.zip.as_mut().unwrap();
    zip.reader = Box::new(std::io::repeat(7).take_exactly(zip.size));
    let error = open(tree.path()).install(damaged).unwrap_err();
    assert!(matches!(*error.problem, Problem::Mismatch { .. }), "{error}");
}

fn staged<'c>(cache: &'c ModCache, inputs: Vec<ModuleInput<'_>>) -> Stage<'c> {
    let stage = cache.stage();
    stage.add_all(inputs, 2, &()).unwrap_or_else(|error| panic!("{error}"));
    stage
}

#[test]
fn staged_modules_are_not_visible() {
    let tree = TempTree::new();
    let path = tree.join("cache");
    let cache = open(&path);
    let stage = staged(&cache, vec![input(&numbered(1)), input(&sample())]);
    assert_eq!(names(&path), ["cache"]);
    assert_eq!(names(&path.join("cache")), ["airgo-tmp"]);
    drop(stage);
    drop(cache);
    assert_eq!(names(tree.path()), Vec::<String>::new());
    let cache = open(&path);
    let done = staged(&cache, vec![input(&numbered(1)), input(&sample())]).publish(2, &()).unwrap();
    assert!(done.iter().all(|(_, outcome)| *outcome == Outcome::Installed), "{done:?}");
    drop(cache);
    assert_eq!(names_but_record(&path.join("cache")), ["download"]);
}

#[test]
fn another_process_installs_the_same_meanwhile() {
    let tree = TempTree::new();
    let cache = open(tree.path());
    let stage = staged(&cache, vec![input(&sample())]);
    open(tree.path()).install(input(&sample())).unwrap();
    let done = stage.publish(1, &()).unwrap();
    assert_eq!(done, [(sample().id().clone(), Outcome::AlreadyPresent)]);
    // It is verified, as anything that is there.
    let stage = staged(&cache, vec![input(&numbered(1))]);
    open(tree.path()).install(input(&numbered(1))).unwrap();
    let file = tree.join("example.com/m01@v1.0.0/x.go");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "package x // another\n").unwrap();
    let error = stage.publish(1, &()).unwrap_err();
    let Problem::Changed { changes, .. } = &*error.error.problem else { panic!("{error}") };
    assert_eq!(changes.to_string(), "example.com/m01@v1.0.0/x.go was changed");
}

/// What was there when it was staged is gone when it is published, or the other way
/// round.
#[test]
fn parts_that_come_and_go_meanwhile() {
    let tree = TempTree::new();
    let like = tree.join("like");
    open(&like).install(input(&sample())).unwrap();
    let zip = |cache: &Path| cache.join(SAMPLE_DOWNLOAD).join("v1.2.3-!r!c1.zip");
    let remove_tree = |cache: &Path| {
        for dir in ["", "sub", "sub/deep", "sub/deep/er"] {
            fs::set_permissions(cache.join(SAMPLE_TREE).join(dir), Permissions::from_mode(0o755)).unwrap();
        }
        fs::remove_dir_all(cache.join(SAMPLE_TREE)).unwrap();
    };
    // The tree alone is there, then nothing is.
    let path = tree.join("tree");
    open(&path).install(input(&sample())).unwrap();
    fs::remove_file(zip(&path)).unwrap();
    let cache = open(&path);
    let stage = staged(&cache, vec![input(&sample())]);
    remove_tree(&path);
    assert_eq!(stage.publish(1, &()).unwrap()[0].1, Outcome::Installed);
    drop(cache);
    TreeDiff::new(&like, &path).assert_same();
    // Nothing is there, then the tree alone is.
    let path = tree.join("nothing");
    let cache = open(&path);
    let stage = staged(&cache, vec![input(&sample())]);
    open(&path).install(input(&sample())).unwrap();
    fs::remove_file(zip(&path)).unwrap();
    assert_eq!(stage.publish(1, &()).unwrap()[0].1, Outcome::Installed);
    drop(cache);
    TreeDiff::new(&like, &path).assert_same();
}

#[test]
fn directories_may_stay_writable() {
    let tree = TempTree::new();
    let options = Options { keep_writable: true, ..Options::default() };
    ModCache::open(tree.path(), options).unwrap().install(input(&sample())).unwrap();
    assert_ne!(common::mode(&tree.join(SAMPLE_TREE)) & 0o200, 0);
    assert_ne!(common::mode(&tree.join(SAMPLE_TREE).join("sub/deep")) & 0o200, 0);
}

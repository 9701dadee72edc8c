//! `ModCache::prune`: what airgo installed and nobody needs goes, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_gomod::ModuleVersion;
use airgo_modcache::{Keep, Outcome, Pruned};
use airgo_testkit::{Module, TempTree, TreeDiff};
use common::{files, input, open, partial, sample, unlocked_files};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn module(version: &str) -> Module {
    Module::new("example.com/m", version)
        .go("1.21")
        .file("m.go", "package m\n")
        .file("sub/s.go", "package s\n")
}

fn prune(dir: &Path, keep: impl Fn(&ModuleVersion) -> Keep) -> Pruned {
    open(dir).prune(keep, &()).unwrap_or_else(|error| panic!("{error}"))
}

fn names(modules: &[ModuleVersion]) -> Vec<String> {
    modules.iter().map(ToString::to_string).collect()
}

#[test]
fn removes_what_is_not_wanted_and_leaves_the_rest() {
    let tree = TempTree::new();
    let (cache, like) = (tree.join("cache"), tree.join("like"));
    let (old, new) = (module("v1.0.0"), module("v1.1.0"));
    open(&like).install(input(&new)).unwrap();
    for module in [&old, &new, &sample()] {
        open(&cache).install(input(module)).unwrap();
    }
    let pruned = prune(&cache, |module| if module == new.id() { Keep::All } else { Keep::Nothing });
    let want = ["example.com/Sample/m@v1.2.3-RC1".to_owned(), "example.com/m@v1.0.0".to_owned()];
    assert_eq!(names(&pruned.removed), want);
    assert_eq!((pruned.files, pruned.changed.len()), (10, 0));
    assert!(pruned.bytes > (old.zip_bytes().len() + sample().zip_bytes().len()) as u64);
    assert_eq!(fs::read_to_string(cache.join("cache/download/example.com/m/@v/list")).unwrap(), "v1.1.0\n");
    let empty_list = |name: &String| !name.ends_with("!sample/m/@v/list");
    let left: Vec<_> = unlocked_files(&cache).into_iter().filter(empty_list).collect();
    assert_eq!(left, unlocked_files(&like));
    assert!(!cache.join("cache/airgo-tmp").exists());
    // Nothing is left to do, and what is there is known.
    let again = prune(&cache, |_| Keep::All);
    assert_eq!(again, Pruned::default());
    assert_eq!(open(&cache).install(input(&new)).unwrap(), Outcome::AlreadyPresent);
    // And it can come back.
    open(&cache).install(input(&old)).unwrap();
    open(&like).install(input(&old)).unwrap();
    let rule = |name: &str| match name.contains("!sample") {
        true => airgo_testkit::Treatment::Ignored,
        false => airgo_testkit::Treatment::Same,
    };
    TreeDiff::new(&like, &cache).rule(rule).assert_same();
}

#[test]
fn a_go_mod_file_may_stay() {
    let tree = TempTree::new();
    open(tree.path()).install(input(&sample())).unwrap();
    let pruned = prune(tree.path(), |_| Keep::GoMod);
    assert_eq!(pruned.removed.len(), 1);
    let left = unlocked_files(tree.path());
    let left: Vec<_> = left.iter().map(|name| name.rsplit_once('/').unwrap().1).collect();
    assert_eq!(left, ["list", "v1.2.3-!r!c1.info", "v1.2.3-!r!c1.mod"]);
}

/// What go downloaded is what airgo finds and has not installed.
#[test]
fn what_go_downloaded_stays() {
    let tree = TempTree::new();
    open(tree.path()).install(input(&sample())).unwrap();
    let records = fs::read_dir(tree.join("cache")).unwrap().map(|entry| entry.unwrap().path());
    let records = records.into_iter().find(|path| path.to_str().unwrap().contains("airgo-record")).unwrap();
    fs::remove_dir_all(records).unwrap();
    let before = files(tree.path());
    assert_eq!(prune(tree.path(), |_| Keep::Nothing), Pruned::default());
    // Also once airgo has hashed it.
    assert_eq!(open(tree.path()).install(input(&sample())).unwrap(), Outcome::AlreadyPresent);
    assert_eq!(prune(tree.path(), |_| Keep::Nothing), Pruned::default());
    assert_eq!(
        before,
        files(tree.path()).into_iter().filter(|f| !f.contains("airgo-record")).collect::<Vec<_>>()
    );
}

#[test]
fn what_was_changed_stays_and_is_named() {
    for change in ["content", "mode", "zip"] {
        let tree = TempTree::new();
        open(tree.path()).install(input(&sample())).unwrap();
        let file = tree.join(format!("{}/m.go", common::SAMPLE_TREE));
        let zip = tree.join(format!("{}/{}.zip", common::SAMPLE_DOWNLOAD, common::SAMPLE_VERSION));
        match change {
            "content" => {
                fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
                fs::write(&file, "package evil\n").unwrap();
            }
            "mode" => fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap(),
            _ => fs::write(&zip, "junk").unwrap(),
        }
        let before = files(tree.path());
        let pruned = prune(tree.path(), |_| Keep::Nothing);
        assert_eq!((pruned.removed.len(), names(&pruned.changed)), (0, vec![sample().id().to_string()]));
        assert_eq!(files(tree.path()), before, "{change}");
    }
    // What someone removed already is forgotten.
    let tree = TempTree::new();
    open(tree.path()).install(input(&sample())).unwrap();
    fs::remove_dir_all(tree.join("example.com")).unwrap();
    fs::remove_file(tree.join(format!("{}/{}.zip", common::SAMPLE_DOWNLOAD, common::SAMPLE_VERSION)))
        .unwrap();
    assert_eq!(prune(tree.path(), |_| Keep::Nothing), Pruned::default());
    assert!(!files(tree.path()).iter().any(|name| name.contains("airgo-record")));
}

#[test]
fn parts_go_and_are_not_listed_as_such() {
    let tree = TempTree::new();
    let cache = open(tree.path());
    let stage = cache.stage().of_bundle([7; 32]);
    let part = stage.partial(partial(&sample(), |name| name == "m.go"), &()).unwrap();
    let index = part.awaited().next().unwrap().0;
    part.put(index, &airgo_modcache::Content::of(b"package m\n")).unwrap();
    drop(part);
    stage.publish(1, &()).unwrap();
    assert!(tree.join("cache/airgo-exact.json").exists());
    assert_eq!(cache.prune(|_| Keep::Nothing, &()).unwrap().removed.len(), 1);
    assert!(!tree.join("cache/airgo-exact.json").exists());
}

//! Zips that are made again of a module's files.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{Content, Hashed, ModCache, Options, Outcome, PartialInput, Problem, RebuiltZip};
use airgo_testkit::{Module, TempTree, TreeDiff};
use common::{SAMPLE_TREE, contents, files, input, open, partial, sample};
use sha2::{Digest as _, Sha256};
use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn whole(module: &Module) -> PartialInput {
    let zip = module.zip_bytes();
    let zip = RebuiltZip { size: zip.len() as u64, sha256: Sha256::digest(&zip).into() };
    PartialInput { zip: Some(zip), ..partial(module, |_| true) }
}

/// Installs the module with a zip of these bytes.
fn install(cache: &ModCache, module: &Module, zip: &[u8]) -> Result<Outcome, Problem> {
    let stage = cache.stage();
    let tree = stage.partial(whole(module), &()).map_err(|error| *error.problem)?;
    for (index, (_, bytes)) in contents(module).iter().enumerate() {
        if tree.awaits(index) {
            tree.put(index, &Content::of(bytes)).map_err(|error| *error.problem)?;
            let mut back = Vec::new();
            tree.read(index).unwrap().read_to_end(&mut back).unwrap();
            assert_eq!(back, *bytes);
        }
    }
    if let Some(mut writer) = tree.zip().map_err(|error| *error.problem)? {
        for piece in zip.chunks(7) {
            writer.write_all(piece).unwrap();
        }
        writer.finish().map_err(|error| *error.problem)?;
    }
    drop(tree);
    stage.publish(1, &()).map(|all| all[0].1).map_err(|error| *error.error.problem)
}

#[test]
fn the_cache_is_that_of_the_zip_itself() {
    let (zip, files) = (TempTree::new(), TempTree::new());
    let module = sample();
    open(zip.path()).install(input(&module)).unwrap();
    let cache = open(files.path());
    assert_eq!(install(&cache, &module, &module.zip_bytes()).unwrap(), Outcome::Installed);
    drop(cache);
    TreeDiff::new(zip.path(), files.path()).assert_same();
    // A second time nothing is written, and no zip is asked for.
    let cache = open(files.path());
    assert_eq!(install(&cache, &module, b"").unwrap(), Outcome::AlreadyPresent);
}

#[test]
fn writable_directories_stay_so() {
    let (zip, files) = (TempTree::new(), TempTree::new());
    let module = sample();
    let options = || Options { keep_writable: true, ..Options::default() };
    ModCache::open(zip.path(), options()).unwrap().install(input(&module)).unwrap();
    install(&ModCache::open(files.path(), options()).unwrap(), &module, &module.zip_bytes()).unwrap();
    TreeDiff::new(zip.path(), files.path()).assert_same();
}

#[test]
fn another_zip_is_refused_and_nothing_is_left() {
    let tree = TempTree::new();
    let module = sample();
    let zip = module.zip_bytes();
    let mut flipped = zip.clone();
    flipped[40] ^= 1;
    let longer = [zip.clone(), b"x".to_vec()].concat();
    for wrong in [&flipped, &longer, &zip[..zip.len() - 1].to_vec(), &Vec::new()] {
        let problem = install(&open(&tree.join("cache")), &module, wrong).unwrap_err();
        let what = matches!(problem, Problem::Mismatch { what: Hashed::RebuiltZip, .. });
        assert!(what, "{problem}");
        assert!(!tree.join("cache").exists(), "{problem}");
    }
    let cache = open(&tree.join("cache"));
    assert_eq!(install(&cache, &module, &zip).unwrap(), Outcome::Installed);
}

#[test]
fn a_zip_that_was_not_made_is_not_published() {
    let tree = TempTree::new();
    let module = sample();
    let cache = open(&tree.join("cache"));
    let stage = cache.stage();
    let taker = stage.partial(whole(&module), &()).unwrap();
    let error = taker.zip().unwrap_err();
    assert!(matches!(*error.problem, Problem::NotGiven { .. }), "{error}");
    for (index, (_, bytes)) in contents(&module).iter().enumerate() {
        taker.put(index, &Content::of(bytes)).unwrap();
    }
    drop(taker);
    let error = stage.publish(1, &()).unwrap_err().error;
    assert!(error.to_string().contains(".zip is missing"), "{error}");
    drop(cache);
    assert!(!tree.join("cache").exists());
}

#[test]
fn a_part_has_no_zip() {
    let tree = TempTree::new();
    let module = sample();
    let cache = open(tree.path());
    let input = PartialInput { carried: partial(&module, |name| name != "m.go").carried, ..whole(&module) };
    let error = cache.stage().partial(input, &()).unwrap_err();
    assert!(matches!(*error.problem, Problem::NotCarried { .. }), "{error}");
}

#[test]
fn completes_what_is_there() {
    let module = sample();
    let full = TempTree::new();
    open(full.path()).install(input(&module)).unwrap();
    let zip = module.zip_bytes();
    // A part of the tree, the tree alone, and the zip alone.
    for removed in ["part", "zip", "tree"] {
        let tree = TempTree::new();
        match removed {
            "part" => {
                let cache = open(tree.path());
                let stage = cache.stage();
                let taker = stage.partial(partial(&module, |name| name == "m.go"), &()).unwrap();
                for (index, (_, bytes)) in contents(&module).iter().enumerate() {
                    if taker.awaits(index) {
                        taker.put(index, &Content::of(bytes)).unwrap();
                    }
                }
                drop(taker);
                stage.publish(1, &()).unwrap();
            }
            _ => {
                open(tree.path()).install(input(&module)).unwrap();
                let all = files(tree.path());
                let trees = all.iter().filter(|name| removed == "tree" && name.starts_with(SAMPLE_TREE));
                for dir in trees.filter_map(|name| tree.join(name).parent().map(Path::to_owned)) {
                    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
                }
                let gone = all.iter().filter(|name| match removed {
                    "zip" => name.ends_with(".zip"),
                    _ => name.starts_with(SAMPLE_TREE),
                });
                for name in gone {
                    fs::remove_file(tree.join(name)).unwrap();
                }
                if removed == "tree" {
                    fs::remove_dir_all(tree.join(SAMPLE_TREE)).unwrap();
                }
            }
        }
        let cache = open(tree.path());
        let want = if removed == "part" { Outcome::Extended } else { Outcome::Installed };
        assert_eq!(install(&cache, &module, &zip).unwrap(), want, "{removed}");
        drop(cache);
        // The lock of the document that said that the module was a part.
        let _ = fs::remove_file(tree.join("cache/airgo-exact.lock"));
        TreeDiff::new(full.path(), tree.path()).assert_same();
    }
}

#[test]
fn a_changed_tree_is_refused() {
    let tree = TempTree::new();
    let module = sample();
    open(tree.path()).install(input(&module)).unwrap();
    let zip = files(tree.path()).into_iter().find(|name| name.ends_with(".zip")).unwrap();
    fs::remove_file(tree.join(zip)).unwrap();
    let file = tree.join(SAMPLE_TREE).join("m.go");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "package changed\n").unwrap();
    let problem = install(&open(tree.path()), &module, &module.zip_bytes()).unwrap_err();
    assert!(matches!(problem, Problem::Changed { .. }), "{problem}");
}

//! Real projects: modules of the proxy that this machine is set up with, taken
//! as main modules.
#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use airgo_gomod::module;
use airgo_testkit::{Go, TempTree, target_tmp};

use super::oracle::cached;
use super::source::Files;

/// A GOMODCACHE of this name that stays between runs.
pub fn modcache(name: &str) -> PathBuf {
    let dir = target_tmp().join("resolve-modcache").join(name.replace(['/', '@'], "_"));
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// A go that asks the proxy of this machine, with a cache that stays.
pub fn go(modcache: &Path) -> Go {
    Go::online().modcache(modcache)
}

/// Places go.mod and go.sum of a module's zip below `place`; false offline.
pub fn fetch(go: &Go, id: &str, place: &Path) -> bool {
    fetch_some(go, id, place, Some(&["go.mod", "go.sum"]))
}

/// Places these files, or all.
pub fn fetch_some(go: &Go, id: &str, place: &Path, names: Option<&[&str]>) -> bool {
    let nowhere = TempTree::new();
    let out = go.output(nowhere.path(), &["mod", "download", "-json", id]);
    let json = String::from_utf8_lossy(&out.stdout).into_owned();
    if !out.status.success() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{id} cannot be fetched: {json}");
        println!("SKIPPED: {id} cannot be fetched without a network");
        return false;
    }
    let dir = json.lines().find_map(|l| l.trim().strip_prefix("\"Dir\": \"")).unwrap();
    copy(Path::new(dir.trim_end_matches(['"', ','])), place, names);
    true
}

/// Every go.mod file of a cache.
pub fn files(modcache: &Path) -> Files {
    let mut files = HashMap::new();
    for m in cached(modcache, "mod") {
        let path = module::escape_path(&m.path).unwrap();
        let version = module::escape_version(&m.version).unwrap();
        let file = modcache.join(format!("cache/download/{path}/@v/{version}.mod"));
        files.insert(m, fs::read(file).unwrap());
    }
    files
}

/// Copies a tree, or some files of it, writable.
pub fn copy(from: &Path, to: &Path, names: Option<&[&str]>) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            if names.is_none() {
                copy(&entry.path(), &target, None);
            }
        } else if names.is_none_or(|names| names.iter().any(|n| name == *n)) {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

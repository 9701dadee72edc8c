//! What the tests of the module cache share.
#![allow(dead_code)]

use airgo_gomod::modzip::{FileList, Limits, ModuleZip};
use airgo_gomod::{H1, ModuleVersion, dirhash, module};
use airgo_modcache::{GoModInput, ModCache, ModuleInput, Options, PartialInput, ZipInput};
use airgo_testkit::{Module, TempTree, ZipFiles};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A module to install as a bundle would hold it.
pub fn input(module: &Module) -> ModuleInput<'static> {
    ModuleInput {
        module: module.id().clone(),
        info: Some(module.info_bytes()),
        go_mod: Some(go_mod(module.go_mod_bytes())),
        zip: Some(zip(module.zip_bytes(), module.h1())),
    }
}

pub fn go_mod(bytes: Vec<u8>) -> GoModInput {
    let h1 = dirhash::hash_go_mod(&bytes);
    GoModInput { bytes, h1 }
}

pub fn zip(bytes: Vec<u8>, h1: H1) -> ZipInput<'static> {
    let (size, sha256) = (bytes.len() as u64, Sha256::digest(&bytes).into());
    ZipInput { reader: Box::new(Cursor::new(bytes)), size, sha256, h1 }
}

/// The files of a module's zip, in its order.
pub fn contents(module: &Module) -> Vec<(String, Vec<u8>)> {
    let mut collect = ZipFiles::default();
    let zip = Cursor::new(module.zip_bytes());
    ModuleZip::open(zip, module.id(), &Limits::default()).unwrap().walk(&mut collect).unwrap();
    collect.0
}

/// A part of a module, as an exact bundle holds it: all its files listed, some carried.
pub fn partial(module: &Module, carried: impl Fn(&str) -> bool) -> PartialInput {
    let all = contents(module);
    let mut files = FileList::default();
    for (name, bytes) in &all {
        files.push(name, bytes.len() as u64, Sha256::digest(bytes).into()).unwrap();
    }
    PartialInput {
        module: module.id().clone(),
        h1: module.h1(),
        files,
        carried: all.iter().map(|(name, _)| carried(name)).collect(),
        info: Some(module.info_bytes()),
        go_mod: Some(go_mod(module.go_mod_bytes())),
        zip: None,
    }
}

/// Everything that a cache's download directory holds, to install it again.
pub fn inputs_of(gomodcache: &Path) -> Vec<ModuleInput<'static>> {
    let root = gomodcache.join("cache/download");
    let mut stems = BTreeMap::new();
    for path in files(&root) {
        let Some((dir, file)) = path.split_once("/@v/") else { continue };
        let suffixes = [".info", ".mod", ".zip"];
        if let Some(version) = suffixes.iter().find_map(|suffix| file.strip_suffix(suffix)) {
            stems.insert((dir.to_owned(), version.to_owned()), root.join(format!("{dir}/@v/{version}")));
        }
    }
    let input = |((path, version), stem): ((String, String), PathBuf)| {
        let read = |suffix: &str| fs::read(format!("{}.{suffix}", stem.display())).ok();
        ModuleInput {
            module: ModuleVersion::new(
                module::unescape_path(&path).unwrap(),
                module::unescape_version(&version).unwrap(),
            ),
            info: read("info"),
            go_mod: read("mod").map(go_mod),
            zip: read("zip").map(|bytes| {
                let h1 = String::from_utf8(read("ziphash").unwrap()).unwrap();
                zip(bytes, h1.parse().unwrap())
            }),
        }
    };
    stems.into_iter().map(input).collect()
}

/// All that is below a directory and is not a directory, sorted.
pub fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(relative) = todo.pop() {
        for entry in fs::read_dir(dir.join(&relative)).unwrap() {
            let entry = entry.unwrap();
            let path = relative.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                todo.push(path);
            } else {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// As [`files`], without lock files and airgo's record.
pub fn unlocked_files(dir: &Path) -> Vec<String> {
    let ours = |name: &String| name.ends_with(".lock") || name.starts_with("cache/airgo-record-");
    files(dir).into_iter().filter(|name| !ours(name)).collect()
}

pub fn open(dir: &Path) -> ModCache {
    ModCache::open(dir, Options::default()).unwrap()
}

pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A module with directories of some depth.
pub fn sample() -> Module {
    Module::new("example.com/Sample/m", "v1.2.3-RC1")
        .go("1.21")
        .file("m.go", "package m\n")
        .file("sub/deep/er/d.go", "package er\n")
        .file("sub/a.go", "package sub\n")
        .file("empty.txt", "")
}

/// Where the sample is.
pub const SAMPLE_TREE: &str = "example.com/!sample/m@v1.2.3-!r!c1";
pub const SAMPLE_DOWNLOAD: &str = "cache/download/example.com/!sample/m/@v";
pub const SAMPLE_VERSION: &str = "v1.2.3-!r!c1";

/// A cache with the sample in it, beside one like it to compare with: `cache` and `like`.
pub fn cache_and_like() -> TempTree {
    let tree = TempTree::new();
    for name in ["cache", "like"] {
        open(&tree.join(name)).install(input(&sample())).unwrap();
    }
    tree
}

//! `Options::repair`: what was changed is replaced by what it should be.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{Content, InstallError, ModCache, Options, Outcome, PartialInput, Progress, RebuiltZip};
use airgo_testkit::{TempTree, TreeDiff};
use common::{
    SAMPLE_DOWNLOAD, SAMPLE_TREE, SAMPLE_VERSION, cache_and_like, contents, input, open, partial, sample,
};
use sha2::{Digest as _, Sha256};
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Hears what is replaced.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn repairing(&self, error: &InstallError) {
        self.0.lock().unwrap().push(error.to_string());
    }
}

fn repairing(dir: &Path) -> ModCache {
    ModCache::open(dir, Options { repair: true, ..Options::default() }).unwrap()
}

struct Cache(TempTree);

impl Cache {
    fn new() -> Self {
        Self(cache_and_like())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("cache/{SAMPLE_TREE}/{name}"))
    }

    fn download(&self, suffix: &str) -> PathBuf {
        self.0.join(format!("cache/{SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.{suffix}"))
    }

    fn write(&self, name: &str, text: &str) {
        let _ = fs::remove_file(self.file(name));
        fs::write(self.file(name), text).unwrap();
    }

    /// Without repair it is an error; with it the cache is as if nothing had been.
    #[track_caller]
    fn is_repaired(&self, says: &str) {
        let dir = self.0.join("cache");
        let error = open(&dir).install(input(&sample())).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        let told = Told::default();
        let installed = repairing(&dir).install_all([input(&sample())], 1, &told).unwrap();
        assert_eq!(installed[0].1, Outcome::Repaired);
        let told = told.0.into_inner().unwrap();
        assert!(told.len() == 1 && told[0].contains(says), "{told:?}");
        TreeDiff::new(self.0.join("like"), &dir).assert_same();
        assert_eq!(open(&dir).install(input(&sample())).unwrap(), Outcome::AlreadyPresent);
        assert_eq!(repairing(&dir).install(input(&sample())).unwrap(), Outcome::AlreadyPresent);
        TreeDiff::new(self.0.join("like"), &dir).assert_same();
    }
}

#[test]
fn replaces_what_was_changed() {
    let cache = Cache::new();
    cache.write("sub/a.go", "package evil\n");
    cache.write("new.go", "package m\n");
    fs::remove_file(cache.file("m.go")).unwrap();
    cache.is_repaired("sub/a.go was changed");
    let cache = Cache::new();
    fs::write(cache.download("zip"), "junk").unwrap();
    cache.is_repaired(".zip was changed");
    let cache = Cache::new();
    fs::write(cache.download("zip"), "junk").unwrap();
    cache.write("sub/a.go", "package evil\n");
    cache.is_repaired("sub/a.go was changed");
    // The zip was there, and another one.
    let cache = Cache::new();
    fs::remove_file(cache.download("zip")).unwrap();
    cache.write("sub/a.go", "package evil\n");
    cache.is_repaired("sub/a.go was changed");
    let cache = Cache::new();
    fs::remove_dir_all(cache.file("")).unwrap();
    fs::write(cache.download("zip"), "junk").unwrap();
    cache.is_repaired(".zip was changed");
}

#[test]
fn what_is_no_file_goes_and_nothing_is_followed() {
    let outside = TempTree::new();
    outside.write("keep/file", "untouched");
    let cache = Cache::new();
    symlink(outside.join("keep"), cache.file("sub/link")).unwrap();
    symlink(outside.join("keep/file"), cache.file("link")).unwrap();
    assert!(Command::new("mkfifo").arg(cache.file("pipe")).status().unwrap().success());
    fs::set_permissions(cache.file("sub/deep"), Permissions::from_mode(0o000)).unwrap();
    cache.is_repaired("pipe was added");
    assert_eq!(fs::read(outside.join("keep/file")).unwrap(), b"untouched");
}

#[test]
fn replaces_what_claims_to_be_something_else() {
    let cache = Cache::new();
    fs::write(cache.download("ziphash"), "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    cache.is_repaired("other content for the zip's content");
    let cache = Cache::new();
    fs::write(cache.download("mod"), "module other\n").unwrap();
    let dir = cache.0.join("cache");
    assert!(open(&dir).install(input(&sample())).is_err());
    assert_eq!(repairing(&dir).install(input(&sample())).unwrap(), Outcome::Installed);
    TreeDiff::new(cache.0.join("like"), &dir).assert_same();
}

/// A link in the place of a directory may be somebody's intention: it stays an error.
#[test]
fn what_stands_in_the_way_stays() {
    let cache = Cache::new();
    let tree = cache.file("");
    fs::rename(tree.to_str().unwrap().trim_end_matches('/'), cache.0.join("moved")).unwrap();
    symlink(cache.0.join("moved"), tree.to_str().unwrap().trim_end_matches('/')).unwrap();
    let error = repairing(&cache.0.join("cache")).install(input(&sample())).unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert!(cache.0.join("moved/m.go").exists());
}

fn put(cache: &ModCache, mut input: PartialInput, zip: bool) -> Result<Outcome, String> {
    let bytes = sample().zip_bytes();
    input.zip = zip.then(|| RebuiltZip { size: bytes.len() as u64, sha256: Sha256::digest(&bytes).into() });
    let stage = cache.stage().of_bundle([7; 32]);
    let tree = stage.partial(input, &()).map_err(|error| error.to_string())?;
    let files = contents(&sample());
    for (index, (_, bytes)) in files.iter().enumerate().filter(|(index, _)| tree.awaits(*index)) {
        tree.put(index, &Content::of(bytes)).unwrap();
    }
    if let Some(mut writer) = tree.zip().unwrap() {
        writer.write_all(&bytes).unwrap();
        writer.finish().unwrap();
    }
    drop(tree);
    Ok(stage.publish(1, &()).unwrap()[0].1)
}

#[test]
fn modules_that_come_file_by_file_are_replaced() {
    // A part.
    let tree = TempTree::new();
    let part = || partial(&sample(), |name| name != "sub/a.go");
    for name in ["cache", "like"] {
        put(&open(&tree.join(name)), part(), false).unwrap();
    }
    let dir = tree.join("cache");
    let file = dir.join(format!("{SAMPLE_TREE}/m.go"));
    let spoil = || {
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        fs::write(&file, "package evil\n").unwrap();
    };
    spoil();
    assert!(put(&open(&dir), part(), false).unwrap_err().contains("m.go was changed"));
    assert_eq!(put(&repairing(&dir), part(), false), Ok(Outcome::Repaired));
    TreeDiff::new(tree.join("like"), &dir).assert_same();
    assert_eq!(put(&open(&dir), part(), false), Ok(Outcome::AlreadyPresent));
    // The whole, with its zip made again.
    let cache = Cache::new();
    cache.write("m.go", "package evil\n");
    let dir = cache.0.join("cache");
    let all = || partial(&sample(), |_| true);
    assert!(put(&open(&dir), all(), true).unwrap_err().contains("m.go was changed"));
    // A part cannot be put where the zip of the whole is.
    assert!(put(&repairing(&dir), all(), false).unwrap_err().contains("m.go was changed"));
    assert_eq!(put(&repairing(&dir), all(), true), Ok(Outcome::Repaired));
    TreeDiff::new(cache.0.join("like"), &dir).assert_same();
}

//! What is in the cache already: taken, completed, or in the way.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{InstallError, Outcome, Problem};
use airgo_testkit::{TempTree, TreeDiff};
use common::{SAMPLE_DOWNLOAD, SAMPLE_TREE, SAMPLE_VERSION, cache_and_like, input, mode, open, sample};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

/// A cache with the sample in it, beside one like it to compare with.
struct Cache(TempTree);

impl Cache {
    fn new() -> Self {
        Self(cache_and_like())
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.0.join(format!("cache/{SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.{suffix}"))
    }

    fn tree(&self) -> PathBuf {
        self.0.join(format!("cache/{SAMPLE_TREE}"))
    }

    fn remove_tree(&self) {
        for dir in ["", "sub", "sub/deep", "sub/deep/er"] {
            fs::set_permissions(self.tree().join(dir), Permissions::from_mode(0o755)).unwrap();
        }
        fs::remove_dir_all(self.tree()).unwrap();
    }

    fn install(&self) -> Result<Outcome, InstallError> {
        open(&self.0.join("cache")).install(input(&sample()))
    }

    #[track_caller]
    fn completes(&self) {
        assert_eq!(self.install().unwrap_or_else(|error| panic!("{error}")), Outcome::Installed);
        TreeDiff::new(self.0.join("like"), self.0.join("cache")).assert_same();
        assert_eq!(self.install().unwrap(), Outcome::AlreadyPresent);
    }
}

#[test]
fn completes_what_is_missing() {
    for suffix in ["info", "mod", "zip", "ziphash"] {
        let cache = Cache::new();
        fs::remove_file(cache.file(suffix)).unwrap();
        cache.completes();
    }
    let cache = Cache::new();
    fs::remove_file(cache.0.join(format!("cache/{SAMPLE_DOWNLOAD}/list"))).unwrap();
    assert_eq!(cache.install().unwrap(), Outcome::AlreadyPresent); // it would be empty
    let cache = Cache::new();
    cache.remove_tree();
    cache.completes();
}

#[test]
fn does_away_with_what_is_not_complete() {
    let cache = Cache::new();
    fs::write(cache.file("partial"), "").unwrap();
    cache.completes();
    // As after a power failure: the go command takes such a hash for none.
    for text in ["", "\0\0\0", "h1:", &"\0".repeat(47)] {
        let cache = Cache::new();
        fs::write(cache.file("ziphash"), text).unwrap();
        cache.completes();
    }
    // A tree that go would extract again, with more in it.
    let cache = Cache::new();
    fs::remove_file(cache.file("ziphash")).unwrap();
    fs::set_permissions(cache.tree(), Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(cache.tree().join("a/b")).unwrap();
    fs::write(cache.tree().join("a/b/c"), "").unwrap();
    symlink("/etc", cache.tree().join("a/etc")).unwrap();
    fs::set_permissions(cache.tree().join("a"), Permissions::from_mode(0o000)).unwrap();
    cache.completes();
    assert!(PathBuf::from("/etc").exists());
    // What a killed process left.
    let cache = Cache::new();
    fs::remove_file(cache.file("zip")).unwrap();
    fs::write(cache.file("zip123.tmp"), "PK").unwrap();
    fs::write(cache.file("ziphash7.tmp"), "h1").unwrap();
    cache.completes();
    // A hash alone says nothing.
    let cache = Cache::new();
    fs::remove_file(cache.file("zip")).unwrap();
    cache.remove_tree();
    fs::write(cache.file("ziphash"), "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    cache.completes();
}

#[test]
fn does_not_overwrite_other_content() {
    let other = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let cache = Cache::new();
    fs::write(cache.file("ziphash"), other).unwrap();
    let error = cache.install().unwrap_err();
    let want = sample().h1();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot install example.com/Sample/m@v1.2.3-RC1: the module cache has other content for the zip's content in \
             {SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.ziphash: want {want}, have {other}"
        )
    );
    assert!(cache.tree().join("m.go").exists());
    // Without its tree the zip is still there.
    cache.remove_tree();
    assert!(matches!(*cache.install().unwrap_err().problem, Problem::Conflict { .. }));

    let cache = Cache::new();
    fs::write(cache.file("mod"), "module other\n").unwrap();
    let error = cache.install().unwrap_err();
    assert!(error.to_string().contains("other content for go.mod in"), "{error}");
    assert_eq!(fs::read(cache.file("mod")).unwrap(), b"module other\n");
}

#[test]
fn keeps_information_of_another_origin() {
    let cache = Cache::new();
    let with_origin = r#"{"Version":"v1.2.3-RC1","Time":"2024-01-02T03:04:05Z","Origin":{"VCS":"git"}}"#;
    fs::write(cache.file("info"), with_origin).unwrap();
    assert_eq!(cache.install().unwrap(), Outcome::AlreadyPresent);
    for useless in ["", "{", r#"{"Version":"v9.9.9"}"#] {
        fs::write(cache.file("info"), useless).unwrap();
        cache.completes();
    }
}

#[test]
fn modes_are_those_of_go() {
    let cache = Cache::new();
    let umask = 0o777 & !mode(&cache.0.join("cache/cache"));
    for (path, want) in [
        (cache.tree(), 0o555),
        (cache.tree().join("sub/deep"), 0o555),
        (cache.tree().join("m.go"), 0o444),
        (cache.0.join("cache/example.com"), 0o777),
        (cache.file("zip"), 0o666),
        (cache.file("ziphash"), 0o666),
        (cache.file("mod"), 0o666),
        (cache.file("lock"), 0o666),
    ] {
        assert_eq!(mode(&path), want & !umask, "{}", path.display());
    }
    assert_eq!(fs::read(cache.file("ziphash")).unwrap(), sample().h1().to_string().as_bytes());
}

/// Links in the way are reported, not followed and not removed.
#[test]
fn links_are_hostile() {
    let outside = TempTree::new();
    fs::write(outside.join("file"), "untouched").unwrap();
    let places = [
        "cache".to_owned(),
        "cache/download".to_owned(),
        "cache/download/example.com/!sample".to_owned(),
        SAMPLE_DOWNLOAD.to_owned(),
        "example.com".to_owned(),
        "example.com/!sample".to_owned(),
        SAMPLE_TREE.to_owned(),
    ];
    let files = ["zip", "ziphash", "mod", "info", "lock", "partial"];
    let files = files.map(|suffix| format!("{SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.{suffix}"));
    let list = format!("{SAMPLE_DOWNLOAD}/list");
    let targets = places.iter().map(|place| (place, outside.path().to_owned()));
    let to_file = files.iter().chain([&list]).map(|place| (place, outside.join("file")));
    for (place, to) in targets.chain(to_file) {
        let tree = TempTree::new();
        let link = tree.join(place);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(&to, &link).unwrap();
        let error = open(tree.path()).install(input(&sample())).unwrap_err();
        assert!(error.to_string().contains(place.as_str()), "{place}: {error}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{place}");
        assert_eq!(fs::read(outside.join("file")).unwrap(), b"untouched", "{place}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{place}");
    }
}

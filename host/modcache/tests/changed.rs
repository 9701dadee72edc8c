//! A cache that was changed after it was filled, and things in it that are no
//! files: reported by name, not waited for, not read without end.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{ChangeKind, InstallError, ModCache, ModuleInput, Options, Outcome, Problem, Progress};
use airgo_testkit::TempTree;
use common::{SAMPLE_DOWNLOAD, SAMPLE_TREE, SAMPLE_VERSION, input, open, sample};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

struct Cache(TempTree);

impl Cache {
    fn new() -> Self {
        let tree = TempTree::new();
        open(tree.path()).install(input(&sample())).unwrap();
        for dir in ["", "sub", "sub/deep", "sub/deep/er"] {
            let dir = tree.join(SAMPLE_TREE).join(dir);
            fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
        }
        Self(tree)
    }

    fn download(&self, suffix: &str) -> PathBuf {
        self.0.join(format!("{SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.{suffix}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{SAMPLE_TREE}/{name}"))
    }

    fn write(&self, name: &str, text: &str) {
        let _ = fs::remove_file(self.file(name));
        fs::write(self.file(name), text).unwrap();
    }

    fn install(&self) -> Result<Outcome, InstallError> {
        open(self.0.path()).install(input(&sample()))
    }

    fn trust(&self) -> Result<Outcome, InstallError> {
        let options = Options { trust_existing: true, ..Options::default() };
        ModCache::open(self.0.path(), options).unwrap().install(input(&sample()))
    }

    /// Installing names these files of the tree, or below the cache, and only these.
    #[track_caller]
    fn reports(&self, want: &[(&str, ChangeKind)]) {
        let error = self.install().unwrap_err();
        let Problem::Changed { changes, .. } = &*error.problem else { panic!("{error}") };
        let have: Vec<_> = changes.files.iter().map(|change| (change.file.as_str(), change.kind)).collect();
        let whole = |name: &str| match name {
            "zip" => format!("{SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.zip"),
            name => format!("{SAMPLE_TREE}/{name}"),
        };
        let want: Vec<_> = want.iter().map(|(name, kind)| (whole(name), *kind)).collect();
        let want: Vec<_> = want.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
        assert_eq!(have, want);
        assert_eq!(changes.more, 0);
        // And the go command's way keeps it.
        assert_eq!(self.trust().unwrap(), Outcome::AlreadyPresent);
    }
}

use ChangeKind::{Added, Changed, Missing};

#[test]
fn names_what_was_changed() {
    let cache = Cache::new();
    cache.write("sub/a.go", "package evil\n");
    cache.reports(&[("sub/a.go", Changed)]);
    cache.write("zz.go", "package m\n");
    cache.reports(&[("sub/a.go", Changed), ("zz.go", Added)]);
    fs::remove_file(cache.file("m.go")).unwrap();
    cache.reports(&[("m.go", Missing), ("sub/a.go", Changed), ("zz.go", Added)]);
    // With a zip that cannot be compared with.
    fs::write(cache.download("zip"), "junk").unwrap();
    cache.reports(&[("zip", Changed), ("m.go", Missing), ("sub/a.go", Changed), ("zz.go", Added)]);
    // Nothing of it was touched.
    assert_eq!(fs::read(cache.file("sub/a.go")).unwrap(), b"package evil\n");
    assert!(!cache.0.join("cache/airgo-tmp").exists());

    let cache = Cache::new();
    fs::write(cache.download("zip"), sample().file("evil.go", "package evil\n").zip_bytes()).unwrap();
    cache.reports(&[("zip", Changed)]);
    File::options().write(true).open(cache.download("zip")).unwrap().set_len(3 << 30).unwrap();
    cache.reports(&[("zip", Changed)]);
}

#[test]
fn what_is_no_file_in_a_tree_is_not_opened_for_long() {
    for make in [fifo, socket, link, |path: &Path| fs::create_dir(path.with_file_name("dir")).unwrap()] {
        let cache = Cache::new();
        make(&cache.file("new"));
        if cache.file("dir").exists() {
            // An empty directory is nothing to go.
            assert_eq!(cache.install().unwrap(), Outcome::AlreadyPresent);
            continue;
        }
        cache.reports(&[("new", Added)]);
        fs::remove_file(cache.file("m.go")).unwrap();
        make(&cache.file("m.go"));
        cache.reports(&[("m.go", Changed), ("new", Added)]);
    }
    let cache = Cache::new();
    File::create(cache.file("huge")).unwrap().set_len(1 << 40).unwrap();
    cache.reports(&[("huge", Added)]);
}

/// What go does with each, and airgo beside it.
#[test]
fn states_of_a_cache() {
    // A zip to extract is hashed before; go takes it as it is.
    let cache = Cache::new();
    fs::remove_dir_all(cache.file("")).unwrap();
    assert_eq!(cache.install().unwrap(), Outcome::Installed);
    let cache = Cache::new();
    fs::remove_dir_all(cache.file("")).unwrap();
    fs::write(cache.download("zip"), "junk").unwrap();
    let error = cache.install().unwrap_err();
    assert!(matches!(*error.problem, Problem::Changed { .. }), "{error}");
    // No .ziphash: go hashes the zip, and refuses another one.
    let cache = Cache::new();
    fs::remove_file(cache.download("ziphash")).unwrap();
    fs::write(cache.download("zip"), sample().file("x", "").zip_bytes()).unwrap();
    let error = cache.install().unwrap_err();
    assert!(matches!(*error.problem, Problem::Changed { .. }), "{error}");
    // Without the zip the tree is held against the bundle's.
    let cache = Cache::new();
    fs::remove_file(cache.download("zip")).unwrap();
    assert_eq!(cache.install().unwrap(), Outcome::Installed);
    let cache = Cache::new();
    fs::remove_file(cache.download("zip")).unwrap();
    cache.write("m.go", "package evil\n");
    let error = cache.install().unwrap_err();
    assert!(error.to_string().contains("m.go was changed"), "{error}");
    assert!(!cache.download("zip").exists());
    // Modes are not content.
    let cache = Cache::new();
    fs::set_permissions(cache.file("m.go"), Permissions::from_mode(0o666)).unwrap();
    assert_eq!(cache.install().unwrap(), Outcome::AlreadyPresent);
    // A tree that is not finished is nobody's, whatever is in it.
    let cache = Cache::new();
    cache.write("m.go", "package evil\n");
    fs::write(cache.download("partial"), "").unwrap();
    assert_eq!(cache.install().unwrap(), Outcome::Installed);
    assert_eq!(fs::read(cache.file("m.go")).unwrap(), b"package m\n");
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn socket(path: &Path) {
    drop(UnixListener::bind(path).unwrap());
}

fn link(path: &Path) {
    symlink("/etc/passwd", path).unwrap();
}

fn directory(path: &Path) {
    fs::create_dir(path).unwrap();
}

#[test]
fn what_is_no_file_in_a_files_place_is_told() {
    for suffix in ["zip", "ziphash", "mod", "info", "lock", "partial"] {
        for make in [fifo, socket, link, directory] {
            let cache = Cache::new();
            let _ = fs::remove_file(cache.download(suffix));
            make(&cache.download(suffix));
            // So that the lock is wanted.
            if suffix == "lock" {
                fs::remove_file(cache.download("info")).unwrap();
            }
            let error = cache.install().unwrap_err();
            assert!(matches!(*error.problem, Problem::Obstacle { .. }), "{suffix}: {error}");
            let name = format!("{SAMPLE_VERSION}.{suffix} in the module cache is a");
            assert!(error.to_string().contains(&name), "{error}");
        }
    }
    for make in [fifo, socket, link, directory] {
        let cache = Cache::new();
        let list = cache.download("mod").with_file_name("list");
        let _ = fs::remove_file(&list);
        make(&list);
        fs::remove_file(cache.download("mod")).unwrap();
        let error = cache.install();
        assert!(error.as_ref().is_err_and(|e| e.to_string().contains("list")), "{error:?}");
    }
}

#[test]
fn files_without_end_are_read_up_to_their_limit() {
    for suffix in ["info", "mod", "ziphash"] {
        let cache = Cache::new();
        File::options().write(true).open(cache.download(suffix)).unwrap().set_len(1 << 40).unwrap();
        let installed = cache.install();
        match suffix {
            // One that go could not read is fetched again.
            "info" => assert_eq!(installed.unwrap(), Outcome::Installed),
            "mod" => {
                let error = installed.unwrap_err().to_string();
                assert!(error.contains("have more than 16777216 bytes"), "{error}");
            }
            _ => assert_eq!(installed.unwrap(), Outcome::Installed),
        }
    }
}

#[test]
fn a_lock_that_another_holds_can_be_given_up() {
    struct GiveUp(AtomicU32);
    impl Progress for GiveUp {
        fn cancelled(&self) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed) > 3
        }
    }
    let cache = Cache::new();
    fs::remove_file(cache.download("info")).unwrap();
    let lock = File::options().write(true).open(cache.download("lock")).unwrap();
    lock.lock().unwrap();
    let module = sample();
    let input: ModuleInput<'_> = input(&module);
    let error = open(cache.0.path()).install_all([input], 1, &GiveUp(AtomicU32::new(0))).unwrap_err().error;
    assert!(matches!(*error.problem, Problem::Cancelled), "{error}");
}

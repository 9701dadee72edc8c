//! What airgo wrote or hashed before is not hashed again, and every change is seen.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_modcache::{Content, InstallError, ModCache, ModuleInput, Options, Outcome, PartialInput, Problem};
use airgo_testkit::TempTree;
use common::{SAMPLE_DOWNLOAD, SAMPLE_TREE, SAMPLE_VERSION, contents, input, open, partial, sample};
use std::fs::{self, File, FileTimes, Permissions};
use std::io::{Cursor, Read};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A zip that says whether it was read.
struct Watched(Cursor<Vec<u8>>, Arc<AtomicBool>);

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1.store(true, Ordering::Relaxed);
        self.0.read(buffer)
    }
}

struct Cache(TempTree);

impl Cache {
    fn new() -> Self {
        let tree = TempTree::new();
        open(tree.path()).install(input(&sample())).unwrap();
        Self(tree)
    }

    /// Installs, and says whether the bundle's zip was read: what is known is neither read
    /// there nor hashed in the cache.
    fn install_in(dir: &Path, options: Options) -> (Result<Outcome, InstallError>, bool) {
        let module = sample();
        let was_read = Arc::new(AtomicBool::new(false));
        let mut input: ModuleInput<'_> = input(&module);
        let reader = Watched(Cursor::new(module.zip_bytes()), Arc::clone(&was_read));
        input.zip.as_mut().unwrap().reader = Box::new(reader);
        let installed = ModCache::open(dir, options).unwrap().install(input);
        (installed, was_read.load(Ordering::Relaxed))
    }

    fn install(&self) -> (Result<Outcome, InstallError>, bool) {
        Self::install_in(self.0.path(), Options::default())
    }

    #[track_caller]
    fn is_known(&self) {
        let (installed, was_read) = self.install();
        assert_eq!(installed.unwrap(), Outcome::AlreadyPresent);
        assert!(!was_read, "it was hashed again");
    }

    /// It is hashed, found right, and known from then on.
    #[track_caller]
    fn is_hashed_once(&self) {
        let (installed, was_read) = self.install();
        assert_eq!(installed.unwrap(), Outcome::AlreadyPresent);
        assert!(was_read, "it was not hashed");
        // What was changed a moment ago is recorded when its tick has passed.
        std::thread::sleep(std::time::Duration::from_millis(30));
        self.install().0.unwrap();
        self.is_known();
    }

    #[track_caller]
    fn is_changed(&self, file: &str) {
        let error = self.install().0.unwrap_err();
        assert!(matches!(*error.problem, Problem::Changed { .. }), "{error}");
        assert!(error.to_string().contains(file), "{error}");
    }

    fn tree(&self, name: &str) -> PathBuf {
        self.0.join(format!("{SAMPLE_TREE}/{name}"))
    }

    fn zip(&self) -> PathBuf {
        self.0.join(format!("{SAMPLE_DOWNLOAD}/{SAMPLE_VERSION}.zip"))
    }

    /// The directory of the records.
    fn records(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.0.join("cache")).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|path| path.to_str().unwrap().contains("airgo-record-")).unwrap()
    }

    fn record(&self) -> PathBuf {
        fs::read_dir(self.records()).unwrap().next().unwrap().unwrap().path()
    }
}

/// Writes to a file in its place, with the size and the mtime that it had.
fn overwrite(path: &Path) {
    let before = fs::metadata(path).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, before.permissions()).unwrap();
    let times = FileTimes::new().set_modified(before.modified().unwrap());
    File::options().read(true).open(path).unwrap().set_times(times).unwrap();
    assert_eq!(fs::metadata(path).unwrap().mtime_nsec(), before.mtime_nsec());
}

#[test]
fn what_airgo_wrote_is_known() {
    let cache = Cache::new();
    cache.is_known();
    cache.is_known();
    assert_eq!(fs::metadata(cache.records()).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::metadata(cache.record()).unwrap().mode() & 0o7777, 0o600);
    // Also with directories that stay writable.
    let tree = TempTree::new();
    let options = || Options { keep_writable: true, ..Options::default() };
    Cache::install_in(tree.path(), options()).0.unwrap();
    assert!(!Cache::install_in(tree.path(), options()).1);
}

#[test]
fn what_airgo_hashed_is_known() {
    let cache = Cache::new();
    fs::remove_dir_all(cache.records()).unwrap();
    cache.is_hashed_once();
    // Metadata that is missing is written all the same.
    fs::remove_file(cache.zip().with_extension("info")).unwrap();
    let (installed, was_read) = cache.install();
    assert_eq!((installed.unwrap(), was_read), (Outcome::Installed, false));
}

#[test]
fn every_change_is_seen() {
    // Content, size and mtime as before.
    let cache = Cache::new();
    overwrite(&cache.tree("sub/deep/er/d.go"));
    cache.is_changed("sub/deep/er/d.go was changed");
    let cache = Cache::new();
    overwrite(&cache.zip());
    cache.is_changed(".zip was changed");
    // A file more, and one less.
    let cache = Cache::new();
    fs::write(cache.tree("sub/new.go"), "package sub\n").unwrap();
    cache.is_changed("sub/new.go was added");
    let cache = Cache::new();
    fs::remove_file(cache.tree("sub/a.go")).unwrap();
    cache.is_changed("sub/a.go is missing");
    // A file moved to where another was.
    let cache = Cache::new();
    fs::rename(cache.tree("sub/a.go"), cache.tree("m.go")).unwrap();
    cache.is_changed("m.go was changed");
    // A directory swapped for another one, and for a link to what it was.
    let cache = Cache::new();
    fs::rename(cache.tree("sub/deep"), cache.tree("sub/other")).unwrap();
    cache.is_changed("sub/deep/er/d.go is missing");
    std::os::unix::fs::symlink("other", cache.tree("sub/deep")).unwrap();
    cache.is_changed("sub/deep was added");
}

#[test]
fn what_only_looks_changed_is_hashed() {
    // Another file with the same content.
    let cache = Cache::new();
    let file = cache.tree("sub/a.go");
    fs::copy(&file, cache.tree("sub/copy")).unwrap();
    fs::rename(cache.tree("sub/copy"), file).unwrap();
    cache.is_hashed_once();
    // Modes of files, directories and zips.
    for name in ["m.go", "sub/deep", ""] {
        let cache = Cache::new();
        fs::set_permissions(cache.tree(name), Permissions::from_mode(0o750)).unwrap();
        cache.is_hashed_once();
    }
    let cache = Cache::new();
    fs::set_permissions(cache.zip(), Permissions::from_mode(0o600)).unwrap();
    cache.is_hashed_once();
    // An empty directory is nothing to go.
    let cache = Cache::new();
    fs::create_dir(cache.tree("empty")).unwrap();
    cache.is_hashed_once();
    // Taken away and put back.
    let cache = Cache::new();
    fs::rename(cache.tree("m.go"), cache.0.join("elsewhere")).unwrap();
    fs::rename(cache.0.join("elsewhere"), cache.tree("m.go")).unwrap();
    cache.is_hashed_once();
}

#[test]
fn a_copied_cache_is_hashed() {
    let cache = Cache::new();
    let copy = TempTree::new();
    let from = format!("{}/.", cache.0.path().display());
    assert!(Command::new("cp").args(["-a", &from]).arg(copy.path()).status().unwrap().success());
    // The record came along, and is of other files.
    Cache(copy).is_hashed_once();
    cache.is_known();
}

#[test]
fn a_record_that_others_may_have_written_is_not_believed() {
    let cache = Cache::new();
    fs::set_permissions(cache.record(), Permissions::from_mode(0o620)).unwrap();
    cache.is_hashed_once();
    let cache = Cache::new();
    fs::set_permissions(cache.records(), Permissions::from_mode(0o702)).unwrap();
    let (installed, was_read) = cache.install();
    assert_eq!((installed.unwrap(), was_read), (Outcome::AlreadyPresent, true));
    // It is written nowhere, then.
    assert!(cache.install().1);

    // Damaged, empty, cut short, of another module, newer, and no file at all.
    let cache = Cache::new();
    let good = fs::read(cache.record()).unwrap();
    for bad in [&b""[..], &good[..good.len() - 1], &vec![0; good.len()], b"airgo-record 2\n"] {
        fs::write(cache.record(), bad).unwrap();
        cache.is_hashed_once();
    }
    let (record, other) = (cache.record(), cache.records().join("0".repeat(40)));
    fs::rename(&record, &other).unwrap();
    let (installed, was_read) = cache.install();
    assert_eq!((installed.unwrap(), was_read), (Outcome::AlreadyPresent, true));
    for make in [link, fifo] {
        fs::remove_file(&record).unwrap();
        make(&other, &record);
        assert!(cache.install().1);
    }
    File::create(&other).unwrap().set_len(1 << 40).unwrap();
    fs::remove_file(&record).unwrap();
    fs::rename(&other, &record).unwrap();
    assert!(cache.install().1);
}

fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

fn fifo(_: &Path, at: &Path) {
    assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
}

#[test]
fn a_record_whose_files_are_newer_is_not_believed() {
    let cache = Cache::new();
    let tree = cache.tree("m.go");
    // As where the clock was set back after the file was written: a file of tomorrow.
    let tomorrow = fs::metadata(&tree).unwrap().modified().unwrap() + std::time::Duration::from_secs(86_400);
    File::options()
        .read(true)
        .open(&tree)
        .unwrap()
        .set_times(FileTimes::new().set_modified(tomorrow))
        .unwrap();
    for _ in 0..3 {
        let (installed, was_read) = cache.install();
        assert_eq!((installed.unwrap(), was_read), (Outcome::AlreadyPresent, true));
    }
}

fn put(cache: &ModCache, input: PartialInput) -> (Outcome, usize) {
    let stage = cache.stage().of_bundle([7; 32]);
    let tree = stage.partial(input, &()).unwrap();
    let files = contents(&sample());
    let mut written = 0;
    for (index, (_, bytes)) in files.iter().enumerate().filter(|(index, _)| tree.awaits(*index)) {
        tree.put(index, &Content::of(bytes)).unwrap();
        written += 1;
    }
    drop(tree);
    (stage.publish(1, &()).unwrap()[0].1, written)
}

#[test]
fn parts_are_known_and_their_changes_seen() {
    let tree = TempTree::new();
    let part = || partial(&sample(), |name| name != "sub/a.go");
    assert_eq!(put(&open(tree.path()), part()), (Outcome::Installed, 4));
    // Without its file the content is gone: what is known is not read.
    let file = tree.join(format!("{SAMPLE_TREE}/m.go"));
    let before = atime_free_reads(&file);
    assert_eq!(put(&open(tree.path()), part()), (Outcome::AlreadyPresent, 0));
    assert_eq!(atime_free_reads(&file), before);
    // More of it, and then all: each is recorded once it is hashed.
    assert_eq!(put(&open(tree.path()), partial(&sample(), |_| true)), (Outcome::Extended, 1));
    std::thread::sleep(std::time::Duration::from_millis(30));
    assert_eq!(put(&open(tree.path()), partial(&sample(), |_| true)), (Outcome::AlreadyPresent, 0));
    overwrite(&file);
    let cache = open(tree.path());
    let error = cache.stage().partial(part(), &()).unwrap_err();
    assert!(error.to_string().contains("m.go was changed"), "{error}");
}

/// When the file was read last, where the file system says so.
fn atime_free_reads(file: &Path) -> (i64, i64) {
    let metadata = fs::metadata(file).unwrap();
    (metadata.atime(), metadata.atime_nsec())
}

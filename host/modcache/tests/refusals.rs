//! What is not what it should be is not installed, and nothing of it stays.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_gomod::{H1, ModuleVersion};
use airgo_modcache::{ModCache, ModuleInput, Options, Outcome, Problem, Progress};
use airgo_testkit::{Module, TempTree, ZipBuilder};
use common::{SAMPLE_DOWNLOAD, SAMPLE_VERSION, go_mod, input, open, sample, unlocked_files, zip};
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Refuses the module, and leaves nothing: no cache where there was none.
#[track_caller]
fn refused(input: ModuleInput<'_>, want: &str) {
    let tree = TempTree::new();
    let error = open(&tree.join("new/cache")).install(input).unwrap_err();
    assert_eq!(error.to_string(), want);
    assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 0);
}

#[test]
fn other_content_than_promised() {
    let name = "cannot install example.com/Sample/m@v1.2.3-RC1: ";
    let sum = sample().h1();
    let other = H1([7; 32]);
    let with_zip = |change: fn(&mut airgo_modcache::ZipInput<'_>)| {
        let mut input = input(&sample());
        change(input.zip.as_mut().unwrap());
        input
    };
    refused(
        with_zip(|zip| zip.h1 = H1([7; 32])),
        &format!("{name}checksum mismatch for the zip's content: want {other}, got {sum}"),
    );
    let zeros = format!("sha256:{}", "00".repeat(32));
    let size = sample().zip_bytes().len();
    let error = open(TempTree::new().path()).install(with_zip(|zip| zip.sha256 = [0; 32])).unwrap_err();
    let problem = error.problem.to_string();
    assert!(
        problem.starts_with(&format!("checksum mismatch for the zip file: want {zeros}, got sha256:")),
        "{problem}"
    );
    refused(
        with_zip(|zip| zip.size -= 1),
        &format!("{name}checksum mismatch for the zip file's length: want {} bytes, got more", size - 1),
    );
    refused(
        with_zip(|zip| zip.size += 1),
        &format!(
            "{name}checksum mismatch for the zip file's length: want {} bytes, got {size} bytes",
            size + 1
        ),
    );
    let mut bad_mod = input(&sample());
    bad_mod.go_mod.as_mut().unwrap().h1 = other;
    let got = go_mod(sample().go_mod_bytes()).h1;
    refused(bad_mod, &format!("{name}checksum mismatch for go.mod: want {other}, got {got}"));
}

#[test]
fn zips_that_break_the_rules() {
    let of = |zip_: ZipBuilder| {
        let h1 = zip_.h1();
        ModuleInput { zip: Some(zip(zip_.bytes(), h1)), ..input(&sample()) }
    };
    let root = "example.com/Sample/m@v1.2.3-RC1";
    let name = format!("cannot install {root}: its zip is refused: ");
    let good = || ZipBuilder::new().file(format!("{root}/a.go"), "package a");
    refused(
        of(good().file(format!("{root}/../../../x"), "x")),
        &format!(
            "{name}\"{root}/../../../x\": malformed file path \"../../../x\": invalid path element \"..\""
        ),
    );
    refused(
        of(good().file(format!("{root}/A.go"), "x")),
        &format!("{name}\"{root}/A.go\": case-insensitive file name collision with \"a.go\""),
    );
    // A false size that shows only after files were written.
    let mut bytes = good().file(format!("{root}/z.go"), "package z").bytes();
    let crc = crc(b"package z");
    while let Some(at) = bytes.windows(4).position(|window| window == crc) {
        bytes[at] ^= 1;
    }
    let input = ModuleInput { zip: Some(zip(bytes, H1([0; 32]))), ..input(&sample()) };
    let (want, got) = (u32::from_le_bytes(crc) ^ 1, u32::from_le_bytes(crc));
    refused(
        input,
        &format!("{name}\"{root}/z.go\": the data do not match their crc32: want {want:08x}, got {got:08x}"),
    );
}

fn crc(data: &[u8]) -> [u8; 4] {
    let zip = ZipBuilder::new().stored("x", data).bytes();
    // Local header of 30 bytes and a name of one, the data, the signature.
    zip[31 + data.len() + 4..][..4].try_into().unwrap()
}

#[test]
fn modules_without_a_place() {
    let install = |path: &str, version: &str| {
        let input = ModuleInput {
            module: ModuleVersion::new(path, version),
            info: None,
            go_mod: Some(go_mod(b"module m\n".to_vec())),
            zip: None,
        };
        open(TempTree::new().path()).install(input).unwrap_err().to_string()
    };
    assert!(install("../up", "v1.0.0").contains("malformed module path \"../up\""));
    assert!(install("example.com/m", "v1.0.0/../x").contains("the version is not canonical"));
    assert!(install("example.com/m", "main").contains("the version is not canonical"));
    assert!(install("example.com/m", "v1").contains("it should be \"v1.0.0\""));
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the bundle is gone"))
    }
}

#[test]
fn a_source_that_fails() {
    let tree = TempTree::new();
    let mut input = input(&sample());
    let bytes = sample().zip_bytes();
    let half = Cursor::new(bytes[..bytes.len() / 2].to_vec());
    input.zip.as_mut().unwrap().reader = Box::new(half.chain(Broken));
    let error = open(tree.path()).install(input).unwrap_err();
    assert_eq!(error.to_string(), "cannot install example.com/Sample/m@v1.2.3-RC1: cannot read its zip");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the bundle is gone");
    assert_eq!(unlocked_files(tree.path()), Vec::<String>::new());
}

/// Says what it heard, and gives up after so many files.
#[derive(Default)]
struct Listener {
    bytes: AtomicU64,
    left: AtomicU64,
    heard: Mutex<Vec<String>>,
}

impl Progress for Listener {
    fn started(&self, module: &ModuleVersion) {
        self.heard.lock().unwrap().push(format!("start {module}"));
    }

    fn bytes(&self, more: u64) {
        self.bytes.fetch_add(more, Ordering::Relaxed);
    }

    fn staged(&self, module: &ModuleVersion) {
        self.heard.lock().unwrap().push(format!("staged {module}"));
    }

    fn finished(&self, module: &ModuleVersion, outcome: Outcome) {
        self.heard.lock().unwrap().push(format!("{outcome:?} {module}"));
    }

    fn cancelled(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn giving_up_leaves_nothing() {
    let mut installed = 0;
    for steps in 0..16 {
        let tree = TempTree::new();
        let listener = Listener { left: steps.into(), ..Listener::default() };
        let result = open(tree.path()).install_all([input(&sample())], 1, &listener);
        match result {
            Ok(_) => installed += 1,
            Err(error) => {
                assert!(matches!(*error.error.problem, Problem::Cancelled), "{error}");
                assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 0);
            }
        }
    }
    assert!((1..=8).contains(&installed), "{installed}");
}

fn numbered(i: usize) -> Module {
    Module::new(format!("example.com/m{i}"), "v1.0.0").file("x.go", "x".repeat(i * 100_000))
}

#[test]
fn the_first_failure_stops_the_rest() {
    let tree = TempTree::new();
    let mut inputs: Vec<_> = (0..6).map(|i| input(&numbered(i))).collect();
    // The largest goes first: m5 is good, m4 is bad, the rest is not started.
    inputs[4].zip.as_mut().unwrap().h1 = H1([0; 32]);
    let listener = Listener { left: u64::MAX.into(), ..Listener::default() };
    let error = open(tree.path()).install_all(inputs, 1, &listener).unwrap_err();
    assert!(error.to_string().ends_with("; 0 of 6 modules installed"), "{error}");
    assert_eq!(error.error.module.path, "example.com/m4");
    assert_eq!(error.finished, []);
    let left: Vec<_> = error.not_installed.iter().map(|module| module.path.as_str()).collect();
    assert_eq!(left, [0, 1, 2, 3, 5].map(|i| format!("example.com/m{i}")));
    let heard = listener.heard.lock().unwrap().clone();
    let want = ["start example.com/m5@v1.0.0", "staged example.com/m5@v1.0.0", "start example.com/m4@v1.0.0"];
    assert_eq!(heard, want);
    assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 0);
}

#[test]
fn progress_adds_up_to_the_zips() {
    let tree = TempTree::new();
    let modules: Vec<_> = (0..6).map(numbered).collect();
    let total: usize = modules.iter().map(|module| module.zip_bytes().len()).sum();
    for outcome in [Outcome::Installed, Outcome::AlreadyPresent] {
        let listener = Listener { left: u64::MAX.into(), ..Listener::default() };
        let done = open(tree.path()).install_all(modules.iter().map(input), 3, &listener).unwrap();
        assert!(done.iter().all(|(_, got)| *got == outcome));
        assert_eq!(listener.bytes.into_inner(), total as u64, "{outcome:?}");
    }
}

#[test]
fn the_same_module_twice_at_once() {
    let tree = TempTree::new();
    let inputs = (0..8).map(|_| input(&sample()));
    let done = open(tree.path()).install_all(inputs, 4, &()).unwrap();
    assert_eq!(done.iter().filter(|(_, outcome)| *outcome == Outcome::Installed).count(), 1);
}

#[test]
fn parts_of_a_module() {
    let tree = TempTree::new();
    let cache = open(tree.path());
    let only_mod = || ModuleInput { info: None, zip: None, ..input(&sample()) };
    assert_eq!(cache.install(only_mod()).unwrap(), Outcome::Installed);
    // The escaped version is not a version, so go does not list it.
    let files = ["list".to_owned(), format!("{SAMPLE_VERSION}.mod")];
    assert_eq!(unlocked_files(tree.path()), files.map(|file| format!("{SAMPLE_DOWNLOAD}/{file}")));
    assert_eq!(fs::read(tree.join(format!("{SAMPLE_DOWNLOAD}/list"))).unwrap(), b"");
    assert_eq!(cache.install(only_mod()).unwrap(), Outcome::AlreadyPresent);
    let with_info = ModuleInput { zip: None, ..input(&sample()) };
    assert_eq!(cache.install(with_info).unwrap(), Outcome::Installed);
    assert_eq!(cache.install(input(&sample())).unwrap(), Outcome::Installed);
    assert_eq!(cache.install(input(&sample())).unwrap(), Outcome::AlreadyPresent);
    // A zip alone.
    let tree = TempTree::new();
    let only_zip = ModuleInput { info: None, go_mod: None, ..input(&sample()) };
    assert_eq!(open(tree.path()).install(only_zip).unwrap(), Outcome::Installed);
}

#[test]
fn versions_are_listed_in_their_order() {
    let tree = TempTree::new();
    for version in [
        "v1.10.0",
        "v1.9.0",
        "v1.9.0-rc.1",
        "v2.0.0+incompatible",
        "v1.9.1-0.20240102030405-0123456789ab",
        "v1.9.0-RC1",
    ] {
        let module = Module::new("example.com/m", version);
        open(tree.path()).install(ModuleInput { zip: None, ..input(&module) }).unwrap();
    }
    let list = fs::read_to_string(tree.join("cache/download/example.com/m/@v/list")).unwrap();
    assert_eq!(
        list,
        "v1.9.0-rc.1\nv1.9.0\nv1.9.1-0.20240102030405-0123456789ab\nv1.10.0\nv2.0.0+incompatible\n"
    );
}

#[test]
fn a_cache_that_cannot_be_opened() {
    let tree = TempTree::new();
    let file = tree.write("file", "");
    let error = ModCache::open(&file, Options::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open the module cache {}", file.display()));
    assert!(ModCache::open(Path::new("/proc/none"), Options::default()).is_err());
}

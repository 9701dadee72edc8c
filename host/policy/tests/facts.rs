//! What plugins gathered is remembered, believed only where nobody else can
//! have written it, and changes no verdict.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use airgo_gomod::ModuleVersion;
use airgo_policy::{
    BundleInfo, BundleView, Counts, Engine, EngineConfig, FileEntry, MemoryBundle, ModuleInfo, Policy,
    ReadError, airgo_toml,
};
use sha2::{Digest, Sha256};

const MIT: &str = include_str!("../../../plugins/licence/fixtures/mit.txt");
const GPL: &str = include_str!("../../../plugins/licence/fixtures/gpl-3.0-or-later-header.txt");
const POLICY: &str = r#"
[[plugin]]
name = "licence"
builtin = "licence"
config.report = true
[[plugin]]
name = "native"
builtin = "native"
config.unsafe = "warn"
"#;

/// A bundle that counts how often its zips are looked into.
struct Counted {
    bundle: MemoryBundle,
    looks: AtomicUsize,
}

impl BundleView for Counted {
    fn info(&self) -> BundleInfo {
        self.bundle.info()
    }
    fn modules(&self) -> &[ModuleInfo] {
        self.bundle.modules()
    }
    fn go_mod(&self, module: usize) -> Result<Vec<u8>, ReadError> {
        self.bundle.go_mod(module)
    }
    fn list_files(&self, module: usize) -> Result<Vec<FileEntry>, ReadError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.bundle.list_files(module)
    }
    fn read(&self, module: usize, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        self.bundle.read(module, path, offset, len)
    }
}

fn module(n: usize) -> ModuleInfo {
    ModuleInfo {
        path: format!("example.com/m{n}"),
        version: "v1.0.0".to_owned(),
        sum: format!("h1:{n}"),
        go_mod_sum: format!("h1:mod{n}"),
        zip_size: 1000,
        ..ModuleInfo::default()
    }
}

/// Forty modules; every third is GPL, every fourth has C in it.
fn bundle() -> MemoryBundle {
    let mut bundle = MemoryBundle::default();
    for n in 0..40 {
        let source = if n % 4 == 0 { "package a\nimport \"C\"\nimport \"unsafe\"\n" } else { "package a\n" };
        bundle.add(module(n), &[("LICENSE", if n % 3 == 0 { GPL } else { MIT }), ("a.go", source)]);
    }
    bundle
}

/// The report as a digest, and how often zips were looked into.
fn judge_by(policy: &str, bundle: MemoryBundle, cache: Option<&Path>) -> (String, usize) {
    let engine = Engine::new(EngineConfig { cache_dir: cache.map(Path::to_owned) }).unwrap();
    let file = airgo_toml::parse("airgo.toml", policy).unwrap();
    let policy =
        Policy::load(&engine, file, Path::new("."), "2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
    let view = Arc::new(Counted { bundle, looks: AtomicUsize::new(0) });
    let report = policy.evaluate(&(Arc::clone(&view) as _)).unwrap().report;
    let Counts { allow, warn, deny, .. } = report.counts;
    let digest = Sha256::digest(serde_json::to_vec(&report).unwrap());
    (format!("{allow} {warn} {deny} {digest:x}"), view.looks.load(Ordering::Relaxed))
}

fn judge(bundle: MemoryBundle, cache: Option<&Path>) -> (String, usize) {
    judge_by(POLICY, bundle, cache)
}

fn files(cache: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(cache.join("facts")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_verdict_is_the_same_cold_warm_and_without_a_cache() {
    let temp = tempfile::tempdir().unwrap();
    let cache = temp.path().join("plugins");
    let (without, looks) = judge(bundle(), None);
    assert_eq!(looks, 80, "two plugins look into forty zips");
    assert!(without.starts_with("40 34 0 "), "14 licences and 20 of native: {without}");
    let (cold, looks) = judge(bundle(), Some(&cache));
    assert_eq!((&cold, looks), (&without, 80));
    let (warm, looks) = judge(bundle(), Some(&cache));
    assert_eq!((&warm, looks), (&without, 0), "all is known");

    // One file a plugin, for this user alone.
    assert_eq!(files(&cache).len(), 2);
    for path in files(&cache) {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::metadata(cache.join("facts")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn what_changes_is_gathered_anew_and_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let cache = temp.path().join("plugins");
    judge(bundle(), Some(&cache));
    let change = |change: &dyn Fn(&mut ModuleInfo)| {
        let mut bundle = bundle();
        change(&mut bundle.modules[7]);
        let (_, looks) = judge(bundle, Some(&cache));
        looks
    };
    assert_eq!(change(&|m| m.sum = "h1:other".to_owned()), 2);
    assert_eq!(change(&|m| m.go_mod_sum = "h1:other".to_owned()), 2);
    assert_eq!(change(&|m| m.version = "v1.0.1".to_owned()), 2);
    assert_eq!(change(&|m| m.zip_size += 1), 2);
    // What the content does not determine is no part of it.
    assert_eq!(change(&|m| m.time = Some("2026-01-01T00:00:00Z".to_owned())), 0);
    assert_eq!(change(&|m| m.direct = true), 0);
    let other = |m: &mut ModuleInfo| {
        m.replaced_by = Some(ModuleVersion::new(&m.path, &m.version));
        m.path = "example.com/original".to_owned();
    };
    assert_eq!(change(&other), 0, "the same code under another name");
    // Nobody summed it up: it is gathered each time.
    assert_eq!(change(&|m| m.sum.clear()), 2);
    assert_eq!(change(&|m| m.sum.clear()), 2);

    // Another config of the same plan knows all; another plan nothing.
    let (_, looks) = judge_by(&POLICY.replace("unsafe = \"warn\"", "cgo = \"deny\""), bundle(), Some(&cache));
    assert_eq!(looks, 0);
    let (_, looks) = judge_by(&POLICY.replace("unsafe = \"warn\"", "tests = true"), bundle(), Some(&cache));
    assert_eq!(looks, 40);
    // A plugin under other limits might have failed.
    let (_, looks) = judge_by(&format!("[limits]\nfact = \"1MiB\"\n{POLICY}"), bundle(), Some(&cache));
    assert_eq!(looks, 80);
    let (_, looks) = judge_by(&format!("[limits]\ngather = \"7s\"\n{POLICY}"), bundle(), Some(&cache));
    assert_eq!(looks, 0, "how long it may take changes no fact");
}

#[test]
fn damage_costs_time_and_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let cache = temp.path().join("plugins");
    let (good, _) = judge(bundle(), Some(&cache));
    let file = files(&cache).remove(0);
    let bytes = fs::read(&file).unwrap();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut damaged = vec![Vec::new(), b"airgo facts v1\n\0".to_vec(), bytes[..bytes.len() - 1].to_vec()];
    damaged.push([&bytes[..], b"more"].concat());
    for _ in 0..40 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (seed >> 16) as usize % bytes.len();
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (seed >> 60 & 7);
        damaged.push(flipped);
        damaged.push(bytes[..at].to_vec());
    }
    // A length that reaches far beyond the end.
    let mut long = bytes.clone();
    long[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    damaged.push(long);
    for bytes in damaged {
        fs::write(&file, bytes).unwrap();
        assert_eq!(judge(bundle(), Some(&cache)).0, good);
        // What was lost is there again.
        assert_eq!(judge(bundle(), Some(&cache)), (good.clone(), 0));
    }
}

#[test]
fn what_others_can_write_is_not_believed() {
    let temp = tempfile::tempdir().unwrap();
    let cache = temp.path().join("plugins");
    let (good, _) = judge(bundle(), Some(&cache));
    for file in files(&cache) {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o622)).unwrap();
    }
    assert_eq!(judge(bundle(), Some(&cache)), (good.clone(), 80));
    assert_eq!(judge(bundle(), Some(&cache)), (good.clone(), 0), "they were replaced");
    for (n, file) in files(&cache).into_iter().enumerate() {
        let elsewhere = temp.path().join(n.to_string());
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    }
    assert_eq!(judge(bundle(), Some(&cache)), (good.clone(), 80));
    let dir = cache.join("facts");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(judge(bundle(), Some(&cache)), (good.clone(), 80));
    assert_eq!(judge(bundle(), Some(&cache)), (good, 80), "nothing is kept there");
}

#[test]
fn runs_at_the_same_time_share_a_cache() {
    let temp = tempfile::tempdir().unwrap();
    let cache = temp.path().join("plugins");
    let (good, _) = judge(bundle(), None);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| judge(bundle(), Some(&cache)).0)).collect();
        runs.into_iter().for_each(|run| assert_eq!(run.join().unwrap(), good));
    });
    assert_eq!(judge(bundle(), Some(&cache)), (good, 0));
    assert_eq!(files(&cache).len(), 2, "no temporary file is left");
}

/// A module whose facts cannot be gathered refuses the bundle, the first such
/// module in the order of paths, whatever is known of others.
#[test]
fn only_successes_are_remembered() {
    let temp = tempfile::tempdir().unwrap();
    let cache = temp.path().join("plugins");
    let policy = format!("[limits]\nread = \"0B\"\n{POLICY}");
    let engine = Engine::new(EngineConfig { cache_dir: Some(cache.clone()) }).unwrap();
    let file = airgo_toml::parse("airgo.toml", &policy).unwrap();
    let policy =
        Policy::load(&engine, file, Path::new("."), "2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
    let mut bundle = bundle();
    for n in [11, 23] {
        // 16 bytes may be read for each of a zip; here there is more in it.
        bundle.modules[n].zip_size = 1;
    }
    let bundle: Arc<dyn BundleView> = Arc::new(bundle);
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(policy.evaluate(&bundle).unwrap_err().to_string());
    }
    let wanted =
        "plugin licence used more than 16 bytes read from the bundle in gather, over example.com/m11@v1.0.0";
    assert_eq!(said, [wanted; 3]);
}

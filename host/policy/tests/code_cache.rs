//! Compiled code is kept, and believed only where nobody else can have
//! written it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use airgo_policy::{BUILTINS, Engine, EngineConfig, Limits};

/// The allowlist as nobody compiled it ahead of time: with a custom section
/// behind it.
fn component() -> Vec<u8> {
    [BUILTINS[0].component(), b"\0\x05\x04test"].concat()
}

/// Whether loading the allowlist takes its code from the cache.
fn loads_from_cache(dir: &Path) -> bool {
    let engine = Engine::new(EngineConfig { cache_dir: Some(dir.to_owned()) }).unwrap();
    let plugin = engine.load(&component(), &Limits::default()).unwrap();
    assert_eq!(plugin.describe().name, "allowlist");
    plugin.from_cache()
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_second_load_compiles_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("deep/down/code");
    assert!(!loads_from_cache(&dir));
    assert!(loads_from_cache(&dir));
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    let [entry] = &entries(&dir)[..] else { panic!("one entry") };
    assert_eq!(fs::metadata(entry).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_damaged_entry_is_dropped_and_made_anew() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("code");
    loads_from_cache(&dir);
    let entry = entries(&dir).remove(0);
    let good = fs::read(&entry).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let damaged = [
        Vec::new(),
        good[..40].to_vec(),
        good[..good.len() - 1].to_vec(),
        flipped(0),
        flipped(20),
        flipped(60),
        flipped(good.len() - 1),
        b"airgo code v1\n\0\0".to_vec(),
    ];
    for bytes in damaged {
        fs::write(&entry, bytes).unwrap();
        assert!(!loads_from_cache(&dir));
        assert!(loads_from_cache(&dir));
    }
}

/// The digest is right, the code is none: wasmtime's own check is behind ours.
#[test]
fn an_entry_that_is_no_code_is_dropped() {
    use sha2::{Digest, Sha256};
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("code");
    loads_from_cache(&dir);
    let entry = entries(&dir).remove(0);
    let mut bytes = b"airgo code v1\n\0\0".to_vec();
    bytes.extend(Sha256::digest(b"not code"));
    bytes.extend(b"not code");
    fs::write(&entry, bytes).unwrap();
    assert!(!loads_from_cache(&dir));
}

#[test]
fn an_entry_that_others_can_write_is_not_believed() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("code");
    loads_from_cache(&dir);
    let entry = entries(&dir).remove(0);
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o622)).unwrap();
    assert!(!loads_from_cache(&dir));
}

#[test]
fn an_entry_that_is_a_link_is_not_followed() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("code");
    loads_from_cache(&dir);
    let entry = entries(&dir).remove(0);
    let elsewhere = temp.path().join("elsewhere");
    fs::rename(&entry, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &entry).unwrap();
    assert!(!loads_from_cache(&dir));
}

#[test]
fn a_directory_that_others_can_write_is_not_used() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("code");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!loads_from_cache(&dir));
    assert!(!loads_from_cache(&dir));
    assert!(entries(&dir).is_empty());
    let link = temp.path().join("link");
    let private = temp.path().join("private");
    loads_from_cache(&private);
    std::os::unix::fs::symlink(&private, &link).unwrap();
    assert!(!loads_from_cache(&link));
}

#[test]
fn a_cache_that_cannot_be_made_is_none() {
    assert!(!loads_from_cache(Path::new("/dev/null/code")));
}

#[test]
fn a_cache_is_shared_by_runs_at_the_same_time() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("code");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| loads_from_cache(&dir));
        }
    });
    assert!(loads_from_cache(&dir));
    assert_eq!(entries(&dir).len(), 1, "no temporary file is left");
}

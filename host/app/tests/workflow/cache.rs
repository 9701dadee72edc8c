//! The download cache and the network, as their commands report them.

use crate::site::Site;
use airgo_app::cache::Caches;
use airgo_app::doctor::{DoctorRequest, doctor};
use airgo_app::{FailureKind, Network};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn zips(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(zips(&entry));
        } else if std::fs::read(&entry).unwrap().starts_with(b"PK\x03\x04") {
            found.push(entry);
        }
    }
    found
}

#[test]
fn damage_in_the_cache_is_found_and_removed() {
    let site = Site::new();
    site.pack().unwrap();
    let context = site.context();
    let caches = Caches::open(&context, None).unwrap();
    let before = caches.usage().unwrap();
    assert!(before.downloads.all.files > 0);
    assert!(caches.verify(false).unwrap().damage.is_empty());

    let zip = zips(&before.path).pop().unwrap();
    let mut bytes = std::fs::read(&zip).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&zip, bytes).unwrap();
    let failure = caches.verify(false).unwrap_err();
    let report = failure.report.as_ref().unwrap();
    assert_eq!(report["damage"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(caches.verify(true).unwrap().damage.len(), 1);
    assert!(caches.verify(false).unwrap().damage.is_empty());

    assert!(caches.clear().unwrap().downloads.removed.files > 0);
    assert_eq!(caches.usage().unwrap().downloads.all.files, 0);
}

#[test]
fn a_proxy_that_is_gone_fails_the_examination() {
    let site = Site::new();
    // A port of this machine where nothing listens.
    let context = site.context_with(&[("GOPROXY", "http://127.0.0.1:9"), ("GOSUMDB", "off")]);
    let network = Network { timeout: Some(Duration::from_secs(2)), retries: Some(0), ..Network::default() };
    let examined = doctor(&context, &DoctorRequest { dir: site.temp.join("main"), network }).unwrap();
    let failure = examined.enforce(&context).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Failed);
    let report = failure.report.as_ref().unwrap();
    assert!(report["failed"].as_u64() > Some(0) && report["checks"].is_array(), "{report}");
}

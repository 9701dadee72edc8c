//! The order of this crate's files (docs/ARCHITECTURE.md).
#![allow(clippy::unwrap_used)]

use airgo_testkit::layers::{circles, uses};
use std::path::{Path, PathBuf};

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let found = circles(uses(&src()));
    assert!(found.is_empty(), "files that use each other: {found:#?}");
}

/// Connections know nothing of modules, proxies of modules and this crate's errors:
/// what carries bundles to registries needs them too.
#[test]
fn net_uses_itself_alone() {
    let used = uses(&src());
    let outside = used.iter().filter(|(name, _)| name.starts_with("net"));
    let outside: Vec<_> =
        outside.flat_map(|(_, used)| used).filter(|used| !used.starts_with("net")).collect();
    assert!(outside.is_empty(), "net uses {outside:?}");
}

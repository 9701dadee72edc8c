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

/// Writing trees knows no layout: that of the go command is one of several to come.
#[test]
fn the_writer_knows_no_layout() {
    let used = uses(&src());
    let writer = used.iter().filter(|(name, _)| name.starts_with("writer"));
    let layout: Vec<_> =
        writer.flat_map(|(_, used)| used).filter(|used| used.starts_with("gomodcache")).collect();
    assert!(layout.is_empty(), "writer uses {layout:?}");
}

//! The order of this crate's files (docs/ARCHITECTURE.md).

use airgo_testkit::layers::{assert_no_circles, uses};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_no_circles(CRATE);
}

/// Writing trees knows no layout: that of the go command is one of several to come.
#[test]
fn the_writer_knows_no_layout() {
    let used = uses(CRATE);
    let writer = used.iter().filter(|(name, _)| name.starts_with("writer"));
    let layout: Vec<_> =
        writer.flat_map(|(_, used)| used).filter(|used| used.starts_with("gomodcache")).collect();
    assert!(layout.is_empty(), "writer uses {layout:?}");
}

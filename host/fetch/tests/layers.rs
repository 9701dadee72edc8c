//! The order of this crate's files (docs/ARCHITECTURE.md).

use airgo_testkit::layers::{assert_no_circles, uses};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_no_circles(CRATE);
}

/// Connections know nothing of modules, proxies of modules and this crate's errors:
/// what carries bundles to registries needs them too.
#[test]
fn net_uses_itself_alone() {
    let used = uses(CRATE);
    let outside = used.iter().filter(|(name, _)| name.starts_with("net"));
    let outside: Vec<_> =
        outside.flat_map(|(_, used)| used).filter(|used| !used.starts_with("net")).collect();
    assert!(outside.is_empty(), "net uses {outside:?}");
}

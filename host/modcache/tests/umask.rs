//! Modes under an unusual umask; alone in its process, which the umask is of.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_testkit::{Go, TempTree, TreeDiff, World, require_tool};
use common::{inputs_of, open, sample};

#[test]
fn modes_are_those_of_go_under_any_umask() {
    if !require_tool("go") {
        return;
    }
    let tree = TempTree::new();
    let world = World::new().with(sample());
    let proxy = world.write(&tree.dir("proxy"));
    for umask in [0o077, 0o027, 0o002, 0o000] {
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(umask));
        let go = Go::with_proxy(&proxy);
        go.mod_download(tree.path(), &[&sample().id().to_string()]);
        let target = tree.join(format!("{umask:o}"));
        open(&target).install_all(inputs_of(&go.gomodcache()), 1, &()).unwrap();
        rustix::process::umask(before);
        TreeDiff::gomodcaches(go.gomodcache(), &target).assert_same();
    }
}

//! The order of this crate's files (docs/ARCHITECTURE.md): a folder uses those
//! below it, and no files use each other in a circle.

use airgo_testkit::layers::{assert_no_circles, uses};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_no_circles(CRATE);
}

/// The files at the root serve every folder, and use none; the error that reading
/// and writing give is made of those of all folders, and of it only format and
/// media know.
#[test]
fn a_folder_uses_those_below_it() {
    let folder = |name: &str| match name.split_once("::").map_or(name, |(folder, _)| folder) {
        "attest" => 1,
        "format" => 2,
        "media" => 3,
        "error" | "schema" => 4,
        _ => 0,
    };
    let fine = |name: &str, used: &str| match (folder(name), used) {
        (4, _) => true,
        (layer, "error") => layer >= 2,
        (layer, _) => folder(used) <= layer,
    };
    let mut wrong = Vec::new();
    for (name, used) in uses(CRATE) {
        wrong.extend(used.iter().filter(|u| !fine(&name, u)).map(|u| format!("{name} uses {u}")));
    }
    assert!(wrong.is_empty(), "against docs/ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

//! The same with real projects from the proxy of this machine: each line of go.sum
//! and each requirement taken away in turn.

use super::{Bench, Packed, differs_in};
use crate::mutated::checkout::Checkout;
use airgo_testkit::{Go, TempTree, World, require_tool};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Copies a tree of the module cache, writable.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

/// The text without each of its lines that is meant, and what was taken away.
fn without_each(text: &str, meant: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let without = |at: usize| {
        let kept = lines.iter().enumerate().filter(|(n, _)| *n != at);
        (lines[at].trim().to_owned(), kept.flat_map(|(_, line)| [*line, "\n"]).collect())
    };
    (0..lines.len()).filter(|at| meant(lines[*at])).map(without).collect()
}

fn hold(id: &str) {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let online = Go::online();
    let nowhere = TempTree::new();
    let out = online.output(nowhere.path(), &["mod", "download", "-json", id]);
    let json = String::from_utf8_lossy(&out.stdout).into_owned();
    if !out.status.success() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{id} cannot be fetched: {json}");
        println!("SKIPPED: {id} cannot be fetched without a network");
        return;
    }
    let source = json.lines().find_map(|line| line.trim().strip_prefix("\"Dir\": \"")).unwrap();
    let source = Path::new(source.trim_end_matches(['"', ',']));
    let bench = Bench::new(&World::new());
    let dir = bench.temp.join("project");
    copy(source, &dir);
    let packed: Packed = bench.pack_dirs("real", &online, vec![dir.clone()], Checkout::new(&[], ""));
    let (go_mod, go_sum) =
        (fs::read_to_string(dir.join("go.mod")).unwrap(), fs::read_to_string(dir.join("go.sum")).unwrap());
    let required =
        |line: &str| line.split_whitespace().any(|word| word.starts_with('v') && word.contains('.'));
    let sums = without_each(&go_sum, |_| true).into_iter().map(|(what, text)| (what, go_mod.clone(), text));
    let mods = without_each(&go_mod, required).into_iter().map(|(what, text)| (what, text, go_sum.clone()));
    let (mut wrong, mut complete, mut all) = (Vec::new(), 0, 0);
    for (what, go_mod, go_sum) in sums.chain(mods) {
        fs::write(dir.join("go.mod"), go_mod).unwrap();
        fs::write(dir.join("go.sum"), go_sum).unwrap();
        let mut checkout = packed.checkout.clone();
        checkout.log.push(format!("without {what}"));
        let (builds, difference) = differs_in(&bench, &packed, &dir, &checkout);
        all += 1;
        complete += usize::from(builds);
        wrong.extend(difference);
    }
    println!("{id}: {all} checkouts, {complete} build, {} do not, {} differ", all - complete, wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(complete > 0 && complete < all);
}

#[test]
fn cobra() {
    hold("github.com/spf13/cobra@v1.9.1");
}

/// From before module graph pruning: `go 1.14`.
#[test]
#[ignore = "800 runs of go"]
fn old_cobra() {
    hold("github.com/spf13/cobra@v1.1.3");
}

#[test]
#[ignore = "some hundred runs of go"]
fn gin() {
    hold("github.com/gin-gonic/gin@v1.10.0");
}

//! Vendor directories of generated and of real projects, file by file as go writes
//! them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use airgo_testkit::{Go, TempTree, VendoredProject, require_tool, target_tmp};
use support::real::{fetch_some, files};
use support::vendored::{assert_same, go_mods, on_disk, ours, written};

/// Projects of these seeds; how many go vendors, by kind.
fn generated(seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for seed in seeds {
        let made = VendoredProject::of(seed);
        let place = TempTree::new();
        let (dir, out) = (place.dir("p"), place.join("out"));
        let url = made.world.write(&place.dir("proxy"));
        let go = Go::with_proxy(&url);
        if !made.write(&dir, &go) {
            *counts.entry("not tidy").or_default() += 1;
            continue;
        }
        let [command, vendor] = made.command();
        let theirs = go.output(&dir, &[command, vendor, "-o", out.to_str().unwrap()]);
        let cache = go.gomodcache();
        let get = |m: &airgo_testkit::Module| m.id().to_string();
        let all: Vec<String> = made.world.modules().iter().map(get).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        // Beside the project: this may not change its go.mod.
        go.mod_download(place.path(), &all);
        let said = String::from_utf8_lossy(&theirs.stderr).into_owned();
        let kind = match (theirs.status.success(), ours(&dir, &cache, &go_mods(&made.world))) {
            (true, Ok(vendored)) => {
                assert_same(
                    &format!("seed {seed}, go {}", made.go),
                    &on_disk(&out),
                    &written(&vendored, &cache),
                );
                if made.is_workspace() { "workspace" } else { "module" }
            }
            (false, Err(e)) => {
                if std::env::var_os("SHOW").is_some() {
                    println!("seed {seed}, go {}: {said}  we: {e}", made.go);
                }
                "refused"
            }
            (true, Err(e)) => panic!("seed {seed}, go {}: go vendors, we do not: {e}", made.go),
            (false, Ok(_)) => panic!("seed {seed}, go {}: go does not vendor: {said}", made.go),
        };
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

#[test]
fn generated_projects_are_vendored_as_go_does() {
    if !require_tool("go") {
        return;
    }
    let counts = generated(0..60);
    println!("seeds 0..60: {counts:?}");
    assert!(counts["module"] >= 20 && counts["workspace"] >= 5 && counts["refused"] >= 1, "{counts:?}");
}

#[test]
#[ignore = "takes minutes"]
fn more_generated_projects() {
    println!("seeds 1000..1600: {:?}", generated(1000..1600));
}

#[test]
fn nothing_to_vendor_is_no_directory() {
    if !require_tool("go") {
        return;
    }
    let place = TempTree::new();
    place.write("go.mod", "module main.test/p\n\ngo 1.24\n");
    place.write("main.go", "package main\n");
    let vendored = ours(place.path(), place.path(), &BTreeMap::new().into_iter().collect()).unwrap();
    assert_eq!((vendored.modules_txt.as_str(), vendored.files.len()), ("", 0));
}

/// A real project; prints what it took.
fn real(id: &str) {
    let place = TempTree::within(&target_tmp());
    let modcache = target_tmp().join("modules");
    let go = Go::online().modcache(&modcache);
    if !require_tool("go") || !fetch_some(&go, id, place.path(), None) {
        return;
    }
    let _ = std::fs::remove_dir_all(place.join("vendor"));
    go.mod_download(place.path(), &[]);
    let out = place.join("out-of-go");
    let began = Instant::now();
    let theirs = go.output(place.path(), &["mod", "vendor", "-o", out.to_str().unwrap()]);
    let (took, said) = (began.elapsed(), String::from_utf8_lossy(&theirs.stderr).into_owned());
    let theirs = on_disk(&out);
    std::fs::remove_dir_all(&out).unwrap_or_else(|e| panic!("{id}: {e}: {said}"));
    compare(id, place.path(), &modcache, &theirs);
    println!("  go mod vendor in {took:?}");
}

fn compare(id: &str, dir: &Path, modcache: &Path, theirs: &support::vendored::Tree) {
    let began = Instant::now();
    let vendored = ours(dir, modcache, &files(modcache)).unwrap();
    let took = began.elapsed();
    assert_same(id, theirs, &written(&vendored, modcache));
    let bytes: u64 = vendored.files.values().map(|file| file.size).sum();
    println!("{id}: {} files, {} MB, computed in {took:?}", theirs.len(), bytes / 1_000_000);
}

macro_rules! real_projects {
    ($($name:ident = $id:literal;)*) => {$(
        #[test]
        #[ignore = "downloads a real project"]
        fn $name() {
            real($id);
        }
    )*};
}

real_projects! {
    gin = "github.com/gin-gonic/gin@v1.10.0";
    cobra_without_pruning = "github.com/spf13/cobra@v1.1.3";
    prometheus = "github.com/prometheus/prometheus@v0.305.0";
    helm = "helm.sh/helm/v3@v3.18.4";
    hugo = "github.com/gohugoio/hugo@v0.147.0";
    buildkit = "github.com/moby/buildkit@v0.22.0";
}

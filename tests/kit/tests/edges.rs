//! The dependencies between the crates (docs/ARCHITECTURE.md) and the rules that every
//! committed file keeps (CONTRIBUTING.md).
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_testkit::require_tool;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const GOMOD: &str = "airgo-gomod";
const MODEL: &str = "airgo-model";
const GOZIP: &str = "airgo-gozip";
const AUTHOR: &str = "airgo-author";
const MODCACHE: &str = "airgo-modcache";
const TESTKIT: &str = "airgo-testkit";
const APP: &str = "airgo-app";
const CLI: &str = "airgo";
const BENCH: &str = "airgo-bench";
/// Makes docs/schemas from the types of all of them.
const SCHEMAS: &str = "airgo-schemas";
const MAX_LINES: usize = 500;
/// The small binary, a workspace of its own.
const UNPACK: &str = "host/cli/unpack";

#[test]
fn crates_use_gomod_and_model_and_nothing_sideways() {
    let mut wrong = Vec::new();
    for (name, uses, kind) in edges() {
        let fine = match (name.as_str(), uses.as_str(), kind.as_str()) {
            (_, TESTKIT, "dev") | (BENCH, TESTKIT, _) => true,
            (_, TESTKIT, _) => false,
            (SCHEMAS, ..) => true,
            // The workflow uses all below it; the command line neither resolves,
            // nor fetches into the store, nor installs, nor builds plugins by itself.
            (APP, used, _) => used != CLI,
            (CLI, used, _) => used != MODCACHE && used != AUTHOR,
            (GOMOD | MODEL | GOZIP, ..) => false,
            (_, used, _) => [GOMOD, MODEL, GOZIP].contains(&used),
        };
        if !fine {
            wrong.push(format!("{name} uses {uses} ({kind})"));
        }
    }
    assert!(wrong.is_empty(), "dependencies that docs/ARCHITECTURE.md does not have:\n{}", wrong.join("\n"));
}

/// Two crates of the plugins' workspace are in the host's tree: the reader of Go
/// source below gomod, and in app alone what `airgo vulndb` writes and the
/// vulnerability plugin reads.
#[test]
fn of_the_plugins_only_what_both_sides_read_is_in_the_host() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let members: Vec<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    let mut outside = Vec::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let (user, name) = (package["name"].as_str().unwrap(), dependency["name"].as_str().unwrap());
            if dependency["path"].is_string() && !members.contains(&name) {
                outside.push((user, name));
            }
        }
    }
    outside.sort_unstable();
    assert_eq!(outside, [(APP, "airgo-vulndb"), (GOMOD, "airgo-gosource")]);
}

/// The list of fuzz targets is that of its Cargo.toml, and each has a source file
/// and seeds.
#[test]
fn the_list_of_fuzz_targets_is_whole() {
    let fuzz = root().join("tests/fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let bins = manifest.split("[[bin]]").skip(1);
    let mut built: Vec<&str> = bins.map(|bin| bin.split('"').nth(1).unwrap()).collect();
    let readme = std::fs::read_to_string(fuzz.join("README.md")).unwrap();
    let mut listed: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    built.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, built);
    for target in built {
        assert!(fuzz.join(format!("fuzz_targets/{target}.rs")).is_file(), "{target} has no source");
        let seeds = std::fs::read_dir(fuzz.join("seeds").join(target)).map(Iterator::count).unwrap_or(0);
        assert!(seeds > 0, "{target} has no seeds");
    }
}

#[test]
fn every_dependency_is_declared_once_in_the_workspace() {
    for manifest in committed().into_iter().filter(|p| p.file_name().is_some_and(|n| n == "Cargo.toml")) {
        // Crates of other workspaces have their own.
        let ours = manifest.starts_with("host")
            || manifest.starts_with("bundles")
            || manifest.starts_with("tests/kit");
        if !ours || manifest.starts_with(UNPACK) {
            continue;
        }
        let text = std::fs::read_to_string(root().join(&manifest)).unwrap();
        let sections = text.split("\n[").filter(|s| s.split(']').next().unwrap().ends_with("dependencies"));
        for line in sections.flat_map(|s| s.lines().skip(1)) {
            let inherits =
                line.contains("workspace = true") || line.trim().is_empty() || line.starts_with('#');
            assert!(inherits, "{}: `{line}` is not inherited from the workspace", manifest.display());
        }
    }
}

/// airgo-unpack is made of what airgo is made of, and of nothing that fetches,
/// compiles, or is for authors of plugins.
#[test]
fn the_small_binary_has_the_versions_of_the_large_one() {
    let packages = |dir: &str| -> BTreeSet<(String, String)> {
        let text = std::fs::read_to_string(root().join(dir).join("Cargo.lock")).unwrap();
        let field = |package: &str, name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            line.unwrap().trim_matches('"').to_owned()
        };
        text.split("[[package]]").skip(1).map(|p| (field(p, "name"), field(p, "version"))).collect()
    };
    let (small, large) = (packages(UNPACK), packages("."));
    let other: Vec<_> = small.iter().filter(|p| p.0 != "airgo-unpack" && !large.contains(p)).collect();
    assert!(other.is_empty(), "other versions in {UNPACK}/Cargo.lock: {other:?}");

    let out = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges=normal", "--prefix=none", "--format={p}"])
        .current_dir(root().join(UNPACK))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let tree = String::from_utf8(out.stdout).unwrap();
    assert!(tree.contains("airgo-app") && tree.contains("wasmtime "), "{tree}");
    let network = ["airgo-fetch", "reqwest", "rustls", "hyper", "tokio", "ring"];
    for without in network.into_iter().chain(["cranelift-codegen", "airgo-author"]) {
        let named = tree.lines().find(|line| line.split(' ').next() == Some(without));
        assert_eq!(named, None, "the small binary is made of {without}");
    }
}

#[test]
fn no_committed_file_names_a_registry_host_or_a_machine_path() {
    // Spelt in pieces, for this file is committed too.
    let hosts = [
        "proxy|golang.org",
        "static|crates.io",
        "index|crates.io",
        "registry|npmjs.org",
        "files|pythonhosted.org",
        "deb|debian.org",
        "repo1|maven.org",
        "repo.maven|apache.org",
    ]
    .map(|h| h.replace('|', "."));
    let paths = ["|work/", "|root/", "|dev/shm/t/", "|Users/", "|home/"].map(|p| p.replace('|', "/"));
    let mut wrong = Vec::new();
    for file in committed() {
        // Lock files name the registry that cargo asked.
        if file.extension().is_some_and(|e| e == "lock") {
            continue;
        }
        let data = std::fs::read(root().join(&file)).unwrap();
        for needle in hosts.iter().chain(&paths) {
            if let Some(at) = position(&data, needle.as_bytes()) {
                let line = data[..at].iter().filter(|b| **b == b'\n').count() + 1;
                wrong.push(format!("{}:{line}: {needle}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is_and_stays_small() {
    let mut wrong = Vec::new();
    let sources = committed().into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs"));
    // What a generator wrote is its to word; a test holds it to its input.
    for file in sources.filter(|p| !p.iter().any(|part| part == "generated")) {
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        if !text.starts_with("//!") {
            wrong.push(format!("{}: does not open with `//!`", file.display()));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{}: {lines} lines are more than {MAX_LINES}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a build script uses and airgo too, wasmtime above all, is built once for
/// both: that hangs on every setting of the release profile, and each crate
/// that is built twice is minutes of the first build.
#[test]
fn a_release_builds_no_crate_twice() {
    let out = Command::new(env!("CARGO"))
        .args(["build", "--release", "--bin", "airgo", "--offline", "--unit-graph", "-Zunstable-options"])
        // The graph is for tools, and not stable.
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let graph: Value = serde_json::from_slice(&out.stdout).unwrap();
    let is_library = |unit: &&Value| {
        unit["mode"] == "build" && unit["target"]["kind"].as_array().unwrap().iter().any(|kind| kind == "lib")
    };
    let units = graph["units"].as_array().unwrap().iter().filter(is_library);
    let mut names: Vec<&str> = units.map(|unit| unit["pkg_id"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert!(names.iter().any(|name| name.contains("wasmtime")), "{names:?}");
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "built twice: {twice:#?}");
}

/// Dependencies of workspace members on each other: who, on whom, which kind.
fn edges() -> Vec<(String, String, String)> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: Vec<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains(&CLI) && names.contains(&GOMOD) && names.contains(&TESTKIT), "{names:?}");
    let mut edges = Vec::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let uses = dependency["name"].as_str().unwrap();
            if names.contains(&uses) {
                let kind = dependency["kind"].as_str().unwrap_or("normal");
                edges.push((package["name"].as_str().unwrap().to_owned(), uses.to_owned(), kind.to_owned()));
            }
        }
    }
    edges
}

fn metadata() -> Value {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Files that git knows, relative to the root; none where there is no git.
fn committed() -> Vec<PathBuf> {
    if !require_tool("git") {
        return Vec::new();
    }
    let out = Command::new("git")
        // A checkout owned by somebody else is read, not run.
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let files: Vec<PathBuf> = text.split_terminator('\0').map(PathBuf::from).collect();
    assert!(files.len() > 30, "git lists only {} files", files.len());
    // A file deleted in the work tree and not yet in the index is gone.
    files.into_iter().filter(|f| root().join(f).exists()).collect()
}

fn position(data: &[u8], needle: &[u8]) -> Option<usize> {
    data.windows(needle.len()).position(|w| w == needle)
}

fn root() -> &'static Path {
    // tests/kit is two below.
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

//! The packages that are loaded, beside `go list -deps -test ./...`: the same
//! paths, each of the same module, with the same embedded files; and those that
//! are found without the main module, from what it imports.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::{Builds, Carried, Closure, On, Place, Settings, follow, load};
use airgo_resolve::{Mode, Project, Replacement, Resolution, resolve};
use airgo_testkit::{Go, TempTree, require_tool, target_tmp};
use serde_json::Value;
use support::oracle::go_version;
use support::project;
use support::real::{fetch_some, files};
use support::source::Shuffled;
use support::unpacked::Unpacked;

/// Of a package: its module, the files that it embeds, those of its tests.
type Facts = (String, BTreeSet<String>, BTreeSet<String>);

/// What go says: the packages outside the standard library, and those that it
/// cannot load.
fn of_go(go: &Go, dir: &Path, tags: &[String], tests: bool) -> (BTreeMap<String, Facts>, BTreeSet<String>) {
    let fields = "-json=ImportPath,Standard,Module,EmbedFiles,TestEmbedFiles,XTestEmbedFiles,ForTest,Name";
    let tags = format!("-tags={}", tags.join(","));
    let test = format!("-test={tests}");
    let out = go.output(dir, &["list", "-e", "-deps", &test, fields, &tags, "./..."]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let (mut found, mut missing) = (BTreeMap::<String, Facts>::new(), BTreeSet::new());
    for package in serde_json::Deserializer::from_slice(&out.stdout).into_iter::<Value>() {
        let package = package.unwrap();
        let path = package["ImportPath"].as_str().unwrap();
        let path = path.split(" [").next().unwrap();
        let name = package["Name"].as_str().unwrap_or_default();
        // What go makes for a test: its main package, and the external one.
        let made = path.ends_with(".test") && name == "main" && package["ForTest"].is_null();
        let external = path.ends_with("_test") && !package["ForTest"].is_null();
        if package["Standard"].as_bool().unwrap_or_default() || made || external {
            continue;
        }
        let module = &package["Module"];
        if module.is_null() {
            missing.insert(path.to_owned());
            continue;
        }
        let text = |key: &str| module[key].as_str().unwrap_or_default();
        let version = if module["Main"].as_bool().unwrap_or_default() { "" } else { text("Version") };
        let module = ModuleVersion::new(text("Path"), version).to_string();
        let files = |key: &str| {
            let list = package[key].as_array().into_iter().flatten();
            list.map(|file| file.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
        };
        let facts = found.entry(path.to_owned()).or_default();
        facts.0 = module;
        // As compiled for a test it embeds what its tests do.
        if !package["ForTest"].is_null() {
            continue;
        }
        facts.1.extend(files("EmbedFiles"));
        facts.2.extend(files("TestEmbedFiles").into_iter().chain(files("XTestEmbedFiles")));
    }
    (found, missing)
}

/// Compares on two platforms, with cgo and without.
fn compare(name: &str, go: Go, modcache: &Path, dir: &Path) {
    let files = files(modcache);
    let project = project::load(dir, Mode::Readonly, Some(go_version())).unwrap();
    let resolution = resolve(&project, &mut Shuffled::new(&files, 1)).unwrap();
    let standard = PathBuf::from(go.run(dir, &["env", "GOROOT"]).trim()).join("src");
    let mut go = go;
    for (platform, cgo, tags) in
        [("linux/amd64", true, vec![]), ("windows/arm64", false, vec!["integration".to_owned()])]
    {
        let (os, arch) = platform.split_once('/').unwrap();
        go = go.env("GOOS", os).env("GOARCH", arch).env("CGO_ENABLED", if cgo { "1" } else { "0" });
        let platforms = [Platform::parse(platform).unwrap()];
        let settings = Settings {
            builds: Builds::Of { platforms: &platforms, tags: &tags, cgo: Some(cgo) },
            tests: true,
            embeds: true,
            sums: None,
            standard: &|path| Some(standard.join(path).is_dir()),
        };
        for tests in [true, false] {
            let at = format!("{name} on {platform}, tests: {tests}");
            let (mut want, missing) = of_go(&go, dir, &tags, tests);
            let settings = Settings { tests, ..settings };
            let began = Instant::now();
            let got = load(&project, &resolution, &settings, &mut Unpacked(modcache.to_owned())).unwrap();
            let took = began.elapsed();
            let refused: BTreeSet<_> = got.problems.iter().map(|p| p.package.clone()).collect();
            assert_eq!(missing, refused, "{at}: what is not there");
            equal(&at, &want, &facts(&got, tests));

            let starts = starts(&project, &got);
            let starts: Vec<_> = starts.iter().map(|(path, on)| (path.as_str(), *on)).collect();
            let began = Instant::now();
            let carried = carried(&project, &resolution);
            let followed = follow(&starts, &carried, &settings, &mut Unpacked(modcache.to_owned())).unwrap();
            let embedded: usize = want.values().map(|facts| facts.1.len() + facts.2.len()).sum();
            println!(
                "{at}: {} packages, {embedded} embedded files, {took:?}; without the main module {:?}",
                want.len(),
                began.elapsed()
            );
            want.retain(|path, _| got.packages.iter().any(|r| r.package.path == *path && !r.package.main));
            equal(&format!("{at}, followed"), &want, &facts(&followed, tests));
        }
    }
}

fn equal(at: &str, want: &BTreeMap<String, Facts>, got: &BTreeMap<String, Facts>) {
    for path in want.keys().chain(got.keys()) {
        assert_eq!(want.get(path), got.get(path), "{at}: {path} (go, airgo)");
    }
}

fn facts(closure: &Closure, tests: bool) -> BTreeMap<String, Facts> {
    let of = |reached: &airgo_resolve::packages::Reached| {
        let package = &reached.package;
        let below = |files: &BTreeSet<String>| {
            let prefix = if package.dir.is_empty() { String::new() } else { format!("{}/", package.dir) };
            files.iter().map(|f| f.strip_prefix(&prefix).unwrap().to_owned()).collect()
        };
        let embedded = &reached.embedded;
        assert!(tests || embedded.test_files.is_empty());
        (
            package.path.clone(),
            (package.module.to_string(), below(&embedded.files), below(&embedded.test_files)),
        )
    };
    closure.packages.iter().map(of).collect()
}

/// What a manifest records of the main modules.
fn starts(project: &Project, closure: &Closure) -> BTreeMap<String, On> {
    let mut starts = BTreeMap::new();
    for main in &project.mains {
        let of_main = closure.imports_of_main(&main.modfile.module.as_ref().unwrap().path);
        for (path, on) in of_main {
            let known: &mut On = starts.entry(path.to_string()).or_default();
            *known |= on;
        }
    }
    starts
}

/// The modules that a bundle carries.
fn carried(project: &Project, resolution: &Resolution) -> Vec<Carried> {
    let modules = resolution.build_list.iter().filter(|selected| !selected.main);
    let requires: BTreeSet<_> =
        project.mains.iter().flat_map(|m| &m.modfile.require).map(|r| r.module.path.as_str()).collect();
    let carried = modules.map(|selected| Carried {
        module: selected.module.clone(),
        place: match (&selected.replacement, selected.stored()) {
            (Some(Replacement::Directory { dir, .. }), _) => Place::Directory(dir.clone()),
            (_, stored) => Place::Zip(stored.unwrap().clone()),
        },
        listed: requires.contains(selected.module.path.as_str()),
    });
    carried.collect()
}

fn compare_real(id: &str) {
    if !require_tool("go") {
        return;
    }
    let modcache = target_tmp().join("modules");
    let go = Go::online().modcache(&modcache);
    let place = TempTree::new();
    if fetch_some(&go, id, place.path(), None) {
        // Go would build from there and read no module.
        let _ = fs::remove_dir_all(place.join("vendor"));
        go.mod_download(place.path(), &[]);
        compare(id, go, &modcache, place.path());
    }
}

#[test]
fn gin() {
    compare_real("github.com/gin-gonic/gin@v1.10.0");
}

#[test]
fn cobra_without_pruning() {
    compare_real("github.com/spf13/cobra@v1.1.3");
}

#[test]
fn prometheus() {
    compare_real("github.com/prometheus/prometheus@v0.305.0");
}

#[test]
fn helm() {
    compare_real("helm.sh/helm/v3@v3.18.4");
}

#[test]
fn hugo() {
    compare_real("github.com/gohugoio/hugo@v0.147.0");
}

#[test]
fn buildkit() {
    compare_real("github.com/moby/buildkit@v0.22.0");
}

/// Files of a package whose patterns are tried.
const TREE: [&str; 16] = [
    "a.txt",
    "b.txt",
    "_hidden.txt",
    ".dot.txt",
    "d/a.txt",
    "d/_h.txt",
    "d/.dot",
    "d/deep/x.txt",
    "d/deep/.git/config",
    "empty/_only/x",
    "other/go.mod",
    "other/x.txt",
    "d/sub/go.mod",
    "d/sub/x.txt",
    "odd/a:b.txt",
    "b[1].txt",
];

#[test]
fn patterns_name_what_go_embeds() {
    if !require_tool("go") {
        return;
    }
    let patterns = [
        "a.txt",
        "*.txt",
        "d",
        "all:d",
        "d/*",
        "d/_h.txt",
        "_hidden.txt",
        ".dot.txt",
        "*",
        "all:*",
        "empty",
        "all:empty",
        "other",
        "other/x.txt",
        "d/sub",
        "d/sub/x.txt",
        "odd",
        "odd/*",
        "odd/a:b.txt",
        "nothing",
        "nothing*",
        ".",
        "./a.txt",
        "../p0/a.txt",
        "/a.txt",
        "a.txt/",
        "d//a.txt",
        "[ab].txt",
        "[^a].txt",
        "?.txt",
        "[a",
        "b\\\\[1].txt",
        "b[[]1].txt",
        "d/deep/.git",
        "d/deep/.git/config",
        "link.txt",
        "linkdir",
        "linkdir/a.txt",
        "linkdir/*",
        "*/a.txt",
        "d/deep",
        "all:d/deep",
        "a.txt/*",
        "all:",
        "d/../a.txt",
    ];
    let place = TempTree::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.24\n");
    for (n, pattern) in patterns.iter().enumerate() {
        for file in TREE {
            place.write(format!("p{n}/{file}"), "x");
        }
        std::os::unix::fs::symlink("a.txt", place.join(format!("p{n}/link.txt"))).unwrap();
        std::os::unix::fs::symlink("d", place.join(format!("p{n}/linkdir"))).unwrap();
        place.write(
            format!("p{n}/p.go"),
            format!("package p\n\nimport \"embed\"\n\n//go:embed \"{pattern}\"\nvar f embed.FS\n"),
        );
    }
    let go = Go::with_proxy("off");
    let out = go.output(place.path(), &["list", "-e", "-json=ImportPath,EmbedFiles,Error", "./..."]);
    let project = project::load(place.path(), Mode::Readonly, Some(go_version())).unwrap();
    let resolution = resolve(&project, &mut Shuffled::new(&Default::default(), 1)).unwrap();
    let platforms = [Platform::parse("linux/amd64").unwrap()];
    let settings = Settings {
        builds: Builds::Of { platforms: &platforms, tags: &[], cgo: None },
        tests: true,
        embeds: true,
        sums: None,
        standard: &|_| None,
    };
    let got = load(&project, &resolution, &settings, &mut Unpacked(PathBuf::new())).unwrap();
    let mut compared = 0;
    for package in serde_json::Deserializer::from_slice(&out.stdout).into_iter::<Value>() {
        let package = package.unwrap();
        let path = package["ImportPath"].as_str().unwrap();
        // A directory of its own that `./...` finds is none of the cases.
        let Some(n) = path.strip_prefix("example.com/m/p").and_then(|n| n.parse::<usize>().ok()) else {
            continue;
        };
        let pattern = patterns[n];
        let error = got.embed_errors.iter().find(|e| e.package == path).map(|e| e.problem.as_str());
        let reached = got.packages.iter().find(|r| r.package.path == path).unwrap();
        let prefix = format!("p{n}/");
        let ours: BTreeSet<&str> =
            reached.embedded.files.iter().map(|f| f.strip_prefix(&prefix).unwrap()).collect();
        let theirs: BTreeSet<&str> =
            package["EmbedFiles"].as_array().into_iter().flatten().map(|f| f.as_str().unwrap()).collect();
        match package["Error"]["Err"].as_str() {
            None => assert_eq!((error, &ours), (None, &theirs), "{pattern}"),
            Some(words) => {
                let error =
                    error.unwrap_or_else(|| panic!("{pattern}: go says {words}, airgo finds {ours:?}"));
                assert!(words.ends_with(error), "{pattern}: go says {words}, airgo {error}");
            }
        }
        compared += 1;
    }
    assert_eq!(compared, patterns.len());
}

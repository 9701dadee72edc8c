//! Real projects: a module cache with the files that are selected, and no zip,
//! answers as go's own, without a network. Prints how much that is. Needs the
//! network once; the cache stays in cargo's target directory.
//!
//! `cargo test -p airgo-resolve --test real_selection -- --ignored --nocapture NAME`
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::{Builds, Place, Selecting, Selection, Settings, Starts, load_from, select};
use airgo_resolve::{Mode, Project, Resolution, Scope, resolve};
use airgo_testkit::{Go, TempTree, require_tool, target_tmp};
use support::oracle::go_version;
use support::partial::{self, Both};
use support::project;
use support::real::{fetch_some, files};
use support::source::Shuffled;
use support::unpacked::Unpacked;

/// What is run in both caches, beside `go list`, `go mod graph` and `go list -m all`.
#[derive(Clone, Copy, Default)]
struct Runs<'a> {
    build: bool,
    vet: bool,
    test: bool,
    vendor: bool,
    /// Built to compare the binary.
    binary: Option<&'a str>,
    tags: &'a str,
}

const ALL: Runs<'_> = Runs { build: true, vet: true, test: true, vendor: true, binary: None, tags: "" };

/// Selections by what they are for, as the rows of a table.
struct Selections<'a> {
    project: &'a Project,
    resolution: &'a Resolution,
    cache: &'a Path,
    tags: Vec<String>,
}

impl Selections<'_> {
    fn select(
        &self,
        what: &str,
        builds: Builds<'_>,
        starts: &Starts<'_>,
        (tests, selecting): (bool, Selecting<'_>),
    ) -> BTreeMap<ModuleVersion, Selection> {
        let std =
            PathBuf::from(Go::with_proxy("off").run(Path::new("/"), &["env", "GOROOT"]).trim()).join("src");
        let standard = |path: &str| Some(std.join(path).is_dir());
        let settings = Settings { builds, tests, embeds: true, sums: None, standard: &standard };
        let mut files = Unpacked(self.cache.to_owned());
        let began = Instant::now();
        let closure = load_from(starts, self.project, self.resolution, &settings, &mut files).unwrap();
        let loaded = began.elapsed();
        let selected = select(&closure, &selecting, &mut files).unwrap();
        let whole: Vec<_> = selected.iter().filter(|(_, s)| **s == Selection::Whole).collect();
        let whole: Vec<String> = whole.into_iter().map(|(module, _)| module.to_string()).collect();
        let read: BTreeSet<_> = closure.packages.iter().map(|r| &r.package.place).collect();
        let opened = selected.keys().filter(|m| !read.contains(&Place::Zip((*m).clone()))).count();
        println!(
            "  {what}: {}, {} modules, {} whole ({}); {opened} opened only; loaded in {loaded:?}, selected in {:?}",
            partial::size_of(self.cache, &selected),
            selected.len(),
            whole.len(),
            whole.join(" "),
            began.elapsed() - loaded,
        );
        selected
    }
}

fn compare(id: &str, runs: Runs<'_>) {
    let place = TempTree::within(&target_tmp());
    let modcache = target_tmp().join("modules");
    if require_tool("go") && fetch_some(&Go::online().modcache(&modcache), id, place.path(), None) {
        compare_dir(id, place.path(), &modcache, runs);
    }
}

fn compare_dir(name: &str, dir: &Path, modcache: &Path, runs: Runs<'_>) {
    if !require_tool("unshare") {
        return;
    }
    // Go would build from there and read no module.
    let _ = fs::remove_dir_all(dir.join("vendor"));
    let online = Go::online().modcache(modcache);
    online.mod_download(dir, &[]);
    // It asks for the .info of all modules, which `go mod download` does not fetch.
    online.run(dir, &["list", "-m", "all"]);
    let project = project::load(dir, Mode::Readonly, Some(go_version())).unwrap();
    let resolution = resolve(&project, &mut Shuffled::new(&files(modcache), 1)).unwrap();
    let zips = resolution.needs(Scope::Build).zips;
    println!("{name}: all modules {}", partial::size_of_modules(modcache, &zips));
    let tags: Vec<String> = runs.tags.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
    let all = Selections { project: &project, resolution: &resolution, cache: modcache, tags };
    let (here, ports) = ([Platform::parse("linux/amd64").unwrap()], Platform::ports());
    let builds = |platforms| Builds::Of { platforms, tags: &all.tags, cgo: Some(true) };
    let any = Builds::Of { platforms: &ports, tags: &all.tags, cgo: None };
    let tools = Starts { tools: true, ..Starts::default() };
    let with = Selecting { tests: true, vendor: None };
    let without = Selecting { tests: false, vendor: None };

    let full = all.select("linux/amd64", builds(&here), &Starts::default(), (true, with));
    all.select("linux/amd64, tools", builds(&here), &tools, (true, with));
    let own = all.select(
        "linux/amd64, tests of the project alone",
        builds(&here),
        &Starts::default(),
        (true, without),
    );
    let least = all.select("linux/amd64, no tests", builds(&here), &Starts::default(), (false, without));
    let widest = all.select("any platform", any, &Starts::default(), (true, with));
    all.select("any platform, no tests", any, &Starts::default(), (false, without));
    let go = project.go_version().to_owned();
    let vendor = Selecting { tests: false, vendor: Some(&go) };
    let vendored = all.select("go mod vendor", Builds::Any, &tools, (true, vendor));

    let tagged = format!("-tags={}", runs.tags);
    let run = |what: &str, selected, act: &dyn Fn(&Both)| {
        let part = TempTree::within(&target_tmp());
        partial::make(modcache, selected, part.path());
        let both = Both::new(modcache, part.path(), &[("CGO_ENABLED", "1")]);
        let began = Instant::now();
        act(&both);
        println!("  same: {what} in {:?}", began.elapsed());
    };
    run("list -deps, without tests", &least, &|both| {
        both.same_list(dir, &[&tagged, "./..."], false);
    });
    run("list -deps -test, without the tests of dependencies", &own, &|both| {
        both.same_list(dir, &["-test", &tagged, "./..."], false);
    });
    run("list -deps -test on five platforms", &widest, &|both| {
        for platform in ["linux/arm64", "windows/amd64", "darwin/arm64", "freebsd/amd64", "js/wasm"] {
            let (os, arch) = platform.split_once('/').unwrap();
            let cache = both.part.gomodcache();
            let go = Go::air_gapped(&cache)
                .env("GOOS", os)
                .env("GOARCH", arch)
                .env("GOCACHE", &both.part.vars()["GOCACHE"]);
            let list = |go: &Go| go.output(dir, &["list", "-deps", &tagged, "./..."]);
            let (part, whole) = (list(&go), list(&go.modcache(modcache)));
            assert!(part.stdout == whole.stdout, "{platform}: {}", String::from_utf8_lossy(&part.stderr));
            assert_eq!(part.status.success(), whole.status.success(), "{platform}");
        }
    });
    if runs.vendor {
        run("mod vendor", &vendored, &|both| both.same_vendor(dir));
    }
    run("list -deps -test -json, mod graph, list -m all", &full, &|both| {
        both.same(dir, &["list", "-m", "all"]);
        both.same(dir, &["mod", "graph"]);
        println!("  {} packages", both.same_list(dir, &["-test", &tagged, "./..."], true));
    });
    if runs.build || runs.vet || runs.test || runs.binary.is_some() {
        run("what compiles", if runs.test { &full } else { &own }, &|both| {
            for (asked, args) in [
                (runs.build, &["build", &tagged, "./..."][..]),
                (runs.vet, &["vet", &tagged, "./..."]),
                (runs.test, &["test", &tagged, "-run", "^$", "./..."]),
            ] {
                if asked {
                    let began = Instant::now();
                    let (part, whole) = (both.part.output(dir, args), both.whole_status(dir, args));
                    // Of vet what it says of the project itself counts as little as
                    // whether it is right: it is the same.
                    let text = String::from_utf8_lossy(&part.stderr).into_owned();
                    assert_eq!(part.status.success(), whole, "go {}: {text}", args.join(" "));
                    println!("  go {}: success {whole} in both, {:?}", args.join(" "), began.elapsed());
                }
            }
            if let Some(package) = runs.binary {
                println!("  {package}: the same {} bytes", both.same_binary(dir, package, &tagged));
            }
        });
    }
}

/// A project of one file, with these modules.
fn made(name: &str, requires: &[(&str, &str)], runs: Runs<'_>) {
    if !require_tool("go") {
        return;
    }
    let place = TempTree::within(&target_tmp());
    let modcache = target_tmp().join("modules");
    let imports: String = requires.iter().map(|(package, _)| format!("import _ {package:?}\n")).collect();
    place.write("go.mod", format!("module example.com/{name}\n\ngo 1.24\n"));
    place.write("main.go", format!("package main\n\n{imports}\nfunc main() {{}}\n"));
    let go = Go::online().modcache(&modcache);
    for (_, module) in requires {
        if !go.output(place.path(), &["get", module]).status.success() {
            println!("SKIPPED: {module} cannot be fetched without a network");
            return;
        }
    }
    go.run(place.path(), &["mod", "tidy"]);
    compare_dir(name, place.path(), &modcache, runs);
}

#[test]
#[ignore = "compiles a project twice"]
fn gin() {
    compare("github.com/gin-gonic/gin@v1.10.0", ALL);
}

#[test]
#[ignore = "downloads 200 MB"]
fn cobra_without_pruning() {
    compare("github.com/spf13/cobra@v1.1.3", Runs { binary: Some("./cobra"), ..ALL });
}

#[test]
#[ignore = "downloads 210 MB, compiles for minutes"]
fn prometheus() {
    let runs = Runs { build: true, vendor: true, binary: Some("./cmd/prometheus"), ..Runs::default() };
    compare("github.com/prometheus/prometheus@v0.305.0", runs);
}

#[test]
#[ignore = "downloads 200 MB"]
fn helm() {
    compare("helm.sh/helm/v3@v3.18.4", Runs { vendor: true, ..Runs::default() });
}

#[test]
#[ignore = "downloads 200 MB"]
fn hugo() {
    compare("github.com/gohugoio/hugo@v0.147.0", Runs { vendor: true, ..Runs::default() });
}

/// With cgo: libsass and libwebp.
#[test]
#[ignore = "downloads 200 MB, compiles C++ for minutes"]
fn hugo_extended() {
    let runs = Runs { build: true, binary: Some("."), tags: "extended", ..Runs::default() };
    compare("github.com/gohugoio/hugo@v0.147.0", runs);
}

#[test]
#[ignore = "downloads 200 MB"]
fn buildkit() {
    compare("github.com/moby/buildkit@v0.22.0", Runs { vendor: true, ..Runs::default() });
}

#[test]
#[ignore = "compiles C for minutes"]
fn cgo_sqlite3() {
    made(
        "sqlite",
        &[("github.com/mattn/go-sqlite3", "github.com/mattn/go-sqlite3@v1.14.28")],
        Runs { binary: Some("."), ..ALL },
    );
}

#[test]
#[ignore = "compiles C for minutes"]
fn cgo_zstd() {
    made(
        "zstd",
        &[("github.com/DataDog/zstd", "github.com/DataDog/zstd@v1.5.7")],
        Runs { binary: Some("."), ..ALL },
    );
}

//! What a cache has to hold is enough: with a cache that holds nothing else, and
//! no proxy, every command that the scope promises succeeds. `go` alone decides.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use airgo_gomod::ModuleVersion;
use airgo_resolve::{Mode, Scope, resolve};
use airgo_testkit::Rng;
use airgo_testkit::{Go, Module, TempTree, World, require_tool};
use support::cache;
use support::oracle::go_version;
use support::project;
use support::source::Shuffled;

const PATHS: usize = 12;
const VERSIONS: usize = 3;
const GO: [&str; 9] = ["1.13", "1.16", "1.17", "1.17", "1.18", "1.20", "1.21.0", "1.23", "1.26.2"];

fn id(path: usize, version: usize) -> ModuleVersion {
    ModuleVersion::new(format!("pkg.test/m{path:02}"), format!("v1.{version}.0"))
}

/// Modules with a package each, which imports packages of what its module
/// requires; tests import others. Imports only go upwards, requirements
/// anywhere.
fn world(rng: &mut Rng) -> World {
    let mut world = World::new();
    for path in 0..PATHS {
        for version in 0..VERSIONS {
            let id = id(path, version);
            let mut go_mod = format!("module {}\n", id.path);
            if rng.chance(85) {
                let _ = writeln!(go_mod, "go {}", rng.pick(&GO[..8]));
            }
            let name = format!("m{path:02}");
            let mut code = format!("package {name}\n");
            let mut test = format!("package {name}_test\n");
            for _ in 0..rng.below(4) {
                let to = rng.below(PATHS);
                let other = self::id(to, rng.below(VERSIONS));
                if to == path {
                    continue;
                }
                let _ = writeln!(go_mod, "require {} {}", other.path, other.version);
                if to > path {
                    let file = if rng.chance(30) { &mut test } else { &mut code };
                    let _ = writeln!(file, "import _ \"{}\"", other.path);
                }
            }
            world.add(
                Module::new(&id.path, &id.version)
                    .go_mod(go_mod.clone())
                    .file("go.mod", go_mod)
                    .file("p.go", code)
                    .file("p_test.go", test),
            );
        }
    }
    world
}

/// A main module that imports what it requires, perhaps a sibling beside it.
fn main_module(rng: &mut Rng, place: &TempTree, dir: &str, path: &str, sibling: Option<&str>) {
    let go = *rng.pick(&GO);
    let mut go_mod = format!("module {path}\ngo {go}\n");
    let mut code = "package p\n".to_owned();
    for _ in 0..1 + rng.below(3) {
        let m = id(rng.below(PATHS), rng.below(VERSIONS));
        let _ = writeln!(go_mod, "require {} {}", m.path, m.version);
        let _ = writeln!(code, "import _ \"{}\"", m.path);
    }
    if rng.chance(30) {
        let m = id(rng.below(PATHS), 0);
        let _ = writeln!(go_mod, "replace {} => {} v1.2.0", m.path, m.path);
    }
    if let Some(sibling) = sibling {
        let name = sibling.rsplit('/').next().unwrap();
        let _ = writeln!(go_mod, "require {sibling} v0.0.0\nreplace {sibling} => ../{name}");
        let _ = writeln!(code, "import _ \"{sibling}\"");
    }
    place.write(format!("{dir}go.mod"), go_mod);
    place.write(format!("{dir}p.go"), code);
}

/// Makes go.mod tidy; false where go itself cannot: at go 1.17 because go 1.16
/// would select other versions, and it trips over dependencies at go 1.21.
fn tidy(go: &Go, dir: &Path) -> bool {
    let known = ["internal error: failed to diagnose selected-version mismatch", "but go 1.16 would select"];
    match try_run(go, dir, "mod tidy") {
        Ok(()) => true,
        Err(e) if known.iter().any(|k| e.contains(k)) => false,
        Err(e) => panic!("go mod tidy: {e}"),
    }
}

fn try_run(go: &Go, dir: &Path, command: &str) -> Result<(), String> {
    let args: Vec<&str> = command.split(' ').collect();
    let out = go.output(dir, &args);
    if out.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout))
}

/// Whether the project could be checked.
fn one(seed: u64) -> bool {
    let mut rng = Rng::new(seed);
    let world = world(&mut rng);
    let files: HashMap<_, _> = world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect();
    let served = TempTree::new();
    let url = world.write(served.path());
    let full = Go::with_proxy(&url);
    let place = TempTree::new();
    let workspace = rng.chance(35);
    if workspace {
        place.write("go.work", "go 1.26.2\nuse ./a\nuse ./b\n");
        let sibling = rng.chance(50).then_some("example.com/a");
        main_module(&mut rng, &place, "a/", "example.com/a", None);
        main_module(&mut rng, &place, "b/", "example.com/b", sibling);
        for dir in ["a", "b"] {
            if !tidy(&full, &place.join(dir)) {
                return false;
            }
        }
    } else {
        main_module(&mut rng, &place, "", "example.com/main", None);
        if !tidy(&full, place.path()) {
            return false;
        }
    }

    let mut project = project::load(place.path(), Mode::Readonly, Some(go_version())).unwrap();
    for scope in [Scope::Build, Scope::All] {
        project.scope = scope;
        let ours = match resolve(&project, &mut Shuffled::new(&files, seed)) {
            Ok(ours) => ours,
            // Two modules may replace the same thing differently; and tidy reads
            // no more of the graph than it needs.
            Err(e) => {
                let theirs = try_run(&full, place.path(), "list -m all");
                assert!(theirs.is_err(), "seed {seed}: {e}");
                return false;
            }
        };
        assert!(ours.lone_faults.is_empty(), "seed {seed}: {:?}", ours.lone_faults);
        let cached = TempTree::new();
        cache::fill(&world, &ours.needs(scope), cached.path());
        for (dir, command) in commands(scope, workspace) {
            let dir = place.join(dir);
            let lone = command.strip_prefix("GOWORK=off ");
            let with = |go: Go| if lone.is_some() { go.env("GOWORK", "off") } else { go };
            let command = lone.unwrap_or(command);
            let offline = with(Go::with_proxy("off").modcache(cached.path()));
            // go.sum may lack what a command wants, whatever the cache has.
            if let Err(e) = try_run(&offline, &dir, command)
                && try_run(&with(Go::with_proxy(&url)), &dir, command).is_ok()
            {
                let go_mod = fs::read_to_string(dir.join("go.mod")).unwrap_or_default();
                panic!("seed {seed}: go {command} in {scope:?}: {e}\n{go_mod}");
            }
            let _ = fs::remove_dir_all(dir.join("vendor"));
        }
    }
    true
}

/// What a scope promises, and where: `go mod tidy` and `go mod vendor` know no
/// workspace.
fn commands(scope: Scope, workspace: bool) -> Vec<(&'static str, &'static str)> {
    let everywhere = ["list -m all", "mod graph", "mod verify", "mod download"];
    let mut all: Vec<(&str, &str)> = everywhere.into_iter().map(|command| ("", command)).collect();
    let members: &[&str] = if workspace { &["a", "b"] } else { &[""] };
    for dir in members {
        all.extend([(*dir, "list -deps -test ./..."), (*dir, "vet ./...")]);
    }
    all.push(("", if workspace { "work vendor" } else { "mod vendor" }));
    if scope == Scope::All {
        all.extend(["list -deps -test all", "mod why -m all", "mod download all"].map(|c| ("", c)));
        for dir in members {
            all.push((*dir, "mod tidy -diff"));
            if workspace {
                let lone =
                    ["GOWORK=off list -m all", "GOWORK=off mod vendor", "GOWORK=off list -deps -test all"];
                all.extend(lone.map(|command| (*dir, command)));
            }
        }
    }
    all
}

#[test]
fn what_is_needed_is_enough() {
    if !require_tool("go") {
        return;
    }
    let count = std::env::var("AIRGO_NEEDS_COUNT").map_or(5, |n| n.parse().unwrap());
    let seed = std::env::var("AIRGO_NEEDS_SEED").map_or(1, |n| n.parse().unwrap());
    let checked = (seed..seed + count).filter(|&seed| one(seed)).count();
    assert!(checked * 2 >= count as usize, "go could make only {checked} of {count} projects tidy");
}

//! What a cache has to hold is enough: a proxy that has nothing else serves
//! every command that the scope promises, and `go` alone decides.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use airgo_gomod::{ModuleVersion, module};
use airgo_resolve::{Mode, Needs, Scope, resolve};
use airgo_testkit::{Go, Module, TempTree, World, require_tool};
use support::oracle::go_version;
use support::project;
use support::rng::Rng;
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

fn main_module(rng: &mut Rng, place: &TempTree, dir: &str, path: &str) {
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
    place.write(format!("{dir}go.mod"), go_mod);
    place.write(format!("{dir}p.go"), code);
}

/// The files of a proxy that has just these.
fn subset(world: &World, needs: &Needs, dir: &Path) -> String {
    let all = world.files();
    for (list, kind) in [(&needs.mods, "mod"), (&needs.infos, "info"), (&needs.zips, "zip")] {
        for m in list {
            let path = module::escape_path(&m.path).unwrap();
            let name = format!("{path}/@v/{}.{kind}", module::escape_version(&m.version).unwrap());
            let file = dir.join(&name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, &all[&name]).unwrap();
        }
    }
    format!("file://{}", dir.display())
}

/// Runs a command that has to succeed.
fn run(go: &Go, dir: &Path, command: &str) {
    if let Err(e) = try_run(go, dir, command) {
        panic!("go {command}: {e}\n{}", fs::read_to_string(dir.join("go.mod")).unwrap_or_default());
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

fn one(seed: u64) {
    let mut rng = Rng::new(seed);
    let world = world(&mut rng);
    let files: HashMap<_, _> = world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect();
    let served = TempTree::new();
    let full = Go::with_proxy(&world.write(served.path()));
    let place = TempTree::new();
    let workspace = rng.chance(25);
    if workspace {
        place.write("go.work", "go 1.26.2\nuse ./a\nuse ./b\n");
        for (dir, path) in [("a/", "example.com/a"), ("b/", "example.com/b")] {
            main_module(&mut rng, &place, dir, path);
            run(&full, &place.join(dir), "mod tidy");
        }
    } else {
        main_module(&mut rng, &place, "", "example.com/main");
        run(&full, place.path(), "mod tidy");
    }
    let packages: &[&str] = if workspace { &["./a/...", "./b/..."] } else { &["./..."] };

    let mut project = project::load(place.path(), Mode::Readonly, Some(go_version())).unwrap();
    for scope in [Scope::Build, Scope::All] {
        project.scope = scope;
        let ours = match resolve(&project, &mut Shuffled::new(&files, seed)) {
            Ok(ours) => ours,
            // Two modules may replace the same thing differently.
            Err(e) if workspace && e.to_string().contains("conflicting") => return,
            Err(e) => panic!("seed {seed}: {e}"),
        };
        let proxy = TempTree::new();
        let url = subset(&world, &ours.needs(scope), proxy.path());
        let commands: &[&str] = match (scope, workspace) {
            (Scope::Build, false) => {
                &["list -m all", "mod graph", "mod verify", "mod download", "mod vendor"]
            }
            (Scope::Build, true) => {
                &["list -m all", "mod graph", "mod verify", "mod download", "work vendor"]
            }
            (Scope::All, false) => {
                &["mod tidy -diff", "list -deps -test all", "mod why -m all", "mod download all"]
            }
            (Scope::All, true) => &["list -deps -test all", "mod why -m all", "mod download all"],
        };
        let of_packages = packages.iter().flat_map(|p| [format!("list -deps -test {p}"), format!("vet {p}")]);
        for command in of_packages.chain(commands.iter().map(|c| (*c).to_owned())) {
            let offline = try_run(&Go::with_proxy(&url), place.path(), &command);
            // go.sum may lack what a command wants, whatever the proxy has.
            if offline.is_err() && try_run(&full, place.path(), &command).is_ok() {
                run(&Go::with_proxy(&url), place.path(), &command);
            }
            let _ = fs::remove_dir_all(place.join("vendor"));
        }
    }
}

#[test]
fn what_is_needed_is_enough() {
    if !require_tool("go") {
        return;
    }
    let count = std::env::var("AIRGO_NEEDS_COUNT").map_or(5, |n| n.parse().unwrap());
    let seed = std::env::var("AIRGO_NEEDS_SEED").map_or(1, |n| n.parse().unwrap());
    for seed in seed..seed + count {
        one(seed);
    }
}

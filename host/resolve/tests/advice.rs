//! Retractions and deprecations, checked against `go list -m -u -retracted`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::HashMap;
use std::fmt::Write as _;

use airgo_gomod::{ModuleVersion, modfile, pseudo};
use airgo_resolve::{Advice, Mode, latest, resolve};
use airgo_testkit::Rng;
use airgo_testkit::{Go, Module, TempTree, World, require_tool};
use support::oracle::go_version;
use support::project;
use support::source::{Files, Shuffled};

const PATHS: usize = 14;

/// Versions with retractions, releases and others, with and without go.mod.
fn world(rng: &mut Rng) -> World {
    let mut world = World::new();
    for p in 0..PATHS {
        let path = format!("adv.test/m{p:02}");
        let mut versions = match p % 7 {
            0 => vec!["v1.0.0", "v1.1.0", "v1.1.1"],
            1 => vec!["v1.0.0", "v1.2.0-rc.1"],
            2 => vec!["v1.0.0-rc.1", "v1.0.0-rc.2"],
            3 => vec!["v0.0.0-20240102030405-0123456789ab"],
            4 => vec!["v1.0.0", "v2.0.0+incompatible"],
            5 => vec!["v1.0.0-pre", "v3.0.0+incompatible"],
            _ => vec!["v2.0.0+incompatible", "v3.1.0+incompatible"],
        };
        let legacy = p % 7 == 6 || p == 11;
        versions.truncate(1 + rng.below(versions.len()));
        for version in versions {
            let mut text = format!("module {path}\n");
            if rng.chance(40) && !legacy {
                text = format!("// Deprecated: use another,\n// and soon.\nmodule {path}\n");
            }
            if !legacy {
                text.push_str(["go 1.21\n", "go 1.16\n", "go 1.99\n", ""][rng.below(4)]);
            }
            for line in [
                "retract v1.0.0 // Loses data.\n",
                "retract [v1.0.0-pre, v1.1.0]\n",
                "// Too early,\n// both of them.\nretract [v1.0.0, v1.1.1]\n",
                "retract v2.0.0+incompatible // Not ours.\n",
                "retract (\n v1.0.0-rc.1 // First.\n v1.0.0-rc.2 // Second.\n)\n",
            ] {
                if rng.chance(30) && !legacy {
                    text.push_str(line);
                }
            }
            let module = Module::new(&path, version).go_mod(text);
            world.add(if legacy { module.without_go_mod() } else { module });
        }
    }
    world
}

/// What a proxy's files say of each module's latest version.
fn advice_on(world: &World, m: &ModuleVersion) -> Advice {
    let versions: Vec<&Module> = world.modules().iter().filter(|v| v.id().path == m.path).collect();
    let listed = versions.iter().map(|v| v.id().version.as_str()).filter(|v| !pseudo::is_pseudo_version(v));
    let synthetic = format!("module {}\n", m.path).into_bytes();
    let has_go_mod = |v: &str| world.get(&m.path, v).unwrap().go_mod_bytes() != synthetic;
    // A proxy without @latest lets go choose among all that it lists.
    let latest = latest(listed, has_go_mod).unwrap_or(&versions[0].id().version);
    let bytes = world.get(&m.path, latest).unwrap().go_mod_bytes();
    Advice::read(&modfile::parse_lax("go.mod", &bytes).unwrap(), m)
}

fn one(seed: u64) -> usize {
    let mut rng = Rng::new(seed);
    let world = world(&mut rng);
    let files: Files = world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect();
    let place = TempTree::new();
    let url = world.write(&place.dir("proxy"));
    let mut text = "module example.com/main\n\ngo 1.21\n".to_owned();
    let mut required = HashMap::new();
    for _ in 0..8 {
        let m = rng.pick(world.modules());
        // A dependency that needs a newer go cannot be used; its latest version may.
        let too_new = String::from_utf8(m.go_mod_bytes()).unwrap().contains("1.99");
        if !too_new && required.insert(m.id().path.clone(), m.id().version.clone()).is_none() {
            let _ = writeln!(text, "require {} {}", m.id().path, m.id().version);
        }
    }
    for (path, version) in required.iter().filter(|(path, _)| path.ends_with('0') || path.ends_with('1')) {
        let on = if path.ends_with('0') { String::new() } else { format!(" {version}") };
        let other = world.modules().iter().find(|m| m.id().path == *path).unwrap();
        if !String::from_utf8(other.go_mod_bytes()).unwrap().contains("1.99") {
            let _ = writeln!(text, "replace {path}{on} => {path} {}", other.id().version);
        }
    }
    place.write("main/go.mod", &text);
    place.write("main/go.sum", world.go_sum());

    let dir = place.join("main");
    let project = project::load(&dir, Mode::Readonly, Some(go_version())).unwrap();
    let ours = resolve(&project, &mut Shuffled::new(&files, seed)).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let format = "{{with .Replace}}{{.Path}}@{{.Version}} {{printf \"%q\" .Retracted}}\
                  {{else}}{{.Path}}@{{.Version}} {{printf \"%q\" .Retracted}}{{end}}";
    let theirs = Go::with_proxy(&url).run(&dir, &["list", "-m", "-u", "-retracted", "-f", format, "all"]);
    let deprecated = "{{with .Replace}}{{.Path}}@{{.Version}} {{printf \"%q\" .Deprecated}}\
                      {{else}}{{.Path}}@{{.Version}} {{printf \"%q\" .Deprecated}}{{end}}";
    let theirs_deprecated = Go::with_proxy(&url).run(&dir, &["list", "-m", "-u", "-f", deprecated, "all"]);
    let mut found = 0;
    for m in ours.build_list.iter().filter_map(|s| s.stored()) {
        let asked = ours.advisable().contains(m);
        let advice = if asked { advice_on(&world, m) } else { Advice::default() };
        found += usize::from(!advice.is_empty());
        // Without a reason go gives one of its own.
        let mut reasons = advice.retracted.unwrap_or_default();
        let retracted = ours_is_retracted(&world, m, asked);
        if retracted && reasons.is_empty() {
            reasons.push("retracted by module author".to_owned());
        }
        let quoted: Vec<String> = reasons.iter().map(|r| format!("{r:?}")).collect();
        let line = format!("{m} [{}]", quoted.join(" "));
        assert!(theirs.lines().any(|l| l == line), "seed {seed}: {line}\n{theirs}\n{text}");
        if m.path.ends_with('0') || m.path.ends_with('1') {
            continue;
        }
        let line = format!("{m} {:?}", advice.deprecated.unwrap_or_default());
        assert!(
            theirs_deprecated.lines().any(|l| l == line),
            "seed {seed}: {line}\n{theirs_deprecated}\n{text}"
        );
    }
    found
}

fn ours_is_retracted(world: &World, m: &ModuleVersion, asked: bool) -> bool {
    asked && advice_on(world, m).retracted.is_some()
}

#[test]
fn retractions_and_deprecations_are_those_of_go() {
    if !require_tool("go") {
        return;
    }
    let found: usize = (1..13).map(one).sum();
    assert!(found > 15, "only {found}");
}

//! Random worlds and random main modules.

use std::fmt::Write as _;

use airgo_gomod::ModuleVersion;
use airgo_testkit::{Module, TempTree, World};

use airgo_testkit::Rng;

const GO_OLD: [&str; 6] = ["1.11", "1.12", "1.13", "1.14", "1.15", "1.16"];
const GO_PRUNED: [&str; 4] = ["1.17", "1.18", "1.19", "1.20"];
const GO_STRICT: [&str; 9] =
    ["1.21", "1.21.0", "1.21rc2", "1.22", "1.22.3", "1.23.1", "1.24.0", "1.25", "1.26.1"];

fn go_line(rng: &mut Rng) -> Option<&'static str> {
    match rng.below(100) {
        0..12 => None,
        12..30 => Some(*rng.pick(&GO_OLD)),
        30..60 => Some(*rng.pick(&GO_PRUNED)),
        60..99 => Some(*rng.pick(&GO_STRICT)),
        _ => Some("1.99"),
    }
}

/// A world of modules that require each other at random, with all that a
/// dependency's go.mod may hold. Old and new ones mix, so that pruning shows.
/// Beside the good ones of syn.test are some of bad.test that go refuses.
pub fn world(rng: &mut Rng, paths: usize, versions: usize) -> World {
    let mut ids = Vec::new();
    for p in 0..paths {
        let base = format!("syn.test/m{p:02}");
        for v in 0..versions {
            ids.push(match p % 10 {
                7 if v >= versions / 2 => ModuleVersion::new(format!("{base}/v2"), format!("v2.{v}.0")),
                8 if v >= versions / 2 => ModuleVersion::new(&base, format!("v{}.{v}.0+incompatible", v + 2)),
                9 => ModuleVersion::new(&base, format!("v0.0.0-2024010{}000000-abcdef01234{v}", v + 1)),
                6 if v == 0 => ModuleVersion::new(&base, "v1.0.0-pre.1"),
                5 => ModuleVersion::new(format!("gopkg.in/Syn{p}.v1"), format!("v1.{v}.0")),
                _ => ModuleVersion::new(&base, format!("v1.{v}.0")),
            });
        }
    }
    let mut world = World::new();
    for id in &ids {
        world.add(dependency(rng, id, &ids));
    }
    for i in 0..12 {
        let (id, r) = (ModuleVersion::new(format!("bad.test/m{i}"), "v1.0.0"), rng.pick(&ids));
        let text = match i % 6 {
            0 => "module \"unclosed\n".to_owned(),
            1 => "module bad.test/other\ngo 1.20\n".to_owned(),
            2 => format!("module {}\ngo 1.99\n", id.path),
            3 => "go 1.20\n".to_owned(),
            4 => format!("module {}\ngo 1.{}\nrequire bad.test/m{} v1.0.0\n", id.path, 12 + i, i - 1),
            _ => format!(
                "module {}\nrequire {} {}\nrequire bad.test/none v1.0.0\n",
                id.path, r.path, r.version
            ),
        };
        world.add(Module::new(&id.path, &id.version).go_mod(text));
    }
    world
}

fn dependency(rng: &mut Rng, id: &ModuleVersion, ids: &[ModuleVersion]) -> Module {
    let mut text = String::new();
    let _ = match rng.below(10) {
        0 => write!(text, "module \"{}\"\r\n", id.path),
        _ => writeln!(text, "module {} // Deprecated: use another", id.path),
    };
    if let Some(go) = go_line(rng).filter(|go| *go != "1.99") {
        let _ = writeln!(text, "go {go}");
    }
    if rng.chance(10) {
        text.push_str("toolchain go1.24.9\n");
    }
    if rng.chance(5) {
        text.push_str("frobnicate all the things\nunknown (\n a\n b\n)\n");
    }
    if rng.chance(10) {
        text.push_str("retract [v1.0.0, v1.0.9] // a mistake\n");
    }
    for _ in 0..rng.below(5) {
        let r = rng.pick(ids);
        let _ = writeln!(text, "require {} {}{}", r.path, r.version, indirect(rng));
    }
    // None of these count in a dependency.
    if rng.chance(20) {
        let r = rng.pick(ids);
        let _ = writeln!(text, "exclude {} {}\nreplace {} => ../nowhere", r.path, r.version, r.path);
    }
    Module::new(&id.path, &id.version).go_mod(text)
}

fn indirect(rng: &mut Rng) -> &'static str {
    if rng.chance(40) { " // indirect" } else { "" }
}

/// Writes a random project: a main module, or a workspace of a few.
pub fn project(rng: &mut Rng, world: &World, place: &TempTree) {
    let pool = pool(rng, world);
    if rng.chance(25) {
        workspace(rng, &pool, place);
    } else {
        let path = match rng.below(20) {
            0 => rng.pick(&pool).path.clone(),
            1 => "example.com/main/v2".to_owned(),
            _ => "example.com/main".to_owned(),
        };
        let text = main_module(rng, &pool, place, "", &path, &[]);
        place.write("go.mod", text);
    }
    if rng.chance(4) {
        place.write("vendor/README", "not made by go mod vendor\n");
    }
}

/// A part of the world to draw from, so that requirements meet.
fn pool(rng: &mut Rng, world: &World) -> Vec<ModuleVersion> {
    let kind = rng.below(20);
    let wanted = |path: &str| match (kind, path.split('/').next()) {
        (0..8, first) => first == Some("syn.test"),
        (8..12, first) => first != Some("syn.test") && first != Some("bad.test"),
        (12..18, first) => first != Some("bad.test"),
        _ => true,
    };
    let mut toolchains = 0;
    let all = world.modules().iter().map(|m| m.id()).filter(|m| wanted(&m.path));
    // Of the hundred toolchains a few will do.
    let few = all.filter(|m| {
        toolchains += usize::from(m.path == "golang.org/toolchain");
        m.path != "golang.org/toolchain" || toolchains < 4
    });
    few.cloned().collect()
}

fn workspace(rng: &mut Rng, pool: &[ModuleVersion], place: &TempTree) {
    let n = 1 + rng.below(3);
    let mut paths = Vec::new();
    for i in 0..n {
        paths.push(match rng.below(15) {
            0 => rng.pick(pool).path.clone(),
            1 if i > 0 => "example.com/w0".to_owned(),
            _ => format!("example.com/w{i}"),
        });
    }
    let mut text = String::new();
    match rng.below(10) {
        0 => {}
        1 => text.push_str("go 1.18\n"),
        2 => text.push_str("go 1.22\n"),
        _ => text.push_str("go 1.26.3\n"),
    }
    if rng.chance(15) {
        let _ = writeln!(text, "toolchain {}", rng.pick(&["go1.26.5", "go1.21.1", "default"]));
    }
    if rng.chance(5) {
        let _ = writeln!(text, "godebug {}", rng.pick(&["default=go1.21", "panicnil=1", "default=go1.99"]));
    }
    for (i, path) in paths.iter().enumerate() {
        let dir = format!("w{i}");
        let _ = match rng.below(12) {
            0 => writeln!(text, "use {}", place.join(&dir).display()),
            1 => writeln!(text, "use \"./x/../{dir}/\""),
            _ => writeln!(text, "use ./{dir}"),
        };
        let go_mod = main_module(rng, pool, place, &dir, path, &paths);
        place.write(format!("{dir}/go.mod"), go_mod);
    }
    // The root may be one of its modules.
    if rng.chance(10) {
        let go_mod = main_module(rng, pool, place, "", "example.com/root", &paths);
        place.write("go.mod", go_mod);
        text.push_str("use .\n");
    }
    for _ in 0..[0, 0, 0, 1, 2][rng.below(5)] {
        replace(rng, pool, place, "", &mut text);
    }
    if rng.chance(5) {
        let _ = writeln!(text, "use ./w0/../w0");
    }
    place.write("go.work", text);
    let sums = std::fs::read(place.join("go.sum")).unwrap();
    place.write("go.work.sum", sums);
}

fn main_module(
    rng: &mut Rng,
    pool: &[ModuleVersion],
    place: &TempTree,
    dir: &str,
    path: &str,
    siblings: &[String],
) -> String {
    let mut text = format!("module {path}\n");
    if let Some(go) = go_line(rng) {
        let _ = writeln!(text, "go {go}");
        if rng.chance(8) {
            let named = format!("go{go}");
            let named = *rng.pick(&[
                "go1.26.7",
                "go1.25.0",
                "go1.20.1",
                "default",
                "go1.x",
                "go1.24.1-corp",
                named.as_str(),
            ]);
            let _ = writeln!(text, "toolchain {named}");
        }
    }
    let mut required = Vec::new();
    for _ in 0..rng.below(7) {
        let r = rng.pick(pool);
        let _ = writeln!(text, "require {} {}{}", r.path, r.version, indirect(rng));
        required.push(r.clone());
        if rng.chance(2) {
            let _ = writeln!(text, "require {} {}", r.path, r.version);
        }
    }
    match rng.below(80) {
        0 => text.push_str("require syn.test/m00 master\n"),
        1 => text.push_str("require syn.test/m01 v1\n"),
        2 => text.push_str("require syn.test/m01 v1.99.0\n"),
        3 => text.push_str("require syn.test/m01 v2.0.0\n"),
        4 => text.push_str("require syn.test/nowhere v1.0.0\n"),
        5 => {
            let _ = writeln!(text, "require {path} v1.0.0");
        }
        6 => text.push_str("require \"syn.test/bad path\" v1.0.0\n"),
        _ => {}
    }
    if !siblings.is_empty() && rng.chance(30) {
        let i = rng.below(siblings.len());
        let _ = writeln!(text, "require {} v1.0.0", siblings[i]);
        // As repositories of several modules have it for those without go.work.
        if rng.chance(50) {
            let up = if dir.is_empty() { "./" } else { "../" };
            let version = if rng.chance(20) { " v1.0.0" } else { "" };
            let _ = writeln!(text, "replace {}{version} => {up}w{i}", siblings[i]);
        }
    }
    for _ in 0..[0, 0, 0, 1, 2][rng.below(5)] {
        let x = if rng.chance(30) && !required.is_empty() { rng.pick(&required) } else { rng.pick(pool) };
        let _ = writeln!(text, "exclude {} {}", x.path, x.version);
        if rng.chance(5) {
            let _ = writeln!(text, "exclude {} {}", x.path, x.version);
        }
    }
    for _ in 0..[0, 0, 0, 1, 2, 3][rng.below(6)] {
        let from = if rng.chance(50) && !required.is_empty() { &required } else { pool };
        replace(rng, from, place, dir, &mut text);
    }
    for line in [
        "tool syn.test/m00/cmd",
        "retract v1.0.0",
        "retract [v0.1.0, v0.2.0] // wrong",
        "godebug default=go1.21",
        "ignore ./node_modules",
        "godebug default=go1.99",
        "tool ../bad",
        "retract v3.0.0",
    ] {
        let percent = if line.contains("99") || line.contains("bad") || line.contains("v3") { 1 } else { 6 };
        if rng.chance(percent) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn replace(rng: &mut Rng, pool: &[ModuleVersion], place: &TempTree, dir: &str, text: &mut String) {
    let old = rng.pick(pool).clone();
    let version = if rng.chance(50) { format!(" {}", old.version) } else { String::new() };
    let _ = write!(text, "replace {}{version} => ", old.path);
    let same: Vec<_> = pool.iter().filter(|m| m.path == old.path).collect();
    match rng.below(10) {
        0..4 => {
            let new = rng.pick(&same);
            let _ = writeln!(text, "{} {}", new.path, new.version);
        }
        4..6 => {
            let new = rng.pick(pool);
            let _ = writeln!(text, "{} {}", new.path, new.version);
        }
        6 => {
            let _ = writeln!(text, "../nowhere");
        }
        _ => {
            let name = format!("local{}", rng.below(1000));
            let up = if dir.is_empty() { "./" } else { "../" };
            let _ = match rng.below(10) {
                0 => writeln!(text, "{}", place.join(&name).display()),
                1 => writeln!(text, "\"{up}{name}/\""),
                _ => writeln!(text, "{up}{name}"),
            };
            let mut local = String::new();
            match rng.below(10) {
                0 => {}
                1 => local.push_str("module example.com/anything\n"),
                2 => local.push_str("module \"unclosed\n"),
                _ => {
                    let _ = writeln!(local, "module {}", old.path);
                }
            }
            if let Some(go) = go_line(rng) {
                let _ = writeln!(local, "go {go}");
            }
            for _ in 0..rng.below(4) {
                let r = rng.pick(pool);
                let _ = writeln!(local, "require {} {}", r.path, r.version);
            }
            place.write(format!("{name}/go.mod"), local);
        }
    }
}

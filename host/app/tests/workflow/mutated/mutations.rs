//! What may happen to a checkout after it was packed. None of it makes code that
//! does not compile: only what is loaded changes.

use super::checkout::Checkout;
use airgo_testkit::Rng;
use airgo_testkit::World;

/// Packages that code may come to import: of the bundle, of other versions, of
/// no module, of the standard library, of the project itself.
const IMPORTS: [&str; 24] = [
    "example.com/a",
    "example.com/a/sub",
    "example.com/a/extra",
    "example.com/a/none",
    "example.com/a/internal/i",
    "example.com/b",
    "example.com/b/inner",
    "example.com/c",
    "example.com/c/pkg",
    "example.com/c/more",
    "example.com/deep",
    "example.com/deep/er",
    "example.com/win",
    "example.com/tst",
    "example.com/tst/help",
    "example.com/old",
    "example.com/one/two",
    "example.com/one/x",
    "example.com/newgo",
    "example.com/midgo",
    "example.org/nowhere/x",
    "unsafe",
    "nostd/none",
    "Upper.example/case",
];

const GO_LINES: [&str; 9] = ["1.16", "1.17", "1.20", "1.21", "1.21.0", "1.24", "1.25.0", "1.26.0", "1.99"];

type Mutation = fn(&mut Checkout, &World, &mut Rng);

const ALL: [Mutation; 22] = [
    version,
    version,
    version,
    import_added,
    import_added,
    import_added,
    import_removed,
    platform,
    tag,
    go_line,
    sum_dropped,
    sum_dropped,
    sum_changed,
    replace_added,
    replace_removed,
    member,
    cgo,
    embed,
    dependency_dropped,
    dependency_added,
    file_removed,
    odd,
];

/// One change, or a few.
pub fn apply(checkout: &mut Checkout, world: &World, rng: &mut Rng) {
    let wanted = checkout.log.len() + 1 + rng.below(2) + rng.below(2);
    for _ in 0..200 {
        rng.pick(&ALL)(checkout, world, rng);
        if checkout.log.len() >= wanted {
            return;
        }
    }
}

fn go_mod(checkout: &Checkout, rng: &mut Rng) -> String {
    rng.pick(&checkout.named("go.mod")).clone()
}

/// A line that begins so, by its number.
fn line(checkout: &Checkout, file: &str, begins: &str, rng: &mut Rng) -> Option<usize> {
    let lines = checkout.files.get(file)?.lines().enumerate();
    let found: Vec<usize> = lines.filter(|(_, line)| line.starts_with(begins)).map(|(at, _)| at).collect();
    if found.is_empty() { None } else { Some(*rng.pick(&found)) }
}

/// A version of a module of the world, or one that there is not.
fn some_version(world: &World, path: &str, rng: &mut Rng) -> String {
    let all: Vec<&str> =
        world.modules().iter().filter(|m| m.id().path == path).map(|m| m.id().version.as_str()).collect();
    if all.is_empty() || rng.chance(12) { "v1.9.9".to_owned() } else { (*rng.pick(&all)).to_owned() }
}

fn version(checkout: &mut Checkout, world: &World, rng: &mut Rng) {
    let file = go_mod(checkout, rng);
    let Some(at) = line(checkout, &file, "require ", rng) else { return };
    let old: Vec<String> =
        checkout.files[&file].lines().nth(at).unwrap().split(' ').map(str::to_owned).collect();
    let new = some_version(world, &old[1], rng);
    if new == old[2] {
        return;
    }
    checkout.log.push(format!("{file}: {} {} to {new}", old[1], old[2]));
    checkout.lines(&file, |lines| lines[at] = lines[at].replacen(&old[2], &new, 1));
}

/// A Go file with a block of imports.
fn go_file(checkout: &Checkout, rng: &mut Rng) -> Option<String> {
    let files =
        checkout.files.iter().filter(|(name, text)| name.ends_with(".go") && text.contains("import ("));
    let files: Vec<&String> = files.map(|(name, _)| name).collect();
    (!files.is_empty()).then(|| (*rng.pick(&files)).clone())
}

fn import_added(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let Some(file) = go_file(checkout, rng) else { return };
    let import = *rng.pick(&IMPORTS);
    let new = format!("\t_ \"{import}\"");
    if checkout.files[&file].contains(&new) || import == "unsafe" && file.contains("cgo") {
        return;
    }
    checkout.log.push(format!("{file}: import {import}"));
    checkout.lines(&file, |lines| {
        let at = lines.iter().position(|line| line == "import (").unwrap();
        lines.insert(at + 1, new);
    });
}

fn import_removed(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let Some(file) = go_file(checkout, rng) else { return };
    let Some(at) = line(checkout, &file, "\t_ \"example", rng) else { return };
    checkout.log.push(format!("{file}: without line {at}"));
    checkout.lines(&file, |lines| drop(lines.remove(at)));
}

fn platform(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let new = *rng.pick(&["windows/amd64", "darwin/arm64", "linux/arm64"]);
    if checkout.cgo || checkout.platform == new {
        return;
    }
    checkout.log.push(format!("for {new}"));
    checkout.platform = new.to_owned();
}

fn tag(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    if checkout.tags.is_empty() {
        checkout.tags.push((*rng.pick(&["special", "other"])).to_owned());
        checkout.log.push(format!("tags {:?}", checkout.tags));
    }
}

fn go_line(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let mut files = checkout.named("go.mod");
    files.extend(checkout.named("go.work"));
    let file = rng.pick(&files).clone();
    let Some(at) = line(checkout, &file, "go ", rng) else { return };
    let new = *rng.pick(&GO_LINES);
    checkout.log.push(format!("{file}: go {new}"));
    checkout.lines(&file, |lines| lines[at] = format!("go {new}"));
    if rng.chance(30) {
        checkout.toolchain = "auto";
    }
}

fn sum_dropped(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let sums = checkout.named("go.sum");
    if sums.is_empty() {
        return;
    }
    let file = rng.pick(&sums).clone();
    let Some(at) = line(checkout, &file, "", rng) else { return };
    let gone = checkout.files[&file].lines().nth(at).unwrap().to_owned();
    checkout.log.push(format!("{file}: without {gone}"));
    checkout.lines(&file, |lines| drop(lines.remove(at)));
}

fn sum_changed(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let sums = checkout.named("go.sum");
    if sums.is_empty() {
        return;
    }
    let file = rng.pick(&sums).clone();
    let Some(at) = line(checkout, &file, "", rng) else { return };
    checkout.log.push(format!("{file}: another hash in line {at}"));
    checkout.lines(&file, |lines| {
        let (start, _) = lines[at].rsplit_once(' ').unwrap();
        lines[at] = format!("{start} h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    });
}

fn replace_added(checkout: &mut Checkout, world: &World, rng: &mut Rng) {
    let file = go_mod(checkout, rng);
    let old = format!("example.com/{}", rng.pick(&["a", "b", "c", "deep", "old", "one", "tst"]));
    let new = match rng.below(4) {
        0 => "./nowhere".to_owned(),
        1 => {
            let dir = file.trim_end_matches("go.mod").to_owned() + "put";
            let package = old.rsplit('/').next().unwrap();
            checkout.files.insert(format!("{dir}/go.mod"), format!("module {old}\n\ngo 1.20\n"));
            checkout.files.insert(format!("{dir}/p.go"), format!("package {package}\n"));
            "./put".to_owned()
        }
        2 => {
            let to = format!("example.com/{}", rng.pick(&["deep", "win", "b"]));
            format!("{to} {}", some_version(world, &to, rng))
        }
        _ => format!("{old} {}", some_version(world, &old, rng)),
    };
    checkout.log.push(format!("{file}: replace {old} => {new}"));
    checkout.lines(&file, |lines| lines.push(format!("replace {old} => {new}")));
}

fn replace_removed(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let file = go_mod(checkout, rng);
    let Some(at) = line(checkout, &file, "replace ", rng) else { return };
    let gone = checkout.files[&file].lines().nth(at).unwrap().to_owned();
    checkout.log.push(format!("{file}: without {gone}"));
    checkout.lines(&file, |lines| drop(lines.remove(at)));
}

fn member(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    if !checkout.files.contains_key("go.work") {
        return;
    }
    let member = format!("use ./{}", rng.pick(&["m1", "m2", "m3"]));
    checkout.log.push(format!("go.work: {member} turned"));
    checkout.lines("go.work", |lines| match lines.iter().position(|line| *line == member) {
        Some(at) => drop(lines.remove(at)),
        None => lines.push(member),
    });
}

fn cgo(checkout: &mut Checkout, _: &World, _: &mut Rng) {
    if checkout.platform == "linux/amd64" && !checkout.cgo {
        checkout.cgo = true;
        checkout.log.push("cgo".to_owned());
    }
}

fn embed(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let files = checkout.files.iter().filter(|(_, text)| text.contains("//go:embed"));
    let files: Vec<String> = files.map(|(name, _)| name.clone()).collect();
    if files.is_empty() {
        return;
    }
    let file = rng.pick(&files).clone();
    let pattern = *rng.pick(&[
        "*.none",
        "dir/*",
        "all:dir",
        "[",
        "../x",
        "one.txt only.txt",
        "*.go",
        "dir/.hidden",
        "di?",
    ]);
    checkout.log.push(format!("{file}: embed {pattern}"));
    checkout.lines(&file, |lines| {
        let at = lines.iter().position(|line| line.starts_with("//go:embed")).unwrap();
        lines[at] =
            if rng.chance(50) { format!("//go:embed {pattern}") } else { format!("{} {pattern}", lines[at]) };
    });
}

fn dependency_dropped(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let file = go_mod(checkout, rng);
    let Some(at) = line(checkout, &file, "require ", rng) else { return };
    let gone = checkout.files[&file].lines().nth(at).unwrap().to_owned();
    checkout.log.push(format!("{file}: without {gone}"));
    checkout.lines(&file, |lines| drop(lines.remove(at)));
}

fn dependency_added(checkout: &mut Checkout, world: &World, rng: &mut Rng) {
    let file = go_mod(checkout, rng);
    let module = rng.pick(world.modules()).id();
    checkout.log.push(format!("{file}: require {module}"));
    checkout.lines(&file, |lines| lines.push(format!("require {} {}", module.path, module.version)));
}

fn file_removed(checkout: &mut Checkout, _: &World, rng: &mut Rng) {
    let all: Vec<String> = checkout
        .files
        .keys()
        .filter(|name| !name.ends_with("go.mod") && *name != "go.work")
        .cloned()
        .collect();
    let gone = rng.pick(&all).clone();
    checkout.log.push(format!("without {gone}"));
    checkout.files.remove(&gone);
}

/// Lines that are rare.
fn odd(checkout: &mut Checkout, world: &World, rng: &mut Rng) {
    let file = go_mod(checkout, rng);
    let module = rng.pick(world.modules()).id();
    let new = match rng.below(6) {
        0 => format!("exclude {} {}", module.path, module.version),
        1 => "toolchain go1.99.0".to_owned(),
        2 => "toolchain go1.21.5".to_owned(),
        3 => "tool example.com/a/none".to_owned(),
        4 => "ignore ./sub".to_owned(),
        _ => "retract v1.0.0".to_owned(),
    };
    checkout.log.push(format!("{file}: {new}"));
    checkout.lines(&file, |lines| lines.push(new));
}

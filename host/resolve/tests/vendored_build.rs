//! Whether go builds from a vendor directory that was changed: `go list -deps -test`
//! fails exactly where modules.txt contradicts go.mod or a package is missing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use airgo_gomod::gosource::Platform;
use airgo_resolve::Mode;
use airgo_resolve::packages::{Builds, Settings};
use airgo_resolve::vendor::{ModulesTxt, inconsistencies, load};
use airgo_testkit::{Go, Rng, TempTree, VendoredProject, require_tool};
use support::oracle::go_version;
use support::project;
use support::unpacked::Unpacked;

/// Why go will not build, by this crate.
fn refused(dir: &Path) -> Vec<String> {
    let project = match project::load(dir, Mode::Readonly, Some(go_version())) {
        Ok(project) => project,
        Err(e) => return vec![e],
    };
    let vendor = dir.join("vendor");
    let modules_txt = ModulesTxt::parse(&fs::read(vendor.join("modules.txt")).unwrap_or_default());
    let mut found: Vec<String> =
        inconsistencies(&project, &modules_txt).iter().map(ToString::to_string).collect();
    found.extend(
        modules_txt.too_new(go_version()).map(|(module, go)| format!("{module} requires go >= {go}")),
    );
    if !found.is_empty() {
        return found;
    }
    let std = PathBuf::from(Go::with_proxy("off").run(Path::new("/"), &["env", "GOROOT"]).trim()).join("src");
    let standard = |path: &str| Some(std.join(path).is_dir());
    let platforms = [Platform::parse("linux/amd64").unwrap()];
    let settings = Settings {
        builds: Builds::Of { platforms: &platforms, tags: &[], cgo: Some(true) },
        tests: true,
        embeds: true,
        sums: None,
        standard: &standard,
    };
    let at = (vendor.to_str().unwrap(), &modules_txt);
    let closure = load(&project, at, &settings, &mut Unpacked("/nowhere".into())).unwrap();
    found.extend(closure.problems.iter().map(|problem| format!("{problem:?}")));
    found.extend(closure.embed_errors.iter().map(|error| format!("{error:?}")));
    found
}

/// Changes one thing; says what, or nothing where there was nothing to change.
fn mutate(dir: &Path, rng: &mut Rng) -> Option<&'static str> {
    let modules_txt = dir.join("vendor/modules.txt");
    let text = fs::read_to_string(&modules_txt).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = |at: usize| -> String {
        let left = lines.iter().enumerate().filter(|(n, _)| *n != at);
        left.map(|(_, line)| format!("{line}\n")).collect()
    };
    let go_mod = [dir.join("go.mod"), dir.join("one/go.mod")].into_iter().find(|file| file.exists())?;
    let edit = |from: &str, to: &str| {
        let text = fs::read_to_string(&go_mod).unwrap();
        let at = text.find(from)?;
        fs::write(&go_mod, format!("{}{to}{}", &text[..at], &text[at + from.len()..])).unwrap();
        Some(())
    };
    let mut dirs = Vec::new();
    packages(&dir.join("vendor"), &mut dirs);
    dirs.sort();
    let one = dirs.get(rng.below(dirs.len())).cloned();
    match rng.below(14) {
        0 | 1 => {
            fs::write(&modules_txt, without(rng.below(lines.len()))).unwrap();
            Some("a line of modules.txt removed")
        }
        2 => {
            fs::write(&modules_txt, text.replacen(" v1.1.0", " v1.0.9", 1)).unwrap();
            Some("another version in modules.txt")
        }
        3 => {
            fs::write(&modules_txt, text.replacen("## explicit", "## inexplicit", 1)).unwrap();
            Some("not marked explicit")
        }
        4 => {
            fs::write(&modules_txt, text.replacen("go 1.", "go 9.", 1)).unwrap();
            Some("a newer go")
        }
        5 => {
            fs::remove_file(&modules_txt).unwrap();
            Some("no modules.txt")
        }
        6 | 7 => {
            fs::remove_dir_all(one?).unwrap();
            Some("a package removed")
        }
        8 => edit(" v1.1.0", " v1.0.9").map(|()| "another version in go.mod"),
        9 => edit("require ", "replace z.test/z => ../z\n\nrequire ").map(|()| "a replacement more"),
        10 => {
            let text = fs::read_to_string(go_mod.with_file_name("main.go")).unwrap();
            let text = text.replace("import _ \"fmt\"", "import _ \"x.test/m0/nothing\"");
            fs::write(go_mod.with_file_name("main.go"), text).unwrap();
            Some("an import more")
        }
        11 => {
            let one = one?;
            let name = one.strip_prefix(dir.join("vendor")).unwrap().to_str().unwrap().to_owned();
            fs::write(one.join("added.go"), format!("package p\n\nimport _ {:?}\n", format!("{name}/no")))
                .unwrap();
            Some("a file added")
        }
        12 => edit("replace ", "// replace ").map(|()| "a replacement fewer"),
        _ => Some("nothing"),
    }
}

fn packages(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            packages(&path, found);
        } else if path.ends_with("root.go") {
            found.push(dir.to_owned());
        }
    }
}

#[test]
fn go_builds_from_changed_vendor_directories_where_we_say_so() {
    if !require_tool("go") {
        return;
    }
    let (first, count) = (5000, 120);
    let mut counts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for seed in first..first + count {
        let made = VendoredProject::of(seed);
        let place = TempTree::new();
        let dir = place.dir("p");
        let go = Go::with_proxy(&made.world.write(&place.dir("proxy")));
        if !made.write(&dir, &go) || !go.output(&dir, &made.command()).status.success() {
            continue;
        }
        if !dir.join("vendor").is_dir() {
            continue;
        }
        let Some(what) = mutate(&dir, &mut Rng::new(seed)) else { continue };
        let go = go.env("GOPROXY", "off").env("CGO_ENABLED", "1");
        let theirs = go.output(&dir, &["list", "-mod=vendor", "-deps", "-test", "./..."]);
        // In a workspace it is not a pattern of the root.
        let theirs = match made.is_workspace() {
            true => go.output(&dir, &["list", "-mod=vendor", "-deps", "-test", "work"]),
            false => theirs,
        };
        let (said, ours) = (String::from_utf8_lossy(&theirs.stderr).into_owned(), refused(&dir));
        assert_eq!(
            theirs.status.success(),
            ours.is_empty(),
            "seed {seed}, go {}, {what}: go says {said}; we {ours:#?}",
            made.go
        );
        *counts.entry((what, ours.is_empty())).or_default() += 1;
    }
    println!("seeds {first}..{}: {counts:#?}", first + count);
    let refused: usize = counts.iter().filter(|((_, builds), _)| !builds).map(|(_, n)| n).sum();
    assert!(refused >= 30 && counts.values().sum::<usize>() >= 80, "{counts:?}");
}

//! `airgo vendor --check`: is a vendor directory what go.sum says, and what go would
//! write?

use crate::airgo::{Airgo, Run};
use crate::outputs::holds;
use crate::redact::Redact;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::{Fault, Go, Module, Rng, TempTree, VendoredProject, require_tool};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project with a vendor directory, of which a bundle is packed.
pub struct Vendored(pub Site);

impl Vendored {
    pub fn new() -> Self {
        let world = small_world().with(
            Module::new("example.com/large", "v1.0.0")
                .go("1.21")
                .file("LICENSE", "You may use this.\n")
                .file("used/used.go", "package used\n\nfunc Used() { second() }\n")
                .file("used/second.go", "package used\n\nfunc second() {}\n")
                .file("used/generate.go", "//go:build ignore\n\npackage main\n")
                .file("tagged/tagged.go", "package tagged\n")
                .file("tagged/other.go", "//go:build ignore\n\npackage main\n"),
        );
        let main = main_module()
            .require("example.com/large", "v1.0.0")
            .file("use.go", "package main\n\nimport _ \"example.com/large/used\"\n")
            .file("some.go", "//go:build some\n\npackage main\n\nimport _ \"example.com/large/tagged\"\n");
        let site = Site::of(world, &main);
        Go::with_proxy(&site.proxy.url()).run(&site.project(), &["mod", "vendor"]);
        Self(site)
    }

    pub fn pack(&self, more: &[&str]) -> &Self {
        self.0.pack_with(more).done();
        self
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.project().join("vendor").join(name)
    }

    fn check(&self, more: &[&str]) -> Run {
        self.0.airgo.run(&[&["vendor", "--check", text(&self.0.project())], more].concat())
    }

    /// With the lists of the bundle, by a user without a network.
    fn check_offline(&self, more: &[&str]) -> Run {
        let (project, bundle, public) = (self.0.project(), self.0.bundle(), self.0.public_key());
        let args = ["vendor", "--check", text(&project), "--bundle", text(&bundle), "--trust", text(&public)];
        Airgo::air_gapped().run(&[&args[..], more].concat())
    }
}

#[test]
fn what_go_wrote_is_the_same() {
    if !require_tool("go") {
        return;
    }
    let vendored = Vendored::new();
    vendored.check(&[]).done().says(&["8 files of 3 modules are as go would write them"]);
    vendored.pack(&[]).check_offline(&[]).done().says(&["8 files of 3 modules"]);
    vendored.pack(&["--exact", "--vendor"]).check_offline(&[]).done();
    let document: Value = serde_json::from_str(&vendored.check_offline(&["--json"]).done().stdout).unwrap();
    assert_eq!((&document["same"], &document["files"]), (&true.into(), &8.into()));
    // What git does not record.
    fs::create_dir_all(vendored.file("example.com/empty")).unwrap();
    fs::set_permissions(vendored.file("example.com/a/a.go"), fs::Permissions::from_mode(0o600)).unwrap();
    vendored.check_offline(&[]).done();
}

/// What `go list -m all` alone reads is not fetched.
#[test]
fn only_what_go_mod_vendor_reads_is_fetched() {
    if !require_tool("go") {
        return;
    }
    let world = airgo_testkit::World::new()
        .with(Module::new("example.com/a", "v1.0.0").go("1.21").require("example.com/c", "v1.0.0"))
        .with(Module::new("example.com/c", "v1.0.0").go("1.21"));
    let main = Module::project("example.com/main").go("1.21").require("example.com/a", "v1.0.0");
    let site = Site::of(world, &main.file("main.go", "package main\n\nimport _ \"example.com/a\"\n"));
    site.proxy.fault("example.com/c/@v/v1.0.0.mod", Fault::Status(404));
    Go::with_proxy(&site.proxy.url()).run(&site.project(), &["mod", "vendor"]);
    site.airgo.run(&["vendor", "--check", text(&site.project())]).done().says(&["2 files of 1 module"]);
}

#[test]
fn every_difference_is_named() {
    if !require_tool("go") {
        return;
    }
    let vendored = Vendored::new();
    vendored.pack(&[]);
    fs::write(vendored.file("example.com/a/a.go"), "package a\n\nimport _ \"os/exec\"\n").unwrap();
    fs::remove_file(vendored.file("example.com/large/LICENSE")).unwrap();
    fs::write(vendored.file("example.com/large/used/backdoor.go"), "package used\n").unwrap();
    fs::write(vendored.file("example.com/large/license"), "You may not.\n").unwrap();
    symlink("/etc/passwd", vendored.file("example.com/large/used/users")).unwrap();
    fs::remove_file(vendored.file("example.com/large/used/used.go")).unwrap();
    symlink("backdoor.go", vendored.file("example.com/large/used/used.go")).unwrap();
    assert!(Command::new("mkfifo").arg(vendored.file("example.com/pipe")).status().unwrap().success());
    let huge = fs::File::create(vendored.file("huge.bin")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let text = fs::read_to_string(vendored.file("modules.txt")).unwrap();
    let text = text.replace("## explicit; go 1.21\nexample.com/a", "## explicit; go 1.22\nexample.com/a");
    fs::write(vendored.file("modules.txt"), format!("{text}example.com/more\n")).unwrap();

    let (run, json) = (vendored.check_offline(&[]).ends(14), vendored.check_offline(&["--json"]).ends(14));
    let redact = Redact::of(&vendored.0);
    holds("vendor", &redact.text(&run.stderr));
    holds("json-vendor", &redact.document(&json.stdout));
    // Fetched, it is the same.
    assert_eq!(differences(&vendored.check(&["--json"]).ends(14)), differences(&json));
}

#[test]
fn a_list_suffices_without_contents() {
    if !require_tool("go") {
        return;
    }
    let vendored = Vendored::new();
    // Of what a tag alone leads to, a plain exact bundle has the list only.
    vendored.pack(&["--exact", "--platform", "linux/amd64"]);
    let unknown = &["vendor/example.com/large/tagged/other.go: not known", "--exact --vendor"];
    vendored.check_offline(&[]).ends(1).says(unknown);
    fs::write(vendored.file("example.com/large/tagged/tagged.go"), "package tagged // more\n").unwrap();
    let changed = "vendor/example.com/large/tagged/tagged.go: changed (example.com/large@v1.0.0)";
    vendored.check_offline(&[]).ends(14).says(&[changed]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    if !require_tool("go") {
        return;
    }
    let vendored = Vendored::new();
    vendored.pack(&[]);
    let site = &vendored.0;
    let line = |version: &str| format!("require example.com/a {version}");
    let edit = |file: &str, from: &str, to: &str| {
        let file = site.project().join(file);
        let old = fs::read_to_string(&file).unwrap();
        assert!(old.contains(from), "{old}");
        fs::write(file, old.replacen(from, to, 1)).unwrap();
    };
    // A module that the bundle does not have.
    edit("go.mod", &line("v1.0.0"), &line("v1.9.0"));
    vendored.check_offline(&[]).ends(1).says(&["example.com/a@v1.9.0", "airgo pack"]);
    edit("go.mod", &line("v1.9.0"), &line("v1.0.0"));
    // Another hash in go.sum than that of the bundle.
    let sums = fs::read_to_string(site.project().join("go.sum")).unwrap();
    let h1 = sums.lines().find_map(|line| line.strip_prefix("example.com/a v1.0.0 ")).unwrap().to_owned();
    edit("go.sum", &h1, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    vendored.check_offline(&[]).ends(11).says(&["checksum mismatch for example.com/a@v1.0.0", "go.sum:"]);
    edit("go.sum", "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &h1);
    // An import that go would refuse.
    edit("use.go", "example.com/large/used", "example.com/large/nothing");
    vendored.check_offline(&[]).ends(1).says(&["go mod vendor would refuse", "example.com/large/nothing"]);
    edit("use.go", "example.com/large/nothing", "example.com/large/used");
    // A vendor directory that is a link, or none, or no project.
    fs::rename(site.project().join("vendor"), site.temp.join("elsewhere")).unwrap();
    symlink(site.temp.join("elsewhere"), site.project().join("vendor")).unwrap();
    vendored.check_offline(&[]).ends(1).says(&["a symbolic link, which is not followed"]);
    fs::remove_file(site.project().join("vendor")).unwrap();
    vendored.check_offline(&[]).ends(1).says(&["there is no vendor directory", "go mod vendor"]);
    fs::remove_file(site.project().join("go.mod")).unwrap();
    vendored.check_offline(&[]).ends(1).says(&["go.mod not found"]);
    site.airgo.run(&["vendor", text(&site.project())]).ends(2).says(&["--check"]);
}

/// The paths that differ, each with how; and whether modules.txt does.
fn differences(run: &Run) -> (BTreeMap<String, String>, bool) {
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let paths = document["differences"].as_array().unwrap().iter().map(|difference| {
        let text = |name: &str| difference[name].as_str().unwrap().to_owned();
        (text("path"), text("wrong"))
    });
    (paths.collect(), !document["modulesTxt"].as_array().unwrap().is_empty())
}

/// As `diff -r` says it of a directory and what go writes anew.
fn truth(theirs: &Path, vendor: &Path) -> (BTreeMap<String, String>, bool) {
    let out =
        Command::new("diff").args(["-rq", "--no-dereference"]).arg(theirs).arg(vendor).output().unwrap();
    let mut found = BTreeMap::new();
    for line in String::from_utf8(out.stdout).unwrap().lines() {
        let only = |root: &Path| {
            let at = line.strip_prefix("Only in ")?.strip_prefix(root.to_str()?)?;
            let (dir, name) = at.split_once(": ")?;
            Some(format!("{dir}/{name}").trim_start_matches('/').to_owned())
        };
        if let Some(path) = only(theirs) {
            found.extend(files(theirs, &path).into_iter().map(|path| (path, "missing".to_owned())));
        } else if let Some(path) = only(vendor) {
            found.extend(files(vendor, &path).into_iter().map(|path| {
                let link = vendor.join(&path).is_symlink();
                (path, if link { "not-a-file" } else { "added" }.to_owned())
            }));
        } else {
            let path = line.split(" and ").next().unwrap();
            let path =
                path.trim_start_matches("Files ").trim_start_matches("File ").split(" is a ").next().unwrap();
            let path = Path::new(path).strip_prefix(theirs).unwrap().to_str().unwrap().to_owned();
            let link = vendor.join(&path).is_symlink();
            found.insert(path, if link { "not-a-file" } else { "changed" }.to_owned());
        }
    }
    let text = found.get("modules.txt").is_some_and(|wrong| wrong == "changed");
    if text {
        found.remove("modules.txt");
    }
    (found, text)
}

/// The files at or below a path.
fn files(root: &Path, path: &str) -> BTreeSet<String> {
    let full = root.join(path);
    if full.is_symlink() || !full.is_dir() {
        return [path.to_owned()].into();
    }
    let entries = fs::read_dir(full).unwrap();
    let below = entries.map(|entry| format!("{path}/{}", entry.unwrap().file_name().to_str().unwrap()));
    below.flat_map(|path| files(root, &path)).collect()
}

fn mutate(vendor: &Path, rng: &mut Rng) -> &'static str {
    let all: Vec<String> = fs::read_dir(vendor)
        .unwrap()
        .flat_map(|entry| files(vendor, entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    let one = &all[rng.below(all.len())];
    let path = vendor.join(one);
    let modules_txt = vendor.join("modules.txt");
    match rng.below(12) {
        0..=2 => {
            let mut bytes = fs::read(&path).unwrap();
            match bytes.len() {
                0 => bytes.push(b'x'),
                len => bytes[rng.below(len)] ^= 1 << rng.below(7),
            }
            fs::write(path, bytes).unwrap();
            "a bit changed"
        }
        3 => {
            fs::remove_file(path).unwrap();
            "a file removed"
        }
        4 => {
            fs::write(path.with_file_name("added.go"), "package p\n").unwrap();
            "a file added"
        }
        5 => {
            fs::rename(&path, path.with_file_name("renamed.go")).unwrap();
            "a file renamed"
        }
        6 => {
            let text = fs::read_to_string(&modules_txt).unwrap();
            let at = rng.below(text.lines().count());
            let lines = text.lines().enumerate().filter(|(n, _)| *n != at);
            fs::write(&modules_txt, lines.map(|(_, line)| format!("{line}\n")).collect::<String>()).unwrap();
            "a line of modules.txt removed"
        }
        7 => {
            let text = fs::read_to_string(&modules_txt).unwrap();
            fs::write(&modules_txt, format!("{text}x.test/more\n")).unwrap();
            "a line of modules.txt added"
        }
        8 => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            "permissions"
        }
        9 => {
            fs::create_dir_all(vendor.join("x.test/nothing/here")).unwrap();
            "an empty directory"
        }
        10 => {
            fs::remove_file(&path).unwrap();
            symlink("/dev/null", path).unwrap();
            "a link"
        }
        _ => "nothing",
    }
}

/// Generated projects, each with changed vendor directories: against what go writes
/// anew into another directory.
#[test]
fn changed_vendor_directories_against_diff() {
    if !require_tool("go") || !require_tool("diff") {
        return;
    }
    let (first, projects, each) = (9000, 24, 8);
    let mut counts: BTreeMap<(&str, i32), usize> = BTreeMap::new();
    for seed in first..first + projects {
        let made = VendoredProject::of(seed);
        let temp = TempTree::new();
        let dir = temp.dir("p");
        let url = made.world.write(&temp.dir("proxy"));
        let go = Go::with_proxy(&url);
        let (fresh, [command, vendor]) = (temp.join("fresh"), made.command());
        if !made.write(&dir, &go)
            || !go.output(&dir, &[command, vendor, "-o", text(&fresh)]).status.success()
            || !fresh.is_dir()
        {
            continue;
        }
        let airgo = Airgo::new(&url).env("GOSUMDB", "off").env("GONOSUMDB", "*");
        let (key, public) = (temp.join("key"), temp.join("key.pub"));
        let bundle = temp.join("b.airgo");
        airgo.run(&["keygen", "-o", text(&key)]).done();
        let exact = ["--exact", "--vendor"];
        let more = if seed % 2 == 0 { &exact[..] } else { &[] };
        let pack = ["pack", text(&dir), "-o", text(&bundle), "--key", text(&key), "--allow-incomplete"];
        airgo.run(&[&pack[..], more].concat()).done();
        for round in 0..each {
            let rng = &mut Rng::new(seed * 1000 + round);
            let vendor = dir.join("vendor");
            let _ = fs::remove_dir_all(&vendor);
            assert!(Command::new("cp").arg("-a").arg(&fresh).arg(&vendor).status().unwrap().success());
            let mut what = mutate(&vendor, rng);
            if rng.chance(20) {
                mutate(&vendor, rng);
                what = "two changes";
            }
            let args = ["vendor", "--check", text(&dir), "--json"];
            let by_bundle = ["--bundle", text(&bundle), "--trust", text(&public)];
            let run = airgo.run(&[&args[..], if round % 4 == 3 { &[] } else { &by_bundle[..] }].concat());
            let shown =
                || format!("seed {seed} round {round}, go {}, {what}: {}{}", made.go, run.stdout, run.stderr);
            assert!(matches!(run.code, 0 | 14), "{}", shown());
            let (ours, theirs) = (differences(&run), truth(&fresh, &vendor));
            assert_eq!(ours, theirs, "{}", shown());
            assert_eq!(run.code == 0, theirs == (BTreeMap::new(), false), "{}", shown());
            *counts.entry((what, run.code)).or_default() += 1;
        }
    }
    let total: usize = counts.values().sum();
    println!("{total} vendor directories, seeds {first}..{}: {counts:?}", first + projects);
    assert!(total >= 100, "{counts:?}");
}

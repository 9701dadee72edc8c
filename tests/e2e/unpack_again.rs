//! `airgo unpack` into a cache that has modules: what is known is not read again, what
//! was changed is replaced where that is asked for, and what no longer belongs is removed.

use crate::airgo::run;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::{Go, Module, TreeDiff, require_tool};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn change(file: &Path) {
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    fs::write(file, "package evil\n").unwrap();
}

#[test]
fn repair_replaces_what_was_changed() {
    let site = Site::new();
    site.pack().done();
    let compact = site.temp.join("compact.airgo");
    site.pack_to(&compact, &["--compact"]).done();
    let like = site.temp.join("like");
    site.unpack_to(&site.bundle(), &like, &[]).done();
    site.unpack(&site.bundle(), &[]).done();
    let cache = site.modcache();
    for bundle in [site.bundle(), compact] {
        change(&cache.join("example.com/a@v1.0.0/a.go"));
        site.unpack(&bundle, &[]).ends(11).says(&["changed: example.com/a@v1.0.0/a.go", "--repair"]);
        let ran = site.unpack(&bundle, &["--repair"]).done();
        ran.says(&[
            "Repaired example.com/a@v1.0.0: ",
            "example.com/a@v1.0.0/a.go was changed",
            "1 already there",
        ]);
        TreeDiff::new(&like, &cache).assert_same();
        site.unpack(&bundle, &["--repair"]).done().says(&["2 already there"]);
    }
    let json = site.unpack(&site.bundle(), &["--json"]).done().stdout;
    assert!(json.contains(r#""repaired": []"#) || json.contains(r#""repaired":[]"#), "{json}");
    site.unpack(&site.bundle(), &["--repair", "--trust-existing"]).ends(2);
}

/// A site whose project then needs a module less.
fn two_bundles() -> (Site, PathBuf) {
    let extra = Module::new("example.com/extra", "v1.0.0").go("1.21").file("e.go", "package extra\n");
    let site = Site::of(small_world().with(extra), &main_module().require("example.com/extra", "v1.0.0"));
    site.pack().done();
    main_module().write_dir(&site.project());
    let newer = site.temp.join("newer.airgo");
    site.pack_to(&newer, &[]).done();
    (site, newer)
}

#[test]
fn prune_removes_what_the_bundle_no_longer_has() {
    let (site, newer) = two_bundles();
    site.unpack(&site.bundle(), &[]).done().says(&["0 already there"]);
    site.unpack(&newer, &[]).done().says(&["2 already there"]);
    assert!(site.modcache().join("example.com/extra@v1.0.0/e.go").exists());
    let ran = site.unpack(&newer, &["--prune", "-v"]).done();
    ran.says(&["removed example.com/extra@v1.0.0", "Pruned 1 module (3 files, "]);
    assert!(!site.modcache().join("example.com/extra@v1.0.0").exists());
    assert!(!site.modcache().join("cache/download/example.com/extra/@v/v1.0.0.zip").exists());
    site.unpack(&newer, &["--prune"]).done().says(&["Pruned 0 modules", "2 already there"]);
    // Changed since: it stays.
    site.unpack(&site.bundle(), &[]).done();
    change(&site.modcache().join("example.com/extra@v1.0.0/e.go"));
    let ran = site.unpack(&newer, &["--prune", "-v"]).done();
    ran.says(&[
        "example.com/extra@v1.0.0 was changed since airgo installed it",
        "Pruned 0 modules",
        "1 module is not as",
    ]);
    assert!(site.modcache().join("example.com/extra@v1.0.0/e.go").exists());
}

/// What of a bundle is promised: signature, manifest, metadata, and what is taken from it.
#[test]
fn of_a_bundle_that_is_installed_the_zips_are_not_read() {
    let site = Site::new();
    site.pack().done();
    site.unpack(&site.bundle(), &[]).done();
    let mut bytes = fs::read(site.bundle()).unwrap();
    // Within the content of the zip of b, which is stored as it is.
    let name = b"example.com/b/v2@v2.1.0/inner";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[at] ^= 1;
    fs::write(site.bundle(), bytes).unwrap();
    site.verify(&site.bundle()).ends(11);
    site.unpack(&site.bundle(), &[]).done().says(&["2 already there"]);
    // One that is to be installed is.
    site.unpack_to(&site.bundle(), &site.temp.join("other"), &[]).ends(11);
    // And where nothing is known of the cache, the whole bundle is read.
    let records = fs::read_dir(site.modcache().join("cache")).unwrap().map(|entry| entry.unwrap().path());
    let records = records.into_iter().find(|path| path.to_str().unwrap().contains("airgo-record-")).unwrap();
    fs::remove_dir_all(records).unwrap();
    site.unpack(&site.bundle(), &[]).ends(11);
}

#[test]
fn a_target_that_is_a_file_or_a_link() {
    let site = Site::new();
    site.pack().done();
    let file = site.temp.join("file");
    fs::write(&file, "untouched").unwrap();
    site.unpack_to(&site.bundle(), &file, &[]).ends(1).says(&[text(&file), "hint: "]);
    site.unpack_to(&site.bundle(), &file.join("below"), &[]).ends(1).says(&[text(&file), "hint: "]);
    assert_eq!(fs::read(&file).unwrap(), b"untouched");
    // A link to a directory is that directory, one to nothing is nothing.
    let (link, to) = (site.temp.join("link"), site.temp.dir("to"));
    std::os::unix::fs::symlink(&to, &link).unwrap();
    site.unpack_to(&site.bundle(), &link, &[]).done();
    site.unpack_to(&site.bundle(), &to, &[]).done().says(&["2 already there"]);
    let nowhere = site.temp.join("nowhere");
    std::os::unix::fs::symlink(site.temp.join("gone"), &nowhere).unwrap();
    site.unpack_to(&site.bundle(), &nowhere, &[]).ends(1).says(&[text(&nowhere), "hint: "]);
    assert!(!site.temp.join("gone").exists());
}

/// The caches of BuildKit: `cache/download` is a mount of its own.
#[test]
fn a_cache_that_is_on_two_file_systems() {
    if !require_tool("unshare") {
        return;
    }
    let site = Site::new();
    site.pack().done();
    let download = site.temp.dir("modcache/cache/download");
    let mut cmd = Command::new("unshare");
    let script = r#"mount -t tmpfs none "$1" || exit 77
        code=0; "$0" unpack "$2" --gomodcache "$3" --trust "$4" || code=$?
        find "$3" -type f; exit $code"#;
    cmd.args(["-rm", "sh", "-ec", script, env!("CARGO_BIN_EXE_airgo"), text(&download)]);
    cmd.args([text(&site.bundle()), text(&site.modcache()), text(&site.public_key())]);
    let ran = run(cmd);
    if ran.code == 77 {
        return;
    }
    let ran = ran.ends(1).says(&["hint: ", "file system"]);
    assert!(!ran.stdout.contains(".zip\n") && !ran.stdout.contains(".go\n"), "{}", ran.stdout);
}

/// Another user's cache, complete: it is read, hashed, and nothing of it is changed.
#[test]
fn a_cache_of_another_owner() {
    let site = Site::new();
    site.pack().done();
    if !require_tool("setpriv") || fs::metadata("/proc/1/root").is_err() {
        return;
    }
    site.unpack(&site.bundle(), &[]).done();
    let opened = Command::new("chmod").args(["-R", "a+rX", text(site.temp.path())]).status().unwrap();
    assert!(opened.success());
    let as_nobody = |args: &[&str]| {
        let mut cmd = Command::new("setpriv");
        cmd.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_airgo"), "unpack"]);
        cmd.args([text(&site.bundle()), "--trust", text(&site.public_key()), "--gomodcache"]).args(args);
        cmd.env("HOME", "/nonexistent");
        run(cmd)
    };
    let probe = as_nobody(&[text(&site.modcache())]);
    if probe.stderr.contains("Permission denied") && !probe.stderr.contains("airgo") {
        return; // the binary itself is out of reach
    }
    probe.done().says(&["2 already there"]);
    let records = || {
        let entries = fs::read_dir(site.modcache().join("cache")).unwrap();
        entries.filter(|e| e.as_ref().unwrap().file_name().to_str().unwrap().contains("record")).count()
    };
    assert_eq!(records(), 1, "only the owner's");
    // What is missing cannot be written.
    fs::remove_file(site.modcache().join("cache/download/example.com/a/@v/v1.0.0.info")).unwrap();
    as_nobody(&[text(&site.modcache())]).ends(1).says(&["v1.0.0.info", "Permission denied", "hint: "]);
}

/// A few rounds of tests/race-soak.sh.
#[test]
fn beside_another_unpack_and_go() {
    if !require_tool("go") {
        return;
    }
    let site = Site::new();
    site.pack().done();
    let like = site.temp.join("like");
    site.unpack_to(&site.bundle(), &like, &[]).done();
    let proxy = site.world.write(&site.temp.dir("proxy"));
    for round in 0..5 {
        let cache = site.temp.join(format!("cache{round}"));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| site.unpack_to(&site.bundle(), &cache, &[]).done());
            }
            for args in [&["mod", "download"][..], &["build", "-o", "/dev/null"]] {
                scope.spawn(|| Go::with_proxy(&proxy).modcache(&cache).run(&site.project(), args));
            }
        });
        TreeDiff::gomodcaches(&like, &cache).assert_same();
        site.unpack_to(&site.bundle(), &cache, &[]).done().says(&["2 already there"]);
        assert!(!cache.join("cache/airgo-tmp").exists());
    }
}

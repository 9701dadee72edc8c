//! Module caches that were changed, that another process holds, or that a
//! killed run left.

use crate::site::{Site, main_module, noise, small_world, snapshot, text};
use airgo_testkit::{Go, Module, TreeDiff, require_tool};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ZIP: &str = "modcache/cache/download/example.com/a/@v/v1.0.0.zip";
const TREE: &str = "modcache/example.com/a@v1.0.0";

fn writable(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_was_changed_in_a_cache_is_named() {
    let site = Site::new();
    site.pack().done();
    site.unpack(&site.bundle(), &[]).done();
    site.unpack(&site.bundle(), &[]).done().says(&["2 already there"]);
    let file = site.temp.join(TREE).join("a.go");
    let good = fs::read(&file).unwrap();
    let change = |file: &Path, bytes: &[u8]| {
        writable(file);
        fs::write(file, bytes).unwrap();
    };
    change(&file, b"package a // evil\n");
    let before = snapshot(&site.modcache());
    site.unpack(&site.bundle(), &[]).ends(11).says(&[
        "example.com/a@v1.0.0",
        "changed: example.com/a@v1.0.0/a.go",
        "hint: ",
        "remove example.com/a@v1.0.0",
    ]);
    assert_eq!(snapshot(&site.modcache()), before, "something was written");
    site.unpack(&site.bundle(), &["--trust-existing"]).done().says(&["2 already there"]);
    change(&file, &good);
    change(&site.temp.join(ZIP), b"junk");
    site.unpack(&site.bundle(), &[]).ends(11).says(&["changed: cache/download/example.com/a/@v/v1.0.0.zip"]);
    // As the hint says.
    writable(&site.temp.join(TREE));
    fs::remove_dir_all(site.temp.join(TREE)).unwrap();
    for suffix in ["zip", "ziphash", "info", "mod", "lock"] {
        let _ = fs::remove_file(site.temp.join(ZIP).with_extension(suffix));
    }
    site.unpack(&site.bundle(), &[]).done().says(&["1 already there"]);
}

#[test]
fn a_cache_that_go_filled_is_accepted() {
    if !require_tool("go") {
        return;
    }
    let site = Site::new();
    site.pack().done();
    let go = Go::with_proxy(&site.world.write(&site.temp.dir("proxy"))).modcache(&site.modcache());
    go.run(&site.project(), &["mod", "download"]);
    site.unpack(&site.bundle(), &[]).done().says(&["2 already there"]);
}

/// Modules enough that a run can be killed on its way.
fn many() -> Site {
    let (mut world, mut main) = (small_world(), main_module());
    for i in 0..24 {
        let path = format!("example.com/many/m{i:02}");
        let mut module = Module::new(&path, "v1.0.0").go("1.21");
        for file in 0..6 {
            module = module.file(format!("d{file}/noise"), noise(i * 10 + file, 40 << 10));
        }
        world = world.with(module);
        main = main.require(&path, "v1.0.0");
    }
    Site::of(world, &main)
}

fn start(site: &Site, cache: &Path) -> Child {
    let mut cmd: Command = site.airgo.command();
    let (bundle, key) = (site.bundle(), site.public_key());
    cmd.args(["unpack", text(&bundle), "--gomodcache", text(cache), "--trust", text(&key)]);
    cmd.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_killed_run_leaves_nothing_that_the_next_does_not_remove() {
    let site = many();
    site.pack().done();
    let whole = site.temp.join("whole");
    let began = Instant::now();
    assert!(start(&site, &whole).wait().unwrap().success());
    let took = began.elapsed();
    let mut killed = 0;
    for i in 0..40_u32 {
        let cache = site.temp.join("killed");
        // From before it writes anything to about its end.
        for again in 0..2_u32 {
            let mut child = start(&site, &cache);
            std::thread::sleep(took * (i * 2 + again) / 80);
            child.kill().unwrap();
            killed += u32::from(!child.wait().unwrap().success());
        }
        assert!(start(&site, &cache).wait().unwrap().success(), "after it was killed at {i}/40");
        TreeDiff::new(&whole, &cache).assert_same();
        remove(&cache);
    }
    assert!(killed > 20, "only {killed} of 80 were killed on their way");
}

fn remove(tree: &Path) {
    let status = Command::new("chmod").args(["-R", "u+w", text(tree)]).status().unwrap();
    assert!(status.success());
    fs::remove_dir_all(tree).unwrap();
}

/// Interrupts a command once it waits, and tells how it ended.
fn interrupt(mut child: Child, waits: Duration) -> Option<i32> {
    std::thread::sleep(waits);
    assert!(child.try_wait().unwrap().is_none(), "it did not wait");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

#[test]
fn the_first_interrupt_ends_the_wait_for_a_lock() {
    let site = Site::new();
    site.pack().done();
    let dir = site.temp.dir("modcache/cache/download/example.com/a/@v");
    let lock = File::create(dir.join("v1.0.0.lock")).unwrap();
    lock.lock().unwrap();
    let child = start(&site, &site.modcache());
    assert_eq!(interrupt(child, Duration::from_secs(3)), Some(130));
    drop(lock);
    site.unpack(&site.bundle(), &[]).done();
}

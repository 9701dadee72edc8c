//! Commands killed on their way: what was there is there or is replaced whole,
//! and the next run leaves what an undisturbed one does.

use crate::site::{Site, main_module, noise, small_world, text};
use airgo_testkit::Module;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Moments at which a run is killed, from its begin to about its end.
const MOMENTS: u32 = 12;
/// As a killed run leaves it.
const LEFTOVER: &str = ".airgo-killedkilled.tmp";

/// A bundle of some 4 MiB.
fn site() -> Site {
    let (mut world, mut main) = (small_world(), main_module());
    for i in 0..16 {
        let path = format!("example.com/many/m{i:02}");
        world = world.with(Module::new(&path, "v1.0.0").go("1.21").file("noise", noise(i, 256 << 10)));
        main = main.require(&path, "v1.0.0");
    }
    Site::of(world, &main)
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Kills the command at several moments, each time with `before` in the site's
/// `out`; what it gives in the end must be `after`'s files.
fn kill_and_repeat(site: &Site, args: &[&str], ends: i32, prepare: &dyn Fn()) {
    let out = site.temp.join("out");
    let start = || {
        let mut cmd = site.airgo.command();
        cmd.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    prepare();
    let began = Instant::now();
    assert_eq!(start().wait().unwrap().code(), Some(ends), "{args:?}");
    let took = began.elapsed().max(Duration::from_millis(MOMENTS.into()));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    let whole = files(&out);
    for moment in 0..MOMENTS {
        prepare();
        let before = files(&out);
        fs::write(out.join(LEFTOVER), "half").unwrap();
        let mut child = start();
        std::thread::sleep(took * moment / MOMENTS);
        child.kill().unwrap();
        child.wait().unwrap();
        // Each file is as it was, or one that the command makes: never half of one.
        for (path, bytes) in files(&out) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let old = before.get(&path) == Some(&bytes);
            let new = whole.get(&path).is_some_and(|w| w.len() == bytes.len());
            // What is split is a whole bundle first.
            let bundle = path == site.bundle() && site.verify(&path).code == 0;
            assert!(
                old || new || bundle || name.starts_with(".airgo-"),
                "{args:?}, killed at {moment}/{MOMENTS}, left {name} of {} bytes",
                bytes.len()
            );
        }
        site.airgo.run(args).ends(ends);
        assert_eq!(names(&files(&out)), names(&whole), "{args:?}, after it was killed at {moment}/{MOMENTS}");
    }
}

#[test]
fn a_killed_pack_leaves_the_old_bundle_or_the_new() {
    let site = site();
    let (project, bundle, key) = (site.project(), site.bundle(), site.key());
    let pack = ["pack", text(&project), "-o", text(&bundle), "--key", text(&key)];
    kill_and_repeat(&site, &pack, 0, &|| fs::write(&bundle, "the bundle of last week").unwrap());
    site.verify(&bundle).done();
}

#[test]
fn a_killed_split_is_completed_by_the_next() {
    let site = site();
    let (project, bundle, key) = (site.project(), site.bundle(), site.key());
    site.pack_with(&["--split", "300KiB"]).done();
    let earlier = files(&site.temp.join("out"));
    let split =
        ["pack", text(&project), "-o", text(&bundle), "--key", text(&key), "--split", "1MiB", "--at", AT];
    let prepare = || {
        for path in files(&site.temp.join("out")).keys() {
            fs::remove_file(path).unwrap();
        }
        earlier.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    };
    kill_and_repeat(&site, &split, 0, &prepare);
    site.verify(&bundle).done();
}

const AT: &str = "2026-01-01T00:00:00Z";

#[test]
fn killed_signing_and_repairing_leave_nothing_half_written() {
    let site = site();
    site.pack().done();
    let (bundle, key, public) = (site.bundle(), site.key(), site.public_key());
    let good = site.temp.join("good.airgo");
    fs::copy(&bundle, &good).unwrap();
    let fresh = || {
        for path in files(&site.temp.join("out")).keys() {
            fs::remove_file(path).unwrap();
        }
        fs::copy(&good, &bundle).unwrap();
    };
    let second = site.temp.join("second");
    site.airgo.run(&["keygen", "-o", text(&second)]).done();
    let sign = ["sign", text(&bundle), "--key", text(&second), "--trust", text(&public), "--replace"];
    kill_and_repeat(&site, &sign, 0, &fresh);
    let detached =
        ["sign", text(&bundle), "--key", text(&key), "--trust", text(&public), "--detached", "minisign"];
    kill_and_repeat(&site, &detached, 0, &fresh);

    let damaged = || {
        fresh();
        let mut bytes = fs::read(&bundle).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&bundle, bytes).unwrap();
    };
    let (request, patch) = (site.temp.join("out/need.json"), site.temp.join("out/patch"));
    let verify = ["verify", text(&bundle), "--trust", text(&public), "--request", text(&request)];
    kill_and_repeat(&site, &verify, 11, &damaged);
    let asked = fs::read(&request).unwrap();
    let requested = || {
        damaged();
        fs::write(&request, &asked).unwrap();
    };
    let resend = ["resend", text(&request), text(&good), "-o", text(&patch)];
    kill_and_repeat(&site, &resend, 0, &requested);
    let sent = fs::read(&patch).unwrap();
    let fixed = site.temp.join("out/fixed.airgo");
    let repair = ["repair", text(&bundle), text(&patch), "-o", text(&fixed), "--trust", text(&public)];
    kill_and_repeat(&site, &repair, 0, &|| {
        requested();
        fs::write(&patch, &sent).unwrap();
    });
    site.verify(&fixed).done();
}

#[test]
fn every_file_that_airgo_writes_is_whole_or_not_there() {
    let site = Site::new();
    let out = site.temp.join("out");
    let leftover = out.join(LEFTOVER);
    let gone = |args: &[&str]| {
        fs::write(&leftover, "half").unwrap();
        site.airgo.run(args).done();
        assert!(!leftover.exists(), "{args:?} left it");
    };
    let key = out.join("key");
    gone(&["keygen", "-o", text(&key)]);
    gone(&["policy", "init", text(&out)]);
    let (man, records) = (site.temp.dir("out/man"), site.temp.dir("out/records"));
    fs::write(records.join("GO-2026-0001.json"), VULNERABILITY).unwrap();
    let snapshot = out.join("vulndb");
    gone(&["vulndb", "import", text(&records), "-o", text(&snapshot)]);
    fs::write(man.join(LEFTOVER), "half").unwrap();
    site.airgo.run(&["man", text(&man)]).done();
    assert!(!man.join(LEFTOVER).exists());
}

const VULNERABILITY: &str = r#"{"id":"GO-2026-0001","modified":"2026-01-01T00:00:00Z","affected":[]}"#;

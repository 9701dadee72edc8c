//! How fast a bundle is written and verified, beside `cat` and `sha256sum` on
//! the same bytes: `cargo bench -p airgo-bundle -- [MiB]`. Everything is on
//! /dev/shm where there is one, so that no disk is measured.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/suite/support/mod.rs"]
mod support;

use airgo_bundle::manifest::Module;
use airgo_bundle::{Bundle, BundleWriter, Limits, Object, Signing};
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A module zip of the middle size of a real project's.
const OBJECT: usize = 880 << 10;

fn timed<T>(work: impl Fn() -> T) -> Duration {
    let run = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| run()).min().unwrap()
}

fn main() {
    let mebibytes = std::env::args().filter_map(|a| a.parse::<usize>().ok()).next().unwrap_or(200);
    let root =
        if Path::new("/dev/shm").is_dir() { Path::new("/dev/shm").to_owned() } else { std::env::temp_dir() };
    let dir = tempfile::tempdir_in(root).unwrap();
    let count = (mebibytes << 20) / OBJECT;
    let mut manifest = support::empty_manifest();
    let mut random = 1_u64;
    for number in 0..count {
        let mut content = vec![0; OBJECT];
        for chunk in content.chunks_mut(8) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            chunk.copy_from_slice(&random.to_le_bytes()[..chunk.len()]);
        }
        let h1 = airgo_testkit::h1_go_mod(&content);
        let version = format!("v1.{number}.0");
        let small = b"module example.com/m\n";
        std::fs::write(dir.path().join(format!("{version}.zip")), &content).unwrap();
        manifest.modules.push(Module {
            direct: true,
            info: Some(support::stored(small)),
            go_mod: Some(support::hashed(small, airgo_testkit::h1_go_mod(small))),
            path: "example.com/m".into(),
            replacement: None,
            carried: None,
            encoder: None,
            files: None,
            required_by: Vec::new(),
            selected: true,
            time: None,
            version,
            zip: Some(support::hashed(&content, h1)),
        });
    }
    let manifest = manifest.seal().unwrap();
    let key = support::key(1);
    let trust = support::trust(&[&key]);
    let target = dir.path().join("big.airgo");
    let open = |o: &Object| -> std::io::Result<Box<dyn Read + Send>> {
        match o.kind {
            airgo_bundle::ObjectKind::Zip => {
                Ok(Box::new(File::open(dir.path().join(format!("{}.zip", o.module.version)))?))
            }
            _ => Ok(Box::new(&b"module example.com/m\n"[..])),
        }
    };
    println!("{count} zips of {OBJECT} bytes; best of 5");
    let shell = |script: &str| {
        let script = script.to_owned();
        let dir = dir.path().to_owned();
        timed(move || {
            let status =
                Command::new("sh").args(["-c", &script]).current_dir(&dir).stdout(Stdio::null()).status();
            assert!(status.unwrap().success());
        })
    };
    let jobs = |n| NonZeroUsize::new(n).unwrap();
    for threads in [1, 2] {
        let time = timed(|| {
            let mut writer = BundleWriter::create(&target, &manifest).unwrap();
            writer.write_objects(&open, jobs(threads), &()).unwrap();
            writer.finish(&[Signing::new(&key)]).unwrap();
        });
        println!("write, {threads} threads         {time:>8.1?}");
    }
    println!("cat *.zip > copy         {:>8.1?}", shell("cat *.zip > copy"));
    println!("sha256sum *.zip          {:>8.1?}", shell("sha256sum *.zip"));
    let time = timed(|| Bundle::open(&target, &Limits::default()).unwrap());
    println!("open                     {time:>8.1?}");
    for threads in [1, 2] {
        let time = timed(|| {
            let opened = Bundle::open(&target, &Limits::default()).unwrap();
            let bundle = opened.verify_signatures(&trust, support::now()).unwrap();
            bundle.verify_objects(jobs(threads), &()).unwrap();
        });
        println!("verify whole, {threads} threads  {time:>8.1?}");
    }
    println!("sha256sum big.airgo      {:>8.1?}", shell("sha256sum big.airgo"));
}

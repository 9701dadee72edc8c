//! Disks that are full and places that cannot be written: in a mount namespace
//! with a file system of a few kilobytes, or a read-only one.

use crate::airgo::{Airgo, run};
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::{Module, require_tool};
use std::process::{Command, Stdio};

/// A project whose bundle and tree are a few hundred kilobytes that do not
/// compress.
fn big_site() -> Site {
    let mut state = 7u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(300 << 10)
    .collect();
    let big = Module::new("example.com/big", "v1.0.0")
        .go("1.21")
        .file("big.go", "package big\n")
        .file("noise", noise);
    Site::of(small_world().with(big), &main_module().require("example.com/big", "v1.0.0"))
}

/// Whether this machine lets a test have mounts of its own.
fn mounts() -> Option<&'static str> {
    if !require_tool("unshare") {
        return None;
    }
    ["-m", "-rm"].into_iter().find(|flag| {
        let mut cmd = Command::new("unshare");
        cmd.args([flag, "sh", "-c", "mount -t tmpfs none /mnt"]).stdout(Stdio::null()).stderr(Stdio::null());
        cmd.status().is_ok_and(|s| s.success())
    })
}

/// Runs a shell script with the user's environment in a mount namespace.
fn script(airgo: &Airgo, flag: &str, script: &str, args: &[&str]) -> crate::airgo::Run {
    let mut cmd = Command::new("unshare");
    cmd.args([flag, "sh", "-ec", script, env!("CARGO_BIN_EXE_airgo")]).args(args).env_clear();
    for (name, value) in airgo.command().get_envs() {
        if let Some(value) = value {
            cmd.env(name, value);
        }
    }
    run(cmd)
}

#[test]
fn pack_to_a_full_disk_leaves_no_file() {
    let Some(flag) = mounts() else { return };
    let site = big_site();
    let disk = site.temp.dir("disk");
    let ran = script(
        &site.airgo,
        flag,
        r#"mount -t tmpfs -o size=64k none "$1"
           code=0; "$0" pack "$2" -o "$1/app.airgo" --key "$3" || code=$?
           ls -A "$1"; exit $code"#,
        &[text(&disk), text(&site.project()), text(&site.key())],
    );
    let ran = ran.ends(1).says(&["app.airgo"]);
    assert_eq!(ran.stdout, "", "a full disk kept a piece of a bundle");
}

#[test]
fn unpack_to_a_full_disk_is_finished_by_a_second_run() {
    let Some(flag) = mounts() else { return };
    let site = big_site();
    site.pack().done();
    let disk = site.temp.dir("disk");
    // What is visible after the first run must be whole; with room again the
    // second run completes it.
    let ran = script(
        &site.airgo,
        flag,
        r#"mount -t tmpfs -o size=200k none "$1"
           code=0; "$0" unpack "$2" --gomodcache "$1" --trust "$3" || code=$?
           test ! -e "$1/example.com/big@v1.0.0/noise" || test -e "$1/cache/download/example.com/big/@v/v1.0.0.partial" || echo torn
           mount -o remount,size=8m "$1"
           "$0" unpack "$2" --gomodcache "$1" --trust "$3" || echo "second run: $?"
           wc -c < "$1/example.com/big@v1.0.0/noise"
           exit $code"#,
        &[text(&disk), text(&site.bundle()), text(&site.public_key())],
    );
    let ran = ran.ends(1);
    assert_eq!(ran.stdout.trim(), (300 << 10).to_string(), "{}", ran.stderr);
}

#[test]
fn a_target_that_cannot_be_written() {
    let Some(flag) = mounts() else { return };
    let site = Site::new();
    site.pack().done();
    let disk = site.temp.dir("disk");
    let ran = script(
        &site.airgo,
        flag,
        r#"mount -t tmpfs -o ro none "$1"; exec "$0" unpack "$2" --gomodcache "$1/cache" --trust "$3""#,
        &[text(&disk), text(&site.bundle()), text(&site.public_key())],
    );
    ran.ends(1).says(&[text(&disk)]);
    let ran = script(
        &site.airgo,
        flag,
        r#"mount -t tmpfs -o ro none "$1"; exec "$0" pack "$2" -o "$1/app.airgo" --key "$3""#,
        &[text(&disk), text(&site.project()), text(&site.key())],
    );
    ran.ends(1).says(&["app.airgo"]);
}

#[test]
fn a_directory_that_is_not_there() {
    let site = Site::new();
    let nowhere = site.temp.join("no/such/dir/app.airgo");
    let (project, key) = (site.project(), site.key());
    site.airgo
        .run(&["pack", text(&project), "-o", text(&nowhere), "--key", text(&key)])
        .ends(1)
        .says(&["no/such/dir"]);
    assert!(!site.temp.join("no").exists());
}

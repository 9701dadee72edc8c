//! Filling a module cache from what is already here.

use crate::setup::Setup;
use crate::table::Table;
use airgo_testkit::{Go, Sample, measure};
use std::fs;
use std::path::Path;
use std::process::Command;

pub fn run(setup: &Setup, pairs: usize) -> Table {
    let mut table = Table::new("unpack: filling an empty GOMODCACHE");
    for _ in 0..pairs {
        table.add("airgo unpack", airgo(setup));
        table.add("go mod download from file://", go(setup));
        table.add("tar -x of the finished cache", tar(setup));
        if setup.bare.is_some() {
            table.add("bare loop: inflate, hash, write", bare(setup));
        }
    }
    if setup.bare.is_none() {
        println!("\nno bare loop: cargo build --release -p airgo-modcache --example unpack_bench");
    }
    table
}

fn airgo(setup: &Setup) -> Sample {
    let cache = setup.fresh("cache");
    let mut cmd = setup.airgo_command();
    cmd.arg("unpack").arg(&setup.bundle).arg("--gomodcache").arg(&cache).arg("--trust").arg(&setup.public);
    finish(measure(cmd), &cache)
}

fn go(setup: &Setup) -> Sample {
    let go = Go::with_proxy(&setup.file_proxy).env("GOFLAGS", "-mod=mod");
    measure(go.command(&setup.project(), &["mod", "download"]))
}

fn tar(setup: &Setup) -> Sample {
    let cache = setup.fresh("cache");
    fs::create_dir(&cache).unwrap();
    let mut cmd = Command::new("tar");
    cmd.arg("-xf").arg(&setup.tar).arg("-C").arg(&cache);
    finish(measure(cmd), &cache)
}

fn bare(setup: &Setup) -> Sample {
    let cache = setup.fresh("cache");
    let mut cmd = Command::new(setup.bare.as_ref().unwrap());
    cmd.arg("bare").arg(setup.finished_cache()).arg(&setup.list).arg(&cache);
    finish(measure(cmd), &cache)
}

/// Removes what was written, off the clock: a cache in memory would otherwise
/// take more of it with every pair.
fn finish(sample: Sample, cache: &Path) -> Sample {
    let _ = Command::new("chmod").args(["-R", "u+w"]).arg(cache).status();
    let _ = fs::remove_dir_all(cache);
    sample
}

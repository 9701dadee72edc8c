//! Bundles that were changed on their way, or signed by a stranger.

use crate::site::{Site, snapshot, text};
use airgo_testkit::{Module, World};
use std::fs;
use std::path::PathBuf;

/// A site with its bundle packed.
fn packed() -> (Site, Vec<u8>) {
    let site = Site::new();
    site.pack().done();
    let bytes = fs::read(site.bundle()).unwrap();
    (site, bytes)
}

/// Writes changed bytes and holds verify and unpack to refuse them with one of
/// these codes and to leave nothing.
#[track_caller]
fn refused(site: &Site, name: &str, bytes: &[u8], codes: &[i32]) {
    let file: PathBuf = site.temp.write(format!("changed/{name}"), bytes);
    for run in [site.verify(&file), site.unpack(&file, &[])] {
        assert!(codes.contains(&run.code), "{name}: exit {}, not one of {codes:?}\n{}", run.code, run.stderr);
        assert!(run.stderr.starts_with("error: "), "{name}: {}", run.stderr);
    }
    assert!(snapshot(&site.modcache()).is_empty(), "{name}: unpack left files");
}

/// Where an entry's bytes begin and end: entries are stored as they are.
fn entry(bytes: &[u8], name: &str) -> (usize, usize) {
    let mut at = 0;
    while bytes[at..].starts_with(b"PK\x03\x04") {
        let field = |i: usize, n: usize| {
            bytes[at + i..at + i + n]
                .iter()
                .rev()
                .fold(0usize, |value, byte| (value << 8) | usize::from(*byte))
        };
        let (size, name_length, extra) = (field(18, 4), field(26, 2), field(28, 2));
        let start = at + 30 + name_length + extra;
        if bytes[at + 30..at + 30 + name_length].ends_with(name.as_bytes()) {
            return (start, start + size);
        }
        at = start + size;
    }
    panic!("no entry {name}");
}

/// Flips a bit in the middle of an entry.
fn flipped(bytes: &[u8], name: &str) -> Vec<u8> {
    let (start, end) = entry(bytes, name);
    let mut bytes = bytes.to_vec();
    bytes[start + (end - start) / 2] ^= 1;
    bytes
}

/// The same with every checksum of the container put right again, as somebody
/// who tampers on purpose would.
fn flipped_with_crc(bytes: &[u8], name: &str) -> Vec<u8> {
    let (start, end) = entry(bytes, name);
    let old = crc32fast_of(&bytes[start..end]).to_le_bytes();
    let mut changed = flipped(bytes, name);
    let new = crc32fast_of(&changed[start..end]).to_le_bytes();
    let mut found = 0;
    for at in 0..changed.len() - 4 {
        let in_entry = (start..end).contains(&at);
        if !in_entry && changed[at..at + 4] == old {
            changed[at..at + 4].copy_from_slice(&new);
            found += 1;
        }
    }
    assert!(found >= 1, "no checksum of {name} in the container");
    changed
}

fn crc32fast_of(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}

#[test]
fn a_byte_of_the_manifest() {
    let (site, bytes) = packed();
    refused(&site, "manifest", &flipped(&bytes, "airgo.json"), &[10, 13]);
    refused(&site, "manifest-crc", &flipped_with_crc(&bytes, "airgo.json"), &[10, 13]);
}

#[test]
fn a_byte_of_a_zip() {
    let (site, bytes) = packed();
    refused(&site, "zip", &flipped(&bytes, "a/@v/v1.0.0.zip"), &[11, 13]);
    refused(&site, "zip-crc", &flipped_with_crc(&bytes, "a/@v/v1.0.0.zip"), &[11]);
}

#[test]
fn a_byte_of_a_go_mod() {
    let (site, bytes) = packed();
    refused(&site, "mod", &flipped(&bytes, "a/@v/v1.0.0.mod"), &[11, 13]);
    refused(&site, "mod-crc", &flipped_with_crc(&bytes, "a/@v/v1.0.0.mod"), &[11]);
}

#[test]
fn a_byte_of_a_signature() {
    let (site, bytes) = packed();
    refused(&site, "signature", &flipped(&bytes, ".dsse.json"), &[10, 13]);
    refused(&site, "signature-crc", &flipped_with_crc(&bytes, ".dsse.json"), &[10, 13]);
}

#[test]
fn bytes_before_behind_and_missing() {
    let (site, bytes) = packed();
    refused(&site, "before", &[b"#!/bin/sh\n", &bytes[..]].concat(), &[13]);
    refused(&site, "behind", &[&bytes[..], b"\n"].concat(), &[13]);
    for cut in [0, 1, 22, bytes.len() / 2, bytes.len() - 1] {
        refused(&site, &format!("cut-{cut}"), &bytes[..cut], &[13]);
    }
    refused(&site, "text", b"this is no bundle\n", &[13]);
}

/// Modules are staged until all are verified: the last one that is read, the smallest,
/// is damaged, and of the fifty before it nothing is left.
#[test]
fn the_last_of_many_zips_is_damaged() {
    let path = |i: u32| format!("example.com/many/m{i:02}");
    let module = |i: u32| {
        let noise = crate::site::noise(i, if i == 50 { 100 } else { 3_000 });
        Module::new(path(i), "v1.0.0").go("1.21").file("m.go", "package m\n").file("noise", noise)
    };
    let world = (0..51).fold(World::new(), |world, i| world.with(module(i)));
    let main = (0..51)
        .fold(Module::project("example.com/main").go("1.21"), |main, i| main.require(&path(i), "v1.0.0"));
    let imports: String = (0..51).map(|i| format!("import _ {:?}\n", path(i))).collect();
    let site =
        Site::of(world, &main.file("main.go", format!("package main\n\n{imports}\nfunc main() {{}}\n")));
    site.pack().done();
    let bytes = fs::read(site.bundle()).unwrap();
    refused(&site, "last", &flipped(&bytes, "many/m50/@v/v1.0.0.zip"), &[11]);
    refused(&site, "last-crc", &flipped_with_crc(&bytes, "many/m50/@v/v1.0.0.zip"), &[11]);
    assert!(!site.modcache().exists());
}

#[test]
fn an_unknown_signer() {
    let (site, _) = packed();
    let other = site.temp.join("other-key");
    site.airgo.run(&["keygen", "-o", text(&other)]).done();
    let public = site.temp.join("other-key.pub");
    let bundle = site.bundle();
    let cache = site.modcache();
    for args in [
        vec!["verify", text(&bundle), "--trust", text(&public)],
        vec!["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)],
    ] {
        // It tells who signed, so that the reader can decide.
        site.airgo.run(&args).ends(10).says(&["SHA256:", "hint:", "--trust"]);
    }
    assert!(snapshot(&cache).is_empty());
}

#[test]
fn no_such_bundle() {
    let site = Site::new();
    let missing = site.temp.join("missing.airgo");
    site.unpack(&missing, &[]).ends(1).says(&["missing.airgo"]);
    assert!(snapshot(&site.modcache()).is_empty());
}

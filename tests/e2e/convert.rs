//! `airgo convert`: the same modules in another encoding.

use crate::airgo::Run;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::{Encoder, Go, Module, TreeDiff, require_tool};
use std::fs;
use std::path::{Path, PathBuf};

fn site() -> Site {
    let noise: String = (0..3_000).map(|n| format!("// {n} {}\n", n * 7919 % 10_007)).collect();
    let large = Module::new("example.com/large", "v1.0.0")
        .made_by(Encoder::Go126)
        .go("1.21")
        .file("LICENSE", "You may use this.\n")
        .file("large.go", "package large\n")
        .file("unread/noise.go", format!("package unread\n{noise}"));
    let main = main_module()
        .require("example.com/large", "v1.0.0")
        .file("use.go", "package main\n\nimport _ \"example.com/large\"\n");
    Site::of(small_world().with(large), &main)
}

fn convert(site: &Site, from: &Path, to: &Path, how: &[&str]) -> Run {
    let (key, public) = (site.key(), site.public_key());
    let mut args = vec!["convert", text(from), "-o", text(to), "--key", text(&key), "--trust", text(&public)];
    args.extend(how);
    site.airgo.run(&args)
}

fn packed(site: &Site, name: &str, how: &str) -> PathBuf {
    let file = site.temp.join(name);
    site.pack_to(&file, &[how]).done();
    file
}

/// The manifest's text and all objects, without signatures and statements.
fn content(file: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(file).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut all = Vec::new();
    for name in names.into_iter().filter(|name| !name.ends_with(".dsse.json")) {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(&name).unwrap(), &mut bytes).unwrap();
        all.push((name, bytes));
    }
    all.sort();
    all
}

#[test]
fn there_and_back_again() {
    let site = site();
    site.pack().done();
    let compact = packed(&site, "compact.airgo", "--compact");
    let converted = site.temp.join("converted.airgo");
    convert(&site, &site.bundle(), &converted, &["--compact"]).done().says(&["Converted", "compact"]);
    assert!(content(&converted) == content(&compact), "pack --compact writes another bundle");
    let back = site.temp.join("back.airgo");
    convert(&site, &converted, &back, &["--zips"]).done();
    assert!(content(&back) == content(&site.bundle()), "the zips are others");
    site.verify(&back).done();
    // What was stated of the bundle stays stated.
    let stated = |file: &Path| {
        let public = site.public_key();
        let run = site.airgo.run(&["inspect", text(file), "--json", "--trust", text(&public)]).done();
        let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        (document["contentId"].clone(), document["statements"].clone(), document["completeness"].clone())
    };
    assert_eq!(stated(&back), stated(&site.bundle()));
}

#[test]
fn an_exact_bundle_of_a_whole_one() {
    let site = site();
    let project = site.project();
    let exact = packed(&site, "exact.airgo", "--exact");
    for how in ["--compact", "--zips"] {
        let whole = site.temp.join("whole.airgo");
        match how {
            "--zips" => {
                let compact = site.temp.join("compact.airgo");
                convert(&site, &compact, &whole, &["--zips"]).done();
            }
            _ => {
                packed(&site, "compact.airgo", "--compact");
                fs::copy(site.temp.join("compact.airgo"), &whole).unwrap();
            }
        }
        let part = site.temp.join("part.airgo");
        let run = convert(&site, &whole, &part, &["--exact", text(&project)]);
        if how == "--zips" && run.code != 0 {
            // Bundles as small as this have no lists beside their zips.
            run.ends(1).says(&["has no lists", "part.airgo was not written"]);
            continue;
        }
        run.done();
        assert!(content(&part) == content(&exact), "pack --exact writes another bundle");
        let cache = site.temp.join("part-cache");
        site.unpack_to(&part, &cache, &[]).done();
        let packed_cache = site.temp.join("packed-cache");
        site.unpack_to(&exact, &packed_cache, &[]).done();
        // The record of them names the bundle.
        for cache in [&cache, &packed_cache] {
            fs::remove_file(cache.join("cache/airgo-exact.json")).unwrap();
        }
        TreeDiff::new(&cache, &packed_cache).assert_same();
        if require_tool("go") {
            Go::air_gapped(&cache).run(&project, &["build", "./..."]);
        }
    }
}

#[test]
fn what_is_not_there_is_not_made_up() {
    let site = site();
    site.pack().done();
    let exact = packed(&site, "exact.airgo", "--exact");
    let out = site.temp.join("out.airgo");
    for how in ["--compact", "--zips"] {
        convert(&site, &exact, &out, &[how]).ends(1).says(&[
            "carries only what a build reads",
            "airgo pack",
            "out.airgo was not written",
        ]);
    }
    convert(&site, &site.bundle(), &out, &["--zips"]).ends(1).says(&["goproxy-tree already"]);
    convert(&site, &site.bundle(), &site.bundle(), &["--compact"]).ends(1).says(&["-o FILE"]);
    convert(&site, &site.bundle(), &out, &[]).ends(2);
    convert(&site, &site.bundle(), &out, &["--zips", "--compact"]).ends(2);
    assert!(!out.exists());
    // A bundle that nobody trusted has signed.
    let other = Site::new();
    other.pack().done();
    convert(&site, &other.bundle(), &out, &["--compact"]).ends(10);
    // Damage.
    let mut bytes = fs::read(site.bundle()).unwrap();
    let place = bytes.windows(16).position(|w| w == b"large/@v/v1.0.0.").unwrap();
    let zip = bytes[place..].windows(4).position(|w| w == b"PK\x03\x04").unwrap() + place;
    bytes[zip + 400] ^= 1;
    let damaged = site.temp.join("damaged.airgo");
    fs::write(&damaged, bytes).unwrap();
    let run = convert(&site, &damaged, &out, &["--compact"]);
    assert!([11, 13].contains(&run.code), "{}: {}", run.code, run.stderr);
    assert!(!out.exists());
}

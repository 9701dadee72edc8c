//! `pack --compact`: all files in blocks, and the very zips made again of them.

use crate::site::{Site, main_module, small_world, snapshot, text};
use airgo_testkit::{Encoder, Go, Module, TreeDiff, require_tool};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that share files, one with directories of some depth, one whose zip Go did
/// not make.
fn site() -> Site {
    let noise: String = (0..3_000).map(|n| format!("// {n} {}\n", n * 7919 % 10_007)).collect();
    let old = Module::new("example.com/large", "v1.0.0")
        .made_by(Encoder::Go126)
        .go("1.21")
        .file("LICENSE", "You may use this.\n")
        .file("large.go", "package large\n\nconst Version = 1\n")
        .file("deep/er/noise.go", format!("package er\n{noise}"))
        .file("unread/unread.go", "package unread\n")
        .file("empty.txt", "");
    let new = Module::new("example.com/other", "v1.1.0")
        .made_by(Encoder::Go127)
        .go("1.21")
        .file("other.go", "package other\n")
        .file("deep/er/noise.go", format!("package er\n{noise}"));
    let world = small_world().with(old).with(new);
    let main = main_module()
        .require("example.com/large", "v1.0.0")
        .require("example.com/other", "v1.1.0")
        .file("use.go", "package main\n\nimport (\n\t_ \"example.com/large\"\n\t_ \"example.com/large/deep/er\"\n\t_ \"example.com/other\"\n)\n");
    Site::of(world, &main)
}

fn compact(site: &Site) -> PathBuf {
    let file = site.temp.join("compact.airgo");
    site.pack_to(&file, &["--compact"]).done().says(&["Compressed"]);
    file
}

#[test]
fn the_cache_is_that_of_the_zips() {
    let site = site();
    site.pack().done();
    site.unpack(&site.bundle(), &[]).done();
    let compact = compact(&site);
    let (zips, blocks) = (fs::metadata(site.bundle()).unwrap().len(), fs::metadata(&compact).unwrap().len());
    assert!(blocks < zips, "{blocks} bytes, with zips {zips}");
    site.verify(&compact).done();
    let cache = site.temp.join("compact-cache");
    site.unpack_to(&compact, &cache, &[]).done();
    TreeDiff::new(site.modcache(), &cache).assert_same();
    assert!(cache.join("cache/download/example.com/large/@v/v1.0.0.zip").is_file());
    // A second time there is nothing to do, of either kind.
    site.unpack_to(&compact, &cache, &[]).done().says(&["already there"]);
    site.unpack_to(&compact, &site.modcache(), &[]).done();
    TreeDiff::new(site.modcache(), &cache).assert_same();
    if require_tool("go") {
        let verified = Go::air_gapped(&cache).run(&site.project(), &["mod", "verify"]);
        assert!(verified.contains("all modules verified"), "{verified}");
    }
}

#[test]
fn a_lean_cache_has_trees_alone_and_is_completed_later() {
    let site = site();
    let compact = compact(&site);
    let cache = site.temp.join("lean");
    site.unpack_to(&compact, &cache, &["--lean"]).done();
    let zips = |cache: &Path| {
        snapshot(cache).into_iter().filter(|(path, _)| path.extension() == Some("zip".as_ref())).count()
    };
    // Those that Go did not make come as they are.
    assert_eq!(zips(&cache), 2);
    assert!(!cache.join("cache/download/example.com/large/@v/v1.0.0.zip").exists());
    assert!(cache.join("example.com/large@v1.0.0/deep/er/noise.go").is_file());
    if require_tool("go") {
        Go::air_gapped(&cache).run(&site.project(), &["build", "./..."]);
        Go::air_gapped(&cache).run(&site.project(), &["vet", "./..."]);
    }
    site.unpack_to(&compact, &cache, &[]).done();
    assert!(zips(&cache) > 2);
    assert!(!cache.join("cache/airgo-exact.json").exists());
    // A bundle of zips has nothing to leave out.
    site.pack().done();
    site.unpack_to(&site.bundle(), &site.temp.join("none"), &["--lean"])
        .ends(1)
        .says(&["--lean", "nothing was written to the module cache"]);
}

/// Whatever reads a bundle reads this one.
#[test]
fn every_command_reads_it() {
    let site = site();
    site.pack().done();
    let compact = compact(&site);
    let (public, project) = (site.public_key(), site.project());
    let file = |args: &[&str], file: &Path| {
        let args: Vec<&str> = args.iter().map(|arg| if *arg == "FILE" { text(file) } else { arg }).collect();
        let run = site.airgo.run(&[&args[..], &["--trust", text(&public)]].concat());
        run.done().stdout
    };
    for args in [
        &["policy", "check", "FILE"][..],
        &["why", "FILE", "example.com/large"],
        &["check", "FILE", text(&project)],
    ] {
        assert_eq!(file(args, &compact), file(args, &site.bundle()), "{args:?}");
    }
    file(&["inspect", "FILE"], &compact);
    let same = file(&["diff", text(&site.bundle()), "FILE"], &compact);
    assert!(!same.contains("example.com/large"), "{same}");
    let (reviewer, signed) = (site.key(), site.temp.join("signed.airgo"));
    fs::copy(&compact, &signed).unwrap();
    site.airgo
        .run(&[
            "sign",
            text(&signed),
            "--key",
            text(&reviewer),
            "--role",
            "reviewer",
            "--replace",
            "--trust",
            text(&public),
        ])
        .done();
}

#[test]
fn damage_is_found_and_sent_again() {
    let site = site();
    let compact = compact(&site);
    let public = site.public_key();
    let good = fs::read(&compact).unwrap();
    let place = good.windows(7).position(|w| w == b"blocks/").unwrap() + 300;
    let mut bad = good.clone();
    bad[place] ^= 1;
    let damaged = site.temp.join("damaged.airgo");
    fs::write(&damaged, &bad).unwrap();
    site.unpack_to(&damaged, &site.temp.join("never"), &[]).ends(11).says(&["blocks/"]);
    assert!(!site.temp.join("never").exists());
    let request = site.temp.join("need.json");
    site.airgo
        .run(&["verify", text(&damaged), "--request", text(&request), "--trust", text(&public)])
        .ends(11)
        .says(&["send again"]);
    let patch = site.temp.join("patch");
    site.airgo.run(&["resend", text(&request), text(&compact), "--output", text(&patch)]).done();
    let whole = site.temp.join("whole.airgo");
    site.airgo
        .run(&["repair", text(&damaged), text(&patch), "--output", text(&whole), "--trust", text(&public)])
        .done();
    assert!(fs::read(whole).unwrap() == good);
}

#[test]
fn deltas_and_volumes() {
    let site = site();
    let compact = compact(&site);
    let (delta, public) = (site.temp.join("delta.airgo"), site.public_key());
    let since = ["--compact", "--since", text(&compact), "--trust", text(&public)];
    site.pack_to(&delta, &since).done();
    assert!(fs::metadata(&delta).unwrap().len() < fs::metadata(&compact).unwrap().len());
    let cache = site.temp.join("delta-cache");
    site.unpack_to(&delta, &cache, &["--base", text(&compact)]).done();
    let whole = site.temp.join("whole-cache");
    site.unpack_to(&compact, &whole, &[]).done();
    TreeDiff::new(&whole, &cache).assert_same();

    let split = site.temp.join("split.airgo");
    site.pack_to(&split, &["--compact", "--split", "16KiB"]).done();
    let cache = site.temp.join("split-cache");
    site.unpack_to(&site.temp.join("split.airgo.001"), &cache, &[]).done();
    TreeDiff::new(&whole, &cache).assert_same();
}

#[test]
fn it_is_one_or_the_other() {
    let site = Site::new();
    site.pack_with(&["--compact", "--exact"]).ends(2).says(&["--compact", "--exact"]);
}

/// Some modules are in blocks, and those that Go did not make in their zips.
#[test]
fn a_part_is_read_of_blocks_and_of_zips() {
    let site = site();
    let compact = compact(&site);
    let (cache, project) = (site.temp.join("part"), site.project());
    site.unpack_to(&compact, &cache, &["--exact", text(&project)]).done();
    assert!(!cache.join("example.com/large@v1.0.0/unread").exists());
    assert!(cache.join("example.com/large@v1.0.0/deep/er/noise.go").is_file());
    assert!(cache.join("example.com/a@v1.0.0/go.mod").is_file());
    if require_tool("go") {
        Go::air_gapped(&cache).run(&project, &["build", "./..."]);
        Go::air_gapped(&cache).run(&project, &["vet", "./..."]);
    }
}

/// The same bundle, signed by the same key, with another word about what made the zips.
fn with_another_encoder(site: &Site, file: &Path) -> PathBuf {
    use airgo_bundle::keys::{PublicKey, SigningKey};
    use airgo_bundle::manifest::Encoder as Stated;
    use airgo_bundle::{Bundle, BundleWriter, Limits, Object, Signing, Trust, TrustedKey};
    let public = PublicKey::parse(&fs::read_to_string(site.public_key()).unwrap()).unwrap();
    let mut trust = Trust::new();
    trust.add(TrustedKey::new(public, None));
    let bundle = Bundle::open(file, &Limits::default()).unwrap();
    let bundle = bundle.verify_signatures(&trust, jiff::Timestamp::now()).unwrap();
    let mut manifest = bundle.manifest().clone();
    for module in &mut manifest.modules {
        module.encoder = module.encoder.map(|encoder| match encoder {
            Stated::Go126 => Stated::Go127,
            Stated::Go127 => Stated::Go126,
        });
    }
    let target = site.temp.join("lie.airgo");
    let mut writer = BundleWriter::create(&target, &manifest.seal().unwrap()).unwrap();
    let source = |object: &Object| {
        let content = bundle.content(&object.name).map_err(std::io::Error::other)?;
        Ok(Box::new(content.checked()) as Box<dyn std::io::Read + Send>)
    };
    let jobs = std::num::NonZeroUsize::MIN;
    writer.write_objects(&source, jobs, &()).unwrap();
    let key = SigningKey::load(&site.key(), &mut || None).unwrap();
    writer.finish(&[Signing::new(&key)]).unwrap();
    target
}

#[test]
fn a_wrong_encoder_is_found_before_anything_is_written() {
    let site = site();
    let lie = with_another_encoder(&site, &compact(&site));
    let cache = site.temp.join("never");
    site.unpack_to(&lie, &cache, &[])
        .ends(11)
        .says(&["the zip that is made again of its files", "nothing was written to the module cache"]);
    assert!(!cache.exists());
    // Whoever wants no zips has what the lists say.
    site.unpack_to(&lie, &cache, &["--lean"]).done();
    let (key, public) = (site.key(), site.public_key());
    let zips = site.temp.join("zips.airgo");
    let convert =
        ["convert", text(&lie), "--zips", "-o", text(&zips), "--key", text(&key), "--trust", text(&public)];
    site.airgo.run(&convert).ends(11).says(&["zips.airgo was not written"]);
    assert!(!zips.exists());
}

//! Bundles in volumes: what an earlier set leaves, joined volumes, the name that
//! was split, and volumes that are missing or damaged on arrival.

use crate::airgo::Run;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::Module;
use std::fs;
use std::path::{Path, PathBuf};

/// A site whose bundle makes several volumes of 8 KiB.
fn site() -> Site {
    let mut world = small_world();
    let noise: String = (0..4_000).map(|n| format!("// {n} {}\n", n * 7919 % 10_007)).collect();
    world
        .add(Module::new("example.com/new", "v1.0.0").go("1.21").file("n.go", format!("package n\n{noise}")));
    Site::of(world, &main_module().require("example.com/new", "v1.0.0"))
}

fn volumes(site: &Site) -> Vec<PathBuf> {
    let stem = format!("{}.", site.bundle().display());
    let mut all: Vec<_> = fs::read_dir(site.bundle().parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| text(p).strip_prefix(&stem).is_some_and(|n| n.parse::<u32>().is_ok()))
        .collect();
    all.sort();
    all
}

fn volume(site: &Site, n: u32) -> PathBuf {
    PathBuf::from(format!("{}.{n:03}", site.bundle().display()))
}

fn on(site: &Site, command: &str, files: &[&Path], more: &[&str]) -> Run {
    let public = site.public_key();
    let mut args = vec![command];
    args.extend(files.iter().map(|f| text(f)));
    args.extend(["--trust", text(&public)]);
    args.extend(more);
    site.airgo.run(&args)
}

#[test]
fn packing_again_leaves_nothing_of_the_earlier_set() {
    let site = site();
    site.pack_with(&["--split", "8KiB"]).done();
    let many = volumes(&site).len();
    assert!(many > 4, "{many}");
    // Somebody's own file of such a name stays, and is named.
    let own = volume(&site, 900);
    fs::write(&own, "notes").unwrap();
    site.pack_with(&["--split", "20KiB"]).done().says(&["Removed", "app.airgo.900 has the name of a volume"]);
    let few = volumes(&site);
    assert!(few.len() < many && few.contains(&own), "{few:?}");
    assert!(!site.bundle().exists());
    on(&site, "verify", &[&volume(&site, 1)], &[]).done();
    site.unpack(&volume(&site, 2), &[]).done();
    // In one piece, and in volumes once more.
    site.pack().done().says(&["Removed"]);
    assert_eq!(volumes(&site), std::slice::from_ref(&own));
    on(&site, "verify", &[&site.bundle()], &[]).done();
    site.pack_with(&["--split", "8KiB"]).done();
    assert!(!site.bundle().exists());
    on(&site, "verify", &[&site.bundle()], &[]).done();
    assert_eq!(fs::read_to_string(&own).unwrap(), "notes");
}

#[test]
fn a_file_in_the_place_of_a_volume_is_not_replaced() {
    let site = site();
    fs::write(volume(&site, 1), "notes").unwrap();
    site.pack_with(&["--split", "8KiB"]).ends(1).says(&["app.airgo.001 exists", "was not written"]);
    fs::rename(volume(&site, 1), volume(&site, 2)).unwrap();
    site.pack_with(&["--split", "8KiB"]).ends(1).says(&["app.airgo.002 exists", "in one piece"]);
    on(&site, "verify", &[&site.bundle()], &[]).done();
    assert_eq!(fs::read_to_string(volume(&site, 2)).unwrap(), "notes");
    assert_eq!(volumes(&site).len(), 1, "some volumes were written");
}

#[test]
fn volumes_of_another_bundle_beside_are_passed_over() {
    let site = site();
    site.pack_with(&["--split", "8KiB", "--comment", "older"]).done();
    let old: Vec<_> = volumes(&site).iter().map(|v| (v.clone(), fs::read(v).unwrap())).collect();
    site.pack_with(&["--split", "20KiB"]).done();
    let new = volumes(&site);
    for (path, bytes) in &old[new.len()..] {
        fs::write(path, bytes).unwrap();
    }
    on(&site, "verify", &[&new[1]], &[]).done();
    on(&site, "verify", &[&site.bundle()], &[]).done();
    // Whoever names them is told which.
    let stale = old.last().unwrap().0.clone();
    let named: Vec<&Path> = new.iter().chain([&stale]).map(PathBuf::as_path).collect();
    on(&site, "verify", &named, &[]).ends(1).says(&["is a volume of another file", "remove it"]);
}

#[test]
fn every_command_reads_volumes_by_any_name() {
    let site = site();
    site.pack().done();
    let whole = site.temp.join("whole.airgo");
    fs::copy(site.bundle(), &whole).unwrap();
    site.pack_with(&["--split", "8KiB"]).done();
    let joined: Vec<u8> = volumes(&site).iter().flat_map(|v| fs::read(v).unwrap()).collect();
    let joined = site.temp.write("joined.airgo", joined);
    for file in [&joined, &site.bundle(), &volume(&site, 3)] {
        on(&site, "verify", &[file], &[]).done();
        on(&site, "inspect", &[file], &[]).done();
        on(&site, "why", &[file, Path::new("example.com/new")], &[]).done();
        on(&site, "diff", &[&whole, file], &[]).done();
        site.unpack(file, &[]).done();
        let fixed = site.temp.join("fixed.airgo");
        on(&site, "repair", &[file], &["-o", text(&fixed)]).done();
        on(&site, "verify", &[&fixed], &[]).done();
        fs::remove_file(&fixed).unwrap();
        let key = site.key();
        on(&site, "sign", &[file], &["--key", text(&key), "--replace"]).ends(1).says(&["airgo repair"]);
    }
    // The end of a joined file is missing: the volumes that are is said.
    let bytes = fs::read(&joined).unwrap();
    let half = site.temp.write("half.airgo", &bytes[..bytes.len() / 2]);
    on(&site, "verify", &[&half], &[]).says(&["send again: volume"]);
}

#[test]
fn missing_and_damaged_volumes_are_asked_for_and_sent_again() {
    let site = site();
    site.pack().done();
    let good = site.temp.join("good.airgo");
    site.pack_with(&["--split", "8KiB"]).done();
    on(&site, "repair", &[&site.bundle()], &["-o", text(&good)]).done();
    let all: Vec<_> = volumes(&site).iter().map(|v| (v.clone(), fs::read(v).unwrap())).collect();
    let last = all.len() as u32;
    let (need, patch) = (site.temp.join("need.json"), site.temp.join("patch"));
    let fixed = site.temp.join("fixed.airgo");
    let flip = |n: u32, at: usize| {
        let mut bytes = fs::read(volume(&site, n)).unwrap();
        bytes[at] ^= 0x20;
        fs::write(volume(&site, n), bytes).unwrap();
    };
    type Harm<'a> = (&'a str, &'a dyn Fn(), i32, Vec<u32>);
    let cases: [Harm<'_>; 5] = [
        ("gone", &|| fs::remove_file(volume(&site, 2)).unwrap(), 1, vec![2]),
        ("the last gone", &|| fs::remove_file(volume(&site, last)).unwrap(), 1, vec![last]),
        ("bytes", &|| flip(3, 4_000), 11, vec![3]),
        ("a header", &|| flip(1, 100), 11, vec![1]),
        (
            "all but the last",
            &|| (1..last).for_each(|n| fs::remove_file(volume(&site, n)).unwrap()),
            1,
            (1..last).collect(),
        ),
    ];
    for (what, harm, code, numbers) in cases {
        all.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        [&need, &patch, &fixed].iter().for_each(|f| drop(fs::remove_file(f)));
        harm();
        let run = on(&site, "verify", &[&volume(&site, last.min(4))], &["--request", text(&need)]);
        let run = if what == "the last gone" || run.code != 1 || numbers.len() < 2 {
            run
        } else {
            on(&site, "verify", &[&site.bundle()], &["--request", text(&need)])
        };
        run.ends(code).says(&["send again: volume", "need.json says what", "airgo resend"]);
        let request: serde_json::Value = serde_json::from_slice(&fs::read(&need).unwrap()).unwrap();
        assert_eq!(request["volumes"]["numbers"], serde_json::json!(numbers), "{what}");
        site.airgo.run(&["resend", text(&need), text(&good), "-o", text(&patch)]).done();
        on(&site, "repair", &[&site.bundle(), &patch], &["-o", text(&fixed)]).done();
        assert!(fs::read(&fixed).unwrap() == fs::read(&good).unwrap(), "{what}");
    }
    // Another packing of the same project cannot answer.
    all.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    let other = site.temp.join("other.airgo");
    let (project, key) = (site.project(), site.key());
    let pack = ["pack", text(&project), "-o", text(&other), "--key", text(&key), "--comment", "x"];
    site.airgo.run(&pack).done();
    site.airgo
        .run(&["resend", text(&need), text(&other), "-o", text(&site.temp.join("p"))])
        .ends(1)
        .says(&["another file"]);
    // A request that cannot be made is told.
    let nobody = on(&site, "verify", &[&site.temp.join("nosuch.airgo")], &["--request", text(&need)]);
    nobody.ends(1).says(&["need.json was not written"]);
}

/// The document names files that are there.
#[test]
fn the_document_of_a_split_bundle_names_its_volumes() {
    let site = Site::new();
    let run = site.pack_with(&["--split", "8KiB", "--json"]).done();
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let files: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    assert!(files.len() > 1 && files.iter().all(|file| Path::new(file).is_file()), "{files:?}");
    assert_eq!((&document["file"], &document["volumes"]), (&document["files"][0], &document["files"]));
    let whole: serde_json::Value = serde_json::from_str(&site.pack_with(&["--json"]).done().stdout).unwrap();
    assert_eq!(whole["files"], serde_json::json!([whole["file"]]));
    assert!(Path::new(whole["file"].as_str().unwrap()).is_file());
}

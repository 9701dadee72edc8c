//! Volumes, damaged media, and sending again only what is needed.

use crate::support::{JOBS, key, now, tiny, trust};

use airgo_bundle::corruption::{self, Corruption};
use airgo_bundle::repair::{self, Requirements};
use airgo_bundle::{
    Bundle, BundleError, ErrorClass, Limits, Manifest, ReadAt, ReassembledFile, RepairRequest, Signing,
    Source, Trust, VolumeError, Volumes, retransmit, split,
};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Volumes of this size make several of the tiny bundle.
const SIZE: u64 = 1400;

struct Scene {
    dir: tempfile::TempDir,
    whole: Vec<u8>,
    volumes: Vec<PathBuf>,
    trust: Trust,
}

impl Scene {
    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.at(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn demand(&self) -> Requirements<'_> {
        static LIMITS: std::sync::LazyLock<Limits> = std::sync::LazyLock::new(Limits::default);
        Requirements { trust: &self.trust, now: now(), base: None, limits: &LIMITS, jobs: JOBS }
    }

    fn verify(&self, files: &[PathBuf]) -> Result<Manifest, BundleError> {
        let source = Source { files, bases: &[], limits: &Limits::default() };
        let bundle = source.verify_signatures(&self.trust, now())?;
        bundle.verify_objects(JOBS, &())?;
        Ok(bundle.manifest().clone())
    }
}

fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let packer = key(1);
    let path = dir.path().join("app.airgo");
    tiny().write(&path, &[Signing::new(&packer)]).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let volumes = split(&whole, &path, SIZE, &()).unwrap();
    std::fs::remove_file(&path).unwrap();
    Scene { dir, whole, volumes, trust: trust(&[&packer]) }
}

#[test]
fn volumes_are_read_in_any_order() {
    let scene = scene();
    let count = scene.volumes.len();
    println!("{} bytes in {count} volumes of {SIZE}", scene.whole.len());
    assert!(count >= 5);
    for volume in &scene.volumes {
        assert!(std::fs::metadata(volume).unwrap().len() <= SIZE);
    }
    let mut order = scene.volumes.clone();
    for turn in 0..count {
        order.rotate_left(1);
        order.swap(0, turn % count);
        let read = Source { files: &order, bases: &[], limits: &Limits::default() }.read().unwrap();
        let mut bytes = vec![0; scene.whole.len()];
        read.read_exact_at(&mut bytes, 0).unwrap();
        assert!(bytes == scene.whole);
        assert_eq!(scene.verify(&order).unwrap(), tiny().manifest);
    }
    // One stands for all beside it, and other files there do not disturb.
    scene.put("app.airgo.txt", b"a note");
    scene.put("other.airgo.001", b"something else");
    for one in &scene.volumes {
        assert_eq!(scene.verify(std::slice::from_ref(one)).unwrap(), tiny().manifest);
    }
    let left: HashSet<_> =
        std::fs::read_dir(scene.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), count + 2, "no temporary file is left: {left:?}");
}

#[test]
fn the_same_file_gives_the_same_volumes() {
    let scene = scene();
    let again = tempfile::tempdir().unwrap();
    let volumes = split(&scene.whole, &again.path().join("app.airgo"), SIZE, &()).unwrap();
    for (a, b) in scene.volumes.iter().zip(&volumes) {
        assert_eq!(a.file_name(), b.file_name());
        assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap());
    }
    let one = split(&scene.whole, &again.path().join("one"), 1 << 30, &()).unwrap();
    assert_eq!(one.len(), 1);
    assert!(matches!(
        split(&scene.whole, &again.path().join("x"), 500, &()).unwrap_err(),
        BundleError::Volume(VolumeError::TooSmall { size: 500, .. })
    ));
    assert!(!again.path().join("x.001").exists());
}

#[test]
fn missing_and_damaged_volumes_are_named() {
    let scene = scene();
    let mut some = scene.volumes.clone();
    some.remove(3);
    some.remove(1);
    let error = scene.verify(&some).unwrap_err();
    assert_eq!(error.to_string(), format!("volumes 2, 4 of {} are missing", scene.volumes.len()));
    assert_eq!(error.class(), ErrorClass::Failed);
    // 3: a bit of its content; 4: its header; 5: cut short.
    for (at, change) in [(2, 0), (3, 1), (4, 2)] {
        let mut bytes = std::fs::read(&scene.volumes[at]).unwrap();
        match change {
            0 => *bytes.last_mut().unwrap() ^= 4,
            1 => bytes[100] ^= 4,
            _ => bytes.truncate(900),
        }
        std::fs::write(&scene.volumes[at], bytes).unwrap();
    }
    let volumes = Volumes::open(&scene.volumes).unwrap();
    let scanned = volumes.scan(&()).unwrap();
    println!("{scanned:?}");
    assert_eq!(scanned.to_retransmit(), [3, 4, 5]);
    assert_eq!(scanned.missing, [4]);
    assert_eq!(scanned.unreadable.len(), 1);
    assert!(!scanned.is_sound());
}

/// Every byte of every volume, flipped in turn: the scanned names that volume and
/// no other, or the header's text is refused.
#[test]
fn every_flipped_byte_is_laid_to_its_volume() {
    let scene = scene();
    let mut flips = 0;
    for (at, path) in scene.volumes.iter().enumerate() {
        let good = std::fs::read(path).unwrap();
        for byte in 0..good.len() {
            let mut bad = good.clone();
            bad[byte] ^= 1 << (byte % 8);
            std::fs::write(path, bad).unwrap();
            let scanned = Volumes::open(&scene.volumes).unwrap().scan(&()).unwrap();
            assert_eq!(
                scanned.to_retransmit(),
                [u32::try_from(at + 1).unwrap()],
                "byte {byte} of volume {}",
                at + 1
            );
            flips += 1;
        }
        std::fs::write(path, good).unwrap();
    }
    println!("{flips} bytes of volumes flipped in turn, each laid to its volume");
}

#[test]
fn a_volume_sent_again_repairs_the_file() {
    let scene = scene();
    let again = std::fs::read(&scene.volumes[2]).unwrap();
    let mut bad = again.clone();
    *bad.last_mut().unwrap() ^= 1;
    std::fs::write(&scene.volumes[2], bad).unwrap();
    scene.verify(&scene.volumes).unwrap_err();
    let resent = scene.put("again.airgo.003", &again);
    let with: Vec<PathBuf> = [scene.volumes.clone(), vec![resent]].concat();
    let volumes = Volumes::open(&with).unwrap();
    assert!(volumes.scan(&()).unwrap().is_sound());
    let target = scene.at("repaired.airgo");
    let verified = repair::repair(&volumes.assemble().unwrap(), &target, &scene.demand(), &()).unwrap();
    assert_eq!(verified.objects, tiny().manifest.objects().len());
    assert!(std::fs::read(target).unwrap() == scene.whole);
}

/// The same file, split in two ways.
#[test]
fn volumes_of_two_splits_do_not_mix() {
    let scene = scene();
    let others = split(&scene.whole, &scene.at("b.airgo"), SIZE * 2, &()).unwrap();
    let error = scene.verify(&[scene.volumes[0].clone(), others[1].clone()]).unwrap_err();
    assert!(matches!(error, BundleError::Volume(VolumeError::Header { .. })), "{error}");
    assert!(error.to_string().contains("where others are of"), "{error}");
}

#[test]
fn volumes_of_two_files_do_not_mix() {
    let scene = scene();
    let mut other = tiny();
    other.manifest.platforms = vec!["linux/arm64".into()];
    other.manifest = other.manifest.seal().unwrap();
    let bytes = other.packed(&[Signing::new(&key(1))]);
    let others = split(&bytes, &scene.at("b.airgo"), SIZE, &()).unwrap();
    let mut mixed = scene.volumes.clone();
    mixed[2] = others[2].clone();
    let error = scene.verify(&mixed).unwrap_err();
    assert!(matches!(error, BundleError::Volume(VolumeError::Foreign { .. })), "{error}");
    println!("{error}");
    let error = scene.verify(&[scene.volumes[0].clone(), scene.put("x", b"no volume")]).unwrap_err();
    println!("{error}");
    // A volume that was tampered with, header and all, is for the signatures to find.
    let mut forged = scene.whole.clone();
    let place = forged.windows(13).position(|w| w == b"package upper").unwrap_or(forged.len() / 2);
    forged[place] ^= 1;
    let forged = split(&forged, &scene.at("forged"), SIZE, &()).unwrap();
    assert!(Volumes::open(&forged).unwrap().scan(&()).unwrap().is_sound());
    scene.verify(&forged).unwrap_err();
}

fn scanned(source: &Arc<dyn ReadAt>) -> Corruption {
    corruption::scan(source, &Limits::default(), JOBS, &()).unwrap()
}

#[test]
fn a_damaged_file_asks_for_its_modules_and_is_repaired() {
    let scene = scene();
    let good: Arc<dyn ReadAt> = Arc::new(scene.whole.clone());
    assert_eq!(scanned(&good), Corruption::None);
    let find = |name: &[u8]| scene.whole.windows(name.len()).position(|w| w == name).unwrap();
    let mut bad = scene.whole.clone();
    // A header of one object, and the content of another.
    bad[find(b"proxy/example.com/!upper/@v/v1.2.0.zip") - 20] ^= 1;
    bad[find(b"proxy/example.com/fork/@v/v0.1.0.mod") + 40] ^= 1;
    let bad: Arc<dyn ReadAt> = Arc::new(bad);
    let damage = scanned(&bad);
    assert_eq!(damage.modules(), ["example.com/Upper@v1.2.0", "example.com/fork@v0.1.0"]);
    let request = damage.repair_request().unwrap();
    let text = request.to_bytes().unwrap();
    println!("{}", String::from_utf8_lossy(&text));
    assert_eq!(RepairRequest::parse(&text).unwrap(), request);

    let patch = scene.at("patch");
    let size = retransmit::write_patch(&good, "good", &request, &patch, &Limits::default(), &()).unwrap();
    println!("the patch is {size} of {} bytes", scene.whole.len());
    let piece = airgo_bundle::Volume::open(&patch).unwrap();
    let assembly = ReassembledFile::new(&[piece], Some(bad)).unwrap();
    let target = scene.at("repaired.airgo");
    repair::repair(&assembly, &target, &scene.demand(), &()).unwrap();
    assert!(std::fs::read(&target).unwrap() == scene.whole);

    // Another file does not answer it.
    let mut other = tiny();
    other.manifest.platforms = vec!["linux/arm64".into()];
    other.manifest = other.manifest.seal().unwrap();
    let other: Arc<dyn ReadAt> = Arc::new(other.packed(&[Signing::new(&key(1))]));
    let error =
        retransmit::write_patch(&other, "other", &request, &patch, &Limits::default(), &()).unwrap_err();
    assert!(matches!(error, BundleError::Volume(VolumeError::OtherFile { .. })), "{error}");
    println!("{error}");
}

/// Two rounds where the table of entries is gone: first the table, then the rest.
#[test]
fn a_file_cut_short_is_repaired_in_two_rounds() {
    let scene = scene();
    let good: Arc<dyn ReadAt> = Arc::new(scene.whole.clone());
    let cut: Arc<dyn ReadAt> = Arc::new(scene.whole[..scene.whole.len() / 2].to_vec());
    let first = scanned(&cut);
    assert!(matches!(first, Corruption::Directory { .. }), "{first:?}");
    let answer = |request: &RepairRequest, name: &str| {
        let path = scene.at(name);
        retransmit::write_patch(&good, "good", request, &path, &Limits::default(), &()).unwrap();
        airgo_bundle::Volume::open(&path).unwrap()
    };
    let one = answer(&first.repair_request().unwrap(), "patch-1");
    let over: Arc<dyn ReadAt> =
        Arc::new(ReassembledFile::new(std::slice::from_ref(&one), Some(Arc::clone(&cut))).unwrap());
    let second = scanned(&over);
    let Corruption::Entries { entries, .. } = &second else { panic!("{second:?}") };
    println!("{} entries were beyond the cut", entries.len());
    let two = answer(&second.repair_request().unwrap(), "patch-2");
    let target = scene.at("repaired.airgo");
    let gap = ReassembledFile::new(std::slice::from_ref(&two), Some(Arc::clone(&cut))).unwrap();
    let error = repair::repair(&gap, &target, &scene.demand(), &()).unwrap_err();
    assert!(matches!(error, BundleError::Volume(VolumeError::Gap { .. })), "{error}");
    println!("{error}");
    assert!(!target.exists());
    let all = ReassembledFile::new(&[one, two], Some(cut)).unwrap();
    repair::repair(&all, &target, &scene.demand(), &()).unwrap();
    assert!(std::fs::read(target).unwrap() == scene.whole);
}

/// Every byte of a file, flipped in turn: what is asked for again repairs it.
#[test]
fn whatever_byte_is_damaged_the_request_covers_it() {
    let scene = scene();
    let (mut entries, mut directories) = (0, 0);
    for at in 0..scene.whole.len() {
        let mut bad = scene.whole.clone();
        bad[at] ^= 1 << (at % 8);
        let bad: Arc<dyn ReadAt> = Arc::new(bad);
        match scanned(&bad) {
            Corruption::None => panic!("byte {at} is not missed"),
            Corruption::Directory { .. } => directories += 1,
            found @ Corruption::Entries { .. } => {
                let request = found.repair_request().unwrap();
                // A damaged CRC in the directory makes a sound entry look damaged;
                // the answer then says that the files differ, and no more is claimed.
                let covered =
                    request.ranges.iter().any(|r| (r.offset..r.offset + r.size).contains(&(at as u64)));
                let directory = request.directory.unwrap();
                assert!(covered || at as u64 >= directory, "byte {at}");
                let [range] = request.ranges[..] else { panic!("{request:?}") };
                assert!(range.size < scene.whole.len() as u64);
                entries += 1;
            }
        }
    }
    println!("{entries} bytes laid to one entry, {directories} to the directory");
}

#[test]
fn a_repair_that_does_not_verify_writes_nothing() {
    let scene = scene();
    let mut forged = scene.whole.clone();
    let at = forged.len() / 2;
    forged[at] ^= 1;
    let forged = split(&forged, &scene.at("forged"), SIZE, &()).unwrap();
    let assembly = Volumes::open(&forged).unwrap().assemble().unwrap();
    let target = scene.put("repaired.airgo", b"what was there");
    let before = std::fs::read_dir(scene.dir.path()).unwrap().count();
    repair::repair(&assembly, &target, &scene.demand(), &()).unwrap_err();
    let outsider = trust(&[&key(7)]);
    let demand = Requirements { trust: &outsider, ..scene.demand() };
    let sound = Volumes::open(&scene.volumes).unwrap().assemble().unwrap();
    let error = repair::repair(&sound, &target, &demand, &()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Signature);
    assert_eq!(std::fs::read(&target).unwrap(), b"what was there");
    assert_eq!(std::fs::read_dir(scene.dir.path()).unwrap().count(), before);
}

#[test]
fn hostile_headers_and_requests_are_refused() {
    let scene = scene();
    let good = std::fs::read(&scene.volumes[0]).unwrap();
    let lines: Vec<&[u8]> = good.splitn(3, |b| *b == b'\n').collect();
    let header = String::from_utf8(lines[1].to_vec()).unwrap();
    let remade = |header: &str, payload: &[u8]| -> Vec<u8> {
        let digest = airgo_bundle::Sha256::of(header.as_bytes());
        [format!("airgo-volume/v1 {digest}\n{header}\n").as_bytes(), payload].concat()
    };
    println!("{header}");
    scene.verify(&[scene.put("v.001", &remade(&header, lines[2]))]).unwrap_err();
    let huge = format!("\"size\":{}", (1_u64 << 53) - 1);
    for (old, new) in [
        ("\"offset\":0", "\"offset\":9000000000000000"),
        ("volume/v1", "volume/v2"),
        ("\"number\":1", "\"number\":0"),
        ("\"number\":1", "\"number\":99"),
        ("\"of\":", "\"of\":1"),
        ("\"parts\":[{", "\"parts\":[],\"x\":[{"),
        ("{\"file\"", "{\"extra\":1,\"file\""),
        ("\"volume\"", "\"Volume\""),
    ] {
        assert!(header.contains(old), "{old}");
        let path = scene.put("bad.001", &remade(&header.replacen(old, new, 1), lines[2]));
        match Volumes::open(&[path]) {
            Err(error) => println!("{error}"),
            Ok(volumes) => assert!(volumes.assemble().is_err(), "{new}"),
        }
    }
    // A size that no disk has: refused before a byte is reserved.
    let part = header.rsplit_once("\"size\":").unwrap().1.split_once('}').unwrap().0;
    let lie = header.replace(&format!("\"size\":{part}"), &huge);
    let path = scene
        .put("lie.001", &remade(&lie.replace(&format!("\"size\":{}", scene.whole.len()), &huge), lines[2]));
    println!("{}", scene.verify(&[path]).unwrap_err());
    for text in [
        "",
        "{}",
        "[]",
        "{\"schema\":\"https://airgo.dev/repair-request/v2\"}",
        "{\"ranges\":[{\"offset\":0,\"size\":1}],\"schema\":\"https://airgo.dev/repair-request/v1\"}",
        "{\"directory\":1,\"schema\":\"https://airgo.dev/repair-request/v1\",\"size\":1}",
    ] {
        println!("{}", RepairRequest::parse(text.as_bytes()).unwrap_err());
    }
}

#[test]
fn a_delta_finds_its_bases_among_those_given() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let packer = key(1);
    let trust = trust(&[&packer]);
    let mut versions = Vec::new();
    for (name, platform) in [("1.airgo", "linux/amd64"), ("2.airgo", "linux/arm64"), ("3.airgo", "linux/386")]
    {
        let mut world = tiny();
        world.manifest.platforms = vec![platform.into()];
        world.manifest = world.manifest.seal().unwrap();
        world.write(&at(name), &[Signing::new(&packer)]).unwrap();
        let opened = Bundle::open(&at(name), &Limits::default()).unwrap();
        versions.push(opened.verify_signatures(&trust, now()).unwrap());
    }
    versions[1].write_delta(versions[0].manifest(), &at("2.delta"), JOBS, &()).unwrap();
    versions[2].write_delta(versions[1].manifest(), &at("3.delta"), JOBS, &()).unwrap();
    let split_base = split(&std::fs::read(at("1.airgo")).unwrap(), &at("1.vol"), SIZE, &()).unwrap();
    let open = |bases: &[PathBuf]| {
        let files = [at("3.delta")];
        let bundle =
            Source { files: &files, bases, limits: &Limits::default() }.verify_signatures(&trust, now())?;
        bundle.verify_objects(JOBS, &())?;
        Ok::<_, BundleError>(bundle)
    };
    for bases in [
        [at("2.delta"), at("1.airgo")],
        [at("1.airgo"), at("2.delta")],
        [split_base[1].clone(), at("2.delta")],
    ] {
        assert_eq!(*open(&bases).unwrap().manifest(), *versions[2].manifest());
    }
    for bases in [
        vec![],
        vec![at("1.airgo")],
        vec![at("2.delta")],
        vec![at("3.airgo"), at("2.delta")],
        vec![at("3.delta")],
    ] {
        let error = open(&bases).unwrap_err();
        // A base that itself lacks its base says which it is.
        let inner = if let BundleError::Base { source, .. } = &error { source } else { &error };
        assert!(matches!(inner, BundleError::Delta(_)), "{error}");
        println!("{error}");
    }
}

#[test]
fn a_diagnosis_names_volumes_and_modules() {
    let scene = scene();
    let limits = Limits::default();
    let diagnose =
        |files: &[PathBuf]| Source { files, bases: &[], limits: &limits }.diagnose(JOBS, &()).unwrap();
    let whole = [scene.put("whole.airgo", &scene.whole)];
    let sound = diagnose(&whole);
    assert_eq!((sound.volumes, sound.corruption), (None, Some(Corruption::None)));
    let mut bytes = std::fs::read(&scene.volumes[2]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&scene.volumes[2], bytes).unwrap();
    let found = diagnose(&scene.volumes);
    println!("{found:?}");
    assert_eq!(found.volumes.unwrap().to_retransmit(), [3]);
    let Some(Corruption::Entries { entries, .. }) = found.corruption else { panic!() };
    assert_eq!(entries.len(), 1);
    assert_eq!(diagnose(&scene.volumes[1..]).corruption, None, "not before all volumes are there");
}

/// As many parts as a header holds, laid over a file: no quadratic time.
#[test]
fn a_patch_of_very_many_parts_is_laid_quickly() {
    let count = 150_000_u64;
    let zero = airgo_bundle::Sha256::of(b"x").to_string();
    let parts: Vec<String> =
        (0..count).map(|n| format!("{{\"offset\":{},\"sha256\":\"{zero}\",\"size\":1}}", n * 2)).collect();
    let header = format!(
        "{{\"file\":{{\"sha256\":\"{zero}\",\"size\":{}}},\"parts\":[{}],\"schema\":\"https://airgo.dev/volume/v1\"}}",
        count * 2,
        parts.join(",")
    );
    let digest = airgo_bundle::Sha256::of(header.as_bytes());
    let mut bytes = format!("airgo-volume/v1 {digest}\n{header}\n").into_bytes();
    bytes.extend(vec![b'x'; usize::try_from(count).unwrap()]);
    let began = std::time::Instant::now();
    let piece = airgo_bundle::Volume::from_source("patch".into(), Arc::new(bytes)).unwrap();
    let beneath: Arc<dyn ReadAt> = Arc::new(vec![b'y'; usize::try_from(count * 2).unwrap()]);
    let assembly = ReassembledFile::new(&[piece], Some(beneath)).unwrap();
    let mut read = [0; 4];
    assembly.read_exact_at(&mut read, count).unwrap();
    assert_eq!(&read, b"xyxy");
    println!("{count} parts in {:.2?}", began.elapsed());
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
}

/// Opening a pipe would wait forever for somebody who writes to it.
#[cfg(unix)]
#[test]
fn a_pipe_among_the_volumes_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("app.airgo.001");
    if !std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI has no mkfifo");
        eprintln!("skipped: no mkfifo here");
        return;
    }
    let error = Volumes::open(std::slice::from_ref(&pipe)).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
    let Err(error) = Bundle::open(&pipe, &Limits::default()) else { panic!("a pipe was opened") };
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

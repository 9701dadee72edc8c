//! Deltas: an older bundle and the difference give the newer one back.

use crate::support::{JOBS, World, key, module, now, open, tiny, trust, verify};
use airgo_bundle::{BundleError, DeltaError, ErrorClass, SignedBundle, Signing, Trust};
use std::path::Path;

/// The tiny world a release later: one module changed its version, one came.
fn later() -> World {
    let mut world = tiny();
    let newer =
        airgo_testkit::Module::new("example.com/Upper", "v1.3.0").file("a.go", "package upper // newer\n");
    let added = airgo_testkit::Module::new("example.com/added", "v1.0.0").file("c.go", "package added\n");
    world.manifest.modules.retain(|m| m.path != "example.com/Upper");
    world.manifest.modules.push(module(&newer, &mut world.bytes));
    world.manifest.modules.push(module(&added, &mut world.bytes));
    world.manifest = world.manifest.seal().unwrap();
    world
}

struct Pair {
    base: Vec<u8>,
    whole: Vec<u8>,
    delta: Vec<u8>,
    trust: Trust,
}

fn delta_of(bundle: &SignedBundle, base: &SignedBundle, dir: &Path) -> Vec<u8> {
    let path = dir.join("delta.airgo");
    bundle.write_delta(base.manifest(), &path, JOBS, &()).unwrap();
    std::fs::read(path).unwrap()
}

fn pair() -> Pair {
    let dir = tempfile::tempdir().unwrap();
    let packer = key(1);
    let trust = trust(&[&packer]);
    let path = dir.path().join("whole.airgo");
    let base = tiny().packed(&[Signing::new(&packer)]);
    later().write_with(&path, &[("proxy/sumdb/db/supported", b"")], &[Signing::new(&packer)]).unwrap();
    let whole = std::fs::read(path).unwrap();
    let delta = delta_of(&verify(&whole, &trust).unwrap(), &verify(&base, &trust).unwrap(), dir.path());
    Pair { base, whole, delta, trust }
}

fn verify_delta(delta: &[u8], base: &[u8], trust: &Trust) -> Result<SignedBundle, BundleError> {
    let base = verify(base, trust)?;
    let bundle = open(delta)?.verify_with_base(trust, now(), &base)?;
    bundle.verify_objects(JOBS, &())?;
    Ok(bundle)
}

#[test]
fn base_and_delta_are_the_whole() {
    let Pair { base, whole, delta, trust } = pair();
    let names: Vec<String> = zip::ZipArchive::new(std::io::Cursor::new(&delta))
        .unwrap()
        .file_names()
        .map(|n| n.unwrap().into_owned())
        .filter(|n| n.ends_with("zip") || n.ends_with("list") || n.starts_with("data"))
        .collect();
    let wanted = [
        "proxy/example.com/!upper/@v/list",
        "proxy/example.com/!upper/@v/v1.3.0.zip",
        "proxy/example.com/added/@v/list",
        "proxy/example.com/added/@v/v1.0.0.zip",
    ];
    assert_eq!(names, wanted, "only what is new");
    let bundle = verify_delta(&delta, &base, &trust).unwrap();
    assert_eq!(*bundle.manifest(), later().manifest);
    assert_eq!(bundle.objects().count(), later().manifest.objects().len());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("again.airgo");
    bundle.write_whole(&path, JOBS, &()).unwrap();
    assert!(std::fs::read(&path).unwrap() == whole, "the very file that the delta was made from");
}

#[test]
fn a_delta_demands_its_base() {
    let Pair { base, whole, delta, trust } = pair();
    let alone = verify(&delta, &trust).unwrap_err();
    assert!(matches!(alone, BundleError::Delta(DeltaError::BaseMissing(_))), "{alone}");
    assert_eq!(alone.class(), ErrorClass::Failed);
    println!("{alone}");
    let other = verify_delta(&delta, &whole, &trust).unwrap_err();
    assert!(matches!(other, BundleError::Delta(DeltaError::OtherBase { .. })), "{other}");
    println!("{other}");
    let needless = verify_delta(&whole, &base, &trust).unwrap_err();
    assert!(matches!(needless, BundleError::Delta(DeltaError::NotADelta)), "{needless}");
    let outsider = crate::support::trust(&[&key(2)]);
    let base = verify(&base, &trust).unwrap();
    let untrusted = open(&delta).unwrap().verify_with_base(&outsider, now(), &base).unwrap_err();
    assert_eq!(untrusted.class(), ErrorClass::Signature);
}

#[test]
fn a_delta_may_build_on_a_delta() {
    let Pair { base, delta, trust, .. } = pair();
    let dir = tempfile::tempdir().unwrap();
    let mut third = later();
    third.manifest.platforms = vec!["linux/arm64".into()];
    third.manifest = third.manifest.seal().unwrap();
    let third = verify(&third.packed(&[Signing::new(&key(1))]), &trust).unwrap();
    let second = verify_delta(&delta, &base, &trust).unwrap();
    let small = delta_of(&third, &second, dir.path());
    let chained = open(&small).unwrap().verify_with_base(&trust, now(), &second).unwrap();
    chained.verify_objects(JOBS, &()).unwrap();
    assert_eq!(*chained.manifest(), *third.manifest());
}

#[test]
fn every_byte_of_a_delta_counts() {
    let Pair { base, delta, trust, .. } = pair();
    verify_delta(&delta, &base, &trust).unwrap();
    let base = verify(&base, &trust).unwrap();
    let mut flips = 0;
    for at in 0..delta.len() {
        let mut tampered = delta.clone();
        tampered[at] ^= 1 << (at % 8);
        let outcome = open(&tampered).and_then(|b| {
            let bundle = b.verify_with_base(&trust, now(), &base)?;
            bundle.verify_objects(JOBS, &())
        });
        assert!(outcome.is_err(), "byte {at}");
        flips += 1;
    }
    println!("{flips} bytes of a delta flipped in turn, none accepted");
}

#[test]
fn a_delta_holds_nothing_that_its_base_has() {
    let Pair { base, whole, delta, trust } = pair();
    let mut forge = crate::support::forge::Forge::of(&delta);
    let from = crate::support::forge::Forge::of(&whole);
    let name = "proxy/example.com/fork/@v/list";
    let next = forge.position("proxy/sumdb/");
    forge.entries.insert(next, from.entries[from.position(name)].clone());
    let error = verify_delta(&forge.bytes(), &base, &trust).unwrap_err();
    assert!(error.to_string().contains("nothing accounts for it"), "{error}");
}

#[test]
fn a_reviewer_signs_a_delta_with_its_base_at_hand() {
    let Pair { base, whole, delta, trust } = pair();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("delta.airgo");
    let reviewer = key(2);
    let alone = open(&delta).unwrap().countersign(&path, &Signing::new(&reviewer), false).unwrap_err();
    assert!(matches!(alone, BundleError::Delta(DeltaError::BaseMissing(_))), "{alone}");
    let base = verify(&base, &trust).unwrap();
    open(&delta).unwrap().countersign_delta(&base, &path, &Signing::new(&reviewer), false).unwrap();
    let both = crate::support::trust(&[&key(1), &reviewer]);
    let signed = std::fs::read(&path).unwrap();
    let bundle = open(&signed).unwrap().verify_with_base(&both, now(), &base).unwrap();
    assert_eq!(bundle.signers().trusted().count(), 2);
    // The whole that comes of it carries the reviewer's signature too.
    bundle.write_whole(&path, JOBS, &()).unwrap();
    let made = std::fs::read(&path).unwrap();
    assert_eq!(verify(&made, &both).unwrap().signers().trusted().count(), 2);
    assert!(made.len() > whole.len());
}

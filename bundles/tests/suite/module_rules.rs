//! Module zips that break one of Go's rules, carried by a bundle that a trusted
//! signer signed: refused with the rule's own message, before anything is
//! written. The zips are those that host/gomod holds against the real `go`.

use crate::support::{JOBS, World, empty_manifest, hashed, key, module, trust, verify};
use airgo_bundle::manifest::GraphNode;
use airgo_bundle::{ErrorClass, Signing};
use airgo_testkit::{Module, Txtar, ZipBuilder, h1_files};
use std::collections::HashMap;
use std::path::Path;

/// A bundle with one module whose zip is as given.
fn carrying(id: &str, zip: &[u8], h1: airgo_gomod::H1) -> Option<World> {
    let (path, version) = id.split_once('@').unwrap();
    let mut bytes = HashMap::new();
    let mut entry = module(&Module::new(path, version), &mut bytes);
    entry.zip = Some(hashed(zip, h1));
    let name = airgo_bundle::names::object_name(
        &airgo_gomod::ModuleVersion::new(path, version),
        airgo_bundle::ObjectKind::Zip,
    );
    bytes.insert(name.ok()?, zip.to_vec());
    let mut manifest = empty_manifest();
    manifest.graph = vec![GraphNode { module: "example.com/app".into(), requires: vec![id.into()] }];
    manifest.modules = vec![entry];
    Some(World { manifest: manifest.seal().ok()?, bytes })
}

#[test]
fn every_rule_for_module_zips_is_kept() {
    let packer = key(1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/gomod/tests/cases/modzip");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let (mut refused, mut accepted) = (0, 0);
    for file in files {
        let case = Txtar::parse(&std::fs::read(&file).unwrap());
        let comment = String::from_utf8(case.comment).unwrap();
        let field = |key: &str| {
            comment.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(": ").map(str::to_owned))
        };
        let entries: Vec<(String, Vec<u8>)> = case
            .files
            .iter()
            .map(|f| {
                let name = f.name.replace("\\n", "\n").replace("\\x00", "\0").replace("\\\\", "\\");
                (name, f.data.strip_suffix(b"\n").unwrap_or(&f.data).to_vec())
            })
            .collect();
        let h1 = h1_files(entries.iter().map(|(n, d)| (n.as_bytes(), d.as_slice())));
        let zip = entries.iter().fold(ZipBuilder::new(), |zip, (n, d)| zip.file(n, d)).bytes();
        let id = field("module").unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let Some(world) = carrying(&id, &zip, h1) else {
            println!("{name:28} the manifest itself is refused");
            refused += 1;
            continue;
        };
        let bundle = verify(&world.packed(&[Signing::new(&packer)]), &trust(&[&packer])).unwrap();
        match (bundle.verify_modules(JOBS, &()), field("error")) {
            (Err(error), Some(want)) => {
                println!("{name:28} {error}");
                assert_eq!(error.class(), ErrorClass::Malformed, "{name}");
                assert!(error.to_string().ends_with(&want), "{name}: wanted {want}, got {error}");
                refused += 1;
            }
            (Ok(_), None) => accepted += 1,
            (outcome, want) => panic!("{name}: wanted {want:?}, got {outcome:?}"),
        }
    }
    println!("{refused} module zips refused, {accepted} accepted");
    assert!(refused > 20 && accepted > 3);
}

#[test]
fn a_zip_with_another_hash_than_go_sum_is_a_mismatch() {
    let packer = key(1);
    let zip = ZipBuilder::new().file("example.com/a@v1.0.0/a.go", "package a\n").bytes();
    let world = carrying("example.com/a@v1.0.0", &zip, airgo_gomod::H1([7; 32])).unwrap();
    let bundle = verify(&world.packed(&[Signing::new(&packer)]), &trust(&[&packer])).unwrap();
    let error = bundle.verify_modules(JOBS, &()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Checksum, "{error}");
    println!("{error}");
}

/// 100 MiB of zeros in 100 KiB: within Go's limits, walked in bounded memory; one
/// over the limit is refused from its directory alone.
#[test]
fn bombs_are_refused_by_their_declared_size() {
    let packer = key(1);
    let zeros = vec![0; 17 << 20];
    let name = "example.com/a@v1.0.0/go.mod";
    let zip = ZipBuilder::new().file(name, &zeros).bytes();
    let h1 = h1_files([(name.as_bytes(), zeros.as_slice())]);
    let world = carrying("example.com/a@v1.0.0", &zip, h1).unwrap();
    let bundle = verify(&world.packed(&[Signing::new(&packer)]), &trust(&[&packer])).unwrap();
    let error = bundle.verify_modules(JOBS, &()).unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
    println!("{} bytes that claim {}: {error}", zip.len(), zeros.len());
}

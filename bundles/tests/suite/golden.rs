//! Bundles of every released format version must stay readable, forever.
//!
//! `golden/v1/tiny.airgo` is signed by `golden/v1/key.pem`, which is test data
//! and protects nothing. With `AIRGO_BLESS=1` a missing file is made; one that
//! exists is never changed.

use crate::support;
use crate::support::JOBS;
use airgo_bundle::keys::SigningKey;
use airgo_bundle::manifest::{SCHEMA, SCHEMA_2, SCHEMA_3, Workspace};
use airgo_bundle::{
    Bundle, BundleWriter, Claims, Limits, Manifest, NewStatement, Object, Sha256, Signing, Trust,
};
use serde_json::json;
use std::io::Read;
use std::path::PathBuf;

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(file)
}

const EVIDENCE: &str = "proxy/sumdb/sum.example.com/supported";

fn signing(key: &SigningKey) -> Signing<'_> {
    let mut signing = Signing::new(key);
    signing.claims = Claims {
        comment: Some("the golden bundle of format v1".into()),
        role: Some("packer".into()),
        sequence: Some(1),
        signed_at: Some("2026-09-01T00:00:00Z".parse().unwrap()),
        ..Claims::default()
    };
    signing.statements = vec![NewStatement {
        name: "provenance".into(),
        predicate_type: "https://slsa.dev/provenance/v1".into(),
        predicate: json!({"buildDefinition": {"buildType": "https://airgo.dev/pack/v1"}, "runDetails": {}}),
    }];
    signing
}

#[test]
fn the_golden_bundle_is_read_and_would_be_written_again() {
    let path = golden("tiny.airgo");
    let key = SigningKey::load(&golden("key.pem"), &mut || None).unwrap();
    if !path.exists() {
        assert!(std::env::var_os("AIRGO_BLESS").is_some(), "{} is missing", path.display());
        let world = support::tiny();
        world.write_with(&path, &[(EVIDENCE, b"")], &[signing(&key)]).unwrap();
    }
    let mut trust = Trust::new();
    assert_eq!(trust.load(&golden("key.pub")).unwrap(), 1);
    let opened = Bundle::open(&path, &Limits::default()).unwrap();
    let bundle = opened.verify_signatures(&trust, support::now()).unwrap();
    let verified = bundle.verify_objects(JOBS, &()).unwrap();
    assert_eq!(verified.objects, 10);
    assert_eq!(bundle.manifest().modules.len(), 2);
    assert_eq!(bundle.signers().statements().len(), 1);
    assert_eq!(bundle.evidence().collect::<Vec<_>>(), [EVIDENCE]);
    let signer = bundle.signers().trusted().next().unwrap();
    assert_eq!(signer.status.to_string(), "trusted as golden@example.com");
    assert_eq!(signer.attestation.sequence, Some(1));

    // The same inputs, read back from it, make the same file.
    let dir = tempfile::tempdir().unwrap();
    let again = dir.path().join("again.airgo");
    let mut writer = BundleWriter::create(&again, bundle.manifest()).unwrap();
    let open = |o: &Object| -> std::io::Result<Box<dyn Read + Send>> {
        bundle
            .read_object(&o.name)
            .map(|r| Box::new(r) as Box<dyn Read + Send>)
            .map_err(std::io::Error::other)
    };
    writer.write_objects(&open, JOBS, &()).unwrap();
    writer.add_evidence(EVIDENCE, bundle.read_evidence(EVIDENCE).unwrap()).unwrap();
    writer.finish(&[signing(&key)]).unwrap();
    assert!(std::fs::read(&again).unwrap() == std::fs::read(&path).unwrap());
}

/// Of the second schema: a workspace with a toolchain line.
#[test]
fn the_golden_bundle_of_the_second_schema_is_read() {
    let path = golden("../v2/workspace.airgo");
    let key = SigningKey::load(&golden("key.pem"), &mut || None).unwrap();
    let mut manifest = support::tiny().manifest;
    manifest.main_modules[0].workspace = Some(".".into());
    manifest.workspaces = vec![Workspace {
        dir: ".".into(),
        go_version: Some("1.24".into()),
        go_work_sha256: Sha256::of(b"go 1.24\n\ntoolchain go1.24.3\n\nuse .\n"),
        toolchain: Some("go1.24.3".into()),
    }];
    let manifest = manifest.seal().unwrap();
    assert_eq!(manifest.schema, SCHEMA_2);
    let world = support::World { manifest, ..support::tiny() };
    if !path.exists() {
        assert!(std::env::var_os("AIRGO_BLESS").is_some(), "{} is missing", path.display());
        world.write_with(&path, &[(EVIDENCE, b"")], &[signing(&key)]).unwrap();
    }
    let mut trust = Trust::new();
    trust.load(&golden("key.pub")).unwrap();
    let opened = Bundle::open(&path, &Limits::default()).unwrap();
    let bundle = opened.verify_signatures(&trust, support::now()).unwrap();
    assert_eq!(bundle.verify_objects(JOBS, &()).unwrap().objects, 10);
    assert_eq!(*bundle.manifest(), world.manifest);

    // A schema newer or older than its members is none.
    for (schema, toolchain) in [(SCHEMA, "go1.24.3"), (SCHEMA_2, "")] {
        let mut other = world.manifest.clone();
        other.schema = schema.into();
        other.workspaces[0].toolchain = (!toolchain.is_empty()).then(|| toolchain.into());
        let error = Manifest::parse(&other.to_bytes().unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "malformed manifest: schema: the schema is not the oldest that has all members in use"
        );
    }
}

/// Of the third schema: file lists beside zips, and files in blocks.
#[test]
fn the_golden_bundles_of_the_third_schema_are_read() {
    let key = SigningKey::load(&golden("key.pem"), &mut || None).unwrap();
    let mut trust = Trust::new();
    trust.load(&golden("key.pub")).unwrap();
    let worlds = [
        ("lists.airgo", crate::blocks::world_of_zips(), 0),
        ("exact.airgo", support::blocks::exact(), 8),
        ("compact.airgo", support::blocks::compact(), 9),
    ];
    for (name, world, contents) in worlds {
        assert_eq!(world.manifest.schema, SCHEMA_3);
        let path = golden(&format!("../v3/{name}"));
        if !path.exists() {
            assert!(std::env::var_os("AIRGO_BLESS").is_some(), "{} is missing", path.display());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            world.write_with(&path, &[(EVIDENCE, b"")], &[signing(&key)]).unwrap();
        }
        let opened = Bundle::open(&path, &Limits::default()).unwrap();
        let bundle = opened.verify_signatures(&trust, support::now()).unwrap();
        bundle.verify_objects(JOBS, &()).unwrap();
        bundle.verify_modules(JOBS, &()).unwrap();
        assert_eq!(bundle.blocks().unwrap().contents().len(), contents, "{name}");
        assert_eq!(bundle.manifest(), &world.manifest, "{name}");
    }
}

/// Signatures are in memory before anybody is trusted, and anybody can add some.
#[test]
fn all_signatures_together_have_a_limit() {
    let open = |envelope_total: u64| {
        let limits = Limits { envelope_total, ..Limits::default() };
        Bundle::open(&golden("full.airgo"), &limits).map(|_| ())
    };
    assert!(open(Limits::default().envelope_total).is_ok());
    let error = open(100).unwrap_err();
    assert!(error.to_string().contains("over the limit of 100 for all of them"), "{error}");
}

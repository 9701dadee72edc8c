//! What stands around a bundle of format v1 must stay readable as well: typed
//! statements, volumes, detached signatures, a trust file, a last-seen record.
//!
//! All of it is in `golden/v1` and made by `golden/v1/key.pem`. With
//! `AIRGO_BLESS=1` what is missing is made; what exists is never changed.

use crate::support::{JOBS, now, tiny};
use airgo_bundle::detached::{self, Format};
use airgo_bundle::keys::SigningKey;
use airgo_bundle::predicate::{
    Lookup, PackSettings, PolicyVerdict, Provenance, Ruling, RunDetails, SumdbEvidence, evidence_digest,
};
use airgo_bundle::{
    Claims, LastSeen, Limits, NewStatement, ReadAt, Seen, Sha256, SignedBundle, Signing, Source, Trust, split,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EVIDENCE: &str = "proxy/sumdb/sum.example.com/supported";

fn golden(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(file)
}

/// Makes a file where it is missing and may be made.
fn bless(path: &Path, make: impl FnOnce()) {
    if !path.exists() {
        assert!(std::env::var_os("AIRGO_BLESS").is_some(), "{} is missing", path.display());
        make();
    }
}

fn write_full(path: &Path, key: &SigningKey) {
    let world = tiny();
    let fetched = |m: &airgo_gomod::ModuleVersion| {
        (Some(format!("https://proxy.example.com/{}/@v/{}.zip", m.path, m.version)), Default::default())
    };
    let mut run = RunDetails::default();
    run.builder.id = "https://ci.example.com/airgo".into();
    let provenance = Provenance::of(&world.manifest, PackSettings::default(), run, &fetched);
    let sumdb = SumdbEvidence {
        database: "sum.example.com".into(),
        evidence_sha256: evidence_digest(&[(EVIDENCE.to_owned(), Sha256::of(b""))].into()),
        lookups: vec![Lookup { module: "example.com/Upper@v1.2.0".into(), record: 3 }],
        tree_hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into(),
        tree_size: 9,
    };
    let mut signing = Signing::new(key);
    signing.claims = Claims {
        expires: Some("2099-01-01T00:00:00Z".parse().unwrap()),
        role: Some("packer".into()),
        sequence: Some(7),
        ..Claims::default()
    };
    signing.statements = vec![
        NewStatement::of(&provenance).unwrap(),
        NewStatement::of(&PolicyVerdict::new("2026-09-01T00:00:00Z", Ruling::Allow)).unwrap(),
        NewStatement::of(&sumdb).unwrap(),
    ];
    world.write_with(path, &[(EVIDENCE, b"")], &[signing]).unwrap();
}

fn full(trust: &Trust) -> SignedBundle {
    let files = [golden("full.airgo")];
    Source { files: &files, bases: &[], limits: &Limits::default() }.verify_signatures(trust, now()).unwrap()
}

#[test]
fn the_golden_surroundings_are_read_and_would_be_written_again() {
    let key = SigningKey::load(&golden("key.pem"), &mut || None).unwrap();
    let path = golden("full.airgo");
    bless(&path, || write_full(&path, &key));
    let dir = tempfile::tempdir().unwrap();
    let again = dir.path().join("full.airgo");
    write_full(&again, &key);
    let bytes = std::fs::read(&path).unwrap();
    assert!(std::fs::read(&again).unwrap() == bytes);

    let mut trust = Trust::new();
    assert_eq!(trust.load(&golden("trust.toml")).unwrap(), 1);
    let bundle = full(&trust);
    bundle.verify_objects(JOBS, &()).unwrap();
    bundle.verify_modules(JOBS, &()).unwrap();
    assert_eq!(bundle.signers().trusted_statements::<Provenance>().unwrap().len(), 1);
    assert_eq!(bundle.signers().trusted_statements::<PolicyVerdict>().unwrap()[0].1.verdict, Ruling::Allow);
    bundle.signers().trusted_statements::<SumdbEvidence>().unwrap()[0].1.demand(&bundle).unwrap();

    let file: Arc<dyn ReadAt> = Arc::new(bytes.clone());
    for format in Format::ALL {
        let path = golden(&format!("full.airgo{}", format.extension()));
        let made = detached::sign(&key, &file, format, "full.airgo", now()).unwrap();
        bless(&path, || std::fs::write(&path, &made).unwrap());
        let kept = std::fs::read(&path).unwrap();
        assert_eq!(detached::verify(&*file, &kept, &trust, now()).unwrap().format, format);
        assert!(kept == made, "{format:?}");
    }

    let first = golden("full.airgo.001");
    bless(&first, || drop(split(&*file, &path, 4096, &()).unwrap()));
    let files = [first];
    let source = Source { files: &files, bases: &[], limits: &Limits::default() };
    let volumes = source.verify_signatures(&trust, now()).unwrap();
    assert_eq!(volumes.manifest_sha256(), bundle.manifest_sha256());
    for made in split(&*file, &again, 4096, &()).unwrap() {
        let kept = golden(made.file_name().unwrap().to_str().unwrap());
        assert!(std::fs::read(kept).unwrap() == std::fs::read(made).unwrap());
    }

    let kept = golden("last-seen.json");
    bless(&kept, || {
        let record = LastSeen::at(&dir.path().join("seen.json"));
        record.record(&bundle.stream_version(), now()).unwrap();
        std::fs::copy(dir.path().join("seen.json"), &kept).unwrap();
    });
    assert_eq!(LastSeen::at(&kept).check(&bundle.stream_version()).unwrap(), Seen::Again);
}

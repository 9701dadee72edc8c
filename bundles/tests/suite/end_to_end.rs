//! A bundle is written, opened, verified, read and signed again.

use crate::support::{JOBS, key, now, open, tiny, trust, verify};
use airgo_bundle::keys::Signer as _;
use airgo_bundle::{Bundle, BundleError, Claims, ErrorClass, Limits, NewStatement, SignatureError, Signing};
use serde_json::json;
use std::io::Read as _;

#[test]
fn what_was_packed_is_read_back() {
    let world = tiny();
    let packer = key(1);
    let bytes = world.packed(&[Signing::new(&packer)]);
    let bundle = verify(&bytes, &trust(&[&packer])).unwrap();
    assert_eq!(*bundle.manifest(), world.manifest);
    let names: Vec<&str> = bundle.objects().map(|o| o.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "data/vulndb",
            "proxy/example.com/!upper/@v/list",
            "proxy/example.com/!upper/@v/v1.2.0.info",
            "proxy/example.com/!upper/@v/v1.2.0.mod",
            "proxy/example.com/!upper/@v/v1.2.0.zip",
            "proxy/example.com/fork/@v/list",
            "proxy/example.com/fork/@v/v0.1.0.info",
            "proxy/example.com/fork/@v/v0.1.0.mod",
            "proxy/example.com/fork/@v/v0.1.0.zip",
        ]
    );
    for (name, content) in &world.bytes {
        let mut read = Vec::new();
        bundle.read_object(name).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, *content, "{name}");
    }
    let missing = bundle.read_object("proxy/example.com/none/@v/v1.0.0.zip");
    assert_eq!(missing.err().unwrap().class(), ErrorClass::Checksum);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let packer = key(1);
    let first = tiny().packed(&[Signing::new(&packer)]);
    let mut shuffled = tiny();
    shuffled.manifest.modules.reverse();
    shuffled.manifest.graph.reverse();
    shuffled.manifest = shuffled.manifest.seal().unwrap();
    assert!(first == shuffled.packed(&[Signing::new(&packer)]));
}

/// Whoever writes learns of it, not whoever reads.
#[test]
fn nothing_is_written_that_a_reader_would_refuse_for_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.airgo");
    let (packer, reviewer) = (key(1), key(2));
    let bytes = tiny().packed(&[Signing::new(&packer)]);
    std::fs::write(&path, &bytes).unwrap();
    let mut long = Signing::new(&reviewer);
    long.claims.comment = Some("c".repeat(13 << 20));
    let error = open(&bytes).unwrap().countersign(&path, &long, false).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Failed);
    let text = error.to_string();
    assert!(
        text.contains("bytes in one statement or signature, over the format's limit of 16777216"),
        "{text}"
    );
    assert!(std::fs::read(&path).unwrap() == bytes, "it was written all the same");
}

#[test]
fn a_reviewer_signs_beside_the_packer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.airgo");
    let (packer, reviewer, outsider) = (key(1), key(2), key(3));
    let evidence: [(&str, &[u8]); 2] =
        [("proxy/sumdb/sum.golang.org/supported", b""), ("proxy/sumdb/sum.golang.org/latest", b"tree")];
    let provenance = NewStatement {
        name: "provenance".into(),
        predicate_type: "https://slsa.dev/provenance/v1".into(),
        predicate: json!({"buildDefinition": {}}),
    };
    let mut first = Signing::new(&packer);
    first.statements.push(provenance);
    tiny().write_with(&path, &evidence, &[first]).unwrap();
    let before = std::fs::read(&path).unwrap();

    let mut second = Signing::new(&reviewer);
    second.claims = Claims { role: Some("reviewer".into()), sequence: Some(7), ..Claims::default() };
    let opened = Bundle::open(&path, &Limits::default()).unwrap();
    opened.countersign(&path, &second, false).unwrap();
    let after = std::fs::read(&path).unwrap();
    let shared = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let signatures = before.windows(11).position(|w| w == b"signatures/").unwrap();
    assert!(shared >= signatures - 30, "everything before the signatures is untouched");

    for keys in [&[&packer][..], &[&reviewer], &[&packer, &reviewer]] {
        let bundle = verify(&after, &trust(keys)).unwrap();
        assert_eq!(bundle.signers().all().len(), 2);
        assert_eq!(bundle.signers().trusted().count(), keys.len());
        let [statement] = bundle.signers().statements() else { panic!("one statement") };
        assert_eq!(statement.name, "provenance");
        assert_eq!(statement.trusted, keys.iter().any(|k| k.public_key() == packer.public_key()));
        assert_eq!(bundle.evidence().count(), 2);
        assert_eq!(bundle.read_evidence("proxy/sumdb/sum.golang.org/latest").unwrap(), b"tree");
    }
    let refused = verify(&after, &trust(&[&outsider])).unwrap_err();
    assert_eq!(refused.class(), ErrorClass::Signature);
    let BundleError::Signature(SignatureError::Untrusted { signers }) = refused else { panic!("{refused}") };
    assert_eq!(signers.len(), 2);

    let again = open(&after).unwrap().countersign(&path, &second, false).unwrap_err();
    assert!(matches!(again, BundleError::Signature(SignatureError::AlreadySigned { .. })), "{again}");
    second.claims.sequence = Some(8);
    open(&after).unwrap().countersign(&path, &second, true).unwrap();
    let bundle = verify(&std::fs::read(&path).unwrap(), &trust(&[&reviewer])).unwrap();
    assert_eq!(bundle.signers().trusted().next().unwrap().attestation.sequence, Some(8));
}

#[test]
fn an_expired_signature_does_not_count() {
    let packer = key(1);
    let mut signing = Signing::new(&packer);
    signing.claims.expires = Some("2026-08-01T00:00:00Z".parse().unwrap());
    let bytes = tiny().packed(&[signing]);
    let error = verify(&bytes, &trust(&[&packer])).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Signature);
    assert!(error.to_string().contains("the signature expired at 2026-08-01T00:00:00Z"), "{error}");
    let earlier = "2026-07-01T00:00:00Z".parse().unwrap();
    open(&bytes).unwrap().verify_signatures(&trust(&[&packer]), earlier).unwrap();
}

#[test]
fn a_bundle_without_a_signature_is_refused() {
    let bytes = tiny().packed(&[]);
    let error = verify(&bytes, &trust(&[&key(1)])).unwrap_err();
    assert!(matches!(error, BundleError::Signature(SignatureError::Missing)), "{error}");
    open(&bytes).unwrap().manifest_unverified().unwrap();
}

#[test]
fn a_failed_writer_leaves_nothing_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("app.airgo");
    std::fs::write(&target, "old").unwrap();
    let name = "proxy/example.com/fork/@v/v0.1.0.zip";
    let packer = key(1);
    let check = |change: &dyn Fn(&mut Vec<u8>), class, text: &str| {
        let mut world = tiny();
        change(world.bytes.get_mut(name).unwrap());
        let error = world.write(&target, &[Signing::new(&packer)]).unwrap_err();
        assert_eq!(error.class(), class);
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "a temporary file was left");
    };
    check(&|b| b[3] ^= 1, ErrorClass::Checksum, "checksum mismatch for proxy/example.com/fork/@v/v0.1.0.zip");
    check(&|b| b.push(0), ErrorClass::Checksum, "got more than");
    check(&|b| b.truncate(b.len() - 1), ErrorClass::Checksum, "size mismatch");
    let mut world = tiny();
    world.bytes.remove(name);
    let error = world.write(&target, &[Signing::new(&packer)]).unwrap_err();
    assert!(matches!(error, BundleError::Source { .. }), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn objects_are_read_by_several_threads_at_once() {
    let packer = key(1);
    let bytes = tiny().packed(&[Signing::new(&packer)]);
    let bundle = open(&bytes).unwrap().verify_signatures(&trust(&[&packer]), now()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| bundle.verify_objects(JOBS, &()).unwrap());
        }
    });
    assert_eq!(bundle.verify_objects(JOBS, &()).unwrap().objects, 9);
    assert!(bundle.damaged(JOBS, &()).is_empty());
}

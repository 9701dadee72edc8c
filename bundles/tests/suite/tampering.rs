//! Every byte counts: a small bundle with each of its bits flipped in turn, and
//! cut at every length, is refused. Nothing is sampled.

use crate::support;
use crate::support::{key, open, tiny, trust, verify};
use airgo_bundle::{Bundle, ErrorClass, Limits, NewStatement, Signing, Trust};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bundle with one of everything: data, modules, evidence, a statement, the
/// packer's signature, and that of a reviewer whom the verifier does not know.
fn sample() -> (Vec<u8>, Trust) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.airgo");
    let (packer, reviewer) = (key(1), key(2));
    let mut first = Signing::new(&packer);
    first.claims.sequence = Some(1);
    first.claims.expires = Some("2030-01-01T00:00:00Z".parse().unwrap());
    first.statements.push(NewStatement {
        name: "verdict".into(),
        predicate_type: "https://airgo.dev/verdict/v1".into(),
        predicate: json!({"allowed": true}),
    });
    let evidence: [(&str, &[u8]); 2] = [
        ("proxy/sumdb/sum.example.com/lookup/a@v1", b"line\n"),
        ("proxy/sumdb/sum.example.com/supported", b""),
    ];
    tiny().write_with(&path, &evidence, &[first]).unwrap();
    let opened = Bundle::open(&path, &Limits::default()).unwrap();
    opened.countersign(&path, &Signing::new(&reviewer), false).unwrap();
    (std::fs::read(&path).unwrap(), trust(&[&packer]))
}

/// Runs a trial for each number on all cores; gives how many ended in which class.
fn count(trials: usize, trial: impl Fn(usize) -> Option<ErrorClass> + Sync) -> BTreeMap<String, usize> {
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(|| {
                let mut mine: BTreeMap<String, usize> = BTreeMap::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= trials {
                        break;
                    }
                    let outcome = trial(at).map_or("ACCEPTED".to_owned(), |class| format!("{class:?}"));
                    *mine.entry(outcome).or_default() += 1;
                }
                let mut tally = tally.lock().unwrap();
                for (outcome, n) in mine {
                    *tally.entry(outcome).or_default() += n;
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

#[test]
fn every_flipped_bit_is_refused() {
    let (bytes, trust) = sample();
    verify(&bytes, &trust).unwrap();
    let tally = count(bytes.len() * 8, |at| {
        let mut tampered = bytes.clone();
        tampered[at / 8] ^= 1 << (at % 8);
        verify(&tampered, &trust).err().map(|e| e.class())
    });
    println!("{} bytes, {} bits flipped in turn: {tally:?}", bytes.len(), bytes.len() * 8);
    assert!(!tally.contains_key("ACCEPTED"), "{tally:?}");
    // Tampering is never mistaken for a failing disk.
    assert!(!tally.contains_key("Failed"), "{tally:?}");
}

#[test]
fn every_truncation_is_refused() {
    let (bytes, trust) = sample();
    let tally = count(bytes.len(), |len| verify(&bytes[..len], &trust).err().map(|e| e.class()));
    println!("{} truncation lengths: {tally:?}", bytes.len());
    assert_eq!(tally.keys().collect::<Vec<_>>(), ["Malformed"]);
}

#[test]
fn every_appended_or_inserted_byte_is_refused() {
    let (bytes, trust) = sample();
    let tally = count((bytes.len() + 1) * 2, |at| {
        let mut tampered = bytes.clone();
        tampered.insert(at / 2, if at % 2 == 0 { 0 } else { b'P' });
        verify(&tampered, &trust).err().map(|e| e.class())
    });
    println!("{} inserted bytes: {tally:?}", (bytes.len() + 1) * 2);
    assert!(!tally.contains_key("ACCEPTED"), "{tally:?}");
}

#[test]
fn a_file_that_shrinks_under_the_reader_is_an_error() {
    let (bytes, trust) = sample();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.airgo");
    std::fs::write(&path, &bytes).unwrap();
    let opened = Bundle::open(&path, &Limits::default()).unwrap();
    let bundle = opened.verify_signatures(&trust, support::now()).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(100).unwrap();
    bundle.verify_objects(support::JOBS, &()).unwrap_err();
}

#[test]
fn swapped_parts_of_two_good_bundles_are_refused() {
    // The same project, packed by two keys: envelopes and objects of one do not
    // fit the other, even though each is right in its own place.
    let (a, b) = (key(1), key(2));
    let mut other = tiny();
    other.manifest.platforms = vec!["linux/arm64".into()];
    other.manifest = other.manifest.seal().unwrap();
    let (one, two) = (tiny().packed(&[Signing::new(&a)]), other.packed(&[Signing::new(&b)]));
    let everyone = trust(&[&a, &b]);
    verify(&one, &everyone).unwrap();
    verify(&two, &everyone).unwrap();
    let len = one.len().min(two.len());
    let mut refused = 0;
    for at in (1..len).filter(|at| one[..*at] != two[..*at] && one[len - (len - at)..] != two[*at..]) {
        let spliced = [&one[..at], &two[at..]].concat();
        assert!(verify(&spliced, &everyone).is_err(), "spliced at {at}");
        refused += 1;
    }
    println!("{refused} splices refused");
    assert!(refused > 1000);
    assert!(open(&one).is_ok());
}

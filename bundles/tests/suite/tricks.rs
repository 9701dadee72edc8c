//! One trick a file: `cases/container` forges the container around honest
//! contents, `cases/manifest` has a trusted signer sign a bad manifest, and
//! `cases/signature` signs the wrong thing. Each must be refused with the words
//! that its last line gives, and in the class that it gives.
//!
//! The lines are verbs on the bundle of `support::tiny`, in `apply` below; an
//! entry is named by the beginning of its name.

use crate::support::forge::{Forge, Forged};
use crate::support::{key, tiny, trust, verify};
use airgo_bundle::dsse::Envelope;
use airgo_bundle::keys::{Signer as _, SigningKey};
use airgo_bundle::statement::{Attestation, BUNDLE_ATTESTATION, Statement};
use airgo_bundle::{ErrorClass, Sha256, Signing};
use std::collections::BTreeMap;
use std::path::Path;

/// A case's words; `\xNN` stands for a byte, `\_` for a space.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'\\', [b'x', a, b, tail @ ..]) => {
                let hex = String::from_utf8(vec![*a, *b]).unwrap();
                out.push(u8::from_str_radix(&hex, 16).unwrap());
                rest = tail;
            }
            (b'\\', [b'_', tail @ ..]) => {
                out.push(b' ');
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

/// The attestation of a key over the forge's manifest, as its only signature.
fn resign(forge: &mut Forge, key: &SigningKey, change: impl FnOnce(&mut Statement, &mut Attestation)) {
    let mut attestation = Attestation {
        comment: None,
        expires: None,
        public_key: key.public_key().to_openssh(),
        role: None,
        sequence: None,
        signed_at: None,
    };
    let mut statement = Statement {
        predicate_type: BUNDLE_ATTESTATION.into(),
        predicate: serde_json::Value::Null,
        manifest: Sha256::of(&forge.entry("airgo.json").content),
        covers: BTreeMap::new(),
    };
    change(&mut statement, &mut attestation);
    if statement.predicate.is_null() {
        statement.predicate = serde_json::to_value(&attestation).unwrap();
    }
    let payload = statement.to_bytes().unwrap();
    sign_payload(forge, key, payload);
}

fn sign_payload(forge: &mut Forge, key: &SigningKey, payload: Vec<u8>) {
    let envelope = Envelope::sign("application/vnd.in-toto+json", payload, key).unwrap();
    forge.entry("signatures/").content = envelope.to_bytes().unwrap();
}

fn apply(forge: &mut Forge, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let packer = key(1);
    match words[..] {
        // On entries.
        ["remove", name] => drop(forge.entries.remove(forge.position(name))),
        ["duplicate", name] => {
            let at = forge.position(name);
            forge.entries.insert(at + 1, forge.entries[at].clone());
        }
        ["insert", name, "before", next] => {
            let at = forge.position(next);
            let entry = Forged { name: unescape(name), content: b"extra".to_vec(), ..Forged::default() };
            forge.entries.insert(at, entry);
        }
        ["append", name] => {
            forge.entries.push(Forged {
                name: unescape(name),
                content: b"extra".to_vec(),
                ..Forged::default()
            });
        }
        ["swap", a, b] => {
            let (a, b) = (forge.position(a), forge.position(b));
            forge.entries.swap(a, b);
        }
        ["rename", name, new] => forge.entry(name).name = unescape(new),
        ["rename-local", name, new] => forge.entry(name).local_name = Some(unescape(new)),
        ["content", name, text] => forge.entry(name).content = unescape(text),
        ["set", "local", name, field, value] => {
            forge.entry(name).local.insert(field.into(), number(value));
        }
        ["set", "central", name, field, value] => {
            forge.entry(name).central.insert(field.into(), number(value));
        }
        ["set", "both", name, field, value] => {
            forge.entry(name).local.insert(field.into(), number(value));
            forge.entry(name).central.insert(field.into(), number(value));
        }
        ["set", "end", field, value] => drop(forge.end.insert(field.into(), number(value))),
        ["extra", "local", name, bytes] => forge.entry(name).local_extra = unescape(bytes),
        ["extra", "central", name, bytes] => forge.entry(name).central_extra = unescape(bytes),
        ["extra", "both", name, bytes] => {
            forge.entry(name).local_extra = unescape(bytes);
            forge.entry(name).central_extra = unescape(bytes);
        }
        ["comment", name, text] => forge.entry(name).comment = unescape(text),
        ["gap", name, bytes] => forge.entry(name).gap = unescape(bytes),
        ["after", name, bytes] => forge.entry(name).after = unescape(bytes),
        // On the file.
        ["archive-comment", text] => forge.archive_comment = unescape(text),
        ["prefix", bytes] => forge.prefix = unescape(bytes),
        ["trailer", bytes] => forge.trailer = unescape(bytes),
        ["before-directory", bytes] => forge.before_directory = unescape(bytes),
        ["end64"] => forge.end64 = true,
        // On the manifest, signed by a key that the verifier trusts.
        ["manifest", old, "=>", new] => {
            let manifest = String::from_utf8(forge.entry("airgo.json").content.clone()).unwrap();
            let (old, new) = (String::from_utf8(unescape(old)).unwrap(), unescape(new));
            assert!(manifest.contains(&old), "{old:?} is not in {manifest}");
            let (before, after) = manifest.split_once(&old).unwrap();
            forge.entry("airgo.json").content = [before.as_bytes(), &new, after.as_bytes()].concat();
            resign(forge, &packer, |_, _| ());
        }
        ["manifest-nest", depth] => {
            let nest = "[".repeat(number(depth) as usize);
            forge.entry("airgo.json").content = nest.into_bytes();
            resign(forge, &packer, |_, _| ());
        }
        // On the signature.
        ["predicate-type", new] => resign(forge, &packer, |s, _| s.predicate_type = new.into()),
        ["predicate", json] => {
            resign(forge, &packer, |s, _| s.predicate = serde_json::from_str(json).unwrap())
        }
        ["expires", time] => resign(forge, &packer, |_, a| a.expires = Some(time.into())),
        ["public-key-of", other] => {
            let other = key(number(other) as u8).public_key().to_openssh();
            resign(forge, &packer, |_, a| a.public_key = other);
        }
        ["public-key", text] => {
            let text = String::from_utf8(unescape(text)).unwrap();
            resign(forge, &packer, |_, a| a.public_key = text);
        }
        ["sign-other-manifest"] => resign(forge, &packer, |s, _| s.manifest = Sha256::of(b"other")),
        ["sign-as", other] => resign(forge, &key(number(other) as u8), |_, _| ()),
        ["cover", name] => {
            resign(forge, &packer, |s, _| s.covers.extend([(name.to_owned(), Sha256::of(b"extra"))]));
        }
        ["payload", old, "=>", new] => {
            let bytes = forge.entry("signatures/").content.clone();
            let payload = String::from_utf8(Envelope::parse(&bytes).unwrap().payload).unwrap();
            assert!(payload.contains(old), "{old:?} is not in {payload}");
            sign_payload(forge, &packer, payload.replacen(old, new, 1).into_bytes());
        }
        ["payload-type", new] => {
            let bytes = forge.entry("signatures/").content.clone();
            let payload = Envelope::parse(&bytes).unwrap().payload;
            let envelope = Envelope::sign(new, payload, &packer).unwrap();
            forge.entry("signatures/").content = envelope.to_bytes().unwrap();
        }
        _ => panic!("unknown line {line:?}"),
    }
}

fn run(folder: &str) {
    let packer = key(1);
    let honest = tiny().packed(&[Signing::new(&packer)]);
    assert!(Forge::of(&honest).bytes() == honest, "the forge makes what the writer makes");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        let mut forge = Forge::of(&honest);
        let (mut class, mut words) = ("", "");
        for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            match line.split_once(": ") {
                Some((c @ ("malformed" | "signature" | "checksum"), w)) => (class, words) = (c, w),
                _ => apply(&mut forge, line),
            }
        }
        let outcome = match verify(&forge.bytes(), &trust(&[&packer])) {
            Ok(_) => "ACCEPTED".to_owned(),
            Err(e) => {
                let class = match e.class() {
                    ErrorClass::Malformed => "malformed",
                    ErrorClass::Signature => "signature",
                    ErrorClass::Checksum => "checksum",
                    _ => "failed",
                };
                format!("{class}: {e}")
            }
        };
        println!("{name:32} {outcome}");
        if words.is_empty() || !outcome.starts_with(class) || !outcome.contains(words) {
            failures.push(format!("{name}: wanted {class}: {words}, got {outcome}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{} tricks refused", files.len());
    assert!(files.len() >= 10);
}

#[test]
fn container_tricks_are_refused() {
    run("container");
}

#[test]
fn bad_manifests_are_refused_though_signed() {
    run("manifest");
}

#[test]
fn signatures_that_say_the_wrong_thing_are_refused() {
    run("signature");
}

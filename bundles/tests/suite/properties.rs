//! Whatever bytes come, no parser panics; whatever is written is read back.

use crate::support;
use crate::support::{empty_manifest, hashed, key, open, stored, trust, verify};
use airgo_bundle::dsse::Envelope;
use airgo_bundle::info::{canonical_info, canonical_time};
use airgo_bundle::keys::{KeyId, PublicKey, SigningKey};
use airgo_bundle::manifest::{GraphNode, Manifest, Module, SumSource};
use airgo_bundle::{Sha256, Signing, json, names};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::OnceLock;

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map("[ -~]{0,8}", inner, 0..6).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn modules() -> impl Strategy<Value = Vec<Module>> {
    // Begins with no letter of a Windows device (aux, con, nul, prn, com1, lpt1).
    let one =
        ("[bd-kmoq-zBD-KMOQ-Z][a-zA-Z]{0,5}", 0_u8..3, 0_u8..3, any::<[u8; 3]>(), 0_u8..4, any::<bool>());
    vec(one, 0..12).prop_map(|list| {
        let make = |(name, minor, patch, content, holds, direct): (String, u8, u8, [u8; 3], u8, bool)| {
            let h1 = airgo_testkit::h1_go_mod(&content);
            let mut zip = hashed(&content, h1);
            zip.sum = if direct { SumSource::SumDb } else { SumSource::Unchecked };
            Module {
                direct,
                info: (holds > 1).then(|| stored(&content)),
                go_mod: (holds > 0).then(|| hashed(&content, h1)),
                path: format!("example.com/{name}"),
                replacement: None,
                carried: None,
                encoder: None,
                files: None,
                required_by: Vec::new(),
                selected: holds == 0,
                time: direct.then(|| "2024-02-29T23:59:59.5Z".to_owned()),
                version: format!("v0.{minor}.{patch}"),
                zip: (holds > 2).then_some(zip),
            }
        };
        let mut list: Vec<Module> = list.into_iter().map(make).collect();
        list.sort_by(|a, b| (&a.path, &a.version).cmp(&(&b.path, &b.version)));
        list.dedup_by(|a, b| (&a.path, &a.version) == (&b.path, &b.version));
        list
    })
}

fn sample() -> &'static [u8] {
    static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    SAMPLE.get_or_init(|| support::tiny().packed(&[Signing::new(&key(1))]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_is_written_in_one_way(value in values()) {
        let bytes = json::to_canonical(&value).unwrap();
        json::check_canonical(&bytes).unwrap();
        json::check_strict(&bytes).unwrap();
        let again: Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(json::to_canonical(&again).unwrap(), bytes.clone());
        // Another spelling of the same value is strict, but not canonical.
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        json::check_strict(&pretty).unwrap();
        prop_assert_eq!(json::check_canonical(&pretty).is_ok(), pretty == bytes);
    }

    #[test]
    fn what_serde_refuses_the_scanner_refuses(text in "[\\[\\]{}\",:0-9a-z\\\\.eE +-]{0,40}") {
        if json::check_strict(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
        if json::check_canonical(text.as_bytes()).is_ok() {
            prop_assert!(json::check_strict(text.as_bytes()).is_ok());
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(json::to_canonical(&value).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn a_sealed_manifest_is_read_back(list in modules(), edges in vec((0_usize..12, 0_usize..12), 0..20)) {
        let mut manifest = empty_manifest();
        let name = |at: usize| list.get(at).map(|m| m.id().to_string());
        for (from, to) in edges {
            if let (Some(from), Some(to)) = (name(from), name(to)) {
                manifest.graph.push(GraphNode { module: from, requires: vec![to] });
            }
        }
        manifest.modules = list;
        let sealed = manifest.seal().unwrap();
        let bytes = sealed.to_bytes().unwrap();
        prop_assert_eq!(&Manifest::parse(&bytes).unwrap(), &sealed);
        prop_assert_eq!(&sealed.clone().seal().unwrap(), &sealed);
        let objects = sealed.objects();
        prop_assert!(objects.is_sorted_by(|a, b| a.name < b.name));
        for object in objects {
            prop_assert!(names::check_name(object.name.as_bytes()).is_ok(), "{}", object.name);
        }
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 4;
        if let Ok(other) = Manifest::parse(&flipped) {
            prop_assert_eq!(other.to_bytes().unwrap(), flipped);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = open(&bytes).map(|b| b.manifest_unverified());
        let _ = Manifest::parse(&bytes);
        let _ = Envelope::parse(&bytes);
        let _ = json::check_strict(&bytes);
        let _ = canonical_info(&bytes, "v1.0.0");
        let _ = names::check_name(&bytes);
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), line in "[ -~]{0,60}") {
        for text in [&text, &line, &format!("a {line} ssh-ed25519 AAAA"), &format!("ssh-ed25519 {line}")] {
            let _ = PublicKey::parse(text);
            let _ = SigningKey::parse(text, &mut || None);
            let _ = canonical_time(text);
            let _ = text.parse::<KeyId>();
            let _ = text.parse::<Sha256>();
            let _ = names::parse_statement_name(text);
        }
    }

    #[test]
    fn a_damaged_bundle_is_refused_and_never_panics(
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        mode in 0_u8..3,
    ) {
        let mut bytes = sample().to_vec();
        match mode {
            0 => {}
            1 => bytes.truncate(cut.index(bytes.len())),
            // The directory and the end records, where the lengths are.
            _ => drop(bytes.drain(..cut.index(bytes.len()))),
        }
        for (at, value) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
        }
        if bytes != sample() {
            prop_assert!(verify(&bytes, &trust(&[&key(1)])).is_err());
        }
    }

    #[test]
    fn times_are_canonical_once(seconds in -62_135_596_800_i64..253_402_300_799, nanos in 0_i32..1_000_000_000) {
        let time = jiff::Timestamp::new(seconds, nanos).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let text = time.to_string();
        let once = canonical_time(&text).unwrap();
        prop_assert_eq!(canonical_time(&once).unwrap(), once);
    }
}

#[test]
fn a_proxy_info_becomes_canonical() {
    let version = "v1.2.3";
    for (raw, wanted) in [
        (r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z"}"#, Some("2020-01-02T03:04:05Z")),
        (
            r#"{"Time":"2020-01-02T03:04:05Z", "Version":"v1.2.3", "Origin":{"VCS":"git"}}"#,
            Some("2020-01-02T03:04:05Z"),
        ),
        (r#"{"Version":"v1.2.3","Time":"2020-01-02T05:04:05+02:00"}"#, Some("2020-01-02T03:04:05Z")),
        (r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05.120Z"}"#, Some("2020-01-02T03:04:05.12Z")),
        (r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05.000Z"}"#, Some("2020-01-02T03:04:05Z")),
        (r#"{"Version":"v1.2.3","Time":"0001-01-01T00:00:00Z"}"#, None),
        (r#"{"Version":"v1.2.3","Time":null}"#, None),
        (r#"{"Version":"v1.2.3"}"#, None),
    ] {
        let info = canonical_info(raw.as_bytes(), version).unwrap();
        assert_eq!(info.time.as_deref(), wanted, "{raw}");
        let time = wanted.unwrap_or("0001-01-01T00:00:00Z");
        let bytes = format!(r#"{{"Version":"v1.2.3","Time":"{time}"}}"#);
        assert_eq!(String::from_utf8(info.bytes.clone()).unwrap(), bytes);
        assert_eq!(canonical_info(&info.bytes, version).unwrap(), info);
    }
    for bad in [
        "",
        "<html>",
        "{}",
        r#"{"Version":"v1.2.4"}"#,
        r#"{"Version":"v1.2.3","Time":"yesterday"}"#,
        r#"{"Version":"v1.2.3","Time":"2020-01-02 03:04:05Z"}"#,
        r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05"}"#,
    ] {
        println!("{bad:?}: {}", canonical_info(bad.as_bytes(), version).unwrap_err());
    }
}

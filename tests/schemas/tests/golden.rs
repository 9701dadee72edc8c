//! Files that a released airgo wrote are what the schemas say.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_bundle::{Bundle, Limits};
use airgo_schemas::documents;
use boon::{Compiler, Schemas};
use serde_json::Value;
use std::path::PathBuf;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/golden").join(name)
}

/// What is wrong with a document by the schema of this name.
fn fault(name: &str, document: &Value) -> Option<String> {
    let all = documents();
    let schema = all.iter().find(|d| d.name == name).unwrap_or_else(|| panic!("there is no {name}"));
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let schema = serde_json::from_str(&schema.text().unwrap()).unwrap();
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|e| panic!("{name}: {e:#}"));
    schemas.validate(document, index).err().map(|e| format!("{name}: {e:#}"))
}

#[test]
fn every_schema_compiles() {
    for document in documents() {
        // A schema that says nothing would let this pass.
        assert!(fault(document.name, &Value::Null).is_some(), "{}", document.name);
    }
}

#[test]
fn manifests_and_statements_of_golden_bundles() {
    for name in ["v1/tiny.airgo", "v1/full.airgo", "v2/workspace.airgo", "v3/exact.airgo", "v3/compact.airgo"]
    {
        let bundle = Bundle::open(&golden(name), &Limits::default()).unwrap();
        let manifest = serde_json::to_value(bundle.manifest_unverified().unwrap()).unwrap();
        assert_eq!(fault("bundle.v3", &manifest), None, "{name}");
        let mut more = manifest.clone();
        more["more"] = 1.into();
        assert!(fault("bundle.v3", &more).is_some(), "{name}");
    }
}

#[test]
fn files_around_a_golden_bundle() {
    let last_seen = std::fs::read(golden("v1/last-seen.json")).unwrap();
    assert_eq!(fault("last-seen.v1", &serde_json::from_slice(&last_seen).unwrap()), None);
    let volume = std::fs::read(golden("v1/full.airgo.001")).unwrap();
    let header = volume.split(|byte| *byte == b'\n').nth(1).unwrap();
    assert_eq!(fault("volume.v1", &serde_json::from_slice(header).unwrap()), None);
    let trust = std::fs::read_to_string(golden("v1/trust.toml")).unwrap();
    assert_eq!(fault("trust.v1", &json(toml::from_str(&trust).unwrap())), None);
    let wrong = trust.replace("public-key", "publik-key").replace("file =", "fille =");
    assert!(fault("trust.v1", &json(toml::from_str(&wrong).unwrap())).is_some());
}

/// As an editor sees it: a date is text.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(yes) => yes.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}

//! Every document that a test gets with `--json` is held against its schema in
//! `docs/schemas`: each member that is printed is in the schema, too.

use boon::{Compiler, Schemas};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas")
}

/// What is wrong with a document, if anything is.
fn fault(document: &Value) -> Option<String> {
    let Some(id) = document["schema"].as_str().and_then(|id| id.strip_prefix("airgo.dev/")) else {
        return Some("it does not name its schema".to_owned());
    };
    let name = id.replace('/', ".");
    let Ok(text) = std::fs::read_to_string(directory().join(format!("{name}.json"))) else {
        return Some(format!("there is no docs/schemas/{name}.json"));
    };
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    close(&mut schema);
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|e| panic!("{name}: {e:#}"));
    schemas.validate(document, index).err().map(|e| format!("{e:#}"))
}

/// Readers pass over members that they do not know; a test does not.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                object.entry("additionalProperties").or_insert(false.into());
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Fails the test unless what was printed is one document that its schema has.
#[track_caller]
pub fn check(line: &str, printed: &[u8]) {
    if printed.is_empty() {
        return;
    }
    let document = serde_json::from_slice(printed)
        .unwrap_or_else(|e| panic!("{line}: {e}: {}", String::from_utf8_lossy(printed)));
    if let Some(fault) = fault(&document) {
        panic!("{line}: {fault}\n{document:#}");
    }
}

#[test]
fn a_document_of_another_shape_is_noticed() {
    let right = serde_json::json!({ "schema": "airgo.dev/version/v1", "version": "1.0.0" });
    assert_eq!(fault(&right), None);
    for (name, value) in [
        ("version", Value::Null),
        ("more", 1.into()),
        ("schema", "airgo.dev/none/v1".into()),
        ("schema", 1.into()),
    ] {
        let mut wrong = right.clone();
        wrong[name] = value;
        assert!(fault(&wrong).is_some(), "{wrong}");
    }
}

//! Config schemas of plugins: a schema that is accepted, checked against a
//! value, gives the answer that boon gives.
#![no_main]

use boon::{Compiler, Draft, Schemas};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

// Of host/policy, whose wasmtime would be most of the build.
#[allow(dead_code)]
#[path = "../../../host/policy/src/json_schema/mod.rs"]
mod json_schema;

/// An array of a schema and values.
fn read(data: &[u8]) -> Option<(Value, Vec<Value>)> {
    let Value::Array(mut all) = serde_json::from_slice(data).ok()? else { return None };
    let values = all.split_off(1.min(all.len()));
    Some((all.pop()?, values))
}

fuzz_target!(|data: &[u8]| {
    let Some((schema, values)) = read(data) else { return };
    for (name, config) in json_schema::compared(&schema) {
        let _ = (name, config);
    }
    if json_schema::check_schema(&schema).is_err() {
        return;
    }
    let answers: Vec<_> = values.iter().map(|value| json_schema::check(&schema, value)).collect();
    // boon follows references for as long as they lead on, and looks `$schema` up.
    let unbounded = |answer: &Result<(), json_schema::Mismatch>| {
        answer.as_ref().is_err_and(|err| err.message.starts_with("cannot be checked"))
    };
    if data.len() > 4096 || answers.iter().any(unbounded) || schema.get("$id").is_some() {
        return;
    }
    if String::from_utf8_lossy(data).contains("$schema") {
        return;
    }
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    if compiler.add_resource("file:///schema.json", schema.clone()).is_err() {
        return;
    }
    let Ok(index) = compiler.compile("file:///schema.json", &mut schemas) else { return };
    for (value, answer) in values.iter().zip(answers) {
        let wanted = schemas.validate(value, index).is_ok();
        assert_eq!(answer.is_ok(), wanted, "{schema} {value}: {answer:?}");
    }
});

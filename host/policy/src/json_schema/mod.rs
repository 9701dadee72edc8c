//! Holds a plugin's config against the JSON Schema that the plugin gives.
//!
//! The part of JSON Schema 2020-12 that configs need. A schema that uses any
//! other keyword is refused when the plugin is loaded, so that nothing that a
//! schema asks for is passed over in silence. Of the official suite it takes
//! 152 of 383 groups, and answers 604 of their 605 tests as the suite wants; one is of
//! a meta-schema that leaves keywords out, and `$schema` changes nothing here.
//!
//! It is our own because a schema comes from a plugin, which may be hostile:
//! [`MAX_STEPS`] bounds a check, where libraries follow `$ref` for as long as a
//! schema makes them. 27 definitions that each name the next one twice (1.9 KB)
//! took 4 ms of CPU here, 1.0 s with jsonschema 0.61, and more than 7 s with boon
//! 0.6, which was stopped. They would add 3.0 and 1.6 MiB to airgo-unpack, pass over
//! keywords that they do not know, and do not say what is allowed instead.

mod numbers;

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use numbers::{natural, order, same};

/// Where a value, or a schema, is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// A JSON Pointer.
    pub pointer: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// How the message begins of a key that the schema does not have.
pub const UNKNOWN: &str = "is unknown";

type Checked = Result<(), Mismatch>;

/// Schemas within schemas, `$ref` included.
const MAX_DEPTH: u32 = 32;
/// Steps of one check: `$ref` and `anyOf` together can make a small schema
/// take for ever.
const MAX_STEPS: u32 = 1_000_000;

/// Words about a schema that ask for nothing.
const ANNOTATIONS: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "format",
    "$defs",
];
const KEYWORDS: [&str; 18] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "allOf",
    "anyOf",
    "oneOf",
    "$ref",
];

/// At the root of a schema, findings of other plugins that the plugin compares:
/// their names, each with the config that it is to be run with.
const COMPARE: &str = "x-airgo-compare";

/// What the plugin of a schema that [`check_schema`] let pass compares.
pub fn compared(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get(COMPARE).and_then(Value::as_object).into_iter().flatten()
}

/// Whether a schema is one that [`check`] understands whole.
pub fn check_schema(schema: &Value) -> Checked {
    let mut places = Places::default();
    schema_at(schema, "", 0, &mut places)?;
    match places.refs.into_iter().find(|(_, target)| !places.schemas.contains(target)) {
        Some((at, _)) => mismatch(&at, "refers to something that is not a schema in this document"),
        None => Ok(()),
    }
}

/// Where a document has schemas, and to which of them it refers.
#[derive(Default)]
struct Places {
    schemas: BTreeSet<String>,
    refs: Vec<(String, String)>,
}

fn schema_at(schema: &Value, pointer: &str, depth: u32, places: &mut Places) -> Checked {
    places.schemas.insert(pointer.to_owned());
    if depth > MAX_DEPTH {
        return mismatch(pointer, "is nested too deeply");
    }
    let schema = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(schema) => schema,
        _ => return mismatch(pointer, "is not a schema"),
    };
    for (keyword, value) in schema {
        let at = join(pointer, keyword);
        match keyword.as_str() {
            "properties" | "$defs" => {
                let Value::Object(schemas) = value else { return mismatch(&at, "is not an object") };
                for (name, schema) in schemas {
                    schema_at(schema, &join(&at, name), depth + 1, places)?;
                }
            }
            "additionalProperties" | "items" => schema_at(value, &at, depth + 1, places)?,
            "allOf" | "anyOf" | "oneOf" => {
                let Value::Array(schemas) = value else { return mismatch(&at, "is not an array") };
                for (index, schema) in schemas.iter().enumerate() {
                    schema_at(schema, &join(&at, &index.to_string()), depth + 1, places)?;
                }
            }
            "$ref" => match value.as_str().and_then(local) {
                Some(target) => places.refs.push((at, target)),
                None => return mismatch(&at, "refers to something outside this document"),
            },
            // References below it would be relative to it.
            "$id" if depth > 0 => return mismatch(&at, "is allowed at the root alone"),
            COMPARE if depth == 0 => {
                let Value::Object(configs) = value else { return mismatch(&at, "is not an object") };
                if let Some((name, _)) = configs.iter().find(|(_, config)| !config.is_object()) {
                    return mismatch(&join(&at, name), "is not an object");
                }
            }
            "type" if !is_type(value) => return mismatch(&at, "is not a type, or an array of types"),
            "enum" if !value.is_array() => return mismatch(&at, "is not an array"),
            "required" if value.as_array().is_none_or(|names| !names.iter().all(Value::is_string)) => {
                return mismatch(&at, "is not an array of strings");
            }
            "uniqueItems" if !value.is_boolean() => return mismatch(&at, "is not a boolean"),
            "minItems" | "maxItems" | "minLength" | "maxLength" if natural(value).is_none() => {
                return mismatch(&at, "is not a number of things");
            }
            "minimum" | "maximum" if !value.is_number() => return mismatch(&at, "is not a number"),
            known if KEYWORDS.contains(&known) || ANNOTATIONS.contains(&known) => {}
            other => {
                let known = KEYWORDS.join(", ");
                return mismatch(&at, format!("uses {other:?}; airgo understands {known}"));
            }
        }
    }
    Ok(())
}

fn is_type(value: &Value) -> bool {
    const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let known = |name: &Value| name.as_str().is_some_and(|name| TYPES.contains(&name));
    value.as_array().map_or_else(|| known(value), |names| names.iter().all(known))
}

/// The JSON Pointer of a reference into the same document.
fn local(reference: &str) -> Option<String> {
    let mut bytes = reference.strip_prefix('#')?.bytes();
    let mut pointer = Vec::new();
    while let Some(byte) = bytes.next() {
        pointer.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(pointer).ok().filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
}

/// Whether a value fits a schema that [`check_schema`] let pass.
pub fn check(schema: &Value, value: &Value) -> Checked {
    Checker { root: schema, steps: 0 }.value(schema, value, "", 0)
}

struct Checker<'a> {
    root: &'a Value,
    steps: u32,
}

impl Checker<'_> {
    fn value(&mut self, schema: &Value, value: &Value, pointer: &str, depth: u32) -> Checked {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return mismatch(pointer, "cannot be checked: the schema is too deep");
        }
        let schema = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(schema) => schema,
            _ => return mismatch(pointer, "is not allowed"),
        };
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let root = self.root;
            let Some(target) = local(name).and_then(|pointer| root.pointer(&pointer)) else {
                return mismatch(pointer, format!("cannot be checked: {name:?} is not in the schema"));
            };
            self.value(target, value, pointer, depth + 1)?;
        }
        of_type(schema, value, pointer)?;
        constant(schema, value, pointer)?;
        match value {
            Value::Object(object) => self.object(schema, object, pointer, depth)?,
            Value::Array(array) => self.array(schema, array, pointer, depth)?,
            Value::String(text) => {
                let len = text.chars().count() as u64;
                between(schema, "minLength", "maxLength", len, "characters", pointer)?;
            }
            Value::Number(number) => range(schema, number, pointer)?,
            _ => {}
        }
        self.alternatives(schema, value, pointer, depth)
    }

    fn object(
        &mut self,
        schema: &Map<String, Value>,
        object: &Map<String, Value>,
        pointer: &str,
        depth: u32,
    ) -> Checked {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if name.as_str().is_some_and(|name| !object.contains_key(name)) {
                return mismatch(pointer, format!("lacks {name}"));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        for (name, value) in object {
            let at = join(pointer, name);
            if let Some(schema) = properties.and_then(|p| p.get(name)) {
                self.value(schema, value, &at, depth + 1)?;
            } else if others == Some(&Value::Bool(false)) {
                let known = properties.into_iter().flat_map(Map::keys).cloned().collect::<Vec<_>>();
                return mismatch(&at, format!("{UNKNOWN}; {}", allowed(&known)));
            } else if let Some(schema) = others {
                self.value(schema, value, &at, depth + 1)?;
            }
        }
        Ok(())
    }

    fn array(&mut self, schema: &Map<String, Value>, array: &[Value], pointer: &str, depth: u32) -> Checked {
        between(schema, "minItems", "maxItems", array.len() as u64, "items", pointer)?;
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            for (index, value) in array.iter().enumerate() {
                if array.iter().take(index).any(|earlier| same(earlier, value)) {
                    return mismatch(&join(pointer, &index.to_string()), "is there twice");
                }
            }
        }
        let Some(items) = schema.get("items") else { return Ok(()) };
        for (index, value) in array.iter().enumerate() {
            self.value(items, value, &join(pointer, &index.to_string()), depth + 1)?;
        }
        Ok(())
    }

    fn alternatives(
        &mut self,
        schema: &Map<String, Value>,
        value: &Value,
        pointer: &str,
        depth: u32,
    ) -> Checked {
        for schema in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(schema, value, pointer, depth + 1)?;
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(schemas) = schema.get(keyword).and_then(Value::as_array) else { continue };
            let mut fitting = 0;
            let mut nearest: Option<Mismatch> = None;
            for schema in schemas {
                match self.value(schema, value, pointer, depth + 1) {
                    Ok(()) => fitting += 1,
                    // The alternative that got furthest says best what is wrong.
                    Err(err) => {
                        if nearest.as_ref().is_none_or(|n| n.pointer.len() < err.pointer.len()) {
                            nearest = Some(err);
                        }
                    }
                }
            }
            match (fitting, nearest) {
                (0, Some(err)) if err.pointer.len() > pointer.len() => return Err(err),
                (0, Some(err)) if schemas.len() == 1 => return Err(err),
                (0, _) => return mismatch(pointer, none_fits(schemas)),
                (2.., _) if keyword == "oneOf" => {
                    return mismatch(pointer, "fits several of the forms of which it may have one");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Says what would have been allowed where no alternative fits.
fn none_fits(schemas: &[Value]) -> String {
    let form = |schema: &Value| {
        let required = schema.get("required").and_then(Value::as_array);
        let names: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        match (schema.get("type").and_then(Value::as_str), names.is_empty()) {
            (_, false) => names.join(" and "),
            (Some(kind), true) => article(kind),
            (None, true) => "another form".to_owned(),
        }
    };
    let forms: Vec<String> = schemas.iter().map(form).collect();
    format!("has none of the allowed forms: {}", forms.join(" or "))
}

fn of_type(schema: &Map<String, Value>, value: &Value, pointer: &str) -> Checked {
    let wanted: Vec<&str> = match schema.get("type") {
        None => return Ok(()),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(kind) => kind.as_str().into_iter().collect(),
    };
    let (kind, integer) = match value {
        Value::Null => ("null", false),
        Value::Bool(_) => ("boolean", false),
        Value::Number(n) => ("number", numbers::is_integer(n)),
        Value::String(_) => ("string", false),
        Value::Array(_) => ("array", false),
        Value::Object(_) => ("object", false),
    };
    if wanted.contains(&kind) || (integer && wanted.contains(&"integer")) {
        return Ok(());
    }
    let wanted: Vec<String> = wanted.into_iter().map(article).collect();
    mismatch(pointer, format!("is {}, not {}", article(kind), wanted.join(" or ")))
}

fn article(kind: &str) -> String {
    match kind {
        "null" => kind.to_owned(),
        "object" => "a table".to_owned(),
        "array" | "integer" => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

fn constant(schema: &Map<String, Value>, value: &Value, pointer: &str) -> Checked {
    let choices = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    for choices in [choices, schema.get("const").map(std::slice::from_ref)].into_iter().flatten() {
        if !choices.iter().any(|choice| same(choice, value)) {
            let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
            return mismatch(pointer, format!("is {value}, which is none of {}", choices.join(", ")));
        }
    }
    Ok(())
}

fn between(
    schema: &Map<String, Value>,
    least: &str,
    most: &str,
    found: u64,
    what: &str,
    pointer: &str,
) -> Checked {
    let bound = |name: &str| schema.get(name).and_then(natural);
    if let Some(least) = bound(least).filter(|&least| found < least) {
        return mismatch(pointer, format!("has {found} {what}, fewer than {least}"));
    }
    if let Some(most) = bound(most).filter(|&most| found > most) {
        return mismatch(pointer, format!("has {found} {what}, more than {most}"));
    }
    Ok(())
}

fn range(schema: &Map<String, Value>, found: &Number, pointer: &str) -> Checked {
    let bound = |name: &str| schema.get(name).and_then(Value::as_number);
    if let Some(least) = bound("minimum").filter(|least| order(found, least).is_lt()) {
        return mismatch(pointer, format!("is {found}, less than {least}"));
    }
    if let Some(most) = bound("maximum").filter(|most| order(found, most).is_gt()) {
        return mismatch(pointer, format!("is {found}, more than {most}"));
    }
    Ok(())
}

fn allowed(names: &[String]) -> String {
    if names.is_empty() {
        "nothing is allowed here".to_owned()
    } else {
        format!("allowed here: {}", names.join(", "))
    }
}

fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn mismatch(pointer: &str, message: impl Into<String>) -> Checked {
    Err(Mismatch { pointer: pointer.to_owned(), message: message.into() })
}

#[cfg(test)]
mod tests;

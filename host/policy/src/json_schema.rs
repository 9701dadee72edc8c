//! Holds a plugin's config against the JSON Schema that the plugin gives.
//!
//! The part of JSON Schema 2020-12 that configs need. A schema that uses any
//! other keyword is refused when the plugin is loaded, so that nothing that a
//! schema asks for is passed over in silence.

use serde_json::{Map, Value};

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
    schema_at(schema, "", 0)
}

fn schema_at(schema: &Value, pointer: &str, depth: u32) -> Checked {
    if depth > MAX_DEPTH {
        return mismatch(pointer, "is nested too deeply");
    }
    let schema = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(schema) => schema,
        _ => return mismatch(pointer, "is no schema"),
    };
    for (keyword, value) in schema {
        let at = join(pointer, keyword);
        match keyword.as_str() {
            "properties" | "$defs" => {
                let Value::Object(schemas) = value else { return mismatch(&at, "is no object") };
                for (name, schema) in schemas {
                    schema_at(schema, &join(&at, name), depth + 1)?;
                }
            }
            "additionalProperties" | "items" => schema_at(value, &at, depth + 1)?,
            "allOf" | "anyOf" | "oneOf" => {
                let Value::Array(schemas) = value else { return mismatch(&at, "is no array") };
                for (index, schema) in schemas.iter().enumerate() {
                    schema_at(schema, &join(&at, &index.to_string()), depth + 1)?;
                }
            }
            "$ref" if value.as_str().is_none_or(|name| !name.starts_with("#/$defs/")) => {
                return mismatch(&at, "refers to something outside #/$defs");
            }
            COMPARE if depth == 0 => {
                let Value::Object(configs) = value else { return mismatch(&at, "is not an object") };
                if let Some((name, _)) = configs.iter().find(|(_, config)| !config.is_object()) {
                    return mismatch(&join(&at, name), "is not an object");
                }
            }
            "enum" | "required" if !value.is_array() => return mismatch(&at, "is no array"),
            "minItems" | "maxItems" | "minLength" | "maxLength" if !value.is_u64() => {
                return mismatch(&at, "is no number");
            }
            "minimum" | "maximum" if !value.is_number() => return mismatch(&at, "is no number"),
            known if KEYWORDS.contains(&known) || ANNOTATIONS.contains(&known) => {}
            other => {
                let known = KEYWORDS.join(", ");
                return mismatch(&at, format!("uses {other:?}; airgo understands {known}"));
            }
        }
    }
    Ok(())
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
            let Some(target) = name.strip_prefix('#').and_then(|name| root.pointer(name)) else {
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
            Value::Number(number) => range(schema, number.as_f64().unwrap_or(f64::NAN), pointer)?,
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
                if array.iter().take(index).any(|earlier| earlier == value) {
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
        Value::Number(n) => ("number", n.is_i64() || n.is_u64()),
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
    let choices: Vec<&Value> = match (schema.get("enum").and_then(Value::as_array), schema.get("const")) {
        (Some(choices), _) => choices.iter().collect(),
        (None, Some(only)) => vec![only],
        (None, None) => return Ok(()),
    };
    if choices.contains(&value) {
        return Ok(());
    }
    let choices: Vec<String> = choices.into_iter().map(Value::to_string).collect();
    mismatch(pointer, format!("is {value}, which is none of {}", choices.join(", ")))
}

fn between(
    schema: &Map<String, Value>,
    least: &str,
    most: &str,
    found: u64,
    what: &str,
    pointer: &str,
) -> Checked {
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
    if let Some(least) = bound(least).filter(|&least| found < least) {
        return mismatch(pointer, format!("has {found} {what}, fewer than {least}"));
    }
    if let Some(most) = bound(most).filter(|&most| found > most) {
        return mismatch(pointer, format!("has {found} {what}, more than {most}"));
    }
    Ok(())
}

fn range(schema: &Map<String, Value>, found: f64, pointer: &str) -> Checked {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(least) = bound("minimum").filter(|&least| found < least) {
        return mismatch(pointer, format!("is {found}, less than {least}"));
    }
    if let Some(most) = bound("maximum").filter(|&most| found > most) {
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
mod tests {
    use super::*;
    use serde_json::json;

    fn allowlist() -> Value {
        let text = include_str!("../../../plugins/allowlist/config.schema.json");
        serde_json::from_str(text).expect("the schema is JSON")
    }

    #[track_caller]
    fn wrong(schema: &Value, value: Value, pointer: &str, message: &str) {
        let err = check(schema, &value).expect_err("it does not fit");
        assert_eq!((err.pointer.as_str(), err.message.as_str()), (pointer, message));
    }

    #[test]
    fn a_real_config() {
        let schema = allowlist();
        assert_eq!(check_schema(&schema), Ok(()));
        let good = json!({"default": "deny", "allow": ["a", {"path": "b", "versions": "v1.0.0"}]});
        assert_eq!(check(&schema, &good), Ok(()));
        wrong(
            &schema,
            json!({"alow": []}),
            "/alow",
            "is unknown; allowed here: allow, default, deny, unused",
        );
        wrong(
            &schema,
            json!({"default": "no"}),
            "/default",
            "is \"no\", which is none of \"allow\", \"warn\", \"deny\"",
        );
        wrong(&schema, json!({"allow": "a"}), "/allow", "is a string, not an array");
        wrong(
            &schema,
            json!({"allow": [1]}),
            "/allow/0",
            "has none of the allowed forms: a string or a table",
        );
        wrong(
            &schema,
            json!({"allow": [{"pth": "x"}]}),
            "/allow/0/pth",
            "is unknown; allowed here: path, pattern, reason, versions",
        );
        wrong(
            &schema,
            json!({"allow": [{"reason": "x"}]}),
            "/allow/0",
            "has none of the allowed forms: a string or a table",
        );
    }

    #[test]
    fn a_schema_with_other_keywords_is_refused() {
        let err = check_schema(&json!({"properties": {"a": {"pattern": "^x"}}})).expect_err("refused");
        assert_eq!(err.pointer, "/properties/a/pattern");
        assert!(check_schema(&json!({"$ref": "https://example.com/schema"})).is_err());
        assert!(check_schema(&json!([])).is_err());
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(check_schema(&schema), Ok(()));
        assert!(check(&schema, &json!({})).is_err());
        let twice = json!({"$ref": "#/$defs/a",
            "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}});
        assert!(check(&twice, &json!({})).is_err());
    }
}

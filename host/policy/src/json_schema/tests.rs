//! The schemas of real plugins, and cases after those of the official suite
//! (json-schema-org/JSON-Schema-Test-Suite, draft2020-12).

use super::*;
use serde_json::json;

fn allowlist() -> Value {
    let text = include_str!("../../../../plugins/allowlist/config.schema.json");
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
    wrong(&schema, json!({"alow": []}), "/alow", "is unknown; allowed here: allow, default, deny, unused");
    wrong(
        &schema,
        json!({"default": "no"}),
        "/default",
        "is \"no\", which is none of \"allow\", \"warn\", \"deny\"",
    );
    wrong(&schema, json!({"allow": "a"}), "/allow", "is a string, not an array");
    wrong(&schema, json!({"allow": [1]}), "/allow/0", "has none of the allowed forms: a string or a table");
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

/// A schema and values that fit it or not. Each is held against boon's answer by the fuzz
/// target `json_schema`.
#[test]
fn the_keywords_mean_what_the_official_suite_says() {
    let big = 9_007_199_254_740_993_u64;
    let cases = [
        // A number is what it is, however it is written, and no boolean.
        (json!({"type": "integer"}), vec![json!(1), json!(1.0), json!(-2.0)], vec![json!(1.5), json!("1")]),
        (
            json!({"const": 0}),
            vec![json!(0), json!(0.0), json!(-0.0)],
            vec![json!(false), json!([]), json!("")],
        ),
        (
            json!({"enum": [[1], {"a": -2.0}]}),
            vec![json!([1.0]), json!({"a": -2})],
            vec![json!([true]), json!([1, 1])],
        ),
        (json!({"const": big}), vec![json!(big)], vec![json!(big - 1), json!(9_007_199_254_740_992.0)]),
        (
            json!({"uniqueItems": true}),
            vec![json!([1, true, [1], [true]])],
            vec![json!([1.0, 1]), json!([{"a": 1}, {"a": 1.0}])],
        ),
        (json!({"minimum": big}), vec![json!(big), json!(1e300)], vec![json!(big - 1), json!(-1e300)]),
        (json!({"maximum": -2.5}), vec![json!(-3), json!(-2.5)], vec![json!(-2), json!(-2.4)]),
        (
            json!({"minLength": 2.0, "maxLength": 1e30}),
            vec![json!("ab"), json!("\u{1f4a9}\u{1f4a9}")],
            vec![json!("\u{1f4a9}")],
        ),
        // Both hold.
        (json!({"enum": [1, 2], "const": 2}), vec![json!(2)], vec![json!(1)]),
        (json!({"enum": []}), vec![], vec![json!(null)]),
        (json!({"type": []}), vec![], vec![json!(null)]),
        // References: percent-encoded, with empty names, to the root.
        (
            json!({"properties": {"a": {"$ref": "#/$defs/x%25%22~1y"}}, "$defs": {"x%\"/y": {"type": "null"}}}),
            vec![json!({"a": null})],
            vec![json!({"a": 1})],
        ),
        (
            json!({"$ref": "#/$defs//$defs/", "$defs": {"": {"$defs": {"": {"type": "null"}}}}}),
            vec![json!(null)],
            vec![json!(1)],
        ),
        (
            json!({"properties": {"a": {"$ref": "#"}}, "additionalProperties": false}),
            vec![json!({"a": {"a": {}}})],
            vec![json!({"a": {"b": {}}})],
        ),
        // A property may be called as a keyword is.
        (
            json!({"properties": {"$ref": {"type": "string"}}}),
            vec![json!({"$ref": "a"})],
            vec![json!({"$ref": 1})],
        ),
        (json!({"enum": [{"$ref": "#/$defs/a"}]}), vec![json!({"$ref": "#/$defs/a"})], vec![json!("a")]),
    ];
    for (schema, good, bad) in cases {
        assert_eq!(check_schema(&schema), Ok(()), "{schema}");
        for value in good {
            assert_eq!(check(&schema, &value), Ok(()), "{schema} {value}");
        }
        for value in bad {
            assert!(check(&schema, &value).is_err(), "{schema} {value}");
        }
    }
}

#[test]
fn what_a_schema_asks_for_is_not_passed_over() {
    for (schema, pointer) in [
        (json!({"type": "strng"}), "/type"),
        (json!({"type": ["string", 5]}), "/type"),
        (json!({"required": ["a", 1]}), "/required"),
        (json!({"uniqueItems": "yes"}), "/uniqueItems"),
        (json!({"minItems": -1}), "/minItems"),
        (json!({"maxItems": 1.5}), "/maxItems"),
        (json!({"$ref": "#/$defs/absent"}), "/$ref"),
        (json!({"$ref": "#anchor"}), "/$ref"),
        (json!({"$ref": "other.json#/$defs/a"}), "/$ref"),
        // What is at the place is not a schema, so that nobody has looked for keywords there.
        (json!({"$ref": "#/$defs/a/const", "$defs": {"a": {"const": {"pattern": "^x"}}}}), "/$ref"),
        (json!({"$ref": "#/$defs", "$defs": {}}), "/$ref"),
        // References below another `$id` are relative to it.
        (
            json!({"$defs": {"a": {"$id": "https://example.com/a", "$ref": "#/$defs/b"}, "b": true}}),
            "/$defs/a/$id",
        ),
    ] {
        let err = check_schema(&schema).expect_err("it is refused");
        assert_eq!(err.pointer, pointer, "{schema}");
    }
}

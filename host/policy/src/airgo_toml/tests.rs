//! Policy files that are right, and the errors of those that are not.

use std::time::Duration;

use super::*;

#[track_caller]
fn error(text: &str) -> String {
    parse("airgo.toml", text).expect_err("the file is wrong").to_string()
}

#[test]
fn everything_that_can_be_said() {
    let sha256 = "0123456789abcdef".repeat(4);
    let text = format!(
        r#"
[limits]
time = "3s"
memory = "32MiB"

[[plugin]]
name = "allowlist"
builtin = "allowlist"

[[plugin]]
name = "house-rules"
path = "plugins/house.wasm"
sha256 = "{sha256}"
[plugin.config]
since = 2026-01-01
depth = 0x10
[plugin.limits]
memory = "128 MiB"
host-calls = 5_000

[[data]]
name = "vulndb"
path = "vulndb"
date = 2026-05-30
max-age = "7d"

[[exception]]
rule = "house-rules/*"
module = "=example.com/a@v1.0.0"
reason = "reviewed by hand"
expires = 2027-01-01T00:00:00+01:00
"#
    );
    let policy = parse("airgo.toml", &text).expect("the file is right");
    let [allowlist, house] = &policy.plugins[..] else { panic!("two plugins") };
    assert_eq!(allowlist.source, PluginSource::Builtin("allowlist".to_owned()));
    assert_eq!(allowlist.limits.time, Duration::from_secs(3));
    assert_eq!(house.sha256.as_deref(), Some(sha256.as_str()));
    assert_eq!((house.limits.memory, house.limits.host_calls), (128 << 20, 5_000));
    assert_eq!(house.limits.time, Duration::from_secs(3));
    assert_eq!(house.config, serde_json::json!({"since": "2026-01-01", "depth": 16}));
    assert_eq!(house.config_place("/depth"), (16, 1));
    assert_eq!(house.config_place("/depth/nothing/here"), (16, 1));
    assert_eq!(policy.data[0].max_age, Some(SignedDuration::from_hours(168)));
    assert_eq!(policy.data[0].date.map(|d| d.to_string()).as_deref(), Some("2026-05-30T00:00:00Z"));
    assert_eq!(policy.exceptions[0].expires.map(|d| d.to_string()).as_deref(), Some("2026-12-31T23:00:00Z"));
    assert_eq!(policy.exceptions[0].line, 27);
}

#[test]
fn an_empty_file_judges_nothing() {
    assert!(parse("airgo.toml", "").expect("the file is right").plugins.is_empty());
}

#[test]
fn errors_point_at_the_place_and_say_what_is_allowed() {
    let cases = [
        (
            "x = 1",
            "airgo.toml:1:1: unknown key x; allowed here: data, exception, limits, plugin, plugin-trust",
        ),
        ("[[plugin]]\nbuiltin = \"allowlist\"", "airgo.toml:1:1: name is missing"),
        ("[[plugin]]\nname = \"\"", "airgo.toml:2:8: name is empty"),
        ("[[plugin]]\nname = 1", "airgo.toml:2:8: name is of type integer, not a string"),
        ("[[plugin]]\nname = \"A b\"", "airgo.toml:2:8: name \"A b\" is not of lower-case words joined by -"),
        (
            "[[plugin]]\nname = \"a\"",
            "airgo.toml:1:1: plugin a names either builtin or path, where it comes from",
        ),
        (
            "[[plugin]]\nname = \"a\"\nbuiltin = \"alowlist\"",
            "airgo.toml:3:11: there is no built-in plugin alowlist; \
             there is allowlist, drift, freshness, licence, native, vulnerability",
        ),
        (
            "[[plugin]]\nname = \"a\"\npath = \"a.wasm\"",
            "airgo.toml:1:1: plugin a has no sha256: pin the bytes that were reviewed \
             (`sha256sum` shows the digest)",
        ),
        (
            "[[plugin]]\nname = \"a\"\nbuiltin = \"allowlist\"\nsha256 = \"12\"",
            "airgo.toml:4:10: sha256 is not 64 hexadecimal digits",
        ),
        (
            "[[plugin]]\nname = \"a\"\nbuiltin = \"allowlist\"\nconfg.x = 1",
            "airgo.toml:4:1: unknown key confg; allowed here: builtin, compiled, config, limits, name, path, sha256, \
             signature, trust",
        ),
        (
            "[[plugin]]\nname = \"a\"\nbuiltin = \"allowlist\"\n[[plugin]]\nname = \"a\"\nbuiltin = \"allowlist\"",
            "airgo.toml:4:1: there are two tables for the plugin a, at lines 1 and 4",
        ),
        (
            "[plugin]\nname = \"a\"",
            "airgo.toml:1:1: plugin is of type table, not an array of tables, each written below [[plugin]]",
        ),
        ("[limits]\ntime = \"soon\"", "airgo.toml:2:8: time is written like \"1500ms\", \"10s\" or \"2min\""),
        ("[limits]\nmemory = 64", "airgo.toml:2:10: memory is of type integer, not a string"),
        ("[limits]\nfindings = -1", "airgo.toml:2:12: findings is a whole number, such as 20000"),
        (
            "[[exception]]\nrule = \"denied\"\nreason = \"x\"",
            "airgo.toml:2:8: rule \"denied\" is not written like \"allowlist/denied\" or \"allowlist/*\"",
        ),
        ("[[exception]]\nrule = \"a/b\"", "airgo.toml:1:1: reason is missing"),
        (
            "[[exception]]\nrule = \"a/b\"\nreason = \"x\"\nexpires = \"2027-01-01\"",
            "airgo.toml:4:11: expires is written like 2027-03-31 or 2027-03-31T12:00:00Z, without quotes",
        ),
        (
            "[[exception]]\nrule = \"a/b\"\nreason = \"x\"\nexpires = 2027-01-01T00:00:00",
            "airgo.toml:4:11: expires is written like 2027-03-31 or 2027-03-31T12:00:00Z, without quotes",
        ),
        (
            "[[plugin]]\nname = \"a\"\nbuiltin = \"allowlist\"\nsignature = \"a.sig\"",
            "airgo.toml:1:1: plugin a comes with airgo: neither signature nor trust is for it",
        ),
        ("plugin-trust = []", "airgo.toml:1:16: plugin-trust names no file, so that nobody counts"),
        ("plugin-trust = \"a.pub\"", "airgo.toml:1:16: plugin-trust is of type string, not a list of files"),
        (
            "[[data]]\nname = \"a\"\npath = \"a\"\nmax-age = \"7\"",
            "airgo.toml:4:11: max-age is written like \"36h\", \"7d\" or \"2w\"",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(error(text), wanted, "{text}");
    }
}

#[test]
fn what_is_no_toml_has_a_place_too() {
    let err = parse("airgo.toml", "[[plugin]]\nname = \n").expect_err("the file is wrong");
    assert_eq!((err.line, err.line_text.as_str()), (2, "name = "));
    let err = parse("airgo.toml", "ä = 1 ö").expect_err("the file is wrong");
    assert_eq!(err.line, 1);
}

#[test]
fn without_a_file_the_builtins_warn_at_most() {
    let policy = PolicyFile::without_file();
    assert_eq!(policy.plugins.len(), BUILTINS.len());
    assert_eq!(policy.strictest, Verdict::Warn);
}

#[test]
fn the_template_is_right_with_and_without_its_examples() {
    let policy = parse("airgo.toml", TEMPLATE).expect("the template is right");
    let mut names: Vec<&str> = policy.plugins.iter().map(|p| p.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, BUILTINS.iter().map(|b| b.name).collect::<Vec<_>>(), "less judges than without a file");
    assert_eq!(policy.exceptions.len(), 0);
    let all = parse("airgo.toml", &TEMPLATE.replace("#: ", "")).expect("its examples are right");
    assert_eq!((all.plugins.len(), all.exceptions.len(), all.data.len()), (BUILTINS.len() + 1, 1, 1));
    assert_eq!(all.plugins[0].config["allow"].as_array().map(Vec::len), Some(4));
    let listed =
        parse("airgo.toml", &template_for(["example.com/a", "example.com/b/v2"])).expect("so is a list");
    assert_eq!(listed.plugins[0].config["allow"], serde_json::json!(["=example.com/a", "=example.com/b/v2"]));
    assert_eq!(template_for([]), TEMPLATE);
}

/// The parser says itself what it allows.
#[test]
fn the_schema_allows_what_the_parser_allows() {
    let schema: serde_json::Value = serde_json::from_str(JSON_SCHEMA).expect("the schema is JSON");
    let plugin = "[[plugin]]\nname = \"a\"\nbuiltin = \"allowlist\"\n";
    let data = "[[data]]\nname = \"a\"\npath = \"a\"\n";
    let exception = "[[exception]]\nrule = \"a/b\"\nreason = \"a\"\n";
    let tables = [
        ("", ""),
        ("/$defs/plugin", plugin),
        ("/$defs/data", data),
        ("/$defs/exception", exception),
        ("/$defs/limits", "[limits]\n"),
    ];
    for (pointer, before) in tables {
        let error = error(&format!("{before}no-such-key = 1"));
        let (_, allowed) = error.split_once("allowed here: ").expect("it says what is allowed");
        let properties = schema.pointer(pointer).and_then(|table| table["properties"].as_object());
        let mut keys: Vec<&str> = properties.expect("a table").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(allowed, keys.join(", "), "{pointer}");
    }
}

proptest::proptest! {
    /// Whatever is in the file, the answer is a policy or an error within it.
    #[test]
    fn any_text_is_an_error_with_a_line_of_the_file(text in "(\\[\\[?plugin\\]?\\]|name|path|config| |=|\"a\"|\n|\\{|\\}|1|.){0,40}") {
        if let Err(err) = parse("airgo.toml", &text) {
            let lines = text.split('\n').count() as u32;
            assert!(err.line >= 1 && err.line <= lines, "{err} of {lines}");
        }
    }
}

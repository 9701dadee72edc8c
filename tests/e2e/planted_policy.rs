//! A secret is planted into every value of `airgo.toml`, the configs of the
//! built-in plugins included, and stands in nothing that airgo prints or signs.
//! The values are those of the schemas.

use crate::airgo::Airgo;
use crate::planted::{MARK, clean, clean_run};
use crate::secrets::payloads;
use crate::site::{Site, text};
use serde_json::Value;
use std::fs;

const SCHEMA: &str = include_str!("../../host/policy/src/airgo_toml/airgo.schema.json");
const CONFIGS: [(&str, &str); 6] = [
    ("allowlist", include_str!("../../plugins/allowlist/config.schema.json")),
    ("drift", include_str!("../../plugins/drift/config.schema.json")),
    ("freshness", include_str!("../../plugins/freshness/config.schema.json")),
    ("licence", include_str!("../../plugins/licence/config.schema.json")),
    ("native", include_str!("../../plugins/native/config.schema.json")),
    ("vulnerability", include_str!("../../plugins/vulnerability/config.schema.json")),
];
/// A remark for whoever reads the report.
const MEANT_TO_BE_READ: &str = "reason";

/// Of what a plugin shows a page's path is meant to be seen.
fn address() -> String {
    format!("\"https://user:{MARK}-p@127.0.0.1:9/x?t={MARK}-q\"")
}

/// A login whose scheme was left out.
fn without_scheme() -> String {
    format!("\"user:{MARK}-p@host.example/x?t={MARK}-q\"")
}

/// TOML values of this schema's shape, each with the secret in one place; other
/// members that have to be there are texts.
fn forms(schema: &Value, root: &Value, depth: usize) -> Vec<String> {
    let mut found = vec![address(), without_scheme()];
    if depth > 6 {
        return found;
    }
    if let Some(target) = schema["$ref"].as_str().and_then(|name| root.pointer(&name[1..])) {
        found.extend(forms(target, root, depth + 1));
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        let schemas = schema[keyword].as_array().into_iter().flatten();
        found.extend(schemas.flat_map(|schema| forms(schema, root, depth + 1)));
    }
    if let Some(items) = schema.get("items") {
        found.extend(forms(items, root, depth + 1).into_iter().map(|item| format!("[{item}]")));
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if name == MEANT_TO_BE_READ {
            continue;
        }
        let others: String =
            required.iter().filter(|r| *r != name).map(|r| format!(", {r} = \"example.com/a\"")).collect();
        let values = forms(member, root, depth + 1);
        found.extend(values.into_iter().map(|value| format!("{{ {name} = {value}{others} }}")));
    }
    if let Some(others) = schema.get("additionalProperties").filter(|schema| schema.is_object()) {
        found.extend(forms(others, root, depth + 1).into_iter().map(|value| format!("{{ x = {value} }}")));
        found.push(format!("{{ {} = [\"MIT\"] }}", address()));
    }
    found.sort();
    found.dedup();
    found
}

/// A policy whose plugin has this member in its config.
fn with_config(plugin: &str, member: &str) -> String {
    format!("[[plugin]]\nname = \"{plugin}\"\nbuiltin = \"{plugin}\"\n[plugin.config]\n{member}\n")
}

/// All policies, each with the secret in one place.
fn policies() -> Vec<String> {
    let mut all = Vec::new();
    for (plugin, schema) in CONFIGS {
        let schema: Value = serde_json::from_str(schema).unwrap();
        for (name, member) in schema["properties"].as_object().unwrap() {
            let values = forms(member, &schema, 0);
            all.extend(values.iter().map(|value| with_config(plugin, &format!("{name} = {value}"))));
        }
        all.push(with_config(plugin, &format!("token = \"{MARK}\"")));
        all.push(with_config(plugin, &format!("{} = \"x\"", address())));
    }
    // In tables that are complete but for the planted value.
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let tables = [
        ("plugin", "[[plugin]]", "name = \"native\"\nbuiltin = \"native\"\n"),
        (
            "plugin",
            "[[plugin]]",
            "name = \"mine\"\npath = \"mine.wasm\"\nsignature = \"x.sig\"\ntrust = [\"x.pub\"]\n",
        ),
        ("data", "[[data]]", "name = \"vulndb\"\npath = \"data\"\n"),
        ("exception", "[[exception]]", "rule = \"native/cgo\"\nreason = \"x\"\n"),
        ("limits", "[limits]", ""),
    ];
    let native = "[[plugin]]\nname = \"native\"\nbuiltin = \"native\"\n";
    for (table, head, rest) in tables {
        for name in schema["$defs"][table]["properties"].as_object().unwrap().keys() {
            if name == MEANT_TO_BE_READ {
                continue;
            }
            let rest: String = rest
                .lines()
                .filter(|l| !l.starts_with(&format!("{name} ")))
                .map(|l| format!("{l}\n"))
                .collect();
            let pin = if rest.contains("mine") && name != "sha256" {
                format!("sha256 = \"{:064}\"\n", 0)
            } else {
                String::new()
            };
            for value in
                [address(), format!("[{}]", address()), without_scheme(), format!("[{}]", without_scheme())]
            {
                all.push(format!(
                    "{head}\n{rest}{pin}{name} = {value}\n{}",
                    if table == "plugin" { "" } else { native }
                ));
            }
        }
        all.push(format!("{head}\n{rest}token = \"{MARK}\"\n"));
    }
    all.push(format!("plugin-trust = [{}]\n{native}", address()));
    all.push(format!("token = \"{MARK}\"\n"));
    all.push(format!("{} = {}\n", address(), address()));
    all.push(format!("[[plugin]]\nname = {} x\n", address()));
    all.push(format!("[[plugin]]\nname = {} x\n", without_scheme()));
    all.push(format!("{} = {}\n", without_scheme(), without_scheme()));
    all.push(format!("plugin-trust = [{}]\n{native}", without_scheme()));
    all
}

fn walk(policies: &[&String]) {
    let site = Site::new();
    let airgo = Airgo::new(&site.proxy.url()).env("GOSUMDB", "off");
    let file = |name: &str| text(&site.temp.join(name)).to_owned();
    let (project, bundle, key, public) = (file("main"), file("out/app.airgo"), file("key"), file("key.pub"));
    site.pack().done();
    for policy in policies {
        fs::write(site.temp.join("main/airgo.toml"), policy).unwrap();
        let policy_file = file("main/airgo.toml");
        for args in [
            vec!["policy", "check", "-v", &bundle, "--policy", &policy_file, "--trust", &public],
            vec!["policy", "check", "--json", &bundle, "--policy", &policy_file, "--trust", &public],
            vec!["pack", "-v", &project, "-o", &bundle, "--key", &key],
        ] {
            let run = airgo.run(&args);
            assert!(run.code != 2, "{policy}{}", run.stderr);
            clean_run(&format!("what is said of\n{policy}"), &args, &run);
        }
        for payload in payloads(&fs::read(&bundle).unwrap()) {
            clean(&format!("a statement, by\n{policy}"), payload.as_bytes());
        }
    }
}

#[test]
fn nothing_of_a_policy_file_is_shown_that_may_be_a_secret() {
    let all = policies();
    assert!(all.len() > 200, "{}", all.len());
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..4)
            .map(|lane| {
                let mine: Vec<&String> = all.iter().skip(lane).step_by(4).collect();
                scope.spawn(move || walk(&mine))
            })
            .collect();
        let failed = lanes.into_iter().filter_map(|lane| lane.join().err()).count();
        assert_eq!(failed, 0, "see above");
    });
}

//! {{name}}: an airgo policy plugin. It tells which modules are still at major
//! version 0, whose authors promise nothing about the next one.

use airgo_plugin::select::{Entry, Match};
use airgo_plugin::{Bundle, CheckError, Description, Finding, Policy, Rule, Verdict};
use serde::Deserialize;

/// What `[plugin.config]` in airgo.toml may hold; config.schema.json says the
/// same to airgo, which checks a config before it is handed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default = "warn")]
    verdict: Verdict,
    #[serde(default)]
    allow: Vec<String>,
}

fn warn() -> Verdict {
    Verdict::Warn
}

struct Plugin;

impl Policy for Plugin {
    type Config = Config;

    fn description() -> Description {
        Description::new("{{name}}", env!("CARGO_PKG_VERSION"), "Tells which modules are at major version 0.")
            .config_schema(include_str!("../config.schema.json"))
            .rule(
                Rule::new("unstable", "the module is at major version 0")
                    .description("At major version 0 any release may break what it is used for."),
            )
    }

    fn check(config: Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
        let mut allow = Vec::new();
        for (index, text) in config.allow.iter().enumerate() {
            // A JSON Pointer into the config: airgo shows the line in airgo.toml.
            allow.push(Entry::parse(text).map_err(|err| CheckError::at(format!("/allow/{index}"), err))?);
        }
        let mut findings = Vec::new();
        for module in bundle.modules() {
            // Where go.mod replaces a module, this is what it is replaced by.
            let (path, version) = module.code();
            if !version.starts_with("v0.") || allow.iter().any(|e| e.matches(path, version) == Match::Yes) {
                continue;
            }
            findings.push(
                Finding::new(config.verdict, "unstable", format!("{path} is at {version}, which promises nothing"))
                    .module(module.index)
                    .advice(format!("ask for a v1, or once it is reviewed add \"{path}\" to allow")),
            );
        }
        Ok(findings)
    }
}

airgo_plugin::export!(Plugin);

#[cfg(test)]
mod tests {
    use airgo_plugin::testing::FakeBundle;

    use super::*;

    /// `cargo test` runs the same code on your machine, without a sandbox; the
    /// cases in tests/ are for `airgo plugin test`, which runs the component.
    #[test]
    fn only_major_version_0_is_told() {
        let bundle = FakeBundle::new()
            .module("example.com/stable", "v1.0.0", &[])
            .module("example.com/young", "v0.3.1", &[]);
        let config = serde_json::from_str("{}").expect("a good config");
        let findings = Plugin::check(config, &bundle).expect("a verdict");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].module, Some(1));
    }
}

//! Tells which modules hold more than plain Go code: C, assembly, compiled
//! code, archives, and Go code that steps around the language or runs programs.
//! See README.md for the config and the rules.

mod config;
mod feature;
mod scan;
#[cfg(test)]
mod tests;

use airgo_plugin::{Bundle, CheckError, Description, Facts, Finding, ModuleInfo, Policy, Rule, Verdict};

use config::{Config, Rules};
use feature::FEATURES;
use scan::{Depth, Found};

struct Native;

impl Policy for Native {
    type Config = Config;

    fn description() -> Description {
        let description = Description::new(
            "native",
            env!("CARGO_PKG_VERSION"),
            "Tells which modules hold more than plain Go code.",
        );
        let unused = Rule::new("unused-entry", "an allowance is of no use")
            .description(include_str!("../rules/unused-entry.md"));
        let description = FEATURES.iter().fold(description, |description, (_, id, summary, text)| {
            description.rule(Rule::new(id, &format!("the module holds {summary}")).description(text))
        });
        description.config_schema(include_str!("../config.schema.json")).rule(unused)
    }

    fn check(config: Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
        let rules = config.rules()?;
        let mut findings = Vec::new();
        for module in bundle.modules() {
            for (feature, seen) in Self::fact(bundle, module.index)? {
                let allowed = rules.allows(&module, feature);
                if allowed || !rules.wants(feature) {
                    continue;
                }
                let files =
                    if seen.files == 1 { "1 file".to_owned() } else { format!("{} files", seen.files) };
                let finding = Finding::new(
                    rules.level(feature),
                    feature.id(),
                    format!("holds {} in {files}", feature.summary()),
                )
                .module(module.index)
                .file(&seen.file)
                .advice("review it, then allow it for the module")
                .attribute("files", seen.files.to_string());
                findings.push(match seen.line {
                    Some(line) => finding.line(line),
                    None => finding,
                });
            }
        }
        findings.extend(unused(&rules));
        Ok(findings)
    }
}

impl Facts for Native {
    type Fact = Found;

    fn plan(config: &Config) -> Option<String> {
        Some(config.depth().plan())
    }

    fn gather(plan: &str, module: &ModuleInfo, bundle: &dyn Bundle) -> Result<Found, CheckError> {
        scan::scan(bundle, module, Depth::of_plan(plan))
    }
}

airgo_plugin::export!(facts: Native);

fn unused(rules: &Rules) -> Vec<Finding> {
    if rules.unused == Verdict::Allow {
        return Vec::new();
    }
    let unused = rules.allow.iter().filter(|allowance| !allowance.used.get());
    let tell = |allowance: &config::Allowance| {
        let message = format!("the allowance for {} is of no use", allowance.module);
        Finding::new(rules.unused, "unused-entry", message).advice("remove it, or correct its spelling")
    };
    unused.map(tell).collect()
}

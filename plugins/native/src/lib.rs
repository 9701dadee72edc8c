//! Tells which modules hold more than plain Go code: C, assembly, compiled
//! code, archives, and Go code that steps around the language or runs programs.
//! See README.md for the config and the rules.

mod config;
mod count;
mod embed;
mod feature;
mod part;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use airgo_plugin::{Bundle, CheckError, Description, Facts, Finding, ModuleInfo, Policy, Rule, Verdict};

use config::{Config, Level, Rules};
use count::{Counter, Seen};
use feature::{FEATURES, Feature};
use part::Part;
use scan::Depth;

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
        let modules = bundle.modules();
        let counter = Counter::new(bundle, &modules, &rules);
        let mut findings = Vec::new();
        for module in &modules {
            let parts = Self::fact(bundle, module.index)?;
            // A bundle has all that builds read, tests of dependencies aside.
            if module.is_part() && (rules.tests || rules.level == Level::Module) {
                rules.spare(module);
            }
            let features: BTreeSet<Feature> = parts.iter().map(|part| part.feature).collect();
            // What nobody asked about is looked for only where an allowance could
            // be of no use.
            let asked = |feature: &Feature| rules.wants(*feature) || rules.unused != Verdict::Allow;
            for feature in features.into_iter().filter(asked) {
                let Some(seen) = counter.seen(module, &parts, feature)? else { continue };
                if !rules.allows(module, feature) && rules.wants(feature) {
                    findings.push(finding(module, feature, rules.verdict(feature), &seen));
                }
            }
        }
        findings.extend(unused(&rules));
        Ok(findings)
    }
}

fn finding(module: &ModuleInfo, feature: Feature, verdict: Verdict, seen: &Seen) -> Finding {
    let files = if seen.files == 1 { "1 file".to_owned() } else { format!("{} files", seen.files) };
    let mut message = format!("holds {} in {files}", feature.summary());
    match seen.systems.as_deref() {
        Some([one]) => message.push_str(&format!(", built for {one} alone")),
        Some([first, second]) => message.push_str(&format!(", built for {first} and {second} alone")),
        Some([first, second, third]) => {
            message.push_str(&format!(", built for {first}, {second} and {third} alone"));
        }
        _ => {}
    }
    let mut finding = Finding::new(verdict, feature.id(), message)
        .module(module.index)
        .file(&seen.file)
        .advice("review it, then allow it for the module")
        .attribute("files", seen.files.to_string());
    if let Some(systems) = &seen.systems {
        finding = finding.attribute("systems", systems.join(" "));
    }
    if let Some(built) = seen.built {
        finding = finding.attribute("built", built.to_string());
    }
    match seen.line {
        Some(line) => finding.line(line),
        None => finding,
    }
}

impl Facts for Native {
    type Fact = Vec<Part>;

    fn plan(config: &Config) -> Option<String> {
        Some(config.depth().plan())
    }

    fn gather(plan: &str, module: &ModuleInfo, bundle: &dyn Bundle) -> Result<Vec<Part>, CheckError> {
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

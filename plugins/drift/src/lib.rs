//! Compares a bundle with the one that was approved before. See README.md for
//! the config and the rules.
//!
//! Modules are compared by the path that they are required by. What a person
//! has reviewed is the approved bundle; this shows what is left to review, and
//! stops what should never happen: other bytes under a version that was seen,
//! and a step back to an older version.

mod config;
mod found;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use airgo_plugin::select::Version;
use airgo_plugin::{Bundle, CheckError, Description, Finding, ModuleInfo, Policy, Rule, Verdict};

use config::{Config, Rules};
use found::Difference;

struct Drift;

/// Id, summary and description of each rule.
const RULES: [(&str, &str, &str); 10] = [
    ("new", "the module is not in the approved bundle", include_str!("../rules/new.md")),
    ("removed", "a module of the approved bundle is gone", include_str!("../rules/removed.md")),
    ("upgraded", "the module has a newer version", include_str!("../rules/upgraded.md")),
    ("downgraded", "the module has an older version", include_str!("../rules/downgraded.md")),
    ("changed-sum", "the same version has other bytes", include_str!("../rules/changed-sum.md")),
    ("changed-origin", "the code comes from elsewhere", include_str!("../rules/changed-origin.md")),
    (
        "changed-replacement",
        "other code stands in for the module",
        include_str!("../rules/changed-replacement.md"),
    ),
    ("changed-licence", "the licence has changed", include_str!("../rules/changed-licence.md")),
    ("changed-native", "the set of native code has changed", include_str!("../rules/changed-native.md")),
    ("no-baseline", "there is no approved bundle to compare with", include_str!("../rules/no-baseline.md")),
];

impl Policy for Drift {
    type Config = Config;

    fn description() -> Description {
        let description = Description::new(
            "drift",
            env!("CARGO_PKG_VERSION"),
            "Compares a bundle with the one that was approved before.",
        );
        let description = description.config_schema(include_str!("../config.schema.json"));
        RULES.iter().fold(description, |description, (id, summary, text)| {
            description.rule(Rule::new(id, summary).description(text))
        })
    }

    fn check(config: Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
        let rules = config.rules()?;
        let mut findings = Vec::new();
        let Some(baseline) = bundle.baseline() else {
            let finding =
                Finding::new(rules.no_baseline, "no-baseline", "there is no approved bundle to compare with");
            findings.push(finding.advice("name the approved bundle with --baseline"));
            return Ok(told(findings));
        };
        let modules = bundle.modules();
        let (before, after) = (by_path(&baseline), by_path(&modules));
        for (path, now) in &after {
            match before.get(path) {
                Some(then) => now.iter().for_each(|module| compare(module, then, &rules, &mut findings)),
                None => findings
                    .extend(now.iter().filter(|m| !rules.approves(m)).map(|module| new(module, &rules))),
            }
        }
        for (path, then) in before.iter().filter(|(path, _)| !after.contains_key(*path)) {
            let versions: Vec<&str> = then.iter().map(|module| module.version.as_str()).collect();
            let message = format!("{path}@{} is gone", versions.join(", "));
            findings.push(Finding::new(rules.removed, "removed", message));
        }
        Ok(told(findings))
    }
}

airgo_plugin::export!(Drift);

fn told(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.verdict != Verdict::Allow).collect()
}

/// A path may be there at several versions.
fn by_path(modules: &[ModuleInfo]) -> BTreeMap<&str, Vec<&ModuleInfo>> {
    let mut all: BTreeMap<&str, Vec<&ModuleInfo>> = BTreeMap::new();
    for module in modules {
        all.entry(&module.path).or_default().push(module);
    }
    all
}

fn new(module: &ModuleInfo, rules: &Rules) -> Finding {
    let (path, version) = module.code();
    Finding::new(rules.new, "new", "is not in the approved bundle")
        .module(module.index)
        .advice(format!("review it, then approve the bundle, or add \"={path}@{version}\" to approved"))
}

fn compare(module: &ModuleInfo, then: &[&ModuleInfo], rules: &Rules, findings: &mut Vec<Finding>) {
    let mut tell = |verdict: Verdict, rule: &str, message: String, advice: &str, was: &str| {
        let finding = Finding::new(verdict, rule, message).module(module.index).advice(advice);
        findings.push(if was.is_empty() { finding } else { finding.attribute("before", was) });
    };
    let same =
        then.iter().find(|other| other.code() == module.code() && other.replaced_by == module.replaced_by);
    if let Some(other) = same {
        for (what, now, was) in
            [("zip", &module.sum, &other.sum), ("go.mod", &module.go_mod_sum, &other.go_mod_sum)]
        {
            // Where one of the bundles carries only the go.mod there is nothing to compare.
            if now != was && !now.is_empty() && !was.is_empty() {
                let message =
                    format!("has another {what} under the same version: {now}, where {was} was approved");
                let advice = "find out who changed it: compare with another proxy and the checksum database";
                tell(rules.changed_sum, "changed-sum", message, advice, was);
            }
        }
    } else if !rules.approves(module) {
        step(module, then, rules, &mut tell);
    }
    let Some(other) = same.or_else(|| then.last()) else { return };
    let mut changed = |name: &str, difference: Difference, verdict, rule, advice| {
        if let Some((now, was)) = difference {
            tell(verdict, rule, format!("has {name} {now}, where {was} was approved"), advice, &was);
        }
    };
    for name in ["origin.vcs", "origin.url"] {
        // What one of the bundles does not say cannot be compared.
        let both = module.attribute(name).zip(other.attribute(name)).filter(|(now, was)| now != was);
        let difference = both.map(|(now, was)| (now.to_owned(), was.to_owned()));
        let advice = "see whether the project has moved";
        changed(name, difference, rules.changed_origin, "changed-origin", advice);
    }
    if found::is_same_code(module, other) {
        return;
    }
    let licences = found::licences(module, other);
    changed("licence", licences, rules.changed_licence, "changed-licence", "read the new terms");
    let natives = found::natives(module, other);
    changed("native", natives, rules.changed_native, "changed-native", "read what was added");
}

type Tell<'a> = dyn FnMut(Verdict, &str, String, &str, &str) + 'a;

/// From the approved versions to this one.
fn step(module: &ModuleInfo, then: &[&ModuleInfo], rules: &Rules, tell: &mut Tell<'_>) {
    let (path, version) = module.code();
    let replaced = then
        .iter()
        .all(|other| other.code().0 != path || other.replaced_by.is_some() != module.replaced_by.is_some());
    if let Some(other) = then.last().filter(|_| replaced) {
        let (was, at) = other.code();
        let message = format!("is now {path}@{version}, where {was}@{at} was approved");
        tell(
            rules.changed_replacement,
            "changed-replacement",
            message,
            "review the code that stands in for it",
            was,
        );
        return;
    }
    let parsed = Version::parse(version);
    let versions = then.iter().map(|other| other.code().1);
    // Of several approved versions the step is counted from the newest that
    // this one could have come from.
    let newest = versions.max_by_key(|text| Version::parse(text)).unwrap_or_default();
    match (&parsed, Version::parse(newest)) {
        (Some(now), Some(was)) if *now < was => {
            let message = format!("is at {version}, where the newer {newest} was approved");
            tell(
                rules.downgraded,
                "downgraded",
                message,
                "find out why: an older version brings back old faults",
                newest,
            );
        }
        (Some(_), Some(_)) => {
            let message = format!("is at {version}, where {newest} was approved");
            let advice = "review what its authors changed between the two; `airgo diff` lists all modules that changed";
            tell(rules.upgraded, "upgraded", message, advice, newest);
        }
        // Versions that cannot be compared may be a step back.
        _ => {
            let message = format!("is at {version:?}, which cannot be compared with the approved {newest:?}");
            tell(rules.downgraded, "downgraded", message, "review the module as if it were new", newest);
        }
    }
}

//! Warns of code that is too new to trust, too old to rely on, or withdrawn by
//! its authors. See README.md for the config and the rules.
//!
//! Most malicious versions are found within days. A version younger than
//! `min-age` waits; one whose time is not known counts as young.

mod config;
#[cfg(test)]
mod tests;

use airgo_plugin::time::{Span, seconds};
use airgo_plugin::{Bundle, CheckError, Description, Finding, ModuleInfo, Policy, Rule, Verdict};

use config::{Config, Rules};

struct Freshness;

/// Id, summary and description of each rule.
const RULES: [(&str, &str, &str); 8] = [
    ("young", "the version is younger than min-age", include_str!("../rules/young.md")),
    ("no-time", "nobody knows when the version was made", include_str!("../rules/no-time.md")),
    ("old", "the version is older than max-age", include_str!("../rules/old.md")),
    ("retracted", "the authors have withdrawn the version", include_str!("../rules/retracted.md")),
    ("deprecated", "the authors have given the module up", include_str!("../rules/deprecated.md")),
    ("pseudo-version", "the version is a commit, not a release", include_str!("../rules/pseudo-version.md")),
    ("fork", "another module stands in for the module", include_str!("../rules/fork.md")),
    ("directory", "a directory stands in for the module", include_str!("../rules/directory.md")),
];

impl Policy for Freshness {
    type Config = Config;

    fn description() -> Description {
        let description = Description::new(
            "freshness",
            env!("CARGO_PKG_VERSION"),
            "Warns of code that is too new, too old, or withdrawn.",
        );
        let description = description.config_schema(include_str!("../config.schema.json"));
        RULES.iter().fold(description, |description, (id, summary, text)| {
            description.rule(Rule::new(id, summary).description(text))
        })
    }

    fn check(config: Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
        let rules = config.rules()?;
        let now = bundle.judged_at();
        let now =
            seconds(&now).ok_or_else(|| CheckError::Input(format!("{now:?} is no time to judge for")))?;
        let mut findings = Vec::new();
        for module in bundle.modules() {
            let found =
                judge(&module, now, &rules).into_iter().filter(|finding| finding.verdict != Verdict::Allow);
            findings.extend(found.map(|finding| finding.module(module.index)));
        }
        Ok(findings)
    }
}

airgo_plugin::export!(Freshness);

fn judge(module: &ModuleInfo, now: i64, rules: &Rules) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut directory = false;
    if let Some(other) = &module.replaced_by {
        directory = other.version.is_empty();
        if directory {
            let message = format!("is replaced by the directory {}", other.path);
            let advice = "its code is what the project has: review it with the project";
            findings.push(Finding::new(rules.directory, "directory", message).advice(advice));
        } else if other.path != module.path {
            let message = format!("is replaced by {}@{}", other.path, other.version);
            let advice = "see that the fork is kept up, and go back to the original when you can";
            findings.push(Finding::new(rules.fork, "fork", message).advice(advice));
        }
    }
    // A directory has no version; and of some modules only the go.mod is there.
    let has_zip = module.zip_size > 0 || !module.sum.is_empty();
    if directory || !has_zip {
        return findings;
    }
    findings.extend(age(module, now, rules));
    let said = |name: &str| {
        module
            .attribute(name)
            .map(|text| if matches!(text, "" | "true") { String::new() } else { format!(": {text}") })
    };
    if let Some(why) = said("retracted") {
        let finding = Finding::new(rules.retracted, "retracted", format!("is retracted by its authors{why}"));
        findings.push(finding.advice("require another version: `go list -m -u` names one"));
    }
    if let Some(why) = said("deprecated") {
        let finding =
            Finding::new(rules.deprecated, "deprecated", format!("is deprecated by its authors{why}"));
        findings.push(finding.advice("move to what its authors name, or to another module"));
    }
    let (_, version) = module.code();
    if is_pseudo(version) {
        let finding = Finding::new(
            rules.pseudo_version,
            "pseudo-version",
            format!("{version} is a commit that no tag names"),
        );
        findings.push(finding.advice("require a release, where there is one"));
    }
    findings
}

fn age(module: &ModuleInfo, now: i64, rules: &Rules) -> Option<Finding> {
    if rules.exempts(module) {
        return None;
    }
    let Some(made) = module.time.as_deref().and_then(seconds) else {
        if rules.min_age.seconds() == 0 {
            return None;
        }
        let message = format!("has no time, so that nobody knows whether it is {} old", rules.min_age);
        let advice = "pack again from a proxy that gives the time of versions, or add the module to exempt";
        return Some(Finding::new(rules.no_time, "no-time", message).advice(advice));
    };
    let age = Span::of_seconds(now - made);
    if age < rules.min_age {
        let message = if age.seconds() < 0 {
            "was made after the time that is judged for".to_owned()
        } else {
            format!("is {age} old, where {} is the least", rules.min_age)
        };
        let finding =
            Finding::new(rules.young, "young", message).attribute("age-seconds", age.seconds().to_string());
        return Some(finding.advice("wait, or add exactly this version to exempt once it is reviewed"));
    }
    let max_age = rules.max_age.filter(|max_age| age > *max_age)?;
    let message = format!("is {age} old, where {max_age} is the most");
    let finding = Finding::new(rules.old, "old", message).attribute("age-seconds", age.seconds().to_string());
    Some(finding.advice("see whether it is still kept up, and whether there is a newer version"))
}

/// `…-yyyymmddhhmmss-abcdefabcdef` (golang.org/x/mod/module, IsPseudoVersion).
fn is_pseudo(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or_default();
    let Some((before, revision)) = version.rsplit_once('-') else { return false };
    let revision_fits = revision.len() == 12 && revision.bytes().all(|b| b.is_ascii_alphanumeric());
    let time = before.rsplit(['.', '-']).next().unwrap_or_default();
    revision_fits && time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit())
}

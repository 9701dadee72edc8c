//! Reads the licence of each module and holds it against lists. See README.md
//! for the config and the rules.
//!
//! For each module: the licence files at the root of its zip are matched with
//! the texts of the SPDX licence list; together they make an expression, unless
//! a clarification gives it. Where the expression cannot be kept without a
//! licence of `deny`, the module is refused; where it cannot be kept with those
//! of `allow`, it gets the `default` verdict.

#[cfg(test)]
mod agreement;
mod combine;
mod config;
mod detect;
mod documentation;
mod encoding;
mod expression;
mod files;
mod groups;
#[cfg(test)]
mod layouts;
mod matcher;
mod module;
mod names;
mod opcodes;
#[cfg(test)]
mod pointers;
mod statement;
mod templates;
#[cfg(test)]
mod tests;
mod text;
mod trigrams;
mod words;

use airgo_plugin::{
    Bundle, CheckError, Description, Facts, Finding, ModuleInfo, Policy, ReadError, Rule, Verdict,
};

use combine::combine;
use config::{Config, Rules};
use expression::Expression;
use files::Role;
use groups::group_of;
use module::{Doubt, Files, Licence, Read, Stale, licence, unreadable};

struct LicencePolicy;

/// Id, summary and description of each rule.
const RULES: [(&str, &str, &str); 10] = [
    ("denied", "the module cannot be used without a denied licence", include_str!("../rules/denied.md")),
    ("not-allowed", "the licence is not on the allow list", include_str!("../rules/not-allowed.md")),
    ("missing", "the module has no licence file", include_str!("../rules/missing.md")),
    ("unknown", "no licence is recognised in a licence file", include_str!("../rules/unknown.md")),
    ("low-confidence", "the licence is a guess", include_str!("../rules/low-confidence.md")),
    ("documentation", "a licence is for the documentation alone", include_str!("../rules/documentation.md")),
    ("further-text", "a licence file says more than its licence", include_str!("../rules/further-text.md")),
    ("nested", "code below the root is under another licence", include_str!("../rules/nested.md")),
    ("stale-clarification", "a clarified file has changed", include_str!("../rules/stale-clarification.md")),
    ("unused-entry", "an exception or clarification is of no use", include_str!("../rules/unused-entry.md")),
];

impl Policy for LicencePolicy {
    type Config = Config;

    fn description() -> Description {
        let description = Description::new(
            "licence",
            env!("CARGO_PKG_VERSION"),
            "Reads the licence of each module and holds it against lists.",
        );
        let found =
            Rule::new("found", "the licence of the module").description(include_str!("../rules/found.md"));
        let description = description.config_schema(include_str!("../config.schema.json")).rule(found);
        RULES.iter().fold(description, |description, (id, summary, text)| {
            description.rule(Rule::new(id, summary).description(text))
        })
    }

    fn check(config: Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
        let rules = config.rules()?;
        let mut findings = Vec::new();
        for module in bundle.modules() {
            // Only its go.mod is in the bundle: there is no code of it.
            let Some(files) = Self::fact(bundle, module.index)? else { continue };
            if module.is_part() {
                let has_code = has_code(bundle, &module)?;
                if !has_code || rules.nested != Verdict::Allow {
                    rules.spare(&module);
                }
                // Builds read no code of it, and its licence files are not there either.
                if !has_code {
                    continue;
                }
            }
            if rules.nested != Verdict::Allow {
                nested(&module, &files.nested, &rules, &mut findings);
            }
            let licence = licence(bundle, &module, files, &rules)?;
            judge(&module, &licence, &rules, &mut findings);
        }
        findings.extend(unused(&rules));
        Ok(findings)
    }
}

impl Facts for LicencePolicy {
    type Fact = Option<Files>;

    fn plan(config: &Config) -> Option<String> {
        Some(if config.asks_for_nested() { NESTED } else { "" }.to_owned())
    }

    fn gather(plan: &str, module: &ModuleInfo, bundle: &dyn Bundle) -> Result<Self::Fact, CheckError> {
        Files::read(bundle, module, plan == NESTED)
    }
}

/// The plan that looks at the files below the root too.
const NESTED: &str = "nested";

airgo_plugin::export!(facts: LicencePolicy);

fn judge(module: &ModuleInfo, licence: &Licence, rules: &Rules, findings: &mut Vec<Finding>) {
    let first = licence.files.iter().find(|file| file.role == Role::Licence).map(|file| file.path.as_str());
    let mut tell = |finding: Finding, file: Option<&str>| {
        let finding = finding.module(module.index);
        findings.push(match file {
            Some(file) => finding.file(file),
            None => finding,
        });
    };
    match &licence.stale {
        Some(Stale::Changed(path)) => {
            let message = format!("{path} is not the file that was clarified");
            let finding = Finding::warn("stale-clarification", message)
                .advice("read the file again, then pin its new sha256 in the clarification");
            tell(finding, Some(path));
        }
        Some(Stale::NotCarried(path)) => {
            let message = format!("{path}, to which the clarification is pinned, is not in the bundle");
            let finding = Finding::warn("stale-clarification", message)
                .advice("pin it to a licence file at the root of the module, which every bundle has");
            tell(finding, None);
        }
        None => {}
    }
    for (path, message) in &licence.docs {
        tell(Finding::note("documentation", message), Some(path));
    }
    // A pointer that leads nowhere.
    let pointer = licence.doubts.iter().find_map(|doubt| Some((doubt, doubt.absent.as_ref()?)));
    let Some(expression) = &licence.expression else {
        let (level, rule, message) = match first {
            None => (rules.missing, "missing", "has no licence file"),
            Some(_) => {
                (rules.unknown, "unknown", "has a licence file, but none of the licences that are known")
            }
        };
        let docs = licence.files.iter().find(|file| first.is_none() && file.role == Role::Docs);
        let message = match (pointer, docs) {
            (Some((doubt, _)), _) => format!("{message}: {}", doubt.message),
            (None, Some(docs)) => format!("{message}: {} is for the documentation alone", docs.path),
            (None, None) => message.to_owned(),
        };
        if level != Verdict::Allow {
            let advice = "read what its authors say, then add a clarification that is pinned to a file";
            let finding = Finding::new(level, rule, message).advice(advice);
            tell(with_absent(finding, pointer), first);
        }
        return;
    };
    if rules.report {
        let mut finding = Finding::note("found", format!("is under {expression}"))
            .attribute("expression", expression.to_string())
            .attribute("confidence", if licence.doubts.is_empty() { "high" } else { "low" });
        for file in &licence.files {
            let ids: Vec<&str> = file.detection.found.iter().map(|found| found.id.as_str()).collect();
            finding = finding.attribute(&format!("file:{}", file.path), ids.join("|"));
        }
        tell(with_absent(finding, pointer), first);
    }
    if let Some(finding) = held_against_lists(module, expression, rules) {
        tell(finding, first);
    }
    for doubt in &licence.doubts {
        let (level, rule) = match doubt.unknown {
            true => (rules.unknown, "unknown"),
            false => (rules.low_confidence, "low-confidence"),
        };
        if level == Verdict::Allow {
            continue;
        }
        let finding = Finding::new(level, rule, &doubt.message)
            .advice("read the file, then add a clarification that is pinned to it")
            .attribute("expression", expression.to_string());
        tell(finding, Some(&doubt.file));
    }
    let wordy = licence.files.iter().filter(|f| {
        f.role == Role::Licence && f.detection.unknown_words > 0 && !f.detection.is_mostly_unknown()
    });
    for file in wordy.filter(|_| rules.further_text != Verdict::Allow && !licence.clarified) {
        let words = file.detection.unknown_words;
        let message = format!("{} has {words} words that belong to no known licence", file.path);
        let advice =
            "read whether they change the licence, then add a clarification that is pinned to the file";
        tell(Finding::new(rules.further_text, "further-text", message).advice(advice), Some(&file.path));
    }
}

/// Says which file is named and not there.
fn with_absent(finding: Finding, pointer: Option<(&Doubt, &String)>) -> Finding {
    match pointer {
        Some((_, path)) => finding.attribute("absent", path),
        None => finding,
    }
}

/// Whether a bundle has more of a module than its go.mod.
fn has_code(bundle: &dyn Bundle, module: &ModuleInfo) -> Result<bool, CheckError> {
    match bundle.list_files(module.index) {
        Ok(files) => Ok(files.iter().any(|file| file.path != "go.mod")),
        Err(ReadError::NotFound) => Ok(false),
        Err(err) => Err(unreadable(module, "the zip", &err)),
    }
}

fn held_against_lists(module: &ModuleInfo, expression: &Expression, rules: &Rules) -> Option<Finding> {
    let mut not_denied = |id: &str| rules.excepted(module, id) || !rules.denies(id);
    if !expression.permits(&mut not_denied) {
        let denied: Vec<&str> = expression.licences().into_iter().filter(|id| !not_denied(id)).collect();
        let finding =
            Finding::deny("denied", format!("is under {expression}, and {} is denied", denied.join(", ")))
                .advice("take the module out, or add an exception for it");
        return Some(finding.attribute("expression", expression.to_string()));
    }
    let mut allowed = |id: &str| rules.excepted(module, id) || (rules.allows(id) && !rules.denies(id));
    if expression.permits(&mut allowed) || rules.default == Verdict::Allow {
        return None;
    }
    let others = expression.licences().into_iter().filter(|id| !allowed(id));
    let others: Vec<String> = others
        .map(|id| match group_of(id) {
            Some(group) => format!("{id} ({group})"),
            None => id.to_owned(),
        })
        .collect();
    let message = format!("is under {expression}, and {} is not allowed", others.join(", "));
    let advice = "add the licence to allow, or an exception for the module";
    let finding = Finding::new(rules.default, "not-allowed", message).advice(advice);
    Some(finding.attribute("expression", expression.to_string()))
}

/// Code that a module has taken in from others.
fn nested(module: &ModuleInfo, files: &[Read], rules: &Rules, findings: &mut Vec<Finding>) {
    for file in files {
        let Some(expression) = combine(vec![file.clone()], &[]).expression else { continue };
        let mut allowed = |id: &str| rules.excepted(module, id) || (rules.allows(id) && !rules.denies(id));
        if !expression.permits(&mut allowed) {
            let message = format!("{} is {expression}, which is not allowed", file.path);
            let finding = Finding::new(rules.nested, "nested", message)
                .advice("see whether that code is part of the build, then add an exception for the module");
            findings.push(finding.module(module.index).file(&file.path));
        }
    }
}

fn unused(rules: &Rules) -> Vec<Finding> {
    if rules.unused == Verdict::Allow {
        return Vec::new();
    }
    let exceptions = rules.exceptions.iter().filter(|e| !e.used.get()).map(|e| ("exception", &e.module));
    let clarifications =
        rules.clarifications.iter().filter(|c| !c.used.get()).map(|c| ("clarification", &c.module));
    exceptions
        .chain(clarifications)
        .map(|(kind, module)| {
            Finding::new(rules.unused, "unused-entry", format!("the {kind} for {module} is of no use"))
                .advice("remove it, or correct its spelling")
        })
        .collect()
}

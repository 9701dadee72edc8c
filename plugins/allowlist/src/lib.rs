//! Allows and denies modules by name and version. See README.md for the config
//! and the rules.
//!
//! For each module: an entry of `deny` that matches its name, or the name of
//! the code that replaces it, refuses it. Otherwise an entry of `allow` that
//! matches the code lets it pass. Otherwise it gets the `default` verdict.

mod config;
#[cfg(test)]
mod tests;

use airgo_plugin::select::{Entry, Match};
use airgo_plugin::{Bundle, CheckError, Description, Finding, ModuleInfo, Policy, Rule, Verdict};

use config::{Config, Lists};

struct Allowlist;

impl Policy for Allowlist {
    type Config = Config;

    fn description() -> Description {
        Description::new(
            "allowlist",
            env!("CARGO_PKG_VERSION"),
            "Allows and denies modules by path pattern and version.",
        )
        .config_schema(include_str!("../config.schema.json"))
        .rule(
            Rule::new("denied", "an entry of deny matches the module")
                .description(include_str!("../rules/denied.md")),
        )
        .rule(
            Rule::new("not-listed", "no entry of allow matches the module")
                .description(include_str!("../rules/not-listed.md")),
        )
        .rule(
            Rule::new("version-not-listed", "allow names the module, but not at this version")
                .description(include_str!("../rules/version-not-listed.md")),
        )
        .rule(
            Rule::new("unused-entry", "an entry matches no module of the bundle")
                .description(include_str!("../rules/unused-entry.md")),
        )
    }

    fn check(config: Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
        let mut lists = config.lists()?;
        let mut findings = Vec::new();
        for module in bundle.modules() {
            findings.extend(judge(&module, &mut lists));
        }
        findings.extend(unused(&lists));
        Ok(findings)
    }
}

airgo_plugin::export!(Allowlist);

/// The name under which a module is required, and that of the code in it.
struct Names<'a> {
    required: (&'a str, &'a str),
    /// A directory of the project has no version: that code is judged under
    /// the name it is required by.
    replacement: Option<(&'a str, &'a str)>,
}

impl<'a> Names<'a> {
    fn of(module: &'a ModuleInfo) -> Self {
        let replacement = module.replaced_by.as_ref().filter(|r| !r.version.is_empty());
        Names {
            required: (&module.path, &module.version),
            replacement: replacement.map(|r| (r.path.as_str(), r.version.as_str())),
        }
    }

    /// The code that is in the bundle: it is this that has to be allowed.
    fn code(&self) -> (&'a str, &'a str) {
        self.replacement.unwrap_or(self.required)
    }
}

fn judge(module: &ModuleInfo, lists: &mut Lists) -> Option<Finding> {
    let names = Names::of(module);
    if let Some(finding) = denied(&names, &mut lists.deny) {
        return Some(finding.module(module.index));
    }
    // Every entry is tried, so that each that is of use is known as used.
    let (path, version) = names.code();
    let mut listed = false;
    let mut at_other_versions = Vec::new();
    for entry in &mut lists.allow {
        match entry.matches(path, version) {
            Match::Yes => {
                entry.used = true;
                listed = true;
            }
            Match::OtherVersion | Match::UnknownVersion => {
                entry.used = true;
                at_other_versions.push(entry.to_string());
            }
            Match::No => {}
        }
    }
    if listed || lists.default == Verdict::Allow {
        return None;
    }
    let subject = match names.replacement {
        Some(_) => format!("its replacement {path}@{version} is "),
        None => "is ".to_owned(),
    };
    let finding = if at_other_versions.is_empty() {
        Finding::new(lists.default, "not-listed", format!("{subject}not on the allow list"))
    } else {
        let entries = at_other_versions.join(", ");
        let message = format!("{subject}not at an allowed version, which are {entries}");
        Finding::new(lists.default, "version-not-listed", message)
    };
    let advice = format!("once it is reviewed, add \"={path}@{version}\" to allow");
    Some(finding.module(module.index).advice(advice))
}

fn denied(names: &Names<'_>, deny: &mut [Entry]) -> Option<Finding> {
    let mut first = None;
    for entry in deny {
        let hit = |(path, version): (&str, &str)| {
            // A version that does not read is no way around a denied range.
            matches!(entry.matches(path, version), Match::Yes | Match::UnknownVersion)
        };
        let (by_name, by_replacement) = (hit(names.required), names.replacement.is_some_and(hit));
        if !(by_name || by_replacement) {
            continue;
        }
        entry.used = true;
        if first.is_some() {
            continue;
        }
        let mut message = match names.replacement {
            Some((path, version)) if !by_name => format!("its replacement {path}@{version} is denied"),
            _ => "is denied".to_owned(),
        };
        message.push_str(&format!(" by the entry {entry}"));
        if let Some(reason) = &entry.reason {
            message.push_str(&format!(": {reason}"));
        }
        first = Some(Finding::deny("denied", message).attribute("entry", entry.to_string()));
    }
    first
}

fn unused(lists: &Lists) -> Vec<Finding> {
    if lists.unused == Verdict::Allow {
        return Vec::new();
    }
    let of = |list: &'static str, entries: &[Entry]| {
        let unused = entries.iter().filter(|entry| !entry.used);
        let found = unused.map(|entry| {
            Finding::new(lists.unused, "unused-entry", format!("the {list} entry {entry} matches no module"))
                .advice("remove it, or correct its spelling")
                .attribute("entry", entry.to_string())
        });
        found.collect::<Vec<_>>()
    };
    let mut findings = of("allow", &lists.allow);
    findings.extend(of("deny", &lists.deny));
    findings
}

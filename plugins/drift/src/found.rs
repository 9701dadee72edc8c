//! What plugins licence and native found of a module in both bundles.
//!
//! Of a module a bundle may have a part of the files. What such a part does not
//! show may be in the rest all the same: it does not differ.

use std::collections::{BTreeMap, BTreeSet};

use airgo_plugin::ModuleInfo;

/// What one bundle has, and the other had.
pub type Difference = Option<(String, String)>;

/// The same bytes: what is seen of them depends on the files that are there, and
/// on nothing else.
pub fn is_same_code(now: &ModuleInfo, was: &ModuleInfo) -> bool {
    now.sum == was.sum && !now.sum.is_empty()
}

/// The licences, where they differ.
pub fn licences(now: &ModuleInfo, was: &ModuleInfo) -> Difference {
    let (now, was) = (licence(now)?, licence(was)?);
    (now != was).then_some((now, was))
}

/// The licence that plugin licence found, or that it found none.
fn licence(module: &ModuleInfo) -> Option<String> {
    let all = module.found_by("licence")?;
    let found = all.iter().rfind(|found| found.rule == "found");
    let not = || all.iter().find(|found| ["missing", "unknown"].contains(&found.rule.as_str()));
    let said = found.or_else(not)?;
    // The licence may be in a file that is named and not there.
    if module.is_part() && said.attributes.contains_key("absent") {
        return None;
    }
    Some(said.attributes.get("expression").filter(|_| said.rule == "found").unwrap_or(&said.rule).clone())
}

/// The sets of native code, where they differ.
///
/// Of a module of which only a part was approved, native code that no build has is
/// in no part: it counts where the approved part has such code too.
pub fn natives(now: &ModuleInfo, was: &ModuleInfo) -> Difference {
    let (found, before) = (native(now)?, native(was)?);
    let before: BTreeSet<&str> = before.keys().map(String::as_str).collect();
    let counts = |rule: &str, built: bool| !was.is_part() || built || before.contains(rule);
    let seen: BTreeSet<&str> =
        found.iter().filter(|(rule, built)| counts(rule, **built)).map(|(rule, _)| rule.as_str()).collect();
    let differ = if now.is_part() { !seen.is_subset(&before) } else { seen != before };
    differ.then(|| (list(&seen), list(&before)))
}

/// The rules of plugin native that the module meets, each with whether builds have
/// such code.
fn native(module: &ModuleInfo) -> Option<BTreeMap<String, bool>> {
    let mut rules = BTreeMap::new();
    for found in module.found_by("native")? {
        let built = found.attributes.get("built").is_none_or(|built| built != "false");
        *rules.entry(found.rule).or_default() |= built;
    }
    Some(rules)
}

fn list(rules: &BTreeSet<&str>) -> String {
    if rules.is_empty() {
        return "none".to_owned();
    }
    rules.iter().copied().collect::<Vec<_>>().join(" ")
}

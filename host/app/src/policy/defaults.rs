//! What is said where nobody wrote a policy: a short account of what the
//! built-in plugins found with their defaults, which warn and never refuse.
//!
//! All but the plugins' names is a stranger's text, and escaped.

use crate::Context;
use crate::findings::{groups, weight};
use crate::quantity::count;
use airgo_model::escape::foreign;
use airgo_policy::{NOT_JUDGED, Report, ReportedFinding, Verdict};
use std::collections::BTreeMap;

/// How many modules of a rule are named.
const NAMED: usize = 3;

/// How to have more than warnings.
pub const WRITE_ONE: &str = "airgo policy init writes a policy of your own, which can refuse";

/// That defaults judged; `missing` is the policy file that is not there.
pub fn notice(missing: &str) -> String {
    let missing = foreign(missing);
    format!("there is no {missing}: the built-in plugins judged with defaults, which warn and never refuse")
}

/// Says that defaults judged, who failed to, what was found, and how to go on;
/// `again` is the command that lists everything.
pub fn report(context: &Context, report: &Report, missing: &str, again: &str) {
    for text in texts(report, missing) {
        context.warning(text);
    }
    if report.counts.warn > 0 {
        let all = match report.counts.warn {
            1 => "shows it whole".to_owned(),
            n => format!("lists all {}", count(n, "warning")),
        };
        context.hint(format!("{} {all}", foreign(again)));
    }
    context.hint(WRITE_ONE);
}

/// Each plugin that failed, loud and first; then one text for all that was found.
fn texts(report: &Report, missing: &str) -> Vec<String> {
    let failed = warnings(report).filter(|f| f.rule == NOT_JUDGED).map(with_advice);
    let found = std::iter::once(notice(missing)).chain(account(report)).collect::<Vec<_>>().join("\n  ");
    failed.chain(std::iter::once(found)).collect()
}

fn warnings(report: &Report) -> impl Iterator<Item = &ReportedFinding> {
    report.findings.iter().filter(|f| weight(f) == Verdict::Warn)
}

/// A line for each rule that found something, its first modules named.
fn account(report: &Report) -> Vec<String> {
    let mut rules: BTreeMap<String, Vec<&ReportedFinding>> = BTreeMap::new();
    for finding in warnings(report).filter(|f| f.rule != NOT_JUDGED) {
        rules.entry(finding.code()).or_default().push(finding);
    }
    rules.iter().map(|(code, found)| format!("{}: {}", foreign(code), of_rule(found))).collect()
}

/// `5 modules: a@v1, b@v1, c@v1 and 2 more`; of the bundle as a whole, what was
/// found first, and what helps against all that belongs to it.
fn of_rule(found: &[&ReportedFinding]) -> String {
    let mut modules: Vec<(&str, &str)> =
        found.iter().filter_map(|f| Some((f.module.as_deref()?, f.version.as_deref()?))).collect();
    modules.dedup();
    let groups = groups(found.iter().copied().filter(|f| f.module.is_none()));
    let Some(whole) = groups.first() else {
        return named(found.len(), &modules);
    };
    let text = match (whole.size(), whole.title()) {
        (1, _) | (_, None) => with_advice(whole.first()),
        (n, Some(title)) => {
            let advice = whole.advice().map(|advice| format!(" ({})", foreign(advice)));
            format!("{}: {}{}", foreign(title), count(n, "warning"), advice.unwrap_or_default())
        }
    };
    match found.len() - whole.size() {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}

fn named(warnings: usize, modules: &[(&str, &str)]) -> String {
    let first: Vec<String> = modules
        .iter()
        .take(NAMED)
        .map(|(path, version)| foreign(&format!("{path}@{version}")).into())
        .collect();
    let how_many = match modules.len() {
        all if all == warnings => count(all, "module"),
        all => format!("{} in {}", count(warnings, "warning"), count(all, "module")),
    };
    let more = match modules.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{how_many}: {}{more}", first.join(", "))
}

fn with_advice(finding: &ReportedFinding) -> String {
    let message = foreign(&finding.message);
    match &finding.advice {
        Some(advice) => format!("{message} ({})", foreign(advice)),
        None => message.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::tests::{finding, report};

    fn at(plugin: &str, rule: &str, module: &str) -> ReportedFinding {
        let found = finding(module, Verdict::Warn, "found");
        ReportedFinding { plugin: plugin.into(), rule: rule.into(), ..found }
    }

    #[test]
    fn a_rule_is_one_line_however_much_it_finds() {
        let mut findings: Vec<_> =
            (0..40).map(|n| at("native", "cgo", &format!("example.com/m{n:02}"))).collect();
        findings.push(at("licence", "missing", "example.com/a"));
        findings.push(at("licence", "missing", "example.com/a"));
        findings.push(ReportedFinding { verdict: Verdict::Allow, ..at("licence", "found", "example.com/b") });
        findings
            .push(ReportedFinding { excepted: Some("fine".into()), ..at("licence", "x", "example.com/b") });
        findings.sort();
        assert_eq!(
            account(&report(findings)),
            [
                "licence/missing: 2 warnings in 1 module: example.com/a@v1.0.0",
                "native/cgo: 40 modules: example.com/m00@v1.0.0, example.com/m01@v1.0.0, example.com/m02@v1.0.0 and 37 more",
            ]
        );
    }

    #[test]
    fn a_plugin_that_did_not_judge_is_told_by_itself() {
        let failed = ReportedFinding {
            module: None,
            version: None,
            message: "plugin native did not judge: it crashed in gather: x\ny".to_owned(),
            advice: None,
            ..at("native", NOT_JUDGED, "")
        };
        let texts = texts(&report(vec![failed, at("licence", "missing", "example.com/a")]), "airgo.toml");
        assert_eq!(
            texts,
            [
                "plugin native did not judge: it crashed in gather: x\\u{a}y",
                "there is no airgo.toml: the built-in plugins judged with defaults, which warn and never refuse\n  licence/missing: 1 module: example.com/a@v1.0.0",
            ]
        );
    }

    #[test]
    fn of_the_bundle_as_a_whole_it_says_what() {
        let whole = ReportedFinding { module: None, version: None, ..at("vulnerability", "no-data", "") };
        assert_eq!(account(&report(vec![whole])), ["vulnerability/no-data: found (ask for another)"]);
    }

    #[test]
    fn a_strangers_text_stays_on_its_line() {
        let hostile = "example.com/a\u{1b}[2J\n::error::owned";
        let lines = account(&report(vec![at("native", "cgo", hostile)]));
        assert_eq!(lines, ["native/cgo: 1 module: example.com/a\\u{1b}[2J\\u{a}\\u{3a}:error::owned@v1.0.0"]);
        let whole = ReportedFinding {
            module: None,
            message: "x\n::error::y".to_owned(),
            advice: Some("\u{202e}z".to_owned()),
            ..at("native", "cgo", "")
        };
        assert_eq!(account(&report(vec![whole])), ["native/cgo: x\\u{a}\\u{3a}:error::y (\\u{202e}z)"]);
    }
}

//! What is reported without a policy file: a short account of what the
//! built-in plugins found with their defaults, which warn and never refuse.

use crate::Context;
use crate::findings::{Finding, groups};
use crate::quantity::count;
use airgo_model::{Line, Message};
use airgo_policy::{NOT_JUDGED, Report, Verdict};
use std::collections::BTreeMap;

/// How many modules of a rule are named.
const NAMED: usize = 3;

/// How to have more than warnings.
pub const WRITE_ONE: &str = "airgo policy init writes a policy of your own, which can refuse";

/// That defaults were evaluated; `missing` is the policy file that is not there.
pub fn notice(missing: &str) -> Line {
    format!("there is no {missing}: the built-in plugins ran with defaults, which warn and never refuse")
        .into()
}

/// Says that defaults were evaluated, which plugins failed, what was found, and how
/// to go on; `again` is the command that lists everything.
pub fn report(context: &Context, report: &Report, missing: &str, again: &str) {
    for message in messages(report, missing) {
        context.warning(message);
    }
    if report.counts.warn > 0 {
        let all = match report.counts.warn {
            1 => "shows it whole".to_owned(),
            n => format!("lists all {}", count(n, "warning")),
        };
        context.hint(format!("{again} {all}"));
    }
    context.hint(WRITE_ONE);
}

/// Each plugin that failed, by itself and first; then one message of all that was
/// found.
fn messages(report: &Report, missing: &str) -> Vec<Message> {
    let failed = warnings(report).filter(|f| f.raw().rule == NOT_JUDGED);
    let found = Message { line: notice(missing), more: account(report) };
    failed.map(|finding| with_advice(finding).into()).chain(std::iter::once(found)).collect()
}

fn warnings(report: &Report) -> impl Iterator<Item = Finding<'_>> {
    Finding::of(report).filter(|f| f.weight() == Verdict::Warn)
}

/// A line for each rule that found something, its first modules named.
fn account(report: &Report) -> Vec<Line> {
    let mut rules: BTreeMap<Line, Vec<Finding<'_>>> = BTreeMap::new();
    for finding in warnings(report).filter(|f| f.raw().rule != NOT_JUDGED) {
        rules.entry(finding.code()).or_default().push(finding);
    }
    rules.iter().map(|(code, found)| format!("{code}: {}", of_rule(found)).into()).collect()
}

/// `5 modules: a@v1, b@v1, c@v1 and 2 more`; of the bundle as a whole, what was
/// found first, and what helps against all that belongs to it.
fn of_rule(found: &[Finding<'_>]) -> Line {
    let mut modules: Vec<Line> = found.iter().filter_map(|f| f.module()).collect();
    modules.dedup();
    let groups = groups(found.iter().copied().filter(|f| f.raw().module.is_none()));
    let Some(whole) = groups.first() else {
        return named(found.len(), &modules);
    };
    let text = match (whole.size(), whole.title()) {
        (1, _) | (_, None) => with_advice(whole.first()),
        (n, Some(title)) => {
            let advice = whole.advice().map(|advice| format!(" ({advice})"));
            format!("{title}: {}{}", count(n, "warning"), advice.unwrap_or_default()).into()
        }
    };
    match found.len() - whole.size() {
        0 => text,
        more => format!("{text}; and {more} more").into(),
    }
}

fn named(warnings: usize, modules: &[Line]) -> Line {
    let first: Vec<String> = modules.iter().take(NAMED).map(Line::to_string).collect();
    let how_many = match modules.len() {
        all if all == warnings => count(all, "module"),
        all => format!("{} in {}", count(warnings, "warning"), count(all, "module")),
    };
    let more = match modules.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{how_many}: {}{more}", first.join(", ")).into()
}

fn with_advice(finding: Finding<'_>) -> Line {
    match finding.advice() {
        Some(advice) => format!("{} ({advice})", finding.message()).into(),
        None => finding.message(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::tests::{finding, report};
    use airgo_policy::ReportedFinding;

    fn accounted(findings: Vec<ReportedFinding>) -> Vec<String> {
        account(&report(findings)).iter().map(Line::to_string).collect()
    }

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
            accounted(findings),
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
        let report = report(vec![failed, at("licence", "missing", "example.com/a")]);
        let messages: Vec<String> = messages(&report, "airgo.toml").iter().map(Message::to_string).collect();
        assert_eq!(
            messages,
            [
                "plugin native did not judge: it crashed in gather: x\\u{a}y",
                "there is no airgo.toml: the built-in plugins ran with defaults, which warn and never refuse\n  licence/missing: 1 module: example.com/a@v1.0.0",
            ]
        );
    }

    #[test]
    fn of_the_bundle_as_a_whole_it_says_what() {
        let whole = ReportedFinding { module: None, version: None, ..at("vulnerability", "no-data", "") };
        assert_eq!(accounted(vec![whole]), ["vulnerability/no-data: found (ask for another)"]);
    }

    #[test]
    fn a_strangers_text_stays_on_its_line() {
        let hostile = "example.com/a\u{1b}[2J\n::error::owned";
        let lines = accounted(vec![at("native", "cgo", hostile)]);
        assert_eq!(lines, ["native/cgo: 1 module: example.com/a\\u{1b}[2J\\u{a}\\u{3a}:error::owned@v1.0.0"]);
        let whole = ReportedFinding {
            module: None,
            message: "x\n::error::y".to_owned(),
            advice: Some("\u{202e}z".to_owned()),
            ..at("native", "cgo", "")
        };
        assert_eq!(accounted(vec![whole]), ["native/cgo: x\\u{a}\\u{3a}:error::y (\\u{202e}z)"]);
    }
}

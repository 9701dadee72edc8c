//! Findings for people, in cargo-deny's manner.

use super::{Finding, Findings, Group, groups};
use crate::page::Page;
use airgo_app::quantity::count;
use airgo_policy::Verdict;
use anstyle::{AnsiColor, Style};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();

/// Refusals first; what is of one rule about one module as one, with the chain
/// that brings the module and what to do; the counts at the end.
pub fn render(findings: &Findings<'_>) -> Page {
    let mut out = Page::default();
    for group in groups(Finding::of(findings.report)) {
        one(&mut out, findings, &group);
    }
    for exception in &findings.report.exceptions {
        use airgo_policy::ExceptionState::{Expired, Unused, Used};
        let problem = match exception.state {
            Used => continue,
            Unused => "lifts nothing",
            Expired => "has expired",
        };
        out.line(format!(
            "note: the exception for {} in line {} of the policy file {problem}",
            exception.rule, exception.line
        ));
    }
    let c = findings.report.counts;
    out.line(format!(
        "{}: {} denied, {} warned, {} noted, {} excepted",
        count(findings.report.findings.len(), "finding"),
        c.deny,
        c.warn,
        c.allow,
        c.excepted
    ));
    out
}

fn one(out: &mut Page, findings: &Findings<'_>, group: &Group<'_>) {
    let (word, style) = match group.weight() {
        Verdict::Deny => ("error", AnsiColor::Red.on_default().bold()),
        Verdict::Warn => ("warning", AnsiColor::Yellow.on_default().bold()),
        Verdict::Allow => ("note", AnsiColor::Cyan.on_default().bold()),
    };
    let finding = group.first();
    let single = group.size() == 1;
    let message = match group.title() {
        _ if single => finding.message(),
        Some(title) => format!("{title}: {} findings", group.size()).into(),
        None => format!("{} findings", group.size()).into(),
    };
    let code = format!("{word}[{}]", finding.code()).into();
    out.styled(&[(style, code), (PLAIN, ": ".into()), (BOLD, message)]);
    if let Some(module) = finding.module() {
        let place = finding.place().filter(|_| single).map(|place| format!(" {place}"));
        out.line(format!("  --> {module}{}", place.unwrap_or_default()));
    }
    if let Some(reason) = findings.reason(finding) {
        out.line(format!("   = why: {}", reason.line()));
    }
    for member in group.findings().filter(|_| !single) {
        let place = member.place().map(|place| format!("{place}: ")).unwrap_or_default();
        // Where one advice does for all, it is below.
        let advice = member.advice().filter(|_| group.advice().is_none());
        let advice = advice.map(|advice| format!(" ({advice})")).unwrap_or_default();
        out.line(format!("   | {place}{}{advice}", member.own_text()));
    }
    let see = finding.help_url().filter(|url| group.findings().all(|f| f.help_url().as_ref() == Some(url)));
    for (label, text) in [("excepted", finding.excepted()), ("help", group.advice()), ("see", see)] {
        if let Some(text) = text {
            out.line(format!("   = {label}: {text}"));
        }
    }
    out.blank();
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn a_finding_says_what_why_and_what_to_do() {
        let report = report(vec![finding("example.com/a", Verdict::Deny, "AGPL-3.0\x1b[2J::error::x")]);
        let text = anstream::adapter::strip_str(render(&findings(&report)).as_str()).to_string();
        assert_eq!(
            text,
            "error[licence/denied]: AGPL-3.0\\u{1b}[2J\\u{3a}:error::x\n  --> example.com/a@v1.0.0 LICENSE:3\n   = why: example.com/app -> example.com/a@v1.0.0\n   = help: ask for another\n   = see: https://example.com/help\n\n1 finding: 0 denied, 0 warned, 0 noted, 0 excepted\n"
        );
    }
}

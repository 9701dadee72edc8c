//! Findings for people, in cargo-deny's manner.

use super::{Findings, Group, groups, module, own_text, place};
use airgo_app::quantity::count;
use airgo_model::escape::foreign;
use airgo_policy::Verdict;
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

const CODE: Style = Style::new().bold();

/// Refusals first; what is of one rule about one module as one, with the chain
/// that brings the module and what to do; the counts at the end.
pub fn render(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for group in groups(&findings.report.findings) {
        one(&mut out, findings, &group);
    }
    for exception in &findings.report.exceptions {
        use airgo_policy::ExceptionState::{Expired, Unused, Used};
        let problem = match exception.state {
            Used => continue,
            Unused => "lifts nothing",
            Expired => "has expired",
        };
        let _ = writeln!(
            out,
            "note: the exception for {} in line {} of the policy file {problem}",
            foreign(&exception.rule),
            exception.line
        );
    }
    let c = findings.report.counts;
    let _ = writeln!(
        out,
        "{}: {} denied, {} warned, {} noted, {} excepted",
        count(findings.report.findings.len(), "finding"),
        c.deny,
        c.warn,
        c.allow,
        c.excepted
    );
    out
}

fn one(out: &mut String, findings: &Findings<'_>, group: &Group<'_>) {
    let (word, style) = match group.weight() {
        Verdict::Deny => ("error", AnsiColor::Red.on_default().bold()),
        Verdict::Warn => ("warning", AnsiColor::Yellow.on_default().bold()),
        Verdict::Allow => ("note", AnsiColor::Cyan.on_default().bold()),
    };
    let finding = group.first();
    let single = group.size() == 1;
    let message = match group.title() {
        _ if single => finding.message.clone(),
        Some(title) => format!("{title}: {} findings", group.size()),
        None => format!("{} findings", group.size()),
    };
    let code = finding.code();
    let _ = writeln!(out, "{style}{word}[{}]{style:#}: {CODE}{}{CODE:#}", foreign(&code), foreign(&message));
    if let Some(module) = module(finding) {
        let _ = write!(out, "  --> {}", foreign(&module));
        if let Some(place) = place(finding).filter(|_| single) {
            let _ = write!(out, " {}", foreign(&place));
        }
        out.push('\n');
    }
    if let Some(reason) = findings.reason(finding) {
        let _ = writeln!(out, "   = why: {}", foreign(&reason.text()));
    }
    for member in group.findings().filter(|_| !single) {
        let place = place(member).map(|place| format!("{place}: ")).unwrap_or_default();
        let _ = write!(out, "   | {}{}", foreign(&place), foreign(&own_text(member)));
        // Where one advice does for all, it stands below.
        if let Some(advice) = member.advice.as_ref().filter(|_| group.advice().is_none()) {
            let _ = write!(out, " ({})", foreign(advice));
        }
        out.push('\n');
    }
    let excepted = finding.excepted.as_deref();
    let see = finding
        .help_url
        .as_deref()
        .filter(|url| group.findings().all(|f| f.help_url.as_deref() == Some(url)));
    for (label, text) in [("excepted", excepted), ("help", group.advice()), ("see", see)] {
        if let Some(text) = text {
            let _ = writeln!(out, "   = {label}: {}", foreign(text));
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn a_finding_says_what_why_and_what_to_do() {
        let report = report(vec![finding("example.com/a", Verdict::Deny, "AGPL-3.0\x1b[2J::error::x")]);
        let text = anstream::adapter::strip_str(&render(&findings(&report))).to_string();
        assert_eq!(
            text,
            "error[licence/denied]: AGPL-3.0\\u{1b}[2J\\u{3a}:error::x\n  --> example.com/a@v1.0.0 LICENSE:3\n   = why: example.com/app -> example.com/a@v1.0.0\n   = help: ask for another\n   = see: https://example.com/help\n\n1 finding: 0 denied, 0 warned, 0 noted, 0 excepted\n"
        );
    }
}

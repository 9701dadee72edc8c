//! Findings for people, in cargo-deny's manner.

use super::{Findings, module, weight};
use crate::escape::foreign;
use crate::printer::count;
use airgo_policy::{ReportedFinding, Verdict};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

const CODE: Style = Style::new().bold();

/// Each finding with its module, the chain that brings it and what to do; the
/// counts at the end.
pub fn render(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for finding in &findings.report.findings {
        one(&mut out, findings, finding);
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

fn one(out: &mut String, findings: &Findings<'_>, finding: &ReportedFinding) {
    let (word, style) = match weight(finding) {
        Verdict::Deny => ("error", AnsiColor::Red.on_default().bold()),
        Verdict::Warn => ("warning", AnsiColor::Yellow.on_default().bold()),
        Verdict::Allow => ("note", AnsiColor::Cyan.on_default().bold()),
    };
    let code = finding.code();
    let _ = writeln!(
        out,
        "{style}{word}[{}]{style:#}: {CODE}{}{CODE:#}",
        foreign(&code),
        foreign(&finding.message)
    );
    if let Some(module) = module(finding) {
        let _ = write!(out, "  --> {}", foreign(&module));
        if let Some(file) = &finding.file {
            let _ = write!(out, " {}", foreign(file));
            if let Some(line) = finding.line {
                let _ = write!(out, ":{line}");
            }
        }
        out.push('\n');
    }
    if let Some(reason) = findings.reason(finding) {
        let _ = writeln!(out, "   = why: {}", foreign(&reason.text()));
    }
    let lines = [("excepted", &finding.excepted), ("help", &finding.advice), ("see", &finding.help_url)];
    for (label, text) in lines {
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

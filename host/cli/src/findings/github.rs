//! Findings as annotations of GitHub Actions (workflow commands).

use super::{Findings, groups, module};
use airgo_model::escape::foreign;
use airgo_policy::Verdict;
use std::fmt::Write as _;

/// One command a line, refusals first: GitHub shows the first ten of a step. What
/// is of one rule about one module is one annotation.
pub fn render(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for group in groups(&findings.report.findings) {
        let finding = group.first();
        let command = match group.weight() {
            Verdict::Deny => "error",
            Verdict::Warn => "warning",
            Verdict::Allow => "notice",
        };
        let thing = module(finding).or_else(|| group.title().filter(|_| group.size() > 1).map(str::to_owned));
        let mut text = thing.map(|thing| format!("{thing}: ")).unwrap_or_default();
        text.push_str(&group.named());
        if let Some(advice) = group.advice() {
            let _ = write!(text, "\n{advice}");
        }
        if let Some(reason) = findings.reason(finding) {
            let _ = write!(text, "\nwhy: {}", reason.text());
        }
        let lines: Vec<_> = text.split('\n').map(|line| data(&foreign(line))).collect();
        let place = findings.place(finding).map(|place| {
            let line = place.line.map(|line| format!(",line={line}")).unwrap_or_default();
            format!("file={}{line},", property(&place.file))
        });
        let _ = writeln!(
            out,
            "::{command} {}title={}::{}",
            place.unwrap_or_default(),
            property(&finding.code()),
            lines.join("%0A")
        );
    }
    out
}

/// The escapes of a command's text (actions/toolkit core command.ts).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a command's property.
fn property(text: &str) -> String {
    data(&foreign(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn a_plugin_cannot_slip_in_a_command_of_its_own() {
        let report = report(vec![finding("example.com/a", Verdict::Warn, "100%\n::set-output name=x::y")]);
        assert_eq!(
            render(&findings(&report)),
            "::warning title=licence/denied::example.com/a@v1.0.0: 100%25%0A\\u{3a}:set-output name=x::y%0Aask for another%0Awhy: example.com/app -> example.com/a@v1.0.0\n"
        );
    }
}

//! Findings as annotations of GitHub Actions (workflow commands).

use super::{Finding, Findings, groups};
use airgo_model::Line;
use airgo_policy::Verdict;
use std::fmt::Write as _;

/// Commands, one a line: what is not airgo's own is escaped twice, against other CI
/// systems and as GitHub wants it.
#[derive(Clone, Debug, Default)]
pub struct WorkflowCommands(String);

impl WorkflowCommands {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One command a line, refusals first: GitHub shows the first ten of a step. What
/// is of one rule about one module is one annotation.
pub fn render(findings: &Findings<'_>) -> WorkflowCommands {
    let mut out = String::new();
    for group in groups(Finding::of(findings.report)) {
        let finding = group.first();
        let command = match group.weight() {
            Verdict::Deny => "error",
            Verdict::Warn => "warning",
            Verdict::Allow => "notice",
        };
        let title = || group.title().filter(|_| group.size() > 1);
        let thing = finding.module().or_else(title).map(|thing| format!("{thing}: "));
        let mut lines = vec![format!("{}{}", thing.unwrap_or_default(), group.named()).into()];
        lines.extend(group.advice());
        lines.extend(findings.reason(finding).map(|reason| format!("why: {}", reason.line()).into()));
        let lines: Vec<String> = lines.iter().map(data).collect();
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
    WorkflowCommands(out)
}

/// The escapes of a command's text (actions/toolkit core command.ts).
fn data(text: &Line) -> String {
    text.to_string().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a command's property.
fn property(text: &Line) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn a_plugin_cannot_slip_in_a_command_of_its_own() {
        let report = report(vec![finding("example.com/a", Verdict::Warn, "100%\n::set-output name=x::y")]);
        assert_eq!(
            render(&findings(&report)).as_str(),
            "::warning title=licence/denied::example.com/a@v1.0.0: 100%25\\u{a}\\u{3a}:set-output name=x::y%0Aask for another%0Awhy: example.com/app -> example.com/a@v1.0.0\n"
        );
    }
}

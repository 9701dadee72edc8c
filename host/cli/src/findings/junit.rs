//! Findings as JUnit XML: a suite a plugin, a case a finding, so that a CI that
//! knows nothing of airgo shows what was refused.

use super::{Finding, Findings};
use crate::page::Page;
use airgo_model::Line;
use airgo_policy::Verdict;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

/// A refusal is a failure; a warning or an exception passes with its text as
/// output; a plugin without findings is one case that passed.
pub fn render(findings: &Findings<'_>) -> Result<Page, SerializeError> {
    let mut report = Report::new("airgo policy");
    let evaluated = findings.report.plugins.iter().map(|plugin| Line::from(&plugin.name));
    // One that failed where there is no policy file has a finding that says so.
    let reporting = Finding::of(findings.report).map(Finding::plugin);
    let mut suites: Vec<Line> = Vec::new();
    for plugin in evaluated.chain(reporting) {
        if !suites.contains(&plugin) {
            suites.push(plugin);
        }
    }
    for plugin in suites {
        let name = plugin.to_string();
        let mut suite = TestSuite::new(name.clone());
        for finding in Finding::of(findings.report).filter(|f| f.plugin() == plugin) {
            let mut case = case(findings, finding);
            case.set_classname(name.clone());
            suite.add_test_case(case);
        }
        if suite.test_cases.is_empty() {
            let mut case = TestCase::new("no findings", TestCaseStatus::success());
            case.set_classname(name);
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let mut page = Page::default();
    page.lines(&report.to_string()?);
    Ok(page)
}

fn case(findings: &Findings<'_>, finding: Finding<'_>) -> TestCase {
    let mut lines = vec![finding.message()];
    lines.extend(finding.advice().into_iter().chain(finding.excepted()));
    lines.extend(findings.reason(finding).map(|reason| format!("why: {}", reason.line()).into()));
    let text = lines.iter().map(Line::to_string).collect::<Vec<_>>().join("\n");
    let name = format!("{} {}", finding.rule(), findings.subject(finding));
    if finding.weight() != Verdict::Deny {
        let mut case = TestCase::new(name, TestCaseStatus::success());
        case.set_system_out(text);
        return case;
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(finding.rule().to_string());
    status.set_message(finding.message().to_string());
    status.set_description(text);
    TestCase::new(name, status)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn a_plugin_that_did_not_judge_has_a_suite_that_says_so() {
        // It is not among the report's plugins.
        let report = report(vec![finding("example.com/a", Verdict::Warn, "did not judge")]);
        let page = render(&findings(&report)).expect("XML");
        let text = page.as_str();
        assert!(
            text.contains("<testsuite name=\"licence\" tests=\"1\"") && text.contains("did not judge"),
            "{text}"
        );
    }
}

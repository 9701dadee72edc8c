//! Findings as JUnit XML: a suite a plugin, a case a finding, so that a CI that
//! knows nothing of airgo shows what was refused.

use super::{Findings, module, weight};
use airgo_model::escape::foreign;
use airgo_policy::Verdict;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

/// A refusal is a failure; a warning or an exception passes with its text as
/// output; a plugin without findings is one case that passed.
pub fn render(findings: &Findings<'_>) -> Result<String, SerializeError> {
    let mut report = Report::new("airgo policy");
    let judged = findings.report.plugins.iter().map(|plugin| plugin.name.as_str());
    // One that failed where nobody wrote a policy has a finding that says so.
    let spoken = findings.report.findings.iter().map(|finding| finding.plugin.as_str());
    let mut suites: Vec<&str> = Vec::new();
    for plugin in judged.chain(spoken) {
        if !suites.contains(&plugin) {
            suites.push(plugin);
        }
    }
    for plugin in suites {
        let mut suite = TestSuite::new(plugin);
        for finding in findings.report.findings.iter().filter(|f| f.plugin == plugin) {
            let subject = module(finding).unwrap_or_else(|| findings.subject.to_owned());
            let mut text = foreign(&finding.message).into_owned();
            for more in [&finding.advice, &finding.excepted].into_iter().flatten() {
                text = format!("{text}\n{}", foreign(more));
            }
            if let Some(reason) = findings.reason(finding) {
                text = format!("{text}\nwhy: {}", foreign(&reason.text()));
            }
            let status = if weight(finding) == Verdict::Deny {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_type(finding.rule.clone());
                status.set_message(foreign(&finding.message).into_owned());
                status.set_description(text.clone());
                status
            } else {
                TestCaseStatus::success()
            };
            let passed = weight(finding) != Verdict::Deny;
            let name = format!("{} {}", foreign(&finding.rule), foreign(&subject));
            let mut case = TestCase::new(name, status);
            case.set_classname(plugin.to_owned());
            if passed {
                case.set_system_out(text);
            }
            suite.add_test_case(case);
        }
        if suite.test_cases.is_empty() {
            let mut case = TestCase::new("no findings", TestCaseStatus::success());
            case.set_classname(plugin.to_owned());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn a_plugin_that_did_not_judge_has_a_suite_that_says_so() {
        // It is not among the report's plugins.
        let report = report(vec![finding("example.com/a", Verdict::Warn, "did not judge")]);
        let text = render(&findings(&report)).expect("XML");
        assert!(
            text.contains("<testsuite name=\"licence\" tests=\"1\"") && text.contains("did not judge"),
            "{text}"
        );
    }
}

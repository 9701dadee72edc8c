//! Findings as JUnit XML: a suite a plugin, a case a finding, so that a CI that
//! knows nothing of airgo shows what was refused.

use super::{Findings, module, weight};
use crate::escape::foreign;
use airgo_policy::Verdict;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

/// A refusal is a failure; a warning or an exception passes with its text as
/// output; a plugin without findings is one case that passed.
pub fn render(findings: &Findings<'_>) -> Result<String, SerializeError> {
    let mut report = Report::new("airgo policy");
    for plugin in &findings.report.plugins {
        let mut suite = TestSuite::new(&plugin.name);
        for finding in findings.report.findings.iter().filter(|f| f.plugin == plugin.name) {
            let subject = module(finding).unwrap_or_else(|| findings.subject.to_owned());
            let mut text = foreign(&finding.message).into_owned();
            for more in [&finding.advice, &finding.excepted].into_iter().flatten() {
                text = format!("{text}\n{}", foreign(more));
            }
            if let Some(chain) = findings.chain(finding) {
                text = format!("{text}\nwhy: {}", foreign(&chain.join(" -> ")));
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
            case.set_classname(plugin.name.clone());
            if passed {
                case.set_system_out(text);
            }
            suite.add_test_case(case);
        }
        if suite.test_cases.is_empty() {
            let mut case = TestCase::new("no findings", TestCaseStatus::success());
            case.set_classname(plugin.name.clone());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

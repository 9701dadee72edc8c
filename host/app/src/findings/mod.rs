//! Findings of policy plugins: what they come to, and which are one.

mod finding;
mod groups;

pub use finding::Finding;
pub use groups::{Group, groups};

use airgo_policy::{Report, ReportedFinding, Verdict};
use std::collections::HashSet;

/// Takes out the findings that an older report has too, and counts again. The
/// same finding on another version of the module is the same finding.
pub fn only_new(report: &mut Report, old: &Report) {
    fn key(f: &ReportedFinding) -> (&str, &str, Option<&String>, Option<&String>, &str) {
        (&f.plugin, &f.rule, f.module.as_ref(), f.file.as_ref(), &f.message)
    }
    let known: HashSet<_> = old.findings.iter().map(key).collect();
    report.findings.retain(|f| !known.contains(&key(f)));
    let in_force = || report.findings.iter().filter(|f| f.excepted.is_none());
    let of = |verdict| in_force().filter(|f| f.verdict == verdict).count();
    report.counts.allow = of(Verdict::Allow);
    report.counts.warn = of(Verdict::Warn);
    report.counts.deny = of(Verdict::Deny);
    report.counts.excepted = report.findings.len() - in_force().count();
    report.verdict = in_force().map(|f| f.verdict).max().unwrap_or(Verdict::Allow);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use airgo_policy::Counts;

    /// A finding whose text tries what an attacker would.
    pub fn finding(module: &str, verdict: Verdict, message: &str) -> ReportedFinding {
        ReportedFinding {
            module: Some(module.to_owned()),
            version: Some("v1.0.0".to_owned()),
            plugin: "licence".to_owned(),
            rule: "denied".to_owned(),
            verdict,
            file: Some("LICENSE".to_owned()),
            line: Some(3),
            message: message.to_owned(),
            advice: Some("ask for another".to_owned()),
            help_url: Some("https://example.com/help".to_owned()),
            attributes: Vec::new(),
            excepted: None,
        }
    }

    pub fn report(findings: Vec<ReportedFinding>) -> Report {
        Report {
            judged_at: "2026-01-02T03:04:05Z".to_owned(),
            verdict: Verdict::Deny,
            counts: Counts::default(),
            plugins: Vec::new(),
            data: Vec::new(),
            findings,
            exceptions: Vec::new(),
        }
    }

    #[test]
    fn a_baseline_takes_out_what_it_has() {
        let old = report(vec![finding("example.com/a", Verdict::Deny, "known")]);
        let mut new = report(vec![
            ReportedFinding {
                version: Some("v1.1.0".into()),
                ..finding("example.com/a", Verdict::Deny, "known")
            },
            finding("example.com/a", Verdict::Warn, "other"),
            finding("example.com/b", Verdict::Allow, "known"),
        ]);
        only_new(&mut new, &old);
        assert_eq!(new.findings.len(), 2);
        assert_eq!(new.verdict, Verdict::Warn);
        assert_eq!((new.counts.allow, new.counts.warn, new.counts.deny), (1, 1, 0));
    }
}

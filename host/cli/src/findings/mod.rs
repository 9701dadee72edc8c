//! Findings of policy plugins as people, code scanners and CI read them.
//!
//! A format has the texts of a finding as a `Line`, whose `Display` is escaped, and
//! what it makes is a type that the printer takes: there is no way past that.

mod github;
mod human;
mod junit;
mod places;
mod sarif;

use crate::page::Page;
use airgo_app::findings::{Finding, Group, groups};
use airgo_app::reasons::{Reason, Reasons};
use airgo_app::{Failure, Result};
use airgo_bundle::Manifest;
use airgo_model::Line;
use airgo_policy::{BundleView, Policy, Report, Rule};
pub use github::WorkflowCommands;
pub use places::{Place, Places};
pub use sarif::Sarif;
use std::collections::{BTreeMap, HashSet};

/// A report with what the manifest adds to it.
pub struct Findings<'a> {
    /// What the plugins reported.
    report: &'a Report,
    /// What was checked: a file, or a directory.
    subject: Line,
    /// `module@version` to a shortest chain that brings it.
    reasons: BTreeMap<String, Reason>,
    /// Where each module is required.
    places: Places,
    /// What the plugins say of their rules, by `<plugin>/<rule>`.
    rules: BTreeMap<String, Rule>,
}

impl<'a> Findings<'a> {
    /// Looks up the chains, through the imports in the modules' files.
    pub fn new(
        report: &'a Report,
        manifest: &Manifest,
        files: &dyn BundleView,
        subject: impl Into<Line>,
    ) -> Self {
        let modules = Finding::of(report).filter_map(|finding| finding.module());
        let modules: HashSet<String> = modules.map(|module| module.raw().to_owned()).collect();
        let mut reasons = BTreeMap::new();
        if !modules.is_empty() {
            let all = Reasons::of(manifest, Some(files));
            reasons.extend(modules.into_iter().filter_map(|m| Some((m.clone(), all.of_module(&m)?))));
        }
        Self { report, subject: subject.into(), reasons, places: Places::default(), rules: BTreeMap::new() }
    }

    /// With the lines of go.mod that require the modules.
    pub fn at(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// With what the policy's plugins say of their rules.
    pub fn by(self, policy: &Policy) -> Self {
        let rules = policy.plugins().flat_map(|(name, plugin)| {
            plugin.describe().rules.iter().map(move |rule| (format!("{name}/{}", rule.id), rule.clone()))
        });
        Self { rules: rules.collect(), ..self }
    }

    /// Where the module of a finding is required.
    fn place(&self, finding: Finding<'_>) -> Option<Place> {
        self.places.of_module(finding.raw().module.as_deref(), self.chain(finding))
    }

    /// Text for people.
    pub fn human(&self) -> Page {
        human::render(self)
    }

    /// Commands for GitHub Actions.
    pub fn github(&self) -> WorkflowCommands {
        github::render(self)
    }

    /// JUnit XML.
    pub fn junit(&self) -> Result<Page> {
        junit::render(self).map_err(|e| Failure::failed(format!("could not encode the findings: {e}")))
    }

    /// The chain that brings a finding's module, main module first.
    fn chain(&self, finding: Finding<'_>) -> Option<&[String]> {
        self.reason(finding).map(|reason| reason.steps.as_slice())
    }

    /// What a finding is about: its module, or all that was checked.
    fn subject(&self, finding: Finding<'_>) -> Line {
        finding.module().unwrap_or_else(|| self.subject.clone())
    }

    /// The same, with how it is known.
    fn reason(&self, finding: Finding<'_>) -> Option<&Reason> {
        self.reasons.get(finding.module()?.raw())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use airgo_policy::Counts;
    use airgo_policy::{ReportedFinding, Verdict};

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

    pub fn findings<'a>(report: &'a Report) -> Findings<'a> {
        let steps = ["example.com/app", "example.com/a@v1.0.0"].map(str::to_owned).to_vec();
        let reason = Reason { by: airgo_app::reasons::By::Imports, steps };
        let reasons = [("example.com/a@v1.0.0".to_owned(), reason)].into();
        Findings {
            report,
            subject: "app.airgo".into(),
            reasons,
            places: Places::default(),
            rules: BTreeMap::new(),
        }
    }
}

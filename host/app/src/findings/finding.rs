//! One finding as people read it: each of its texts is a plugin's, or a module
//! author's, and so a [`Line`].

use airgo_model::Line;
use airgo_policy::{Report, ReportedFinding, Verdict};

/// A finding of a report.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'a>(&'a ReportedFinding);

impl<'a> From<&'a ReportedFinding> for Finding<'a> {
    fn from(finding: &'a ReportedFinding) -> Self {
        Self(finding)
    }
}

impl<'a> Finding<'a> {
    /// Those of a report, in its order.
    pub fn of(report: &'a Report) -> impl Iterator<Item = Self> {
        report.findings.iter().map(Self)
    }

    /// As it was reported: for comparing, and for formats with escapes of their own.
    pub fn raw(self) -> &'a ReportedFinding {
        self.0
    }

    /// `<plugin>/<rule>`.
    pub fn code(self) -> Line {
        self.0.code().into()
    }

    /// The plugin.
    pub fn plugin(self) -> Line {
        (&self.0.plugin).into()
    }

    /// The rule.
    pub fn rule(self) -> Line {
        (&self.0.rule).into()
    }

    /// What was found.
    pub fn message(self) -> Line {
        (&self.0.message).into()
    }

    /// `module@version`; none where it is about the bundle.
    pub fn module(self) -> Option<Line> {
        let (path, version) = (self.0.module.as_ref()?, self.0.version.as_ref()?);
        Some(format!("{path}@{version}").into())
    }

    /// `LICENSE:3`: where in a module it is.
    pub fn place(self) -> Option<Line> {
        let file = self.0.file.as_ref()?;
        Some(self.0.line.map_or_else(|| file.into(), |line| format!("{file}:{line}").into()))
    }

    /// What helps.
    pub fn advice(self) -> Option<Line> {
        self.0.advice.as_ref().map(Line::from)
    }

    /// The reason of the exception that it falls under.
    pub fn excepted(self) -> Option<Line> {
        self.0.excepted.as_ref().map(Line::from)
    }

    /// Where to read more.
    pub fn help_url(self) -> Option<Line> {
        self.0.help_url.as_ref().map(Line::from)
    }

    /// What it comes to: an exception makes a note of it.
    pub fn weight(self) -> Verdict {
        if self.0.excepted.is_some() { Verdict::Allow } else { self.0.verdict }
    }

    /// What a finding of a group says by itself: from its id on, since what comes
    /// before is the group's, and the version that has its fix.
    pub fn own_text(self) -> Line {
        let at = self.attribute("id").and_then(|id| self.0.message.find(id));
        let text = &self.0.message[at.unwrap_or(0)..];
        // A release of Go is not the version of a module.
        let is_go = self.attribute("go").is_some();
        match self.attribute("fixed").map(|fixed| (fixed, fixed.strip_prefix('v').filter(|_| is_go))) {
            Some((_, Some(release))) => format!("{text} (fixed in go{release})").into(),
            Some((fixed, None)) => format!("{text} (fixed in {fixed})").into(),
            None => text.into(),
        }
    }

    /// An attribute, as it was reported.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

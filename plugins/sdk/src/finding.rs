//! Building findings.

use crate::{Finding, Verdict};

impl Finding {
    /// A finding about the bundle as a whole; narrow it with the other methods.
    pub fn new(verdict: Verdict, rule: &str, message: impl Into<String>) -> Self {
        Finding {
            verdict,
            rule: rule.to_owned(),
            module: None,
            file: None,
            line: None,
            message: message.into(),
            advice: None,
            help_url: None,
            attributes: Vec::new(),
        }
    }

    /// Refuses the bundle.
    pub fn deny(rule: &str, message: impl Into<String>) -> Self {
        Self::new(Verdict::Deny, rule, message)
    }

    /// Lets the bundle pass with a warning.
    pub fn warn(rule: &str, message: impl Into<String>) -> Self {
        Self::new(Verdict::Warn, rule, message)
    }

    /// Something worth knowing that is no reason to stop.
    pub fn note(rule: &str, message: impl Into<String>) -> Self {
        Self::new(Verdict::Allow, rule, message)
    }

    /// The module that it speaks of.
    #[must_use]
    pub fn module(mut self, index: u32) -> Self {
        self.module = Some(index);
        self
    }

    /// The file of that module.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// The line of that file, from 1.
    #[must_use]
    pub fn line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// A page about it.
    #[must_use]
    pub fn help_url(mut self, url: impl Into<String>) -> Self {
        self.help_url = Some(url.into());
        self
    }

    /// A value for machines that read the report.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }
}

//! Goldens: what a plugin should find in a case, in `findings.json`.
//!
//! One document: the findings, or the error in which the run should end. The
//! order of the findings does not matter. `airgo plugin test --update` writes it,
//! and people edit it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The file in a case's directory.
pub const GOLDEN_FILE: &str = "findings.json";
/// Its `schema`.
pub const GOLDEN_SCHEMA: &str = "airgo.dev/plugin-findings/v1";

/// What a case comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// [`GOLDEN_SCHEMA`].
    pub schema: String,
    /// What was found; none where the run ended in an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<GoldenFinding>>,
    /// Why there was no verdict, as the rest of a sentence that begins with the
    /// plugin's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A finding. Absent fields are absent in the finding too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GoldenFinding {
    /// `path@version`; absent where it speaks of the bundle as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The rule.
    pub rule: String,
    /// `allow`, `warn` or `deny`.
    pub verdict: String,
    /// A file of the module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// A line of that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What was found.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// A page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_url: Option<String>,
    /// Name and value, in the plugin's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Wanted and not found.
    Missing(String),
    /// Found and not wanted.
    Extra(String),
}

impl Difference {
    /// The line, where it is missing.
    pub fn missing(&self) -> Option<&str> {
        match self {
            Difference::Missing(line) => Some(line),
            Difference::Extra(_) => None,
        }
    }

    /// The line, where it is extra.
    pub fn extra(&self) -> Option<&str> {
        match self {
            Difference::Extra(line) => Some(line),
            Difference::Missing(_) => None,
        }
    }
}

impl Golden {
    /// A run that ended with a verdict.
    pub fn found(mut findings: Vec<GoldenFinding>) -> Self {
        findings.sort();
        Golden { schema: GOLDEN_SCHEMA.to_owned(), findings: Some(findings), error: None }
    }

    /// A run that ended in an error.
    pub fn failed(error: String) -> Self {
        Golden { schema: GOLDEN_SCHEMA.to_owned(), findings: None, error: Some(error) }
    }

    /// Reads a golden file.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let golden: Golden = serde_json::from_str(text).map_err(|err| {
            let whole = err.to_string();
            let message = whole.split(" at line ").next().unwrap_or(&whole);
            format!("{}:{}: {message}", err.line(), err.column())
        })?;
        if golden.schema != GOLDEN_SCHEMA {
            return Err(format!("1:1: its schema is {:?}, where {GOLDEN_SCHEMA:?} is wanted", golden.schema));
        }
        if golden.findings.is_some() == golden.error.is_some() {
            return Err("1:1: it has either findings or an error".to_owned());
        }
        Ok(golden)
    }

    /// The file's text.
    pub fn text(&self) -> String {
        // Strings and numbers always encode.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What `found` has otherwise than this golden: nothing where they agree.
    pub fn differences(&self, found: &Golden) -> Vec<Difference> {
        let (mut wanted, mut found) = (self.lines(), found.lines());
        wanted.sort();
        found.sort();
        let mut differences = Vec::new();
        let (mut wanted, mut found) = (wanted.into_iter().peekable(), found.into_iter().peekable());
        loop {
            match (wanted.peek(), found.peek()) {
                (Some(w), Some(f)) if w == f => {
                    wanted.next();
                    found.next();
                }
                (Some(w), Some(f)) if w > f => differences.extend(found.next().map(Line::extra)),
                (Some(_), _) => differences.extend(wanted.next().map(Line::missing)),
                (None, Some(_)) => differences.extend(found.next().map(Line::extra)),
                (None, None) => return differences,
            }
        }
    }

    fn lines(&self) -> Vec<Line> {
        let findings = self.findings.iter().flatten().cloned().map(Line::Finding);
        findings.chain(self.error.iter().cloned().map(Line::Error)).collect()
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Error(String),
    Finding(GoldenFinding),
}

impl Line {
    fn missing(self) -> Difference {
        Difference::Missing(self.to_string())
    }

    fn extra(self) -> Difference {
        Difference::Extra(self.to_string())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Error(error) => write!(f, "error: {error}"),
            Line::Finding(finding) => finding.fmt(f),
        }
    }
}

/// All of a finding in one line: two that differ look different.
impl fmt::Display for GoldenFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.verdict, self.rule, self.module.as_deref().unwrap_or("(the bundle)"))?;
        if let Some(file) = &self.file {
            write!(f, " {file}")?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(advice) = &self.advice {
            write!(f, "; advice: {advice}")?;
        }
        if let Some(help) = &self.help_url {
            write!(f, "; help: {help}")?;
        }
        for (name, value) in &self.attributes {
            write!(f, "; {name} = {value:?}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, message: &str) -> GoldenFinding {
        GoldenFinding {
            module: Some("a.example/a@v1.0.0".to_owned()),
            rule: rule.to_owned(),
            verdict: "deny".to_owned(),
            file: None,
            line: None,
            message: message.to_owned(),
            advice: None,
            help_url: None,
            attributes: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut whole = finding("a", "is \u{1b}[31mred");
        whole.file = Some("a.go".to_owned());
        whole.line = Some(3);
        whole.advice = Some("fix it".to_owned());
        whole.help_url = Some("https://a.example".to_owned());
        whole.attributes = vec![("id".to_owned(), "X-1".to_owned())];
        for golden in
            [Golden::found(vec![whole, finding("b", "is b")]), Golden::failed("took too long".into())]
        {
            assert_eq!(Golden::parse(&golden.text()), Ok(golden));
        }
    }

    #[test]
    fn a_difference_names_what_is_missing_and_what_is_extra() {
        let wanted = Golden::found(vec![finding("a", "is a"), finding("b", "is b"), finding("b", "is b")]);
        let found = Golden::found(vec![finding("b", "is b"), finding("c", "is c"), finding("a", "is a")]);
        let line = |rule: &str| format!("deny {rule} a.example/a@v1.0.0: is {rule}");
        assert_eq!(
            wanted.differences(&found),
            [Difference::Missing(line("b")), Difference::Extra(line("c"))]
        );
        assert_eq!(wanted.differences(&wanted), []);
        let failed = Golden::failed("took too long".to_owned());
        assert!(wanted.differences(&failed).contains(&Difference::Extra("error: took too long".to_owned())));
    }

    #[test]
    fn no_field_is_without_weight() {
        let plain = finding("a", "is a");
        let golden = |finding: &GoldenFinding| Golden::found(vec![finding.clone()]);
        let edits: [fn(&mut GoldenFinding); 9] = [
            |f| f.module = None,
            |f| f.rule = "b".to_owned(),
            |f| f.verdict = "warn".to_owned(),
            |f| f.file = Some("a.go".to_owned()),
            |f| f.line = Some(1),
            |f| f.message = "is b".to_owned(),
            |f| f.advice = Some(String::new()),
            |f| f.help_url = Some(String::new()),
            |f| f.attributes.push((String::new(), String::new())),
        ];
        for edit in edits {
            let mut other = plain.clone();
            edit(&mut other);
            let [Difference::Missing(a), Difference::Extra(b)] =
                &golden(&plain).differences(&golden(&other))[..]
            else {
                // The order of the two follows from the text.
                let swapped = golden(&plain).differences(&golden(&other));
                assert_eq!(swapped.len(), 2, "{swapped:?}");
                continue;
            };
            assert_ne!(a, b);
        }
    }

    #[test]
    fn a_golden_that_does_not_read_says_where() {
        let err = Golden::parse("{\n  \"schema\": \"airgo.dev/plugin-findings/v1\",\n  \"findigs\": []\n}")
            .unwrap_err();
        assert!(err.starts_with("3:11: unknown field `findigs`"), "{err}");
        assert!(Golden::parse("{\"schema\":\"x\",\"findings\":[]}").unwrap_err().contains("is wanted"));
        let both = format!("{{\"schema\":\"{GOLDEN_SCHEMA}\",\"findings\":[],\"error\":\"x\"}}");
        assert!(Golden::parse(&both).is_err());
    }
}

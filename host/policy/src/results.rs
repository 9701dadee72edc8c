//! What a plugin says, taken over from it: every length is held against the
//! limits, every name against what it may name.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::bindings::airgo::policy::types;
use crate::error::clip;
use crate::plugin::{RawCheckError, RawDescription, RawFinding};
use crate::{Compared, DataNeed, Description, Limits, PluginError, Rule, json_schema};

/// What is to be done about a finding. The order is that of strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Worth knowing, no reason to stop.
    Allow,
    /// Passes with a warning.
    Warn,
    /// Refuses the bundle.
    Deny,
}

/// One thing that a plugin has to say. Its text is the plugin's: escape it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The position of the module in [`crate::BundleView::modules`]; `None`
    /// speaks of the bundle as a whole.
    pub module: Option<usize>,
    /// A rule of the plugin's description.
    pub rule: String,
    /// What is to be done.
    pub verdict: Verdict,
    /// A file of that module.
    pub file: Option<String>,
    /// A line of that file, from 1.
    pub line: Option<u32>,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// A page about it.
    pub help_url: Option<String>,
    /// For machines that read the report.
    pub attributes: Vec<(String, String)>,
}

/// Attributes of one finding.
const MAX_ATTRIBUTES: usize = 64;
/// Rules, and data sources, of one plugin.
const MAX_RULES: usize = 1_000;
/// Plugins whose findings one plugin compares: each is run twice.
const MAX_COMPARED: usize = 8;
/// Bytes of a name or rule id.
const MAX_NAME: usize = 64;
/// Bytes of a schema, or of a rule's documentation.
const MAX_DOCUMENT: usize = 256 << 10;

/// Takes over a description.
pub fn description(raw: RawDescription, limits: &Limits) -> Result<Description, PluginError> {
    name("its name", &raw.name)?;
    text("its version", &raw.version, MAX_NAME)?;
    text("its summary", &raw.summary, limits.text_bytes)?;
    text("its config schema", &raw.config_schema, MAX_DOCUMENT)?;
    count("rules", raw.rules.len(), MAX_RULES)?;
    count("data sources", raw.data.len(), MAX_RULES)?;
    let schema = serde_json::from_str(&raw.config_schema)
        .map_err(|err| PluginError::ContractViolation(format!("its config schema is no JSON: {err}")))?;
    json_schema::check_schema(&schema).map_err(|err| {
        PluginError::ContractViolation(format!("its config schema at {:?} {}", err.pointer, err.message))
    })?;
    let compares: Vec<Compared> = json_schema::compared(&schema)
        .map(|(plugin, config)| Compared { plugin: plugin.clone(), config: config.clone() })
        .collect();
    count("plugins whose findings it compares", compares.len(), MAX_COMPARED)?;
    let mut ids = BTreeSet::new();
    for rule in &raw.rules {
        name("a rule id", &rule.id)?;
        text("the summary of a rule", &rule.summary, limits.text_bytes)?;
        text("the description of a rule", &rule.description, MAX_DOCUMENT)?;
        optional("the help URL of a rule", rule.help_url.as_ref(), limits)?;
        if !ids.insert(&rule.id) {
            return Err(PluginError::ContractViolation(format!("it has two rules {:?}", rule.id)));
        }
    }
    for need in &raw.data {
        name("the name of a data source", &need.name)?;
        text("the summary of a data source", &need.summary, limits.text_bytes)?;
    }
    let rules = raw.rules.into_iter().map(|rule| Rule {
        id: rule.id,
        summary: rule.summary,
        description: rule.description,
        help_url: rule.help_url,
    });
    let data = raw.data.into_iter().map(|need| DataNeed {
        name: need.name,
        summary: need.summary,
        required: need.required,
    });
    Ok(Description {
        name: raw.name,
        version: raw.version,
        summary: raw.summary,
        config_schema: raw.config_schema,
        rules: rules.collect(),
        data: data.collect(),
        compares,
    })
}

/// Takes over findings; `order` leads from the plugin's indexes to the view's.
pub fn findings(
    raw: Vec<RawFinding>,
    description: &Description,
    order: &[usize],
    limits: &Limits,
) -> Result<Vec<Finding>, PluginError> {
    if raw.len() > limits.findings {
        let limit = limits.findings as u64;
        return Err(PluginError::Budget { what: "findings", asked: None, limit, during: "check" });
    }
    let mut findings: Vec<(Option<u32>, Finding)> = Vec::with_capacity(raw.len());
    for finding in raw {
        let index = finding.module;
        findings.push((index, take_over(finding, description, order, limits)?));
    }
    findings.sort();
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}

fn take_over(
    raw: RawFinding,
    description: &Description,
    order: &[usize],
    limits: &Limits,
) -> Result<Finding, PluginError> {
    if !description.rules.iter().any(|rule| rule.id == raw.rule) {
        let rule: String = raw.rule.chars().take(MAX_NAME).collect();
        return Err(PluginError::ContractViolation(format!(
            "a finding of rule {rule:?}, which it does not describe"
        )));
    }
    let module = match raw.module {
        None => None,
        Some(index) => Some(order.get(index as usize).copied().ok_or_else(|| {
            PluginError::ContractViolation(format!("a finding about module {index} of {}", order.len()))
        })?),
    };
    if raw.message.is_empty() {
        return Err(PluginError::ContractViolation(format!(
            "a finding of rule {:?} without a message",
            raw.rule
        )));
    }
    text("the message of a finding", &raw.message, limits.text_bytes)?;
    optional("the file of a finding", raw.file.as_ref(), limits)?;
    optional("the advice of a finding", raw.advice.as_ref(), limits)?;
    optional("the help URL of a finding", raw.help_url.as_ref(), limits)?;
    count("attributes of a finding", raw.attributes.len(), MAX_ATTRIBUTES)?;
    for (key, value) in &raw.attributes {
        text("the name of an attribute", key, MAX_NAME)?;
        text("an attribute", value, limits.text_bytes)?;
    }
    let verdict = match raw.verdict {
        types::Verdict::Allow => Verdict::Allow,
        types::Verdict::Warn => Verdict::Warn,
        types::Verdict::Deny => Verdict::Deny,
    };
    Ok(Finding {
        module,
        rule: raw.rule,
        verdict,
        file: raw.file,
        line: raw.line,
        message: raw.message,
        advice: raw.advice,
        help_url: raw.help_url,
        attributes: raw.attributes,
    })
}

/// Takes over the reason why there is no verdict, at a bearable length.
pub fn check_error(raw: RawCheckError) -> PluginError {
    match raw {
        RawCheckError::Config(err) => {
            PluginError::Config { pointer: clip(err.pointer), message: clip(err.message) }
        }
        RawCheckError::Data(message) => PluginError::Data(clip(message)),
        RawCheckError::Input(message) => PluginError::Input(clip(message)),
    }
}

/// Lower-case words joined by `-`.
pub fn is_name(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= MAX_NAME && text.split('-').all(word)
}

fn name(what: &str, value: &str) -> Result<(), PluginError> {
    if is_name(value) {
        return Ok(());
    }
    let value: String = value.chars().take(MAX_NAME).collect();
    Err(PluginError::ContractViolation(format!("{what} {value:?} is not of lower-case words joined by -")))
}

fn text(what: &str, value: &str, limit: usize) -> Result<(), PluginError> {
    if value.len() <= limit {
        return Ok(());
    }
    Err(PluginError::ContractViolation(format!("{what} is {} bytes, more than {limit}", value.len())))
}

fn optional(what: &str, value: Option<&String>, limits: &Limits) -> Result<(), PluginError> {
    value.map_or(Ok(()), |value| text(what, value, limits.text_bytes))
}

fn count(what: &str, found: usize, limit: usize) -> Result<(), PluginError> {
    if found <= limit {
        return Ok(());
    }
    Err(PluginError::ContractViolation(format!("{found} {what}, more than {limit}")))
}

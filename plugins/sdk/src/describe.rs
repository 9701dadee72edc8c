//! Building what a plugin says of itself.

use serde::Deserialize;

use crate::{CheckError, ConfigError, DataNeed, Description, Rule};

/// The config of a plugin that has none: an empty table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

impl NoConfig {
    /// The schema that allows an empty object alone.
    pub const SCHEMA: &str = r#"{"type":"object","additionalProperties":false}"#;
}

impl Description {
    /// A plugin without rules, data or config; add them with the other methods.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Description {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            config_schema: NoConfig::SCHEMA.to_owned(),
            rules: Vec::new(),
            data: Vec::new(),
        }
    }

    /// Sets the JSON Schema of the config.
    #[must_use]
    pub fn config_schema(mut self, schema: &str) -> Self {
        self.config_schema = schema.to_owned();
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a data source that the plugin reads.
    #[must_use]
    pub fn data(mut self, name: &str, summary: &str, required: bool) -> Self {
        self.data.push(DataNeed { name: name.to_owned(), summary: summary.to_owned(), required });
        self
    }
}

impl Rule {
    /// A rule with its stable id and one line of summary.
    pub fn new(id: &str, summary: &str) -> Self {
        Rule { id: id.to_owned(), summary: summary.to_owned(), description: String::new(), help_url: None }
    }

    /// Says why the rule matters and what to do, in Markdown.
    #[must_use]
    pub fn description(mut self, markdown: &str) -> Self {
        self.description = markdown.to_owned();
        self
    }

    /// Names a page about the rule.
    #[must_use]
    pub fn help_url(mut self, url: &str) -> Self {
        self.help_url = Some(url.to_owned());
        self
    }
}

impl CheckError {
    /// Something wrong in the config, at a JSON Pointer into it.
    pub fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        CheckError::Config(ConfigError { pointer: pointer.into(), message: message.into() })
    }
}

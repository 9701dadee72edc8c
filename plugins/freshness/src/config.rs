//! The config table, and what it means. Its schema is config.schema.json.

use airgo_plugin::select::{Entry, Match};
use airgo_plugin::time::Span;
use airgo_plugin::{CheckError, ModuleInfo, Verdict};
use serde::Deserialize;

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    min_age: String,
    max_age: Option<String>,
    exempt: Vec<String>,
    young: Verdict,
    no_time: Option<Verdict>,
    old: Verdict,
    retracted: Verdict,
    deprecated: Verdict,
    pseudo_version: Verdict,
    fork: Verdict,
    directory: Verdict,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            min_age: "7d".to_owned(),
            max_age: None,
            exempt: Vec::new(),
            young: Verdict::Warn,
            no_time: None,
            old: Verdict::Warn,
            retracted: Verdict::Warn,
            deprecated: Verdict::Warn,
            pseudo_version: Verdict::Allow,
            fork: Verdict::Warn,
            directory: Verdict::Warn,
        }
    }
}

/// The table as it is meant.
pub struct Rules {
    pub min_age: Span,
    pub max_age: Option<Span>,
    exempt: Vec<Entry>,
    pub young: Verdict,
    pub no_time: Verdict,
    pub old: Verdict,
    pub retracted: Verdict,
    pub deprecated: Verdict,
    pub pseudo_version: Verdict,
    pub fork: Verdict,
    pub directory: Verdict,
}

impl Config {
    pub fn rules(self) -> Result<Rules, CheckError> {
        let span = |at: &str, text: &str| Span::parse(text).map_err(|message| CheckError::at(at, message));
        let exempt = self.exempt.iter().enumerate().map(|(index, text)| {
            Entry::parse(text).map_err(|message| CheckError::at(format!("/exempt/{index}"), message))
        });
        Ok(Rules {
            min_age: span("/min-age", &self.min_age)?,
            max_age: self.max_age.as_deref().map(|text| span("/max-age", text)).transpose()?,
            exempt: exempt.collect::<Result<_, _>>()?,
            young: self.young,
            no_time: self.no_time.unwrap_or(self.young),
            old: self.old,
            retracted: self.retracted,
            deprecated: self.deprecated,
            pseudo_version: self.pseudo_version,
            fork: self.fork,
            directory: self.directory,
        })
    }
}

impl Rules {
    /// Whether the code of a module need not wait.
    pub fn exempts(&self, module: &ModuleInfo) -> bool {
        let (path, version) = module.code();
        self.exempt.iter().any(|entry| entry.matches(path, version) == Match::Yes)
    }
}

//! The config table, and what it means. Its schema is config.schema.json.

use airgo_plugin::select::{Entry, Match};
use airgo_plugin::{CheckError, ModuleInfo, Verdict};
use serde::Deserialize;

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    new: Verdict,
    removed: Verdict,
    upgraded: Verdict,
    downgraded: Verdict,
    changed_sum: Verdict,
    changed_origin: Verdict,
    changed_replacement: Verdict,
    changed_licence: Verdict,
    changed_native: Verdict,
    no_baseline: Verdict,
    approved: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            new: Verdict::Warn,
            removed: Verdict::Allow,
            upgraded: Verdict::Allow,
            downgraded: Verdict::Deny,
            changed_sum: Verdict::Deny,
            changed_origin: Verdict::Warn,
            changed_replacement: Verdict::Warn,
            changed_licence: Verdict::Warn,
            changed_native: Verdict::Warn,
            no_baseline: Verdict::Warn,
            approved: Vec::new(),
        }
    }
}

/// The table as it is meant.
pub struct Rules {
    pub new: Verdict,
    pub removed: Verdict,
    pub upgraded: Verdict,
    pub downgraded: Verdict,
    pub changed_sum: Verdict,
    pub changed_origin: Verdict,
    pub changed_replacement: Verdict,
    pub changed_licence: Verdict,
    pub changed_native: Verdict,
    pub no_baseline: Verdict,
    approved: Vec<Entry>,
}

impl Config {
    pub fn rules(self) -> Result<Rules, CheckError> {
        let approved = self.approved.iter().enumerate().map(|(index, text)| {
            Entry::parse(text).map_err(|message| CheckError::at(format!("/approved/{index}"), message))
        });
        Ok(Rules {
            new: self.new,
            removed: self.removed,
            upgraded: self.upgraded,
            downgraded: self.downgraded,
            changed_sum: self.changed_sum,
            changed_origin: self.changed_origin,
            changed_replacement: self.changed_replacement,
            changed_licence: self.changed_licence,
            changed_native: self.changed_native,
            no_baseline: self.no_baseline,
            approved: approved.collect::<Result<_, _>>()?,
        })
    }
}

impl Rules {
    /// Whether somebody has looked at the module at this version already.
    pub fn approves(&self, module: &ModuleInfo) -> bool {
        let (path, version) = module.code();
        self.approved.iter().any(|entry| entry.matches(path, version) == Match::Yes)
    }
}

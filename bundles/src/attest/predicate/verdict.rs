//! What policy made of a bundle. The members are those of a policy report, so
//! that `serde` turns the one into the other.

use super::kind::{Predicate, check_time};
use serde::{Deserialize, Serialize};

/// The predicate `https://airgo.dev/attestation/verdict/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyVerdict {
    /// Findings by ruling.
    pub counts: VerdictCounts,
    /// The data that took part, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataRecord>,
    /// In the order of the policy file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionRecord>,
    /// By module, plugin and rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingRecord>,
    /// The time that the policy was evaluated for (RFC 3339, UTC).
    pub judged_at: String,
    /// In the order of the policy file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginRecord>,
    /// The digest of the policy file; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_sha256: Option<String>,
    /// The strictest ruling that no exception lifts.
    pub verdict: Ruling,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    /// Let it in.
    Allow,
    /// Let it in, and look at it.
    Warn,
    /// Refuse it.
    Deny,
}

/// Findings by ruling; those that an exception lifts are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerdictCounts {
    /// Worth knowing.
    pub allow: u64,
    /// Refusals.
    pub deny: u64,
    /// Lifted by an exception.
    pub excepted: u64,
    /// Warnings.
    pub warn: u64,
}

/// A plugin that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluginRecord {
    /// Whether it came with airgo.
    pub builtin: bool,
    /// The digest of the config, as the JSON that the plugin was given.
    pub config_sha256: String,
    /// What it calls itself.
    pub description_name: String,
    /// The version of `airgo:policy` that it speaks.
    pub interface: String,
    /// Its name in the policy file.
    pub name: String,
    /// The digest of the component.
    pub sha256: String,
    /// Whose signature over the component counted; absent where none was asked
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerRecord>,
    /// Its own version.
    pub version: String,
}

/// Who signed a plugin, by the trust of whoever evaluated the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerRecord {
    /// The id of the key.
    pub key_id: String,
    /// Whose key it is, as far as the trust says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The roles that the trust gives the key, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// A data source that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataRecord {
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Its name in the policy file.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

/// A finding. Its text is a plugin's: escape it before it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindingRecord {
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// For machines: names and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
    /// The reason of the exception that lifts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excepted: Option<String>,
    /// A file of the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// A page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help_url: Option<String>,
    /// A line of that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What was found.
    pub message: String,
    /// The path of the module; none speaks of the bundle as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The plugin, by its name in the policy file.
    pub plugin: String,
    /// The rule; shown as `<plugin>/<rule>`.
    pub rule: String,
    /// What is to be done.
    pub verdict: Ruling,
    /// The version of the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What became of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExceptionRecord {
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Findings that it lifts.
    pub lifted: u64,
    /// Where it is in the policy file.
    pub line: u32,
    /// The modules it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Why.
    pub reason: String,
    /// `<plugin>/<rule>` or `<plugin>/*`.
    pub rule: String,
    /// `used`, `unused` or `expired`.
    pub state: String,
}

impl PolicyVerdict {
    /// A verdict that rests on nothing yet.
    pub fn new(judged_at: &str, verdict: Ruling) -> Self {
        Self {
            counts: VerdictCounts::default(),
            data: Vec::new(),
            exceptions: Vec::new(),
            findings: Vec::new(),
            judged_at: judged_at.to_owned(),
            plugins: Vec::new(),
            policy_sha256: None,
            verdict,
        }
    }
}

impl Predicate for PolicyVerdict {
    const TYPE: &'static str = "https://airgo.dev/attestation/verdict/v1";
    const LABEL: &'static str = "verdict";

    fn check(&self) -> Result<(), String> {
        check_time("judgedAt", Some(&self.judged_at))?;
        let standing = |f: &&FindingRecord| f.excepted.is_none();
        let strictest = self.findings.iter().filter(standing).map(|f| f.verdict).max();
        if strictest.is_some_and(|s| s > self.verdict) {
            return Err("a finding is stricter than the verdict".to_owned());
        }
        Ok(())
    }
}

//! What came of judging a bundle. All lists are sorted, and nothing in a
//! report depends on the machine or on how long it took.

use serde::Serialize;

use crate::{PluginSigner, Verdict};

/// The rule of the warning that a plugin failed where nobody wrote a policy,
/// which every plugin has beside its own: it is not among
/// [`Report::plugins`] then.
pub const NOT_JUDGED: &str = "not-judged";

/// The verdict on a bundle, with all that it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The time that was judged for: the only clock of a plugin.
    pub judged_at: String,
    /// The strictest verdict of the findings that no exception lifts.
    pub verdict: Verdict,
    /// Findings by verdict.
    pub counts: Counts,
    /// Those that judged, in the order of the policy file.
    pub plugins: Vec<PluginRecord>,
    /// By name.
    pub data: Vec<DataRecord>,
    /// By module, plugin and rule.
    pub findings: Vec<ReportedFinding>,
    /// In the order of the policy file.
    pub exceptions: Vec<ExceptionRecord>,
}

impl Report {
    /// Whether the bundle is refused.
    pub fn is_denied(&self) -> bool {
        self.verdict == Verdict::Deny
    }
}

/// Findings by verdict; those that an exception lifts are counted apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Worth knowing.
    pub allow: usize,
    /// Warnings.
    pub warn: usize,
    /// Refusals.
    pub deny: usize,
    /// Lifted by an exception.
    pub excepted: usize,
}

/// A plugin that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginRecord {
    /// Its name in the policy file.
    pub name: String,
    /// What it calls itself.
    pub description_name: String,
    /// Its own version.
    pub version: String,
    /// Whether it came with airgo.
    pub builtin: bool,
    /// The version of `airgo:policy` that it speaks.
    pub interface: String,
    /// The digest of the component.
    pub sha256: String,
    /// The digest of the config, as the JSON that the plugin was given.
    pub config_sha256: String,
    /// Whose signature over the component counted; none where the policy file
    /// asks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<PluginSigner>,
}

/// A data source that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataRecord {
    /// Its name in the policy file.
    pub name: String,
    /// Its digest.
    pub sha256: String,
    /// When it was made.
    pub date: Option<String>,
}

/// A finding, with the plugin that made it. Its text is the plugin's: escape it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedFinding {
    /// The path of the module; `None` speaks of the bundle as a whole.
    pub module: Option<String>,
    /// The version of the module.
    pub version: Option<String>,
    /// The plugin, by its name in the policy file.
    pub plugin: String,
    /// The rule; shown as `<plugin>/<rule>`.
    pub rule: String,
    /// What is to be done.
    pub verdict: Verdict,
    /// A file of the module.
    pub file: Option<String>,
    /// A line of that file, from 1.
    pub line: Option<u32>,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// A page about it.
    pub help_url: Option<String>,
    /// For machines.
    pub attributes: Vec<(String, String)>,
    /// The reason of the exception that lifts it.
    pub excepted: Option<String>,
}

impl ReportedFinding {
    /// `<plugin>/<rule>`.
    pub fn code(&self) -> String {
        format!("{}/{}", self.plugin, self.rule)
    }
}

/// What became of an exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionRecord {
    /// `<plugin>/<rule>` or `<plugin>/*`.
    pub rule: String,
    /// The modules it is for.
    pub module: Option<String>,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Option<String>,
    /// Whether it was of use.
    pub state: ExceptionState,
    /// Findings that it lifts.
    pub lifted: usize,
    /// Where it stands in the policy file.
    pub line: u32,
}

/// Whether an exception was of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionState {
    /// It lifts findings.
    Used,
    /// No finding meets it.
    Unused,
    /// Its date has passed: it lifts nothing.
    Expired,
}

//! What a policy found.

use super::ids;
use airgo_policy as policy;
use serde::{Serialize, Serializer};

/// `airgo policy check`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Policy<'a> {
    /// Findings by verdict.
    pub counts: Counts,
    /// The data that took part, by name.
    pub data: Vec<Data<'a>>,
    /// In the order of the policy file.
    pub exceptions: Vec<Exception<'a>>,
    /// By module, plugin and rule.
    pub findings: Findings<'a>,
    /// The time that the policy was evaluated for (RFC 3339).
    pub judged_at: &'a str,
    /// In the order of the policy file.
    pub plugins: Vec<Plugin<'a>>,
    /// Names this document.
    pub schema: ids::PolicyV1,
    /// The strictest verdict of the findings that no exception lifts.
    pub verdict: Verdict,
}

/// The report of a policy, within another document.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PolicyReport<'a> {
    /// Findings by verdict.
    pub counts: Counts,
    /// The data that took part, by name.
    pub data: Vec<Data<'a>>,
    /// In the order of the policy file.
    pub exceptions: Vec<Exception<'a>>,
    /// By module, plugin and rule.
    pub findings: Findings<'a>,
    /// The time that the policy was evaluated for (RFC 3339).
    pub judged_at: &'a str,
    /// In the order of the policy file.
    pub plugins: Vec<Plugin<'a>>,
    /// The strictest verdict of the findings that no exception lifts.
    pub verdict: Verdict,
}

/// The report of a policy, or a signer's record of one.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedReport<'a> {
    /// Findings by verdict.
    pub counts: Counts,
    /// The data that took part, by name.
    pub data: Vec<Data<'a>>,
    /// In the order of the policy file.
    pub exceptions: Vec<Exception<'a>>,
    /// By module, plugin and rule.
    pub findings: Findings<'a>,
    /// The time that the policy was evaluated for (RFC 3339).
    pub judged_at: &'a str,
    /// In the order of the policy file.
    pub plugins: Vec<Plugin<'a>>,
    /// The id of the key whose record it is; null where the policy was evaluated
    /// here.
    pub recorded_by: Option<String>,
    /// The strictest verdict of the findings that no exception lifts.
    pub verdict: Verdict,
}

impl<'a> From<&'a policy::Report> for PolicyReport<'a> {
    fn from(report: &'a policy::Report) -> Self {
        Self {
            counts: report.counts.into(),
            data: report.data.iter().map(Data::from).collect(),
            exceptions: report.exceptions.iter().map(Exception::from).collect(),
            findings: Findings(&report.findings),
            judged_at: &report.judged_at,
            plugins: report.plugins.iter().map(Plugin::from).collect(),
            verdict: report.verdict.into(),
        }
    }
}

impl<'a> From<&'a policy::Report> for Policy<'a> {
    fn from(report: &'a policy::Report) -> Self {
        let PolicyReport { counts, data, exceptions, findings, judged_at, plugins, verdict } = report.into();
        Self { counts, data, exceptions, findings, judged_at, plugins, schema: ids::PolicyV1, verdict }
    }
}

impl<'a> RecordedReport<'a> {
    /// A report, and whose record it is.
    pub fn new(report: &'a policy::Report, recorded_by: Option<String>) -> Self {
        let PolicyReport { counts, data, exceptions, findings, judged_at, plugins, verdict } = report.into();
        Self { counts, data, exceptions, findings, judged_at, plugins, recorded_by, verdict }
    }
}

/// What is to be done about a finding.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Worth knowing.
    Allow,
    /// A warning.
    Warn,
    /// A refusal.
    Deny,
}

impl From<policy::Verdict> for Verdict {
    fn from(verdict: policy::Verdict) -> Self {
        match verdict {
            policy::Verdict::Allow => Self::Allow,
            policy::Verdict::Warn => Self::Warn,
            policy::Verdict::Deny => Self::Deny,
        }
    }
}

/// Findings by verdict; those that an exception lifts are counted apart.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Worth knowing.
    pub allow: usize,
    /// Refusals.
    pub deny: usize,
    /// Lifted by an exception.
    pub excepted: usize,
    /// Warnings.
    pub warn: usize,
}

impl From<policy::Counts> for Counts {
    fn from(counts: policy::Counts) -> Self {
        let policy::Counts { allow, warn, deny, excepted } = counts;
        Self { allow, deny, excepted, warn }
    }
}

/// A data source that took part.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Data<'a> {
    /// When it was made (RFC 3339).
    pub date: Option<&'a str>,
    /// Its name in the policy file.
    pub name: &'a str,
    /// Its SHA-256.
    pub sha256: &'a str,
}

impl<'a> From<&'a policy::DataRecord> for Data<'a> {
    fn from(data: &'a policy::DataRecord) -> Self {
        Self { date: data.date.as_deref(), name: &data.name, sha256: &data.sha256 }
    }
}

/// What became of an exception.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Exception<'a> {
    /// Until when (RFC 3339).
    pub expires: Option<&'a str>,
    /// How many findings it lifts.
    pub lifted: usize,
    /// Where it is in the policy file.
    pub line: u32,
    /// The modules that it is for.
    pub module: Option<&'a str>,
    /// Why.
    pub reason: &'a str,
    /// `<plugin>/<rule>` or `<plugin>/*`.
    pub rule: &'a str,
    /// Whether it was used.
    pub state: ExceptionState,
}

/// Whether an exception was used.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ExceptionState {
    /// It lifts findings.
    Used,
    /// It matches no finding.
    Unused,
    /// Its date has passed: it lifts nothing.
    Expired,
}

impl<'a> From<&'a policy::ExceptionRecord> for Exception<'a> {
    fn from(exception: &'a policy::ExceptionRecord) -> Self {
        let policy::ExceptionRecord { rule, module, reason, expires, state, lifted, line } = exception;
        Self {
            expires: expires.as_deref(),
            lifted: *lifted,
            line: *line,
            module: module.as_deref(),
            reason,
            rule,
            state: match state {
                policy::ExceptionState::Used => ExceptionState::Used,
                policy::ExceptionState::Unused => ExceptionState::Unused,
                policy::ExceptionState::Expired => ExceptionState::Expired,
            },
        }
    }
}

/// A plugin that took part.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Plugin<'a> {
    /// Whether it came with airgo.
    pub builtin: bool,
    /// The SHA-256 of its config, as the JSON that it was given.
    pub config_sha256: &'a str,
    /// What it calls itself.
    pub description_name: &'a str,
    /// The version of `airgo:policy` that it speaks.
    pub interface: &'a str,
    /// Its name in the policy file.
    pub name: &'a str,
    /// The SHA-256 of the component.
    pub sha256: &'a str,
    /// Whose signature over the component counted; absent where the policy file
    /// asks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<PluginSigner<'a>>,
    /// Its own version.
    pub version: &'a str,
}

/// Whose signature over a plugin counted.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginSigner<'a> {
    /// The id of the key.
    pub key_id: &'a str,
    /// Whose key it is, as far as the files with the keys say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// The roles that a trust file gives the key.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub roles: &'a [String],
}

impl<'a> From<&'a policy::PluginRecord> for Plugin<'a> {
    fn from(plugin: &'a policy::PluginRecord) -> Self {
        let signer = plugin.signer.as_ref().map(|signer| PluginSigner {
            key_id: &signer.key_id,
            name: signer.name.as_deref(),
            roles: &signer.roles,
        });
        Self {
            builtin: plugin.builtin,
            config_sha256: &plugin.config_sha256,
            description_name: &plugin.description_name,
            interface: &plugin.interface,
            name: &plugin.name,
            sha256: &plugin.sha256,
            signer,
            version: &plugin.version,
        }
    }
}

/// A finding. Its text is a plugin's, and untrusted.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding<'a> {
    /// What to do about it.
    pub advice: Option<&'a str>,
    /// For machines: names and values.
    pub attributes: &'a [(String, String)],
    /// The reason of the exception that lifts it.
    pub excepted: Option<&'a str>,
    /// A file of the module.
    pub file: Option<&'a str>,
    /// A page about it.
    pub help_url: Option<&'a str>,
    /// A line of that file, from 1.
    pub line: Option<u32>,
    /// What was found.
    pub message: &'a str,
    /// The path of the module; null of a finding about the bundle.
    pub module: Option<&'a str>,
    /// The plugin, by its name in the policy file.
    pub plugin: &'a str,
    /// The rule; shown as `<plugin>/<rule>`.
    pub rule: &'a str,
    /// What is to be done.
    pub verdict: Verdict,
    /// The version of the module.
    pub version: Option<&'a str>,
}

impl<'a> From<&'a policy::ReportedFinding> for Finding<'a> {
    fn from(finding: &'a policy::ReportedFinding) -> Self {
        Self {
            advice: finding.advice.as_deref(),
            attributes: &finding.attributes,
            excepted: finding.excepted.as_deref(),
            file: finding.file.as_deref(),
            help_url: finding.help_url.as_deref(),
            line: finding.line,
            message: &finding.message,
            module: finding.module.as_deref(),
            plugin: &finding.plugin,
            rule: &finding.rule,
            verdict: finding.verdict.into(),
            version: finding.version.as_deref(),
        }
    }
}

/// Findings, each made as it is written.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent))]
pub struct Findings<'a>(
    /// As the policy reports them.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Finding<'static>>"))]
    pub &'a [policy::ReportedFinding],
);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Finding::from))
    }
}

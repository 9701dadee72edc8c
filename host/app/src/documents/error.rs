//! The document of a command that failed.

use super::{CacheVerify, Doctor, PluginInspect, PluginTest, PolicyReport, ids};
use crate::Failure;
use airgo_model::Line;
use serde::Serialize;

/// What a command prints that failed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Error<'a> {
    /// The failure.
    pub error: ErrorBody<'a>,
    /// Names this document.
    pub schema: ids::ErrorV1,
}

/// A failure.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// Lines below the message: a frame of a file, a chain of requirements.
    pub block: Vec<&'a str>,
    /// The exit code.
    pub code: u8,
    /// Labelled values.
    pub facts: Vec<Fact<'a>>,
    /// What to do next.
    pub hints: Vec<&'a str>,
    /// One sentence.
    pub message: &'a str,
    /// What was and was not written.
    pub outcome: Option<&'a str>,
    /// The whole of what the text sums up.
    #[cfg_attr(feature = "schema", schemars(with = "Option<ErrorReport<'static>>"))]
    pub report: Option<&'a serde_json::Value>,
}

/// A labelled value.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Fact<'a> {
    /// What it is.
    pub label: &'a str,
    /// The value.
    pub value: &'a str,
}

/// What a failure may report.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ErrorReport<'a> {
    /// Of a refusal by a policy.
    Policy(PolicyReport<'a>),
    /// Of a bundle whose signatures do not suffice.
    Refused(Refused),
    /// Of volumes that are missing or damaged.
    Volumes(DamagedVolumes),
    /// Of a bundle with damaged entries.
    Entries(DamagedEntries),
    /// Of `airgo doctor` where a check failed.
    Doctor(Doctor<'a>),
    /// Of `airgo cache verify` where files are damaged.
    CacheVerify(CacheVerify),
    /// Of `airgo plugin inspect` of what is not a plugin.
    PluginInspect(PluginInspect<'a>),
    /// Of `airgo plugin test` where a case failed.
    PluginTest(PluginTest),
}

/// Why the signatures do not suffice.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The name of the rule.
    pub rule: String,
    /// Who signed.
    pub signed_by: Vec<Signer>,
    /// The roles in which signatures are missing.
    pub still_missing: Vec<MissingRole>,
}

/// A signer, and whether the signature counts.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// The id of the key.
    pub key_id: String,
    /// The role that was signed in.
    pub role: Option<String>,
    /// Whether it counts, or why not, in words.
    pub standing: String,
}

/// A role in which signatures are missing.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MissingRole {
    /// The role.
    pub role: String,
    /// Where the trust file asks for it, as `file:line`.
    pub rule: String,
    /// How many keys signed.
    pub signed: usize,
    /// How many must.
    pub wanted: usize,
}

/// Volumes to send again.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DamagedVolumes {
    /// The numbers of those with other bytes.
    pub damaged: Vec<u32>,
    /// The numbers of those that are not there.
    pub missing: Vec<u32>,
    /// How many there are in all.
    pub of: u32,
    /// The numbers of both.
    pub send_again: Vec<u32>,
}

/// Entries of a bundle to send again.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DamagedEntries {
    /// Their names.
    pub entries: Vec<String>,
    /// The modules that they are of, as `path@version`.
    pub modules: Vec<String>,
}

impl<'a> Error<'a> {
    /// Of a failure.
    pub fn new(failure: &'a Failure) -> Self {
        let facts =
            failure.facts.iter().map(|(label, value)| Fact { label: label.raw(), value: value.raw() });
        let error = ErrorBody {
            block: failure.block.iter().map(Line::raw).collect(),
            code: failure.kind.code(),
            facts: facts.collect(),
            hints: failure.hints.iter().map(Line::raw).collect(),
            message: failure.message.raw(),
            outcome: failure.outcome.as_ref().map(Line::raw),
            report: failure.report.as_ref(),
        };
        Self { error, schema: ids::ErrorV1 }
    }
}

//! Documents about this machine: cached downloads, the way to the modules,
//! vulnerability data.

use super::ids;
use crate::causes;
#[cfg(feature = "network")]
use airgo_fetch::doctor;
use serde::Serialize;
use std::collections::BTreeMap;

/// A number of files and their bytes.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AmountOfFiles {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

#[cfg(feature = "network")]
impl From<airgo_fetch::Tally> for AmountOfFiles {
    fn from(tally: airgo_fetch::Tally) -> Self {
        Self { bytes: tally.bytes, files: tally.files }
    }
}

impl From<airgo_policy::KeptFiles> for AmountOfFiles {
    fn from(files: airgo_policy::KeptFiles) -> Self {
        Self { bytes: files.bytes, files: files.files }
    }
}

/// By kind: `info`, `mod`, `zip`, `sumdb`, `file`.
pub type Kinds = BTreeMap<&'static str, AmountOfFiles>;

/// What the download cache holds.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CacheShow {
    /// Everything.
    pub all: AmountOfFiles,
    /// By the time of the last use.
    pub by_age: Vec<Age>,
    /// By kind: `info`, `mod`, `zip`, `sumdb`, `file`.
    pub by_kind: Kinds,
    /// Zips that broke off, to be continued.
    pub partial: AmountOfFiles,
    /// The directory.
    pub path: String,
    /// What is cached for plugins.
    pub plugins: PluginFiles,
    /// Names this document.
    pub schema: ids::CacheV1,
}

/// Files that were last used in a span of time.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Age {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
    /// The span begins here and ends where the next begins.
    pub older_than_seconds: u64,
}

/// What is cached for plugins.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginFiles {
    /// Compiled code.
    pub code: AmountOfFiles,
    /// Facts of modules.
    pub facts: AmountOfFiles,
}

/// What was removed by age and size.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CacheTrim {
    /// What a run is using.
    pub in_use: AmountOfFiles,
    /// What is left, with that.
    pub left: AmountOfFiles,
    /// What was cached for plugins.
    pub plugins: RemovedPluginFiles,
    /// What is gone.
    pub removed: AmountOfFiles,
    /// Names this document.
    pub schema: ids::CacheTrimV1,
}

/// What was removed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CacheClear {
    /// What a run is using.
    pub in_use: AmountOfFiles,
    /// What is left, with that.
    pub left: AmountOfFiles,
    /// What was cached for plugins.
    pub plugins: RemovedPluginFiles,
    /// What is gone.
    pub removed: AmountOfFiles,
    /// Names this document.
    pub schema: ids::CacheClearV1,
}

/// What was cached for plugins.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemovedPluginFiles {
    /// What is gone.
    pub removed: AmountOfFiles,
}

/// Whether what is cached is what was downloaded.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CacheVerify {
    /// How many files were hashed.
    pub checked: usize,
    /// What is wrong.
    pub damage: Vec<DamagedFile>,
    /// Whether the damaged files were removed.
    pub repaired: bool,
    /// Names this document.
    pub schema: ids::CacheVerifyV1,
}

/// A damaged file of the store.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DamagedFile {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

/// What is between this machine and its modules.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Doctor<'a> {
    /// What may be behind the checks that failed, or with `--message` behind that.
    pub causes: Vec<Cause>,
    /// What was looked at, in this order.
    pub checks: Vec<Check<'a>>,
    /// How many failed.
    pub failed: usize,
    /// Names this document.
    pub schema: ids::DoctorV1,
    /// How many warned.
    pub warned: usize,
}

/// What may be behind a message.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// One sentence.
    pub cause: &'static str,
    /// The command or setting that helps.
    pub fix: &'static str,
    /// The section of docs/troubleshooting.md.
    pub section: &'static str,
}

impl From<&causes::Cause> for Cause {
    fn from(known: &causes::Cause) -> Self {
        let causes::Cause { cause, fix, section, .. } = *known;
        Self { cause, fix, section }
    }
}

/// A check of `airgo doctor`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Check<'a> {
    /// What it is about.
    pub area: CheckArea,
    /// What was found.
    pub detail: &'a str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<&'a str>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// What was looked at.
    pub name: &'a str,
    /// How it went.
    pub verdict: CheckVerdict,
}

/// What a check is about.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckArea {
    /// resolv.conf, name servers, names.
    Dns,
    /// HTTP_PROXY and the like.
    HttpProxy,
    /// The entries of GOPROXY.
    Proxy,
    /// The checksum database.
    SumDb,
    /// The time of day.
    Clock,
    /// Memory and processors.
    Machine,
}

/// How a check went.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckVerdict {
    /// As it should be.
    Ok,
    /// Not looked at, for the reason in the detail.
    Skipped,
    /// It works, but slowly, or not for everybody.
    Warn,
    /// Downloads fail because of this.
    Fail,
}

#[cfg(feature = "network")]
impl<'a> From<&'a doctor::Check> for Check<'a> {
    fn from(check: &'a doctor::Check) -> Self {
        let area = match check.area {
            doctor::Area::Dns => CheckArea::Dns,
            doctor::Area::HttpProxy => CheckArea::HttpProxy,
            doctor::Area::Proxy => CheckArea::Proxy,
            doctor::Area::SumDb => CheckArea::SumDb,
            doctor::Area::Clock => CheckArea::Clock,
            doctor::Area::Machine => CheckArea::Machine,
        };
        let verdict = match check.verdict {
            doctor::Verdict::Ok => CheckVerdict::Ok,
            doctor::Verdict::Skipped => CheckVerdict::Skipped,
            doctor::Verdict::Warn => CheckVerdict::Warn,
            doctor::Verdict::Fail => CheckVerdict::Fail,
        };
        let doctor::Check { name, detail, fix, millis, .. } = check;
        Self { area, detail, fix: fix.as_deref(), millis: *millis, name, verdict }
    }
}

/// A snapshot of vulnerability data.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Vulndb<'a> {
    /// Entries in it.
    pub entries: u64,
    /// The snapshot.
    pub file: String,
    /// Of when the data say that they are (RFC 3339).
    pub modified: &'a str,
    /// Modules that the entries are about.
    pub modules: u64,
    /// Names this document.
    pub schema: ids::VulndbV1,
    /// The SHA-256 of the snapshot.
    pub sha256: &'a str,
    /// Its bytes.
    pub size: usize,
    /// The databases that the entries come from.
    pub sources: Vec<VulndbSource<'a>>,
}

/// A database that entries come from.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VulndbSource<'a> {
    /// How many entries are from it.
    pub entries: u64,
    /// Its SPDX licence id; absent where it is not known.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub licence: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Where it is published; absent where that is not known.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub url: &'a str,
}

/// The version of airgo.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Names this document.
    pub schema: ids::VersionV1,
    /// The version.
    pub version: &'static str,
}

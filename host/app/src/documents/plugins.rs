//! Documents of `airgo plugin`.

use super::ids;
use serde::Serialize;

/// A plugin's directory that was written.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginNew<'a> {
    /// The directory.
    pub dir: String,
    /// Its files, relative to the directory.
    pub files: Vec<&'a str>,
    /// The language that it is written in.
    pub language: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Names this document.
    pub schema: ids::PluginNewV1,
}

/// A component that was built.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginBuild<'a> {
    /// The component.
    pub file: String,
    /// The version of `airgo:policy` that it speaks.
    pub interface: String,
    /// The language that it is written in.
    pub language: &'a str,
    /// What it calls itself.
    pub name: &'a str,
    /// What pins it in `airgo.toml`.
    pub policy: &'a str,
    /// Names this document.
    pub schema: ids::PluginBuildV1,
    /// The SHA-256 of the component.
    pub sha256: &'a str,
    /// Its bytes.
    pub size: u64,
    /// Its own version.
    pub version: &'a str,
}

/// A plugin that was compiled ahead.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginCompile<'a> {
    /// The version of airgo that runs it.
    pub airgo: &'a str,
    /// The file with the code.
    pub file: String,
    /// The id of the key that signed it.
    pub key_id: &'a str,
    /// CPU and system that it is for, such as `x86_64-linux`.
    pub machine: &'a str,
    /// Names this document.
    pub schema: ids::PluginCompileV1,
    /// The SHA-256 of the component.
    pub sha256: &'a str,
    /// Bytes of the file.
    pub size: u64,
}

/// What became of the cases of a plugin.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginTest {
    /// The cases, by name.
    pub cases: Vec<TestedCase>,
    /// How many failed.
    pub failed: usize,
    /// How many passed.
    pub passed: usize,
    /// The component.
    pub plugin: String,
    /// Names this document.
    pub schema: ids::PluginTestV1,
    /// The SHA-256 of the component.
    pub sha256: String,
}

/// What became of a case.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TestedCase {
    /// What was found and not wanted.
    pub extra: Vec<String>,
    /// What the plugin logged.
    pub logs: Vec<String>,
    /// Why it could not be run.
    pub message: Option<String>,
    /// What was wanted and not found.
    pub missing: Vec<String>,
    /// Its name.
    pub name: String,
    /// How it went.
    pub state: CaseState,
}

/// How a case went.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CaseState {
    /// It was found what should be found.
    Passed,
    /// What was found was written down.
    Updated,
    /// Nothing is written down yet that should be found.
    New,
    /// Something else was found.
    Failed,
    /// It could not be run.
    Broken,
}

/// What a component is.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginInspect<'a> {
    /// Bytes of code.
    pub code_bytes: u64,
    /// What it exports.
    pub exports: &'a [String],
    /// The component.
    pub file: &'a str,
    /// How many functions it has.
    pub functions: u64,
    /// What it imports.
    pub imports: &'a [String],
    /// The version of `airgo:policy` that it speaks; null of what is not a plugin.
    pub interface: Option<String>,
    /// What the plugin says of itself; absent where it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Described<'a>>,
    /// Why it does not run here.
    pub refused: Option<String>,
    /// Whether it runs here.
    pub runs: bool,
    /// Names this document.
    pub schema: ids::PluginInspectV1,
    /// The SHA-256 of the component; null where it is too large to be read.
    pub sha256: Option<&'a str>,
    /// Its bytes.
    pub size: u64,
    /// The version of `airgo:policy` that this airgo speaks.
    pub speaks: String,
}

/// What a plugin says of itself.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Described<'a> {
    /// The JSON Schema of its config.
    pub config_schema: serde_json::Value,
    /// The data sources that it reads.
    pub data: Vec<DescribedData<'a>>,
    /// Its name.
    pub name: &'a str,
    /// Its rules.
    pub rules: Vec<DescribedRule<'a>>,
    /// What it is for.
    pub summary: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// A data source that a plugin reads.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DescribedData<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether the plugin does not run without it.
    pub required: bool,
    /// What it is for.
    pub summary: &'a str,
}

/// A rule of a plugin.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DescribedRule<'a> {
    /// What it is about, at length.
    pub description: &'a str,
    /// A page about it.
    pub help_url: Option<&'a str>,
    /// Its id.
    pub id: &'a str,
    /// What it is about.
    pub summary: &'a str,
}

/// What a plugin takes, beside what it may take. Times are in microseconds.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PluginBench<'a> {
    /// Of the checks.
    pub check_micros: RunTimes,
    /// Of compiling the component.
    pub compile_micros: u64,
    /// Of the facts of modules; null of a plugin that collects none.
    pub facts: Option<BenchFacts>,
    /// Of loading compiled code.
    pub from_cache_micros: u64,
    /// What it may use.
    pub limits: BenchLimits,
    /// How many modules it was run over.
    pub modules: usize,
    /// The component.
    pub plugin: &'a str,
    /// How often it was run.
    pub runs: usize,
    /// Names this document.
    pub schema: ids::PluginBenchV1,
    /// The SHA-256 of the component.
    pub sha256: &'a str,
    /// What it was run over.
    pub subject: &'a str,
    /// What it used.
    pub used: BenchUsed,
}

/// The times of several runs.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RunTimes {
    /// Half of them were quicker.
    pub median: u64,
    /// The quickest.
    pub quickest: u64,
}

/// What the facts of modules took.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BenchFacts {
    /// Of the checks in which the facts were remembered.
    pub check_micros: RunTimes,
    /// Where none was remembered.
    pub gathered: GatheredFacts,
    /// Where all were.
    pub remembered: GatheredFacts,
}

/// What the facts of modules took in a run.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GatheredFacts {
    /// Bytes of the facts.
    pub bytes: u64,
    /// CPU time, with the reading of files.
    pub cpu_micros: u64,
    /// Modules whose facts were collected.
    pub gathered: usize,
    /// CPU time of the plugin.
    pub guest_micros: u64,
    /// Bytes that were read for it.
    pub read_bytes: u64,
    /// Modules whose facts were remembered.
    pub remembered: usize,
    /// Wall clock.
    pub wall_micros: u64,
}

/// What a plugin used.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BenchUsed {
    /// Bytes of code.
    pub code_bytes: u64,
    /// Bytes of the component.
    pub component_bytes: u64,
    /// Findings.
    pub findings: usize,
    /// Functions.
    pub functions: u64,
    /// Calls of the host.
    pub host_calls: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes that were read for it.
    pub read_bytes: u64,
    /// Elements of tables.
    pub table_elements: u64,
    /// CPU time.
    pub time_micros: u64,
}

/// What a plugin may use.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BenchLimits {
    /// Bytes of code.
    pub code_bytes: u64,
    /// Bytes of the component.
    pub component_bytes: u64,
    /// Bytes of all facts.
    pub facts_bytes: u64,
    /// Findings.
    pub findings: usize,
    /// Functions.
    pub functions: u64,
    /// CPU time of collecting facts.
    pub gather_total_micros: u64,
    /// Calls of the host.
    pub host_calls: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes that are read for it.
    pub read_bytes: u64,
    /// Elements of tables.
    pub table_elements: u64,
    /// CPU time.
    pub time_micros: u64,
}

//! What one entry says of one module.

use serde::{Deserialize, Serialize};

/// What an entry says of one module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Advisory {
    /// `GO-2024-2687`, `GHSA-…`.
    pub id: String,
    /// The same matter under other names, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// One line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// A page about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// No person of the Go team has looked at it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreviewed: bool,
    /// Ranges of semantic versions, each its events. Without any, every
    /// version is affected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Vec<Event>>,
    /// Versions that are affected whatever the ranges say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// The packages with the fault; without any, all of the module.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ImportedPackage>,
}

/// Where a range starts or ends. Versions are as the entry has them, mostly
/// without `v`; `introduced` may be `0`, the beginning of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The first version with the fault.
    Introduced(String),
    /// The first version without it.
    Fixed(String),
    /// The last version with it.
    LastAffected(String),
}

impl Event {
    /// Its version.
    pub fn version(&self) -> &str {
        match self {
            Event::Introduced(version) | Event::Fixed(version) | Event::LastAffected(version) => version,
        }
    }
}

/// A package with the fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportedPackage {
    /// Its import path.
    pub path: String,
    /// Systems on which it has it; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goos: Vec<String>,
    /// Architectures on which it has it; none means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goarch: Vec<String>,
}

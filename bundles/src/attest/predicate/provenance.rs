//! SLSA provenance v1 of a packing: from where each module was fetched, when,
//! by what, and what its author said about it.

use super::kind::{Predicate, check_time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `buildType`: what `externalParameters` and the rest mean.
pub const PACK_BUILD: &str = "https://airgo.dev/pack/v1";

/// The predicate `https://slsa.dev/provenance/v1` of a packing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// What was packed, from what.
    pub build_definition: BuildDefinition,
    /// This one run.
    pub run_details: RunDetails,
}

/// What was asked for and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildDefinition {
    /// [`PACK_BUILD`].
    pub build_type: String,
    /// What the user asked for.
    pub external_parameters: PackParameters,
    /// The settings that the packing found.
    pub internal_parameters: PackSettings,
    /// The stored modules, by `uri`.
    pub resolved_dependencies: Vec<Dependency>,
}

/// What the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackParameters {
    /// Build tags, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_tags: Vec<String>,
    /// The paths of the main modules, sorted.
    pub main_modules: Vec<String>,
    /// `os/arch`, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// `build` or `all`.
    pub scope: String,
}

/// Settings of the machine that say where modules come from. Addresses are
/// without user name and password: the caller sees to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackSettings {
    /// `GONOSUMDB` or `GOPRIVATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gonosumdb: Option<String>,
    /// `GOPROXY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goproxy: Option<String>,
    /// `GOSUMDB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gosumdb: Option<String>,
}

/// A module that went into the bundle: an in-toto ResourceDescriptor v1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dependency {
    /// How it was come by.
    #[serde(default, skip_serializing_if = "DependencyNotes::is_empty")]
    pub annotations: DependencyNotes,
    /// `sha256` of the zip and `dirHash`, its `h1:` in hexadecimal; without a
    /// zip those of the go.mod.
    pub digest: BTreeMap<String, String>,
    /// Where the zip came from (or the go.mod), as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_location: Option<String>,
    /// `path@version`.
    pub name: String,
    /// The package URL, `pkg:golang/<path>@<version>`.
    pub uri: String,
}

/// The annotations of a [`Dependency`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DependencyNotes {
    /// What the module's newest go.mod says after `Deprecated:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// When it was fetched (RFC 3339, UTC); absent where a local cache had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<String>,
    /// Where the proxy says that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Why its author retracted the version; empty if without a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retracted: Option<String>,
}

impl DependencyNotes {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A version's origin in version control (cmd/go codehost.Origin).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// The commit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// The tag or branch.
    #[serde(rename = "ref", default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// The module's directory in the repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subdir: String,
    /// The repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// `git` and the like.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vcs: String,
}

/// Who packed, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunDetails {
    /// What ran.
    pub builder: Builder,
    /// This run of it.
    #[serde(default, skip_serializing_if = "RunMetadata::is_empty")]
    pub metadata: RunMetadata,
}

/// What packed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Builder {
    /// A URI that names who or what ran airgo, such as a CI system's workflow.
    pub id: String,
    /// Versions of what took part, such as `airgo` and `go`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunMetadata {
    /// When it ended (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<String>,
    /// Its own name, such as the URL of a CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    /// When it began (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<String>,
}

impl RunMetadata {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Predicate for Provenance {
    const TYPE: &'static str = "https://slsa.dev/provenance/v1";
    const LABEL: &'static str = "provenance";

    fn check(&self) -> Result<(), String> {
        let build = &self.build_definition;
        if build.build_type != PACK_BUILD {
            return Err(format!("the build type is {:?}, not {PACK_BUILD:?}", build.build_type));
        }
        check_time("startedOn", self.run_details.metadata.started_on.as_ref())?;
        check_time("finishedOn", self.run_details.metadata.finished_on.as_ref())?;
        let mut last: Option<&str> = None;
        for dependency in &build.resolved_dependencies {
            if last.is_some_and(|l| l >= dependency.uri.as_str()) {
                return Err(format!("{} is out of order", dependency.uri));
            }
            last = Some(&dependency.uri);
            check_time("fetchedAt", dependency.annotations.fetched_at.as_ref())?;
        }
        Ok(())
    }
}

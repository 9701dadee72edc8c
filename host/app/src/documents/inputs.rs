//! Documents about what bundles are packed of.

use super::ids;
use crate::inputs;
use serde::Serialize;

/// The key of a bundle that would be packed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BundleKey<'a> {
    /// The digest of what the packages of the main modules import. It is in the key of an
    /// exact bundle alone.
    pub imports: String,
    /// The digest of everything that decides what the bundle would hold.
    pub key: String,
    /// The paths of the main modules.
    pub main_modules: &'a [String],
    /// The digest of what the go.mod and go.work files say of modules; it is in the key.
    pub modules: String,
    /// Names this document.
    pub schema: ids::BundleKeyV1,
    /// Modules that main modules require at several versions, by path.
    pub skew: Vec<Skew<'a>>,
}

impl<'a> BundleKey<'a> {
    /// Of a key.
    pub fn new(key: &'a inputs::BundleKey) -> Self {
        Self {
            imports: key.inputs.imports.to_string(),
            key: key.inputs.key.to_string(),
            main_modules: &key.mains,
            modules: key.inputs.modules.to_string(),
            schema: ids::BundleKeyV1,
            skew: Skew::all(&key.skew),
        }
    }
}

/// A module that main modules require at several versions.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Skew<'a> {
    /// Its path.
    pub module: &'a str,
    /// The versions, ascending.
    pub versions: Vec<SkewedVersion<'a>>,
}

/// A version that some main modules require.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SkewedVersion<'a> {
    /// The paths of those main modules.
    pub required_by: &'a [String],
    /// The version.
    pub version: &'a str,
}

impl<'a> Skew<'a> {
    /// As they were found.
    pub fn all(skew: &'a [inputs::Skew]) -> Vec<Self> {
        let version =
            |(version, required_by): &'a (String, Vec<String>)| SkewedVersion { required_by, version };
        let module = |skew: &'a inputs::Skew| Skew {
            module: &skew.module,
            versions: skew.versions.iter().map(version).collect(),
        };
        skew.iter().map(module).collect()
    }
}

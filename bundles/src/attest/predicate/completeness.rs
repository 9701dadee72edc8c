//! That a build needs nothing beyond the bundle: for which platforms and tags, and
//! which packages it loads.

use super::kind::Predicate;
use crate::digest::Sha256;
use serde::{Deserialize, Serialize};

/// The predicate `https://airgo.dev/attestation/completeness/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Completeness {
    /// The build tags that were set, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_tags: Vec<String>,
    /// How many modules provide the packages, the main modules among them.
    pub modules: u64,
    /// How many packages are loaded, without those of the standard library.
    pub packages: u64,
    /// The SHA-256 of a line for each package, sorted by the bytes: its path, a
    /// space, and its module as `path@version`; of a main module, and of one that a
    /// directory replaces without a version, the path alone.
    pub packages_sha256: Sha256,
    /// `os/arch`, sorted.
    pub platforms: Vec<String>,
}

impl Predicate for Completeness {
    const TYPE: &'static str = "https://airgo.dev/attestation/completeness/v1";
    const LABEL: &'static str = "completeness";

    fn check(&self) -> Result<(), String> {
        if self.platforms.is_empty() {
            return Err("no platform is named".to_owned());
        }
        let sorted = |list: &[String]| list.is_sorted_by(|a, b| a < b);
        match (sorted(&self.platforms), sorted(&self.build_tags)) {
            (false, _) => Err("the platforms are not sorted".to_owned()),
            (_, false) => Err("the build tags are not sorted".to_owned()),
            _ => Ok(()),
        }
    }
}

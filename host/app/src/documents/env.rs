//! The document of `airgo env`.

use super::ids;
use serde::Serialize;
use std::collections::BTreeMap;

/// The variables that a build needs.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Env {
    /// Names this document.
    pub schema: ids::EnvV1,
    /// The variables by name.
    pub variables: BTreeMap<&'static str, String>,
}

//! Asking a module.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ModuleInfo;

/// What another plugin found of a module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// A rule of that plugin.
    pub rule: String,
    /// The attributes of the finding.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

impl ModuleInfo {
    /// Path and version of the code in the bundle: those of the replacement,
    /// where that is a module. A directory of the project has no name of its
    /// own: its code goes under the name that it is required by.
    pub fn code(&self) -> (&str, &str) {
        match &self.replaced_by {
            Some(other) if !other.version.is_empty() => (&other.path, &other.version),
            _ => (&self.path, &self.version),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Whether the bundle has not all files of the module: that a file is not there
    /// then says nothing of the module.
    ///
    /// ```
    /// use airgo_plugin::Bundle;
    /// use airgo_plugin::testing::FakeBundle;
    ///
    /// let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &[]).attribute("files", "part");
    /// assert!(bundle.modules()[0].is_part());
    /// ```
    pub fn is_part(&self) -> bool {
        self.attribute("files").is_some()
    }

    /// What a plugin found of the module, whose findings the config schema asks
    /// for with `x-airgo-compare`. None without a baseline, and where the bundle
    /// has no files of the module.
    ///
    /// ```
    /// use airgo_plugin::Bundle;
    /// use airgo_plugin::testing::FakeBundle;
    ///
    /// let json = r#"[{"rule":"found","verdict":"allow","attributes":{"expression":"MIT"}}]"#;
    /// let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &[]);
    /// let module = &bundle.attribute("findings.licence", json).modules()[0];
    /// assert_eq!(module.found_by("licence").unwrap()[0].attributes["expression"], "MIT");
    /// assert_eq!(module.found_by("native"), None);
    /// ```
    pub fn found_by(&self, plugin: &str) -> Option<Vec<Found>> {
        serde_json::from_str(self.attribute(&format!("findings.{plugin}"))?).ok()
    }
}

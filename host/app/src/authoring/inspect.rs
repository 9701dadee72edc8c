//! What a component is. It is run for as long as `describe` takes, within its
//! limits; what cannot be run is reported as far as its sections go.

use super::component::{Component, failed};
use super::{NamedPlugin, engine};
use crate::Context;
use crate::documents;
use crate::failure::{Failure, Result};
use crate::paths::argument;
use airgo_bundle::Sha256;
use airgo_policy::prescan::{self, Outline, SPEAKS};
use airgo_policy::{Description, PluginError};

/// What is known of a component.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The component, as it was named.
    pub shown: String,
    /// Its bytes.
    pub size: u64,
    /// The SHA-256 of it; none where it is too large to be read.
    pub sha256: Option<String>,
    /// What its sections say.
    pub outline: Outline,
    /// What it says of itself, or why it does not run here.
    pub described: std::result::Result<Description, PluginError>,
}

/// Reads a component, and asks it what it is.
///
/// # Errors
/// It cannot be read, or is a directory. That it does not run here is in the
/// report: see [`Inspected::demand_runs`].
pub fn inspect(context: &Context, plugin: &NamedPlugin) -> Result<Inspected> {
    if plugin.path().is_dir() {
        return Err(Failure::failed(format!("{} is a directory, not a component", plugin.name))
            .hint(format!("build it first: airgo plugin build {}", argument(plugin.path()))));
    }
    let Component { shown, bytes, size, limits, .. } = Component::open(context, plugin)?;
    let outline = prescan::outline(&bytes, &limits);
    let described = match &outline.refused {
        Some(refused) => Err(refused.clone()),
        None => engine(context)?.load(&bytes, &limits).map(|plugin| plugin.describe().clone()),
    };
    // Of a file beyond the limit only the beginning was read.
    let whole = size == bytes.len() as u64;
    let sha256 = whole.then(|| Sha256::of(&bytes).to_string());
    Ok(Inspected { shown, size, sha256, outline, described })
}

impl Inspected {
    /// A failure, whose report has all, where it does not run here.
    ///
    /// # Errors
    /// It does not run here.
    pub fn demand_runs(&self) -> Result<()> {
        let Err(error) = &self.described else { return Ok(()) };
        let mut failure = failed(&self.shown, error);
        failure.report = serde_json::to_value(documents::PluginInspect::from(self)).ok();
        Err(failure)
    }
}

impl<'a> From<&'a Inspected> for documents::PluginInspect<'a> {
    fn from(inspected: &'a Inspected) -> Self {
        let Inspected { shown, size, sha256, outline, described } = inspected;
        documents::PluginInspect {
            code_bytes: outline.code_bytes,
            exports: &outline.exports,
            file: shown,
            functions: outline.functions,
            imports: &outline.imports,
            interface: outline.version.map(|version| version.to_string()),
            plugin: described.as_ref().ok().map(Into::into),
            refused: described.as_ref().err().map(ToString::to_string),
            runs: described.is_ok(),
            schema: documents::PluginInspectV1,
            sha256: sha256.as_deref(),
            size: *size,
            speaks: SPEAKS.to_string(),
        }
    }
}

impl<'a> From<&'a Description> for documents::Described<'a> {
    fn from(description: &'a Description) -> Self {
        let rules = description.rules.iter().map(|rule| documents::DescribedRule {
            description: &rule.description,
            help_url: rule.help_url.as_deref(),
            id: &rule.id,
            summary: &rule.summary,
        });
        let data = description.data.iter().map(|need| documents::DescribedData {
            name: &need.name,
            required: need.required,
            summary: &need.summary,
        });
        documents::Described {
            config_schema: serde_json::from_str(&description.config_schema).unwrap_or_default(),
            data: data.collect(),
            name: &description.name,
            rules: rules.collect(),
            summary: &description.summary,
            version: &description.version,
        }
    }
}

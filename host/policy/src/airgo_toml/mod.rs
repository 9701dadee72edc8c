//! `airgo.toml`: which plugins judge a bundle, with what config and data, and
//! which findings are lifted.
//!
//! ```
//! let text = r#"
//! [[plugin]]
//! name = "allowlist"
//! builtin = "allowlist"
//! config.default = "deny"
//! config.allow = ["golang.org/x/*"]
//!
//! [[exception]]
//! rule = "allowlist/not-listed"
//! module = "github.com/acme/legacy"
//! reason = "moves to the new service by spring"
//! expires = 2027-03-31
//! "#;
//! let policy = airgo_policy::airgo_toml::parse("airgo.toml", text).unwrap();
//! assert_eq!(policy.plugins[0].name, "allowlist");
//!
//! let text = text.replace("reason =", "reson =");
//! let err = airgo_policy::airgo_toml::parse("airgo.toml", &text).unwrap_err();
//! assert_eq!(err.to_string(), "airgo.toml:11:1: unknown key reson; allowed here: expires, module, reason, rule");
//! ```

mod config;
mod read;
mod tables;
#[cfg(test)]
mod tests;
mod units;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use airgo_gomod::address::in_text;
use jiff::{SignedDuration, Timestamp};

use crate::{BUILTINS, Limits, Verdict};

/// The JSON Schema of a policy file, for editors.
pub const JSON_SCHEMA: &str = include_str!("airgo.schema.json");

/// A commented policy file to start from.
pub const TEMPLATE: &str = include_str!("template.toml");

/// [`TEMPLATE`] with these modules on the allow list, in place of its example.
/// An entry is a module path, exactly: another module below it is a new one.
pub fn template_for<'a>(modules: impl IntoIterator<Item = &'a str>) -> String {
    let mut lines = String::new();
    for module in modules {
        // Go's module paths have neither quotes nor backslashes nor control characters.
        lines.push_str("    \"=");
        lines.extend(module.chars().filter(|c| !matches!(c, '"' | '\\') && !c.is_control()));
        lines.push_str("\",\n");
    }
    if lines.is_empty() { TEMPLATE.to_owned() } else { TEMPLATE.replacen(EXAMPLE, &lines, 1) }
}

/// What [`template_for`] replaces.
const EXAMPLE: &str = "    \"golang.org/x/*\",\n";

/// What a policy file says.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// The plugins, in the order of the file; their names are unique.
    pub plugins: Vec<PluginEntry>,
    /// In the order of the file.
    pub exceptions: Vec<Exception>,
    /// In the order of the file; their names are unique.
    pub data: Vec<DataEntry>,
    /// A finding counts as this at most: `Warn` where no policy was written.
    pub strictest: Verdict,
    /// Name and text of the file; none where there is no file.
    source: Option<(String, String)>,
}

/// A plugin that takes part.
#[derive(Clone, Debug)]
pub struct PluginEntry {
    /// Its name in reports and exceptions.
    pub name: String,
    /// Where it comes from.
    pub source: PluginSource,
    /// What it must hash to; always there for a path.
    pub sha256: Option<String>,
    /// Who must have signed it.
    pub signature: Option<SignatureEntry>,
    /// Its compiled code, relative to the policy file.
    pub compiled: Option<PathBuf>,
    /// Its config, an object.
    pub config: serde_json::Value,
    /// What it may use.
    pub limits: Limits,
    /// Where its table begins.
    pub line: u32,
    /// Line and column of each value of the config, by JSON Pointer.
    places: BTreeMap<String, (u32, u32)>,
}

/// A signature that a plugin must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureEntry {
    /// The file with the signature, relative to the policy file.
    pub file: PathBuf,
    /// Files with the keys of which one must have made it, relative to the
    /// policy file; at least one.
    pub trust: Vec<PathBuf>,
}

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// This binary.
    Builtin(String),
    /// A file, relative to the policy file.
    Path(PathBuf),
    /// A component that the caller has read; never of a policy file.
    Bytes(Arc<[u8]>),
}

/// A plugin that somebody tries without a policy file that pins it.
#[derive(Clone, Debug)]
pub struct TriedPlugin {
    /// Its name in reports.
    pub name: String,
    /// The component.
    pub component: Arc<[u8]>,
    /// Its config; `None` for that of the policy file's plugin of this name, or
    /// an empty one.
    pub config: Option<serde_json::Value>,
    /// What it may use.
    pub limits: Limits,
}

/// A finding that is lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// `<plugin>/<rule>`, or `<plugin>/*`.
    pub rule: String,
    /// `[=]pattern[@version]`, as in GOPRIVATE; none is every finding.
    pub module: Option<String>,
    /// Why; never empty.
    pub reason: String,
    /// From then on it lifts nothing.
    pub expires: Option<Timestamp>,
    /// Where its table begins.
    pub line: u32,
}

/// A data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataEntry {
    /// The name by which plugins ask for it.
    pub name: String,
    /// A file or directory, relative to the policy file.
    pub path: PathBuf,
    /// What it must hash to.
    pub sha256: Option<String>,
    /// When it was made.
    pub date: Option<Timestamp>,
    /// How old it may be at the time judged for.
    pub max_age: Option<SignedDuration>,
    /// Where its table begins.
    pub line: u32,
}

/// What is wrong in a policy file, and where. Addresses are told without what
/// may be a secret in them, and so is the value of a key that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct PolicyFileError {
    /// The name of the file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// That line.
    pub line_text: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// Reads a policy file; its name is for the errors.
///
/// # Errors
/// The first thing that is wrong, with its line and column.
pub fn parse(file: &str, text: &str) -> Result<PolicyFile, PolicyFileError> {
    read::policy_file(file, text)
}

/// Reads `[limits]` of a TOML document that may hold anything else beside it:
/// what a plugin's author says that it needs, in the words of a policy file.
/// What is not set stays as in `defaults`.
///
/// # Errors
/// The first thing that is wrong, with its line and column.
pub fn limits(file: &str, text: &str, defaults: &Limits) -> Result<Limits, PolicyFileError> {
    read::limits_of(file, text, defaults)
}

impl PolicyFile {
    /// Without a policy file: all built-in plugins, with cautious defaults
    /// ([`crate::Builtin::without_file`]). They warn and never refuse; where one
    /// fails, that is a warning too.
    pub fn without_file() -> Self {
        let entry = |builtin: &crate::Builtin| PluginEntry {
            name: builtin.name.to_owned(),
            source: PluginSource::Builtin(builtin.name.to_owned()),
            sha256: None,
            signature: None,
            compiled: None,
            config: builtin.config_without_file(),
            limits: Limits::default(),
            line: 0,
            places: BTreeMap::new(),
        };
        PolicyFile {
            plugins: BUILTINS.iter().map(entry).collect(),
            exceptions: Vec::new(),
            data: Vec::new(),
            strictest: Verdict::Warn,
            source: None,
        }
    }

    /// Tries these plugins in place of those of the policy file, with its data
    /// sources. Exceptions do not count: they are about other plugins.
    pub fn trying(self, tried: Vec<TriedPlugin>) -> Self {
        let config_of = |name: &str| {
            let same = self.plugins.iter().find(|entry| entry.name == name && !self.is_default());
            same.map_or_else(|| serde_json::json!({}), |entry| entry.config.clone())
        };
        let entry = |plugin: TriedPlugin| PluginEntry {
            config: plugin.config.unwrap_or_else(|| config_of(&plugin.name)),
            name: plugin.name,
            source: PluginSource::Bytes(plugin.component),
            sha256: None,
            signature: None,
            compiled: None,
            limits: plugin.limits,
            line: 1,
            places: BTreeMap::new(),
        };
        PolicyFile {
            plugins: tried.into_iter().map(entry).collect(),
            exceptions: Vec::new(),
            data: self.data,
            strictest: Verdict::Deny,
            source: self.source.or_else(|| Some(("--plugin".to_owned(), String::new()))),
        }
    }

    /// Whether nobody wrote a policy, so that nothing is refused.
    pub fn is_default(&self) -> bool {
        self.source.is_none()
    }

    pub(crate) fn error_at_line(&self, line: u32, message: String) -> PolicyFileError {
        self.error_at_line_column((line, 1), message)
    }

    pub(crate) fn error_at_line_column(
        &self,
        (line, column): (u32, u32),
        message: String,
    ) -> PolicyFileError {
        let source = self.source.as_ref();
        let (file, text) = source.map_or(("built-in policy", ""), |(file, text)| (file, text));
        PolicyFileError::new(file, text, (line, column), message)
    }
}

impl PolicyFileError {
    fn new(file: &str, text: &str, (line, column): (u32, u32), message: String) -> Self {
        let line_text = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
        let (line_text, message) = (in_text(line_text), in_text(&message));
        Self { file: file.to_owned(), line, column, line_text, message }
    }

    /// Without what stands behind the key, which may be anything: a password
    /// for a plugin that takes none.
    pub(crate) fn without_value(mut self) -> Self {
        let before =
            self.line_text.chars().take(self.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        if let Some(sign) = self.line_text.get(before..).and_then(|rest| rest.find('=')) {
            self.line_text.truncate(before + sign + 1);
            self.line_text.push_str(" …");
        }
        self
    }
}

impl PluginEntry {
    /// Line and column of a value of the config, or of what is nearest to it.
    pub(crate) fn config_place(&self, pointer: &str) -> (u32, u32) {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return *place;
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return (self.line, 1),
            }
        }
    }
}

//! The document of `airgo vendor`.

use super::ids;
use crate::vendor::{Checked, command};
use serde::Serialize;

/// Whether a vendor directory is what go would write.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Vendor<'a> {
    /// The bundle that had the lists of files; none where they were fetched.
    pub bundle: Option<String>,
    /// The command that writes the directory anew.
    pub command: &'a str,
    /// The paths that are not as go would write them, sorted.
    pub differences: Vec<VendorDifference<'a>>,
    /// The vendor directory.
    pub dir: String,
    /// How many files go would write.
    pub files: usize,
    /// The modules that they are of.
    pub modules: usize,
    /// The lines of modules.txt that differ.
    pub modules_txt: Vec<VendorLine<'a>>,
    /// Whether nothing differs.
    pub same: bool,
    /// Names this document.
    pub schema: ids::VendorV1,
    /// Modules that go.sum has no line for: in a workspace.
    pub unsummed: &'a [String],
}

/// A path that is not as go would write it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VendorDifference<'a> {
    /// What else is to be said.
    pub detail: Option<&'a str>,
    /// The module that has the file, `path@version`; the path alone where a directory
    /// replaces it; none of what go would not write.
    pub module: Option<String>,
    /// The path below the vendor directory.
    pub path: &'a str,
    /// What is wrong: `changed`, `added`, `missing`, `not-a-file`, `unreadable`, or
    /// `unknown` where the bundle does not have what says whether go would write it.
    pub wrong: &'a str,
}

/// A line of modules.txt that differs.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VendorLine<'a> {
    /// The line in the file, from 1; of a line that it lacks the one that would follow.
    pub line: usize,
    /// The text, without its newline.
    pub text: &'a str,
    /// Whether go would write it; else it is there.
    pub wanted: bool,
}

impl<'a> From<&'a Checked> for Vendor<'a> {
    fn from(checked: &'a Checked) -> Self {
        let differences = checked.differences.iter().map(|difference| VendorDifference {
            detail: difference.detail.as_deref(),
            module: difference.module.as_ref().map(|module| match module.version.as_str() {
                "" => module.path.clone(),
                _ => module.to_string(),
            }),
            path: &difference.path,
            wrong: difference.wrong.name(),
        });
        let lines = checked.modules_txt.iter().map(|change| VendorLine {
            line: change.line,
            text: change.text.trim_end_matches('\n'),
            wanted: change.wanted,
        });
        Self {
            bundle: checked.bundle.as_ref().map(|file| file.display().to_string()),
            command: command(checked.workspace),
            differences: differences.collect(),
            dir: checked.dir.display().to_string(),
            files: checked.files,
            modules: checked.modules,
            modules_txt: lines.collect(),
            same: checked.is_same(),
            schema: ids::VendorV1,
            unsummed: &checked.unsummed,
        }
    }
}

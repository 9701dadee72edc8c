//! The document of `airgo image`.

use super::ids;
use super::policy::RecordedReport;
use serde::Serialize;

/// An image that was written.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Image<'a> {
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// The digest that the image is known by, `sha256:…`: of its manifest, or where there are
    /// several platforms, of their index.
    pub digest: String,
    /// The archive.
    pub file: String,
    /// Where the module cache is in the image.
    pub gomodcache: String,
    /// The layers, the lowest first.
    pub layers: Vec<ImageLayer<'a>>,
    /// The name that it gets where it is loaded, with the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The platforms that it is for.
    pub platforms: Vec<String>,
    /// What the policy found.
    pub policy: RecordedReport<'a>,
    /// Names this document.
    pub schema: ids::ImageV1,
    /// The ids of the trusted keys that signed the bundle.
    pub signed_by: Vec<String>,
    /// Bytes of the archive.
    pub size: u64,
}

/// A layer of an image.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageLayer<'a> {
    /// Its digest, `sha256:…`; it is not compressed.
    pub digest: &'a str,
    /// The families of modules in it, by the first two elements of their paths, or what else it
    /// holds.
    pub holds: &'a [String],
    /// The platform that it is for; none where it is for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<&'a str>,
    /// Bytes.
    pub size: u64,
}

//! Documents about bundles, projects and keys.

use super::ids;
use super::inputs::Skew;
use super::policy::{PolicyReport, RecordedReport};
use airgo_bundle::Manifest;
use airgo_bundle::manifest::{
    DataSnapshot, Encoding, GraphNode, MainModule, Module, Payload, Scope, Workspace,
};
use serde::Serialize;

/// A bundle that was packed.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pack<'a> {
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// The first of `files`.
    pub file: String,
    /// The bundle; where it was split, its volumes.
    pub files: Vec<String>,
    /// What `airgo key` prints for it.
    pub key: String,
    /// The SHA-256 of the manifest, which the signature is over.
    pub manifest_sha256: String,
    /// Modules in the build lists.
    pub modules: usize,
    /// What the policy found.
    pub policy: PolicyReport<'a>,
    /// Names this document.
    pub schema: ids::PackV1,
    /// The ids of the keys that signed.
    pub signed_by: Vec<String>,
    /// Bytes of the bundle.
    pub size: u64,
    /// Modules that main modules require at several versions, by path.
    pub skew: Vec<Skew<'a>>,
    /// With `--if-changed`: whether the bundle was there already, and nothing was written.
    pub unchanged: bool,
    /// Its volumes; none where it is one file.
    pub volumes: Vec<String>,
}

/// A bundle that was converted into another encoding.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Convert {
    /// The digest of what the bundle holds: that of the old one.
    pub content_id: String,
    /// The encoding of its payload.
    pub encoding: Encoding,
    /// The new bundle.
    pub file: String,
    /// The SHA-256 of the manifest, which the signature is over.
    pub manifest_sha256: String,
    /// Names this document.
    pub schema: ids::ConvertV1,
    /// The ids of the keys that signed.
    pub signed_by: Vec<String>,
    /// Bytes of the bundle.
    pub size: u64,
}

/// A bundle that was unpacked.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unpack<'a> {
    /// Modules that were there, with those of which go.mod alone is read.
    pub already_present: usize,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// Where it was written.
    pub dir: String,
    /// The bundle's files as one text, separated by a comma; use `files`.
    pub file: String,
    /// The bundle's files.
    pub files: Vec<String>,
    /// The module cache; empty where another layout was written.
    pub gomodcache: String,
    /// Modules that were installed.
    pub installed: usize,
    /// What was written: `cache`, `vendor`, `proxy` or `athens`.
    pub layout: &'a str,
    /// What the policy found.
    pub policy: RecordedReport<'a>,
    /// Modules that were removed from the cache, as path@version.
    pub pruned: Vec<String>,
    /// Modules that were changed in the cache and were replaced, as path@version.
    pub repaired: Vec<String>,
    /// Names this document.
    pub schema: ids::UnpackV1,
    /// The ids of the trusted keys that signed.
    pub signed_by: Vec<String>,
}

/// A bundle that verifies.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Verify {
    /// Bytes of what was verified.
    pub bytes: u64,
    /// The remarks of trusted signers.
    pub comments: Vec<Comment>,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// The id of the key of the detached signature; null where none was given.
    pub detached_signature_by: Option<String>,
    /// When the signatures expire (RFC 3339); null where they do not.
    pub expires: Option<String>,
    /// The bundle's files as one text, separated by a comma; use `files`.
    pub file: String,
    /// The bundle's files.
    pub files: Vec<String>,
    /// Objects and pieces of evidence.
    pub objects: usize,
    /// Names this document.
    pub schema: ids::VerifyV1,
    /// The number that grows from bundle to bundle; null without one.
    pub sequence: Option<u64>,
    /// The ids of the trusted keys that signed.
    pub trusted_signers: Vec<String>,
}

/// The remark of a signer.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// The remark.
    pub comment: String,
    /// The id of the signer's key.
    pub key_id: String,
}

/// The manifest of a bundle, with the signatures.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Inspect<'a> {
    /// Build tags that the packing assumed.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub build_tags: &'a [String],
    /// That a build needs nothing beyond the bundle, as trusted signers state it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub completeness: Vec<StatedCompleteness<'a>>,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: &'a str,
    /// Data snapshots that policies read.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub data: &'a [DataSnapshot],
    /// The module graph.
    pub graph: &'a [GraphNode],
    /// The project's own modules.
    pub main_modules: &'a [MainModule],
    /// The schema of the manifest itself.
    pub manifest_schema: &'a str,
    /// Every module version of the bundle.
    pub modules: &'a [Module],
    /// How the modules are stored.
    pub payload: &'a Payload,
    /// Platforms that the packing was for; none means any.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub platforms: &'a [String],
    /// Names this document.
    pub schema: ids::InspectV1,
    /// What the bundle suffices for.
    pub scope: Scope,
    /// Who signed.
    pub signatures: Vec<Signature>,
    /// The go.work files of the projects that are workspaces.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub workspaces: &'a [Workspace],
}

impl<'a> Inspect<'a> {
    /// Of a manifest, and of what was signed.
    pub fn new(
        manifest: &'a Manifest,
        signatures: Vec<Signature>,
        completeness: Vec<StatedCompleteness<'a>>,
    ) -> Self {
        let Manifest {
            build_tags,
            content_id,
            data,
            graph,
            main_modules,
            modules,
            payload,
            platforms,
            schema: manifest_schema,
            scope,
            workspaces,
        } = manifest;
        Self {
            build_tags,
            completeness,
            content_id,
            data,
            graph,
            main_modules,
            manifest_schema,
            modules,
            payload,
            platforms,
            schema: ids::InspectV1,
            scope: *scope,
            signatures,
            workspaces,
        }
    }
}

/// That a build needs nothing beyond the bundle.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StatedCompleteness<'a> {
    /// The build tags that were set.
    pub build_tags: &'a [String],
    /// How many modules provide the packages, the main modules among them.
    pub modules: u64,
    /// How many packages are loaded, without those of the standard library.
    pub packages: u64,
    /// The SHA-256 of these packages: a line each, `path module@version`, sorted.
    pub packages_sha256: String,
    /// The platforms that it is stated for.
    pub platforms: &'a [String],
    /// The id of the key that states it.
    pub stated_by: String,
}

/// A signature, and whether it counts.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// The signer's remark.
    pub comment: Option<String>,
    /// When it expires (RFC 3339).
    pub expires: Option<String>,
    /// The id of the key.
    pub key_id: String,
    /// The key in OpenSSH's format.
    pub public_key: String,
    /// The role that was signed in.
    pub role: Option<String>,
    /// The number that grows from bundle to bundle.
    pub sequence: Option<u64>,
    /// When it was signed, by the signer's clock.
    pub signed_at: Option<String>,
    /// Whether it counts, or why not, in words.
    pub standing: String,
    /// Whether it counts.
    pub trusted: bool,
}

/// What changed from one bundle to the next.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Diff<'a> {
    /// The changes of the build list, by module path.
    pub modules: Vec<Change<'a>>,
    /// The content id of the newer bundle.
    pub new_content_id: &'a str,
    /// The content id of the older bundle.
    pub old_content_id: &'a str,
    /// Names this document.
    pub schema: ids::DiffV1,
}

/// What became of one module path.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Change<'a> {
    /// `added`, `removed`, `upgraded`, `downgraded`, `replacement-changed`, or
    /// `sum-changed`: the same version with other content.
    pub change: &'a str,
    /// The version after, with its replacement.
    pub new: Option<&'a str>,
    /// The version before, with its replacement.
    pub old: Option<&'a str>,
    /// The module path.
    pub path: &'a str,
    /// The hashes that differ where the version does not.
    pub sums: Option<HashPair<'a>>,
}

/// Two hashes of one module version.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HashPair<'a> {
    /// In the newer bundle.
    pub new: &'a str,
    /// In the older bundle.
    pub old: &'a str,
}

/// Why a module or package is in a bundle.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Why<'a> {
    /// The first chain of the others: by requirements, else by imports.
    pub chain: &'a [String],
    /// Chains of imports, the main module first; null where the imports were not
    /// followed.
    pub imports: Option<&'a [Vec<String>]>,
    /// The module, `path@version`.
    pub module: &'a str,
    /// The package of it that was asked for.
    pub package: Option<&'a str>,
    /// Chains of requirements of go.mod files, the main module first.
    pub requirements: &'a [Vec<String>],
    /// Names this document.
    pub schema: ids::WhyV1,
}

/// The build list of a project and its module graph.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Resolve<G, M> {
    /// Who requires, and what, as `path@version` or the path of a main module.
    pub graph: G,
    /// The build list.
    pub modules: M,
    /// Names this document.
    pub schema: ids::ResolveV1,
}

/// A module of a build list.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ResolvedModule<'a> {
    /// Whether a main module's go.mod requires it without `// indirect`.
    pub direct: bool,
    /// The go line of its go.mod.
    pub go_version: Option<&'a str>,
    /// Whether it is one of the project's own.
    pub main: bool,
    /// Its path.
    pub path: &'a str,
    /// What go.mod or go.work puts in its place.
    pub replacement: Option<ResolvedReplacement<'a>>,
    /// Its version; empty of a main module.
    pub version: &'a str,
}

/// What replaces a module.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ResolvedReplacement<'a> {
    /// Another module.
    Module {
        /// Its path.
        path: &'a str,
        /// Its version.
        version: &'a str,
    },
    /// A directory.
    Directory {
        /// As go.mod or go.work names it.
        directory: &'a str,
    },
}

/// A signature that was added to a bundle.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sign {
    /// Whether it is accepted by the signer's own trust.
    pub counts: bool,
    /// The bundle.
    pub file: String,
    /// The id of the key.
    pub key_id: String,
    /// The SHA-256 of the manifest, which the signature is over.
    pub manifest_sha256: String,
    /// The role that was signed in.
    pub role: String,
    /// Names this document.
    pub schema: ids::SignV1,
    /// Whether it counts, or why not, in words.
    pub standing: Option<String>,
    /// The roles in which signatures are missing.
    pub still_missing: Vec<super::MissingRole>,
}

/// A signature that was written beside a file.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignDetached {
    /// The file.
    pub file: String,
    /// The id of the key.
    pub key_id: String,
    /// Names this document.
    pub schema: ids::SignV1,
    /// The file with the signature.
    pub signature: String,
}

/// A bundle that was put together again.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// Bytes of what was verified.
    pub bytes: u64,
    /// The bundle.
    pub file: String,
    /// Objects and pieces of evidence.
    pub objects: usize,
    /// Names this document.
    pub schema: ids::RepairV1,
}

/// A patch that was written.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Resend {
    /// The patch.
    pub file: String,
    /// Names this document.
    pub schema: ids::ResendV1,
    /// Its bytes.
    pub size: u64,
}

/// A key pair that was made.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Keygen {
    /// The id of the key.
    pub key_id: String,
    /// The file with the private half.
    pub private: String,
    /// The file with the public half.
    pub public: String,
    /// Names this document.
    pub schema: ids::KeygenV1,
}

/// A key.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The file that was read.
    pub file: String,
    /// The id of the key: OpenSSH's fingerprint.
    pub key_id: String,
    /// The public half as minisign writes it.
    pub minisign: String,
    /// The public half as OpenSSH writes it.
    pub openssh: String,
    /// The public half as openssl writes it.
    pub pem: String,
    /// The file with the public half; null where none was found.
    pub public_file: Option<String>,
    /// Names this document.
    pub schema: ids::KeyV1,
}

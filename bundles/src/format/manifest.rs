//! The manifest, `airgo.json`: what a bundle holds and why.
//!
//! It states only what follows from the project and the modules, never the
//! time, the place or the proxy of packing, so that the same project gives the
//! same bytes anywhere. Fields are written as canonical JSON ([`crate::json`]);
//! an optional field that says nothing is absent, never null or empty. Rules
//! that go beyond the shape are in `manifest_check`, reading and writing in
//! `manifest_text`.

use crate::digest::{Sha256, h1};
use airgo_gomod::{H1, ModuleVersion};
use serde::{Deserialize, Serialize};

/// The first schema, which has all members but those of a later one.
pub const SCHEMA: &str = "https://airgo.dev/bundle/v1";
/// The second schema: [`Workspace::toolchain`] is in it.
pub const SCHEMA_2: &str = "https://airgo.dev/bundle/v2";
/// The third schema: file lists ([`Module::files`]) and the encodings
/// [`Encoding::Compact`] and [`Encoding::Exact`] are in it.
pub const SCHEMA_3: &str = "https://airgo.dev/bundle/v3";

/// What a bundle holds. Build it with the fields public, then [`Manifest::seal`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Build tags that the packing assumed, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_tags: Vec<String>,
    /// `sha256:` and the digest of the modules' hashes: equal through any proxy.
    pub content_id: String,
    /// Data snapshots that policies read, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataSnapshot>,
    /// The module graph, by node: the union of those of all projects.
    pub graph: Vec<GraphNode>,
    /// The project's own modules, by directory.
    pub main_modules: Vec<MainModule>,
    /// Every module version with an object in the bundle or a place in a
    /// project's build list, by path, version and replacement, bytewise. One
    /// version stands here twice where two projects replace it differently.
    pub modules: Vec<Module>,
    /// How the modules' files are stored.
    pub payload: Payload,
    /// Platforms (`linux/amd64`) that the packing was for, sorted; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// The oldest that has all members in use: [`SCHEMA`], [`SCHEMA_2`] or [`SCHEMA_3`].
    pub schema: String,
    /// What the bundle must suffice for.
    pub scope: Scope,
    /// The go.work files of the projects that are workspaces, by directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workspaces: Vec<Workspace>,
}

/// What a bundle suffices for, offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Building, testing and listing the main modules.
    Build,
    /// Also `go mod tidy` and `go test all`.
    All,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Build => "build",
            Self::All => "all",
        })
    }
}

/// How the payload is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Payload {
    /// The blocks that hold the contents of files, in the order of those; of
    /// [`SCHEMA_3`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// Where the modules' files are.
    pub encoding: Encoding,
}

/// Where the files of modules are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// In their zips, under `proxy/`.
    #[default]
    GoproxyTree,
    /// In blocks, all of them; the zips can be made again. Of [`SCHEMA_3`].
    Compact,
    /// In blocks, those that a build reads. Of [`SCHEMA_3`].
    Exact,
}

impl Encoding {
    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::GoproxyTree => "goproxy-tree",
            Self::Compact => "compact",
            Self::Exact => "exact",
        }
    }
}

/// Contents of files, compressed together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    /// How many.
    pub contents: u64,
    /// The digest of the block as it is stored.
    pub sha256: Sha256,
    /// How many bytes are stored.
    pub size: u64,
    /// How many bytes the contents have together.
    pub unpacked: u64,
}

/// Which version of Go's compress/flate made a zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Encoder {
    /// That of Go 1.26 and before.
    #[serde(rename = "go1.26")]
    Go126,
    /// That of Go 1.27.
    #[serde(rename = "go1.27")]
    Go127,
}

/// A go.work file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workspace {
    /// Its directory, as [`MainModule::dir`].
    pub dir: String,
    /// Its go line, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_version: Option<String>,
    /// The digest of the file.
    pub go_work_sha256: Sha256,
    /// Its toolchain line, if any, as it is written; of [`SCHEMA_2`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toolchain: Option<String>,
}

/// One of the project's own modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MainModule {
    /// Its directory in the project, `.` or slash-separated, never absolute.
    pub dir: String,
    /// The digest of its go.mod.
    pub go_mod_sha256: Sha256,
    /// Its go line, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_version: Option<String>,
    /// What its own packages import, by path: where reachability starts. Empty
    /// where they import nothing; `None` where that was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports: Option<Vec<Import>>,
    /// Its module path.
    pub path: String,
    /// The directory of the go.work file that it is resolved with, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// An import of a main module's own packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Import {
    /// The import path.
    pub path: String,
    /// The platforms on which a file imports it, sorted; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Whether only tests import it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub test: bool,
}

/// A module version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Module {
    /// Which files of [`Module::files`] an [`Encoding::Exact`] bundle carries, a bit
    /// for each in base64 (see [`Carried`](crate::Carried)); all of them where there
    /// is no such member. Of [`SCHEMA_3`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<String>,
    /// Whether a main module's go.mod requires it without `// indirect`.
    pub direct: bool,
    /// What makes the zip of the files, in an [`Encoding::Compact`] bundle; without
    /// it the zip is stored. Of [`SCHEMA_3`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Encoder>,
    /// The list of the zip's files, if stored; of [`SCHEMA_3`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Stored>,
    /// Its `.info`, if stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Stored>,
    /// Its go.mod, if stored.
    #[serde(default, rename = "mod", skip_serializing_if = "Option::is_none")]
    pub go_mod: Option<Hashed>,
    /// The path that requirements name.
    pub path: String,
    /// What go.mod or go.work puts in its place; the objects are then of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// The nodes of the graph with an edge to it, sorted (filled by [`Manifest::seal`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_by: Vec<String>,
    /// Whether minimal version selection chose it (it is in `go list -m all`).
    pub selected: bool,
    /// When the version was made, from its `.info`, in UTC (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The version that requirements name.
    pub version: String,
    /// Its zip, if that or files of it are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<Hashed>,
}

/// What replaces a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, deny_unknown_fields)]
pub enum Replacement {
    /// Another module.
    Module(ReplacementModule),
    /// A directory of the project, which the bundle does not carry.
    Directory(ReplacementDirectory),
}

/// A module in another's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplacementModule {
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: String,
}

/// A directory in a module's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplacementDirectory {
    /// The directory as go.mod or go.work names it.
    pub directory: String,
    /// The digest of the go.mod in it, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_mod_sha256: Option<Sha256>,
}

/// An object of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stored {
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// How many bytes.
    pub size: u64,
}

/// An object with an `h1:` hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hashed {
    /// Go's own hash, the one in go.sum.
    #[serde(with = "h1")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub h1: H1,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// How many bytes.
    pub size: u64,
    /// What the hash was verified by when the bundle was packed.
    pub sum: SumSource,
}

/// What an `h1:` hash was checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SumSource {
    /// A line of the project's go.sum or go.work.sum.
    #[serde(rename = "go.sum")]
    GoSum,
    /// The checksum database; its evidence is in the bundle.
    #[serde(rename = "sumdb")]
    SumDb,
    /// Nothing: the project's settings exempt the module (GONOSUMDB, GOSUMDB=off).
    #[serde(rename = "none")]
    Unchecked,
}

/// A node of the module graph and the edges that leave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GraphNode {
    /// `path@version`, or the path alone for a main module.
    pub module: String,
    /// What it requires, sorted; never empty.
    pub requires: Vec<String>,
}

/// Data that a policy reads, as of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataSnapshot {
    /// The date that the data itself states, in UTC (RFC 3339).
    pub date: String,
    /// Its name, as a policy file names it.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// How many bytes.
    pub size: u64,
    /// Whether the bundle carries it as `data/<name>`.
    pub stored: bool,
}

impl Manifest {
    /// The oldest schema that has all members in use: a manifest without the
    /// newer ones is for every reader.
    pub(crate) fn needed_schema(&self) -> &'static str {
        let third = |m: &Module| m.files.is_some() || m.carried.is_some() || m.encoder.is_some();
        if self.payload != Payload::default() || self.modules.iter().any(third) {
            SCHEMA_3
        } else if self.workspaces.iter().any(|work| work.toolchain.is_some()) {
            SCHEMA_2
        } else {
            SCHEMA
        }
    }

    /// `sha256:` and the digest over `path version h1-of-zip h1-of-go.mod`, one
    /// line for each stored module version (after replacement), sorted, `-` for
    /// an object that is not stored.
    pub fn compute_content_id(&self) -> String {
        let text = |h: Option<Hashed>| h.map_or_else(|| "-".to_owned(), |h| h.h1.to_string());
        let mut lines: Vec<String> = self
            .modules
            .iter()
            .filter_map(|m| {
                let stored = m.stored_as()?;
                Some(format!("{} {} {} {}\n", stored.path, stored.version, text(m.zip), text(m.go_mod)))
            })
            .collect();
        lines.sort();
        lines.dedup();
        format!("sha256:{}", Sha256::of(lines.concat().as_bytes()))
    }

    /// The module entry of this path and version; the first where projects
    /// replace it differently.
    pub fn module(&self, module: &ModuleVersion) -> Option<&Module> {
        let key = (module.path.as_str(), module.version.as_str());
        let at = self.modules.partition_point(|m| (m.path.as_str(), m.version.as_str()) < key);
        self.modules.get(at).filter(|m| m.path == module.path && m.version == module.version)
    }

    /// What a node of the graph requires.
    pub fn requires(&self, node: &str) -> &[String] {
        match self.graph.binary_search_by(|n| n.module.as_str().cmp(node)) {
            Ok(at) => &self.graph[at].requires,
            Err(_) => &[],
        }
    }
}

impl Module {
    /// The path and version that requirements name.
    pub fn id(&self) -> ModuleVersion {
        ModuleVersion::new(&self.path, &self.version)
    }

    /// What modules are sorted by: path, version, and the replacement as text.
    pub(crate) fn order(&self) -> (&str, &str, Option<String>) {
        let replacement = self.replacement.as_ref().map(|r| match r {
            Replacement::Module(m) => format!("{}@{}", m.path, m.version),
            Replacement::Directory(d) => d.directory.clone(),
        });
        (&self.path, &self.version, replacement)
    }

    /// The module whose objects these are: the replacement, or the module
    /// itself; none where a directory replaces it or nothing is stored.
    pub fn stored_as(&self) -> Option<ModuleVersion> {
        self.stored().map(|(path, version)| ModuleVersion::new(path, version))
    }

    /// Path and version of [`stored_as`](Self::stored_as).
    pub(crate) fn stored(&self) -> Option<(&str, &str)> {
        if self.info.is_none() && self.go_mod.is_none() && self.zip.is_none() {
            return None;
        }
        match &self.replacement {
            None => Some((&self.path, &self.version)),
            Some(Replacement::Module(m)) => Some((&m.path, &m.version)),
            Some(Replacement::Directory(_)) => None,
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

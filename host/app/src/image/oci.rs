//! The JSON files of an image: configuration, manifest and index (OCI image-spec 1.1,
//! config.md, manifest.md, image-index.md, image-layout.md), and the `manifest.json` by
//! which every Docker loads the same file (moby, image/tarexport).

use airgo_gomod::gosource::Platform;
use serde::Serialize;
use std::collections::BTreeMap;

/// Media types.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// The content of `oci-layout`.
pub const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Where a blob is, by its digest, `sha256:…`.
pub fn blob_name(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}

/// What points to a blob.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What is said of it where it is named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Its digest: `sha256:…`.
    pub digest: String,
    /// What it is.
    pub media_type: &'static str,
    /// What an image is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Runs>,
    /// Its bytes.
    pub size: u64,
}

/// The platform of an image.
#[derive(Clone, Debug, Serialize)]
pub struct Runs {
    architecture: String,
    os: &'static str,
}

impl Runs {
    /// An image is for Linux, whatever is built in it.
    pub fn of(platform: &Platform) -> Self {
        Self { architecture: platform.arch.clone(), os: "linux" }
    }
}

impl Descriptor {
    fn new(media_type: &'static str, digest: String, size: u64) -> Self {
        Self { annotations: BTreeMap::new(), digest, media_type, platform: None, size }
    }

    /// A layer, a tar archive that is not compressed.
    pub fn layer(digest: String, size: u64) -> Self {
        Self::new(LAYER, digest, size)
    }

    /// An image's configuration.
    pub fn config(digest: String, size: u64) -> Self {
        Self::new(CONFIG, digest, size)
    }

    /// An image.
    pub fn manifest(digest: String, size: u64, platform: &Platform) -> Self {
        Self { platform: Some(Runs::of(platform)), ..Self::new(MANIFEST, digest, size) }
    }

    /// Images for several platforms.
    pub fn index(digest: String, size: u64) -> Self {
        Self::new(INDEX, digest, size)
    }
}

/// An image's configuration.
#[derive(Serialize)]
pub struct Config {
    #[serde(flatten)]
    runs: Runs,
    config: Execution,
    created: String,
    history: Vec<History>,
    rootfs: RootFs,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    env: Vec<String>,
    labels: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct History {
    created: String,
    created_by: String,
}

#[derive(Serialize)]
struct RootFs {
    diff_ids: Vec<String>,
    r#type: &'static str,
}

impl Config {
    /// Of an image with these layers, each with what is in it; since no layer is
    /// compressed, the digest of its content is its own.
    pub fn new<'a>(
        runs: Runs,
        env: Vec<String>,
        labels: BTreeMap<String, String>,
        created: &str,
        layers: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let (mut history, mut diff_ids) = (Vec::new(), Vec::new());
        for (digest, what) in layers {
            let (created, created_by) = (created.to_owned(), format!("airgo image: {what}"));
            history.push(History { created, created_by });
            diff_ids.push(digest.to_owned());
        }
        let rootfs = RootFs { diff_ids, r#type: "layers" };
        let config = Execution { env, labels };
        Self { runs, config, created: created.to_owned(), history, rootfs }
    }
}

/// An image.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    annotations: BTreeMap<String, String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
    media_type: &'static str,
    schema_version: u8,
}

impl Manifest {
    /// Of a configuration and layers.
    pub fn new(config: Descriptor, layers: Vec<Descriptor>, annotations: BTreeMap<String, String>) -> Self {
        Self { annotations, config, layers, media_type: MANIFEST, schema_version: 2 }
    }
}

/// Images.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    manifests: Vec<Descriptor>,
    media_type: &'static str,
    schema_version: u8,
}

impl Index {
    /// Of these.
    pub fn new(manifests: Vec<Descriptor>) -> Self {
        Self { manifests, media_type: INDEX, schema_version: 2 }
    }
}

/// What `docker load` reads, an element of an array.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerImage {
    /// The file of the configuration.
    pub config: String,
    /// The names that the image gets.
    pub repo_tags: Vec<String>,
    /// The files of its layers.
    pub layers: Vec<String>,
}

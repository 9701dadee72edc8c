//! Image: a bundle's modules as a container image, for `FROM`, `COPY --from` and
//! `RUN --mount=from=`. The bundle is accepted as unpack accepts it, its modules are
//! unpacked into a private module cache beside the output, and the layers are written
//! from there. The same bundle and request give the same bytes, on any machine.

mod archive;
mod layers;
mod name;
mod oci;
mod tar;

use crate::Context;
use crate::completeness;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::quantity::{bytes, count, duration};
use crate::requests::{LastSeenFile, TrustFiles};
use crate::settings;
use crate::trust::open;
use crate::unpack::{self, Accepted, ExactPart, UnpackRequest};
use crate::unpack_exact::Chosen;
use airgo_bundle::keys::KeyId;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_model::atomic::{self, Access, ScratchDir};
use airgo_policy::Report;
use airgo_resolve::TOOLCHAIN_MODULE;
use archive::{Archive, Blob, Cache};
use jiff::Timestamp;
use layers::{Layer, Wanted};
use name::ImageName;
use oci::{Config, Descriptor, DockerImage, Index, Manifest, Runs};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Layers that families of modules have at most, where nothing else is asked for.
pub const LAYERS: usize = 64;
/// The same, whatever is asked for: Docker mounts at most 127 layers, and whoever
/// builds on the image adds some.
pub const MAX_LAYERS: usize = 100;
/// Where the module cache is in the image: that of the images of Go.
pub const MODULE_CACHE: &str = "/go/pkg/mod";

/// What to make an image of, and how.
#[derive(Clone, Debug, Default)]
pub struct ImageRequest {
    /// The bundle; one volume is enough for those beside it.
    pub files: Vec<PathBuf>,
    /// The archive to write.
    pub output: PathBuf,
    /// Where the module cache is in the image; default: [`MODULE_CACHE`].
    pub path: Option<String>,
    /// The platforms of the image, of which the architecture counts, and with `exact` those
    /// that are built for; none: Linux on GOARCH, or on this machine's.
    pub platforms: Vec<Platform>,
    /// The name that it gets where it is loaded.
    pub name: Option<String>,
    /// Layers that families of modules have at most; default: [`LAYERS`].
    pub layers: Option<usize>,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
    /// The record of bundles that were accepted.
    pub last_seen: LastSeenFile,
    /// The policy file; default: `airgo.toml` in the working directory.
    pub policy: Option<PathBuf>,
    /// The time that the policy is evaluated for; default: now.
    pub at: Option<Timestamp>,
    /// The bundle whose findings are known.
    pub baseline: Option<PathBuf>,
    /// Only what these checkouts' builds read.
    pub exact: Option<ExactPart>,
    /// Without the zips of what a compact bundle carries.
    pub lean: bool,
    /// How many modules and layers to work on at once; default: one for each processor.
    pub jobs: Option<usize>,
}

/// An image that was written.
#[derive(Clone, Debug)]
pub struct Image {
    /// The digest of what the bundle holds.
    pub content_id: String,
    /// The digest that the image is known by: of its manifest, or where there are several
    /// platforms, of their index.
    pub digest: String,
    /// The name, with a tag, where one was given.
    pub name: Option<String>,
    /// Its layers, in their order.
    pub layers: Vec<ImageLayer>,
    /// The platforms.
    pub platforms: Vec<String>,
    /// Where the module cache is in it.
    pub path: String,
    /// Bytes of the archive.
    pub size: u64,
    /// The ids of the trusted keys that signed the bundle.
    pub signed_by: Vec<String>,
    /// What the policy found.
    pub report: Report,
    /// Whose record of the policy it is, where it was not evaluated here.
    pub recorded_by: Option<KeyId>,
}

/// A layer of an image.
#[derive(Clone, Debug)]
pub struct ImageLayer {
    /// Its digest: `sha256:…`.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// The families of modules in it, or what else it holds.
    pub holds: Vec<String>,
    /// The platform that it is for; none where it is for all.
    pub platform: Option<String>,
}

/// Verifies a bundle, evaluates the policy on it, and writes its modules as an image.
///
/// # Errors
/// Those of [`unpack::unpack`]; an output that is something else than a file; a bundle
/// with toolchains of which none is for a platform of the image. What was at the output
/// is then as it was.
pub fn image(context: &Context, request: &ImageRequest) -> Result<Image> {
    run(context, request).map_err(|mut failure| {
        // That of unpacking is of the private module cache.
        failure.outcome = None;
        let hints = failure.hints.len();
        failure.hints.retain(|hint| !hint.raw().contains("--gomodcache"));
        let failure = failure.outcome(format!("{} was not written", shown(&request.output)));
        if failure.hints.len() < hints { failure.hint(ELSEWHERE) } else { failure }
    })
}

const ELSEWHERE: &str = "name a file on another disk: -o FILE";

fn run(context: &Context, request: &ImageRequest) -> Result<Image> {
    let began = Instant::now();
    let plan = Plan::of(context, request)?;
    let as_unpacked = UnpackRequest {
        files: request.files.clone(),
        trust: request.trust.clone(),
        last_seen: request.last_seen.clone(),
        policy: request.policy.clone(),
        at: request.at,
        baseline: request.baseline.clone(),
        // So that it can be removed again; the modes of the image are others.
        modcacherw: true,
        exact: request
            .exact
            .as_ref()
            .map(|exact| ExactPart { platforms: plan.asked.clone(), ..exact.clone() }),
        lean: request.lean,
        jobs: request.jobs,
        ..UnpackRequest::default()
    };
    let accepted = unpack::accept(context, &as_unpacked)?;
    let chosen = accepted.choose(context, &as_unpacked)?;
    plan.check_toolchains(request, &accepted, chosen.as_ref())?;
    let dir = atomic::directory(&request.output);
    let unwritable = |error: io::Error| match error.kind() {
        ErrorKind::Interrupted => Failure::interrupted(),
        _ => disk::unwritable(&shown(&request.output), &error, ELSEWHERE),
    };
    let scratch = ScratchDir::create(dir, ".airgo-image-").map_err(unwritable)?;
    let cache = scratch.path().join("mod");
    let bundle = &accepted.bundle;
    let installed = unpack::install(context, &as_unpacked, &cache, bundle, chosen.as_ref())?.installed;
    let layers = layers::plan(&cache, plan.wanted()).map_err(unwritable)?;
    let total = layers.iter().flat_map(|layer| &layer.entries).map(|entry| entry.size).sum();
    let watch = open::Watch::new(context, "Writing", "bytes", total);
    let file = atomic::create(dir, Access::Public).map_err(unwritable)?;
    let in_image = Cache { root: &cache, path: plan.path.trim_start_matches('/') };
    let write = || {
        let mut archive = Archive::new(file)?;
        let blobs = archive.layers(in_image, &layers, open::jobs(request.jobs), &watch)?;
        let digest = plan.describe(&mut archive, &layers, &blobs, &bundle.manifest().content_id)?;
        let (file, size) = archive.finish()?;
        Ok((file, size, blobs, digest))
    };
    let (file, size, blobs, digest) = write().map_err(unwritable)?;
    watch.progress.finish();
    context.interrupt.check()?;
    atomic::persist(file, &request.output).map_err(unwritable)?;
    open::record_last_seen(&request.last_seen, bundle)?;

    context.status("Evaluated", accepted.evaluated.summary(&as_unpacked));
    let (what, output) = (accepted.summary(chosen.as_ref(), installed.len()), shown(&request.output));
    let (layers_text, took) = (count(layers.len(), "layer"), duration(began.elapsed()));
    context.status("Wrote", format!("{what}) as {output} ({}, {layers_text}) in {took}", bytes(size)));
    let layer = |(layer, blob): (Layer, Blob)| ImageLayer {
        digest: blob.digest,
        size: blob.size,
        holds: layer.holds,
        platform: layer.platform.map(|platform| platform.to_string()),
    };
    Ok(Image {
        content_id: bundle.manifest().content_id.clone(),
        digest,
        name: plan.name.map(|name| name.familiar),
        layers: layers.into_iter().zip(blobs).map(layer).collect(),
        platforms: plan.platforms.iter().map(ToString::to_string).collect(),
        path: plan.path,
        size,
        signed_by: accepted.signed_by(),
        report: accepted.evaluated.report,
        recorded_by: accepted.evaluated.recorded_by,
    })
}

/// A request that makes sense.
struct Plan {
    path: String,
    /// As they were asked for.
    asked: Vec<Platform>,
    /// Linux on each of their architectures.
    platforms: Vec<Platform>,
    name: Option<ImageName>,
    layers: usize,
    /// RFC 3339.
    created: String,
}

impl Plan {
    fn of(context: &Context, request: &ImageRequest) -> Result<Self> {
        check_output(&request.output)?;
        let path = request.path.as_deref().unwrap_or(MODULE_CACHE).trim_end_matches('/');
        let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\']);
        if !path.strip_prefix('/').is_some_and(|path| path.split('/').all(plain)) {
            return Err(Failure::failed(format!("{path} is not a place for a module cache in an image"))
                .hint(format!("name a directory below /, without . and ..: --path {MODULE_CACHE}")));
        }
        let layers = request.layers.unwrap_or(LAYERS);
        if !(1..=MAX_LAYERS).contains(&layers) {
            return Err(Failure::failed(format!("an image cannot have {layers} layers of modules"))
                .hint(format!("1 to {MAX_LAYERS}: Docker mounts at most 127 layers, and who builds on the image adds some")));
        }
        let asked = if request.platforms.is_empty() { here(context)? } else { request.platforms.clone() };
        let architectures: BTreeSet<&str> = asked.iter().map(|platform| platform.arch.as_str()).collect();
        let linux = |arch: &str| Platform { os: "linux".to_owned(), arch: arch.to_owned() };
        let platforms = architectures.into_iter().map(linux).collect();
        let name = request.name.as_deref().map(ImageName::parse).transpose()?;
        Ok(Self { path: path.to_owned(), asked, platforms, name, layers, created: created(context)? })
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { platforms: &self.platforms, layers: self.layers }
    }

    /// Refuses toolchains that would be of no use: go in the image would look for another.
    fn check_toolchains(
        &self,
        request: &ImageRequest,
        accepted: &Accepted,
        chosen: Option<&Chosen>,
    ) -> Result<()> {
        let toolchains: Vec<ModuleVersion> = match chosen {
            None => accepted.bundle.manifest().modules.iter().filter_map(|m| m.stored_as()).collect(),
            Some(chosen) => chosen.modules.iter().map(|carried| carried.module.clone()).collect(),
        };
        let versions = toolchains.iter().filter(|module| module.path == TOOLCHAIN_MODULE);
        let has: BTreeSet<String> = versions
            .filter_map(|module| module.version.rsplit_once('.'))
            .map(|(_, platform)| platform.replacen('-', "/", 1))
            .collect();
        let lacking = self.platforms.iter().find(|platform| !has.contains(&platform.to_string()));
        let Some(lacking) = lacking.filter(|_| !has.is_empty()) else { return Ok(()) };
        let file = request.files.first().map(|file| shown(file)).unwrap_or_default();
        let has: Vec<String> = has.into_iter().collect();
        let failure =
            Failure::failed(format!("{file} has the Go toolchain for other platforms than the image"))
                .fact("image", lacking.to_string())
                .fact("bundle", has.join(", "));
        let linux: Vec<&str> = has.iter().map(String::as_str).filter(|p| p.starts_with("linux/")).collect();
        let failure = if linux.is_empty() {
            failure
        } else {
            failure.hint(format!("make the image for these: --platform {}", linux.join(",")))
        };
        Err(failure.hint(format!("or pack the other toolchain too: airgo pack --toolchain {lacking}")))
    }

    /// Writes what the image says of itself: the digest that it is known by.
    fn describe(
        &self,
        archive: &mut Archive,
        layers: &[Layer],
        blobs: &[Blob],
        content_id: &str,
    ) -> io::Result<String> {
        let labels = self.labels(content_id);
        let env = vec![format!("GOMODCACHE={}", self.path), "GOPROXY=off".to_owned()];
        let (mut images, mut docker) = (Vec::new(), None);
        for platform in &self.platforms {
            let own: Vec<(&Layer, &Blob)> = layers
                .iter()
                .zip(blobs)
                .filter(|(layer, _)| layer.platform.as_ref().is_none_or(|of| of == platform))
                .collect();
            let holds: Vec<String> = own.iter().map(|(layer, _)| layer.holds.join(", ")).collect();
            let history =
                own.iter().map(|(_, blob)| blob.digest.as_str()).zip(holds.iter().map(String::as_str));
            let config = Config::new(Runs::of(platform), env.clone(), labels.clone(), &self.created, history);
            let config = archive.blob(&json(&config)?)?;
            let names = own.iter().map(|(_, blob)| oci::blob_name(&blob.digest)).collect();
            docker.get_or_insert_with(|| DockerImage {
                config: oci::blob_name(&config.digest),
                repo_tags: self.name.iter().map(|name| name.familiar.clone()).collect(),
                layers: names,
            });
            let layers =
                own.iter().map(|(_, blob)| Descriptor::layer(blob.digest.clone(), blob.size)).collect();
            let config = Descriptor::config(config.digest, config.size);
            let blob = archive.blob(&json(&Manifest::new(config, layers, labels.clone()))?)?;
            images.push(Descriptor::manifest(blob.digest, blob.size, platform));
        }
        // Readers of an archive want it to hold one thing.
        let mut root = match <[Descriptor; 1]>::try_from(images) {
            Ok([image]) => image,
            Err(images) => {
                let blob = archive.blob(&json(&Index::new(images))?)?;
                Descriptor::index(blob.digest, blob.size)
            }
        };
        if let Some(name) = &self.name {
            root.annotations.insert("io.containerd.image.name".to_owned(), name.full.clone());
            root.annotations.insert("org.opencontainers.image.ref.name".to_owned(), name.tag.clone());
        }
        let digest = root.digest.clone();
        archive.add("index.json", &json(&Index::new(vec![root]))?)?;
        archive.add("manifest.json", &json(&docker.as_slice())?)?;
        archive.add("oci-layout", oci::LAYOUT)?;
        Ok(digest)
    }

    fn labels(&self, content_id: &str) -> BTreeMap<String, String> {
        let labels = [
            ("dev.airgo.content-id", content_id),
            ("dev.airgo.gomodcache", &self.path),
            ("org.opencontainers.image.created", &self.created),
            ("org.opencontainers.image.description", "Go modules, verified by airgo, as a module cache"),
            ("org.opencontainers.image.title", "Go modules"),
        ];
        labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(io::Error::other)
}

/// Linux on the architecture that go builds for here.
fn here(context: &Context) -> Result<Vec<Platform>> {
    let (machine, set) = (completeness::host(), context.env.get_or_empty(settings::GOARCH));
    let arch = match set.reveal() {
        "" => machine.split_once('/').map_or("", |(_, arch)| arch),
        arch => arch,
    };
    let unknown = || Failure::failed(format!("GOARCH names {arch}, which Go does not build for"));
    Ok(vec![Platform::parse(&format!("linux/{arch}")).ok_or_else(unknown)?])
}

/// When the image was made: SOURCE_DATE_EPOCH, as for any build that is to be
/// reproducible. Layers have no time, so that they stay the same.
fn created(context: &Context) -> Result<String> {
    let set = context.env.get_or_empty(settings::SOURCE_DATE_EPOCH);
    let epoch = match set.reveal() {
        "" => Some(Timestamp::UNIX_EPOCH),
        text => text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()),
    };
    epoch.map(|epoch| epoch.to_string()).ok_or_else(|| {
        Failure::failed("SOURCE_DATE_EPOCH is not a number of seconds since 1970")
            .hint("SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), or unset it")
    })
}

/// Says at once what would otherwise come to light after all is unpacked.
fn check_output(output: &Path) -> Result<()> {
    let refused = |what: &str| {
        Err(Failure::failed(format!("cannot write {}: {what}", shown(output)))
            .hint("name a file: -o deps.tar"))
    };
    match std::fs::symlink_metadata(output) {
        Ok(meta) if meta.is_dir() => refused("it is a directory"),
        Ok(meta) if meta.is_symlink() => refused("it is a symbolic link"),
        Ok(meta) if !meta.is_file() => refused("it is not a regular file"),
        Err(_) if !atomic::directory(output).is_dir() => refused("its directory does not exist"),
        _ => Ok(()),
    }
}

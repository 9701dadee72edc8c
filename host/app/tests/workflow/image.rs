//! Image: what is in the archive, that it is the same each time, that a module that changes
//! changes one layer, and what is refused.

use crate::site::Site;
use airgo_app::image::{Image, ImageRequest, image};
use airgo_app::pack::{PackRequest, pack};
use airgo_app::unpack::unpack;
use airgo_app::{Failure, FailureKind, TrustFiles};
use airgo_gomod::gosource::Platform;
use airgo_testkit::{Module, require_tool};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

fn output(site: &Site) -> PathBuf {
    site.temp.join("deps.tar")
}

fn request(site: &Site) -> ImageRequest {
    ImageRequest {
        files: vec![site.bundle()],
        output: output(site),
        trust: site.trust(),
        platforms: vec![platform("linux/amd64")],
        ..ImageRequest::default()
    }
}

fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

fn write(site: &Site, request: &ImageRequest) -> Image {
    image(&site.context(), request).unwrap_or_else(|failure| panic!("{}", failure.text()))
}

fn refused(site: &Site, request: &ImageRequest) -> Failure {
    let before = names(site.temp.path());
    let failure = image(&site.context(), request).unwrap_err();
    assert_eq!(names(site.temp.path()), before, "something was left");
    assert!(failure.outcome.as_ref().is_some_and(|text| text.raw().ends_with("deps.tar was not written")));
    failure
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// As the system's tar extracts it.
fn extracted(archive: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap();
    let out = Command::new("tar").arg("-xpf").arg(archive).arg("-C").arg(into).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn blob(layout: &Path, digest: &Value) -> PathBuf {
    layout.join("blobs").join(digest.as_str().unwrap().replace(':', "/"))
}

/// Files with their contents, directories with none, below a directory.
fn tree(root: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let (mut todo, mut all) = (vec![root.to_owned()], Vec::new());
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            // Of the cache that it is in, and in no image.
            if name.starts_with("cache/airgo-record-") {
                continue;
            }
            let content = if path.is_dir() { None } else { Some(fs::read(&path).unwrap()) };
            todo.extend(content.is_none().then_some(path));
            all.push((name, content));
        }
    }
    all.sort();
    all
}

#[test]
fn the_layers_together_are_what_unpack_installs() {
    if !require_tool("tar") {
        return;
    }
    let site = Site::new();
    site.pack().unwrap();
    let unpacked = unpack(&site.context(), &site.unpack_request()).unwrap();
    let written = write(&site, &ImageRequest { name: Some("deps".to_owned()), ..request(&site) });
    assert_eq!(written.content_id, unpacked.content_id);
    assert_eq!(written.size, fs::metadata(output(&site)).unwrap().len());
    let layout = site.temp.join("layout");
    extracted(&output(&site), &layout);
    assert_eq!(
        names(&layout),
        ["blobs", "index.json", "manifest.json", "oci-layout"].map(String::from).into()
    );

    let index = json(&layout.join("index.json"));
    let [entry] = index["manifests"].as_array().unwrap().as_slice() else { panic!("{index}") };
    assert_eq!(entry["digest"], written.digest.as_str());
    assert_eq!(entry["platform"], serde_json::json!({"architecture": "amd64", "os": "linux"}));
    assert_eq!(entry["annotations"]["io.containerd.image.name"], "docker.io/library/deps:latest");
    let manifest = json(&blob(&layout, &entry["digest"]));
    let config = json(&blob(&layout, &manifest["config"]["digest"]));
    assert_eq!(config["config"]["Labels"]["dev.airgo.content-id"], written.content_id.as_str());
    assert_eq!(config["config"]["Env"][0], "GOMODCACHE=/go/pkg/mod");
    assert_eq!(config["created"], "1970-01-01T00:00:00Z");
    let docker = json(&layout.join("manifest.json"));
    assert_eq!(docker[0]["RepoTags"], serde_json::json!(["deps:latest"]));
    assert!(layout.join(docker[0]["Config"].as_str().unwrap()).is_file());

    let root = site.temp.join("root");
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), written.layers.len());
    for (layer, diff) in layers.iter().zip(config["rootfs"]["diff_ids"].as_array().unwrap()) {
        assert_eq!(&layer["digest"], diff);
        let file = blob(&layout, &layer["digest"]);
        assert_eq!(layer["size"], fs::metadata(&file).unwrap().len());
        extracted(&file, &root);
    }
    let cache = root.join("go/pkg/mod");
    assert_eq!(tree(&cache), tree(&unpacked.dir));
    let in_image = fs::read_dir(cache.join("cache")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(in_image.collect::<Vec<_>>(), ["download"]);
    let mode = |path: &str| fs::symlink_metadata(cache.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("example.com/a@v1.0.0"), mode("example.com/a@v1.0.0/a.go")), (0o555, 0o444));
    assert_eq!((mode("example.com"), mode("cache/download/example.com/a/@v/v1.0.0.zip")), (0o755, 0o644));
    make_writable(&cache);
}

/// So that they can be removed by any user.
fn make_writable(dir: &Path) {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            make_writable(&path);
        }
    }
}

#[test]
fn the_same_bundle_gives_the_same_bytes() {
    let site = Site::new();
    site.pack().unwrap();
    let first = write(&site, &request(&site));
    let bytes = fs::read(output(&site)).unwrap();
    // Over what is there, with other numbers of threads, and packed anew.
    for jobs in [1, 7] {
        site.pack().unwrap();
        write(&site, &ImageRequest { jobs: Some(jobs), ..request(&site) });
        assert!(fs::read(output(&site)).unwrap() == bytes);
    }
    // The time of the image is that of the build; its layers have none.
    let context = site.context_with(&[("SOURCE_DATE_EPOCH", "1700000000")]);
    let dated = image(&context, &request(&site)).unwrap();
    assert_ne!(dated.digest, first.digest);
    let digests = |image: &Image| image.layers.iter().map(|layer| layer.digest.clone()).collect::<Vec<_>>();
    assert_eq!(digests(&dated), digests(&first));
    let failure = image(&site.context_with(&[("SOURCE_DATE_EPOCH", "today")]), &request(&site)).unwrap_err();
    assert!(failure.text().contains("SOURCE_DATE_EPOCH is not a number"), "{}", failure.text());

    let two = vec![platform("linux/arm64"), platform("windows/amd64")];
    let both = write(&site, &ImageRequest { platforms: two, ..request(&site) });
    assert_eq!(both.platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!(digests(&both), digests(&first));
}

#[test]
fn a_module_that_changes_changes_one_layer() {
    let site = Site::new();
    site.pack().unwrap();
    let old = write(&site, &request(&site));
    assert_eq!(old.layers.len(), 2, "a family each: {:?}", old.layers);
    // example.com/b goes to v1.1.0.
    site.bump();
    site.pack().unwrap();
    let new = write(&site, &request(&site));
    let changed: Vec<_> = old
        .layers
        .iter()
        .zip(&new.layers)
        .filter(|(old, new)| old.digest != new.digest)
        .map(|(old, new)| (old.holds.clone(), new.holds.clone()))
        .collect();
    let family = vec!["example.com/b".to_owned()];
    assert_eq!((new.layers.len(), changed), (2, vec![(family.clone(), family)]));
    let one = write(&site, &ImageRequest { layers: Some(1), ..request(&site) });
    assert_eq!(one.layers.len(), 1);
}

#[test]
fn only_what_the_build_of_a_checkout_reads() {
    let site = Site::new();
    pack(&site.context(), &PackRequest { payload: exact(), ..site.request() }).unwrap();
    let part = airgo_app::unpack::ExactPart {
        dirs: vec![site.temp.join("main")],
        platforms: Vec::new(),
        tags: Vec::new(),
        exact: airgo_app::Exact { tests: true, vendor: false, packages: Vec::new() },
    };
    // An exact bundle as it is, and a part of it.
    let whole = write(&site, &request(&site));
    let part = write(&site, &ImageRequest { exact: Some(part), ..request(&site) });
    for image in [&whole, &part] {
        let last = image.layers.last().unwrap();
        assert_eq!(last.holds, ["what is of no single module"], "cache/airgo-exact.json");
    }
    assert_eq!(whole.layers.len(), 3);
}

fn exact() -> airgo_app::Payload {
    airgo_app::Payload::Exact(airgo_app::Exact { tests: true, vendor: false, packages: Vec::new() })
}

#[test]
fn what_is_not_a_file_is_refused() {
    let site = Site::new();
    site.pack().unwrap();
    site.temp.dir("dir");
    site.temp.write("there", "old");
    symlink("there", site.temp.join("link")).unwrap();
    for (name, wanted) in [
        ("dir", "it is a directory"),
        ("link", "it is a symbolic link"),
        ("none/deps.tar", "its directory does not exist"),
    ] {
        let output = site.temp.join(name);
        let failure = image(&site.context(), &ImageRequest { output, ..request(&site) }).unwrap_err();
        assert!(failure.text().contains(wanted), "{}", failure.text());
        assert_eq!(failure.hints.len(), 1);
    }
    assert_eq!(fs::read(site.temp.join("there")).unwrap(), b"old");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let site = Site::new();
    site.pack().unwrap();
    for path in ["", "/", "go/mod", "/go/../mod", "/go//mod"] {
        let failure = refused(&site, &ImageRequest { path: Some(path.to_owned()), ..request(&site) });
        assert!(failure.text().contains("is not a place for a module cache"), "{}", failure.text());
    }
    for layers in [0, 101] {
        let failure = refused(&site, &ImageRequest { layers: Some(layers), ..request(&site) });
        assert!(failure.text().contains(&format!("cannot have {layers} layers")), "{}", failure.text());
    }
    let failure = refused(&site, &ImageRequest { name: Some("Deps".to_owned()), ..request(&site) });
    assert!(failure.text().contains("Deps is not the name of an image"), "{}", failure.text());
}

#[test]
fn nobody_trusted_a_damaged_bundle_and_an_interrupt_leave_nothing() {
    let (site, other) = (Site::new(), Site::new());
    site.pack().unwrap();
    let trust = TrustFiles { trust: vec![other.temp.join("key.pub")], base: Vec::new() };
    assert_eq!(refused(&site, &ImageRequest { trust, ..request(&site) }).kind, FailureKind::Signature);

    let context = site.context();
    context.interrupt.set();
    let failure = image(&context, &request(&site)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Interrupted);

    let mut bytes = fs::read(site.bundle()).unwrap();
    let at = bytes.windows(10).position(|w| w == b"v1.0.0.zip").unwrap();
    bytes[at + 60] ^= 1;
    site.temp.write("app.airgo", bytes);
    let failure = refused(&site, &request(&site));
    assert_eq!(failure.kind, FailureKind::Checksum, "{}", failure.text());
    assert!(!output(&site).exists());
}

#[test]
fn a_delta_needs_its_base() {
    let site = Site::new();
    site.pack().unwrap();
    let base = site.temp.join("base.airgo");
    fs::rename(site.bundle(), &base).unwrap();
    site.bump();
    pack(&site.context(), &PackRequest { since: Some(base.clone()), trust: site.trust(), ..site.request() })
        .unwrap();
    let failure = refused(&site, &request(&site));
    assert!(failure.text().contains("needs the bundle that it builds on"), "{}", failure.text());
    let trust = TrustFiles { base: vec![base], ..site.trust() };
    write(&site, &ImageRequest { trust, ..request(&site) });
}

#[test]
fn toolchains_are_those_of_the_image() {
    let toolchain = |platform: &str| {
        Module::new("golang.org/toolchain", format!("v0.0.1-go1.99.0.{platform}"))
            .file("bin/go", "#!/bin/sh\n")
    };
    let site = Site::with(["linux-amd64", "darwin-arm64"].map(toolchain));
    let toolchain = ["linux/amd64", "darwin/arm64"].map(platform).to_vec();
    let mut packing = site.request();
    packing.collect.toolchains = toolchain;
    pack(&site.context_with(&[("GOTOOLCHAIN", "go1.99.0"), ("GOSUMDB", "off")]), &packing).unwrap();
    let failure =
        refused(&site, &ImageRequest { platforms: vec![platform("linux/arm64")], ..request(&site) });
    let text = format!("{} {:?}", failure.text(), failure.hints);
    for wanted in [
        "has the Go toolchain for other platforms than the image",
        "--platform linux/amd64",
        "--toolchain linux/arm64",
    ] {
        assert!(text.contains(wanted), "{text}");
    }
    let written = write(&site, &request(&site));
    let first = &written.layers[0];
    assert_eq!(
        (first.holds.as_slice(), first.platform.as_deref()),
        (&["golang.org/toolchain".to_owned()][..], Some("linux/amd64"))
    );
    assert_eq!(written.layers.iter().filter(|layer| layer.platform.is_some()).count(), 1);
}

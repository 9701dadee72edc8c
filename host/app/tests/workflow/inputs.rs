//! The key of a bundle, and packing only where something has changed.

use crate::site::Site;
use airgo_app::inputs::{KeyRequest, bundle_key};
use airgo_app::pack::{PackRequest, Packed, pack};
use airgo_app::{Collect, Exact, FailureKind, Payload, Scope, SignWith};
use airgo_bundle::keys::{SigningKey, create_private_file};
use airgo_gomod::gosource::Platform;
use airgo_testkit::TempTree;
use std::fs;
use std::path::Path;

/// Of a directory: without a network, whatever the proxy.
fn key_of(site: &Site, dir: &Path, collect: Collect, payload: Payload) -> String {
    let request = KeyRequest { dirs: vec![dir.to_owned()], collect, payload };
    let key = bundle_key(&site.context_with(&[("GOPROXY", "off")]), &request);
    key.unwrap_or_else(|failure| panic!("{}", failure.text())).inputs.key.to_string()
}

fn exact(packages: &[&str]) -> Payload {
    let packages = packages.iter().map(ToString::to_string).collect();
    Payload::Exact(Exact { tests: true, vendor: false, packages })
}

fn copy(from: &Path, to: &TempTree) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        to.write(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
    }
}

#[test]
fn a_key_is_the_same_in_every_checkout_and_for_every_layout_of_its_files() {
    let site = Site::new();
    let main = site.temp.join("main");
    let plain = || Collect::default();
    let first = key_of(&site, &main, plain(), Payload::Zips);
    assert_eq!(first.len(), 64);
    let other = TempTree::new();
    copy(&main, &other);
    assert_eq!(key_of(&site, other.path(), plain(), Payload::Zips), first);

    let go_mod = "// The service.\nmodule example.com/main // ours\n\nrequire example.com/b v1.0.0\n\nrequire (\n\t// Why we need it.\n\texample.com/a v1.0.0\n)\n\ngo 1.21\n\nretract v0.9.0 // broken\n";
    other.write("go.mod", go_mod);
    other.write(
        "more.go",
        "package main\n\nimport (\n\t\"fmt\"\n\t_ \"example.com/b/deep\"\n)\n\nvar _ = fmt.Sprint\n",
    );
    assert_eq!(key_of(&site, other.path(), plain(), Payload::Zips), first);

    let linux = Collect { platforms: vec![Platform::parse("linux/amd64").unwrap()], ..plain() };
    let keys = [
        first,
        key_of(&site, &main, plain(), Payload::Compact),
        key_of(&site, &main, plain(), exact(&[])),
        key_of(&site, &main, Collect { scope: Scope::All, ..plain() }, Payload::Zips),
        key_of(&site, &main, Collect { tags: vec!["x".to_owned()], ..plain() }, Payload::Zips),
        key_of(&site, &main, linux.clone(), Payload::Zips),
        key_of(&site, &main, Collect { toolchains: linux.platforms, ..plain() }, Payload::Zips),
        {
            other.write("go.mod", go_mod.replace("b v1.0.0", "b v1.0.0 // indirect"));
            key_of(&site, other.path(), plain(), Payload::Zips)
        },
        {
            other.write("go.mod", go_mod.replace("1.21", "1.22"));
            key_of(&site, other.path(), plain(), Payload::Zips)
        },
        {
            other.write("go.mod", go_mod);
            other.write("go.sum", [fs::read(main.join("go.sum")).unwrap(), b"\n".to_vec()].concat());
            key_of(&site, other.path(), plain(), Payload::Zips)
        },
    ];
    for (at, key) in keys.iter().enumerate() {
        assert_eq!(keys.iter().position(|other| other == key), Some(at), "{keys:#?}");
    }
}

#[test]
fn the_key_of_an_exact_bundle_is_also_of_what_packages_import() {
    let site = Site::new();
    let main = site.temp.join("main");
    let key = |packages: &[&str]| key_of(&site, &main, Collect::default(), exact(packages));
    let first = key(&[]);
    site.temp.write("main/more.go", "package main\n\nimport \"fmt\" // a comment\n\nvar _ = fmt.Sprint\n");
    site.temp.write("main/testdata/x.go", "package x\n\nimport _ \"example.com/b/deep\"\n");
    assert_eq!(key(&[]), first, "nothing of a module is imported that was not");
    site.temp.write("main/inner/inner.go", "package inner\n\nimport _ \"example.com/b/deep\"\n");
    let second = key(&[]);
    assert_ne!(second, first);
    let (alone, other) = (key(&["example.com/main"]), key(&["example.com/main/inner"]));
    assert_ne!(alone, other);
    // Of the packages that are asked for: those that they lead to.
    site.temp.write("main/inner/inner.go", "package inner\n\nimport _ \"example.com/b\"\n");
    assert_eq!(key(&["example.com/main"]), alone);
    assert_ne!(key(&["example.com/main/inner"]), other);
    assert_ne!(key(&[]), second);
}

#[test]
fn a_key_beside_a_go_mod_that_does_not_parse_is_packs_error() {
    let site = Site::new();
    site.temp.write("main/go.mod", "module example.com/main\n\nrequire example.com/a\n");
    let request = KeyRequest { dirs: vec![site.temp.join("main")], ..KeyRequest::default() };
    let failure = bundle_key(&site.context(), &request).unwrap_err();
    let packing = site.pack().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Failed);
    assert_eq!(failure.message, packing.message);
    assert!(failure.message.raw().contains("go.mod:3"), "{}", failure.text());
}

#[test]
fn versions_that_differ_between_modules_are_named() {
    let site = Site::new();
    site.temp.write("repo/go.work", "go 1.21\n\nuse (\n\t./x\n\t./y\n\t./z\n)\n");
    let required = |lines: &str, name: &str| {
        let text = format!("module example.com/{name}\n\ngo 1.21\n\nrequire (\n{lines})\n");
        site.temp.write(format!("repo/{name}/go.mod"), text);
    };
    required("\texample.com/a v1.0.0\n\texample.com/b v1.10.0\n", "x");
    required("\texample.com/a v1.0.0\n\texample.com/b v1.9.0\n\texample.com/x v0.1.0\n", "y");
    required("\texample.com/b v1.9.0\n\texample.com/x v0.2.0\n", "z");
    let request = KeyRequest { dirs: vec![site.temp.join("repo")], ..KeyRequest::default() };
    let key = bundle_key(&site.context(), &request).unwrap();
    assert_eq!(key.mains, ["example.com/x", "example.com/y", "example.com/z"]);
    let text: Vec<String> = key.skew.iter().map(|skew| skew.text()).collect();
    assert_eq!(text, ["example.com/b at v1.9.0 (example.com/y and 1 more) and v1.10.0 (example.com/x)"]);
}

/// A site that packs only where something has changed.
struct Again {
    site: Site,
    request: PackRequest,
}

impl Again {
    fn new() -> Self {
        let site = Site::new();
        site.pack().unwrap();
        let request = PackRequest { if_changed: true, ..site.request() };
        Self { site, request }
    }

    fn pack(&self) -> Packed {
        let packed = pack(&self.site.context(), &self.request);
        packed.unwrap_or_else(|failure| panic!("{}", failure.text()))
    }

    /// Packs, because something has changed; then nothing has.
    #[track_caller]
    fn packs_once(&self, why: &str) {
        assert!(!self.pack().unchanged, "{why}");
        assert!(self.pack().unchanged, "{why}: not the second time");
    }
}

#[test]
fn what_is_unchanged_is_not_packed_again() {
    let again = Again::new();
    let site = &again.site;
    let before = fs::read(site.bundle()).unwrap();
    let context = site.context_with(&[("GOPROXY", "off"), ("XDG_CACHE_HOME", "/nonexistent/cache")]);
    let packed = pack(&context, &again.request).unwrap_or_else(|failure| panic!("{}", failure.text()));
    assert!(packed.unchanged);
    assert_eq!(packed.modules, 2);
    assert_eq!(packed.size, before.len() as u64);
    assert!(fs::read(site.bundle()).unwrap() == before);
    assert_eq!(site.heard.of("status").last().map(String::as_str), Some("Kept"));

    let mut damaged = before.clone();
    let at = damaged.windows(10).position(|w| w == b"v1.0.0.zip").unwrap();
    damaged[at + 60] ^= 1;
    fs::write(site.bundle(), damaged).unwrap();
    again.packs_once("a damaged bundle");
    fs::write(site.bundle(), b"no bundle").unwrap();
    again.packs_once("no bundle");
    fs::remove_file(site.bundle()).unwrap();
    again.packs_once("none there");

    site.temp.write("main/deep.go", "package main\n\nimport _ \"example.com/b/deep\"\n");
    again.packs_once("another import, which policies ask for");
    site.temp.write(
        "main/airgo.toml",
        "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"allow\"\n",
    );
    again.packs_once("another policy");
    let go_mod = fs::read_to_string(site.temp.join("main/go.mod")).unwrap();
    site.temp.write("main/go.mod", format!("// A comment.\n{go_mod}"));
    assert!(again.pack().unchanged, "a comment");
    site.temp.write("main/go.mod", format!("{go_mod}\nexclude example.com/b v0.9.0\n"));
    again.packs_once("another go.mod");
}

#[test]
fn another_key_or_a_policy_that_refuses_is_no_unchanged_bundle() {
    let again = Again::new();
    let site = &again.site;
    let key = SigningKey::generate().unwrap();
    create_private_file(&site.temp.join("other"), &key.to_pkcs8_pem().unwrap()).unwrap();
    let signer = SignWith { key: Some(site.temp.join("other")), ..SignWith::default() };
    let request = PackRequest { signer, ..again.request.clone() };
    assert!(!pack(&site.context(), &request).unwrap().unchanged);
    assert!(pack(&site.context(), &request).unwrap().unchanged);

    // Today's exception has expired tomorrow.
    let policy = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"deny\"\n\n[[exception]]\nrule = \"allowlist/*\"\nreason = \"until the review\"\nexpires = 2026-02-01\n";
    site.temp.write("main/airgo.toml", policy);
    let at = |time: &str| PackRequest { at: Some(time.parse().unwrap()), ..again.request.clone() };
    assert!(!pack(&site.context(), &at("2026-01-01T00:00:00Z")).unwrap().unchanged);
    assert!(pack(&site.context(), &at("2026-01-02T00:00:00Z")).unwrap().unchanged);
    let failure = pack(&site.context(), &at("2026-03-01T00:00:00Z")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Policy, "{}", failure.text());
}

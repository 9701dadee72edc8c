//! Pack and unpack in process: what the library reports, and that it ends early
//! where it is asked to.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_app::pack::{PackRequest, Packed, pack};
use airgo_app::unpack::{UnpackRequest, unpack};
use airgo_app::{Context, Events, Failure, FailureKind, GoEnv, Meter, SignWith, Silent, TrustFiles};
use airgo_bundle::keys::{Signer as _, SigningKey, create_private_file};
use airgo_model::{Line, Message};
use airgo_testkit::{Go, Module, Proxy, TempTree, World, require_tool};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Remembers what it hears.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn add(&self, kind: &str, text: &str) {
        self.0.lock().unwrap().push(format!("{kind}: {text}"));
    }

    fn of(&self, kind: &str) -> Vec<String> {
        let heard = self.0.lock().unwrap();
        heard.iter().filter_map(|line| line.strip_prefix(&format!("{kind}: "))).map(str::to_owned).collect()
    }
}

impl Events for Heard {
    fn status(&self, verb: &'static str, _: &Line) {
        self.add("status", verb);
    }

    fn detail(&self, _: &Line) {}

    fn warning(&self, text: &Message) {
        self.add("warning", &text.to_string());
    }

    fn hint(&self, text: &Line) {
        self.add("hint", text.raw());
    }

    fn progress(&self, verb: &'static str, noun: &'static str, _: u64) -> Box<dyn Meter> {
        self.add("progress", &format!("{verb} {noun}"));
        Box::new(Silent)
    }
}

/// A project that needs a, which needs b, with its proxy and its keys.
struct Site {
    temp: TempTree,
    proxy: Proxy,
    heard: Arc<Heard>,
}

impl Site {
    fn new() -> Self {
        let world = World::new()
            .with(
                Module::new("example.com/a", "v1.0.0")
                    .go("1.21")
                    .require("example.com/b", "v1.0.0")
                    .file("a.go", "package a\n\nimport _ \"example.com/b\"\n"),
            )
            .with(Module::new("example.com/b", "v1.0.0").go("1.21").file("b.go", "package b\n"));
        let temp = TempTree::new();
        Module::new("example.com/main", "v0.0.0")
            .go("1.21")
            .require("example.com/a", "v1.0.0")
            .require("example.com/b", "v1.0.0")
            .file("main.go", "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n")
            .write_dir(&temp.dir("main"));
        temp.write("main/go.sum", world.go_sum());
        let key = SigningKey::generate().unwrap();
        create_private_file(&temp.join("key"), &key.to_pkcs8_pem().unwrap()).unwrap();
        temp.write("key.pub", key.public_key().to_pem().unwrap());
        Self { proxy: Proxy::serve(&world), temp, heard: Arc::default() }
    }

    fn context(&self) -> Context {
        let home = self.temp.dir("home");
        let variables = [("HOME", home.to_str().unwrap()), ("GOENV", "off"), ("GOPROXY", &self.proxy.url())]
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Context::new(GoEnv::new(variables), self.heard.clone())
    }

    fn request(&self) -> PackRequest {
        PackRequest {
            dirs: vec![self.temp.join("main")],
            output: Some(self.bundle()),
            signer: SignWith { key: Some(self.temp.join("key")), ..SignWith::default() },
            ..PackRequest::default()
        }
    }

    fn bundle(&self) -> PathBuf {
        self.temp.join("app.airgo")
    }

    fn pack(&self) -> Result<Packed, Failure> {
        pack(&self.context(), &self.request())
    }

    fn unpack_request(&self) -> UnpackRequest {
        UnpackRequest {
            files: vec![self.bundle()],
            gomodcache: Some(self.temp.join("modcache")),
            trust: TrustFiles { trust: vec![self.temp.join("key.pub")], base: Vec::new() },
            ..UnpackRequest::default()
        }
    }
}

#[test]
fn a_project_is_packed_and_unpacked_and_go_builds_it_offline() {
    let site = Site::new();
    let packed = site.pack().unwrap_or_else(|failure| panic!("{}", failure.text()));
    assert_eq!((packed.modules, packed.volumes.len(), &packed.file), (2, 0, &site.bundle()));
    assert_eq!(packed.size, std::fs::metadata(site.bundle()).unwrap().len());
    assert_eq!(packed.public_key, Some(site.temp.join("key.pub")));
    assert_eq!(site.heard.of("status"), ["Resolved", "Fetched", "Judged", "Signed", "Packed"]);
    assert!(site.heard.of("progress").contains(&"Fetching files".to_owned()));

    let unpacked = unpack(&site.context(), &site.unpack_request());
    let unpacked = unpacked.unwrap_or_else(|failure| panic!("{}", failure.text()));
    assert_eq!((unpacked.installed, unpacked.already_present), (2, 0));
    assert_eq!(unpacked.content_id, packed.content_id);
    assert_eq!(unpacked.signed_by, [packed.key_id]);

    let again = unpack(&site.context(), &site.unpack_request()).unwrap();
    assert_eq!((again.installed, again.already_present), (0, 2));
    if require_tool("go") {
        Go::air_gapped(&unpacked.gomodcache).run(&site.temp.join("main"), &["build", "./..."]);
    }
}

#[test]
fn a_failure_has_its_kind_and_says_what_was_not_written() {
    let site = Site::new();
    site.temp.write("main/go.sum", "example.com/a v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    let failure = site.pack().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Checksum, "{}", failure.text());
    assert!(failure.outcome.as_ref().is_some_and(|text| text.raw().ends_with("was not written")));
    assert!(!failure.hints.is_empty());
    assert!(!site.bundle().exists());

    let (site, other) = (Site::new(), Site::new());
    site.pack().unwrap();
    let trust = TrustFiles { trust: vec![other.temp.join("key.pub")], base: Vec::new() };
    let failure = unpack(&site.context(), &UnpackRequest { trust, ..site.unpack_request() }).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Signature, "{}", failure.text());
    assert_eq!(failure.outcome, Some("nothing was written to the module cache".into()));
    assert!(!site.temp.join("modcache").exists());
}

#[test]
fn an_interrupt_ends_the_work_and_leaves_nothing() {
    let site = Site::new();
    let context = site.context();
    assert!(context.interrupt.set());
    assert!(!context.interrupt.set(), "it was set before");
    let failure = pack(&context, &site.request()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Interrupted, "{}", failure.text());
    assert!(!site.bundle().exists());
}

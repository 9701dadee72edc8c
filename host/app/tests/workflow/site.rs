//! A project with its proxy and its keys, and what the library reports of it.

use airgo_app::pack::{PackRequest, Packed, pack};
use airgo_app::unpack::UnpackRequest;
use airgo_app::{Context, Events, Failure, GoEnv, Meter, SignWith, Silent, TrustFiles};
use airgo_bundle::keys::{Signer as _, SigningKey, create_private_file};
use airgo_model::{Line, Message};
use airgo_testkit::{Module, Proxy, TempTree, World};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Remembers what it hears.
#[derive(Default)]
pub struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn add(&self, kind: &str, text: &str) {
        self.0.lock().unwrap().push(format!("{kind}: {text}"));
    }

    pub fn of(&self, kind: &str) -> Vec<String> {
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
pub struct Site {
    pub temp: TempTree,
    pub proxy: Proxy,
    pub heard: Arc<Heard>,
}

impl Site {
    pub fn new() -> Self {
        Self::with([])
    }

    /// With more modules at the proxy.
    pub fn with(more: impl IntoIterator<Item = Module>) -> Self {
        let b = |version: &str| {
            Module::new("example.com/b", version)
                .go("1.21")
                .file("b.go", "package b\n")
                .file("deep/deep.go", "package deep\n")
        };
        let world = World::new()
            .with(Module::new("example.com/a", "v1.0.0").go("1.21").require("example.com/b", "v1.0.0").file(
                "a.go",
                "package a\n\nimport (\n\t_ \"example.com/b\"\n\t_ \"example.com/b/deep\"\n)\n",
            ))
            .with(b("v1.0.0"))
            .with(b("v1.1.0"));
        let world = more.into_iter().fold(world, World::with);
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

    /// Now the project needs v1.1.0 of b.
    pub fn bump(&self) {
        let file = self.temp.join("main/go.mod");
        let go_mod = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, go_mod.replace("b v1.0.0", "b v1.1.0")).unwrap();
    }

    pub fn context(&self) -> Context {
        self.context_with(&[])
    }

    /// With more variables.
    pub fn context_with(&self, more: &[(&str, &str)]) -> Context {
        let (home, proxy) = (self.temp.dir("home"), self.proxy.url());
        let usual = [("HOME", home.to_str().unwrap()), ("GOENV", "off"), ("GOPROXY", &proxy)];
        let variables = usual.iter().chain(more);
        let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Context::new(GoEnv::new(variables.collect::<Vec<_>>()), self.heard.clone())
    }

    /// Trusts the key that packs.
    pub fn trust(&self) -> TrustFiles {
        TrustFiles { trust: vec![self.temp.join("key.pub")], base: Vec::new() }
    }

    pub fn request(&self) -> PackRequest {
        PackRequest {
            dirs: vec![self.temp.join("main")],
            output: Some(self.bundle()),
            signer: SignWith { key: Some(self.temp.join("key")), ..SignWith::default() },
            ..PackRequest::default()
        }
    }

    pub fn bundle(&self) -> PathBuf {
        self.temp.join("app.airgo")
    }

    pub fn pack(&self) -> Result<Packed, Failure> {
        pack(&self.context(), &self.request())
    }

    pub fn unpack_request(&self) -> UnpackRequest {
        UnpackRequest {
            files: vec![self.bundle()],
            gomodcache: Some(self.temp.join("modcache")),
            trust: self.trust(),
            ..UnpackRequest::default()
        }
    }
}

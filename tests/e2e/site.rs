//! A small project with its proxy and its user: where most cases begin.

use crate::airgo::{Airgo, Run};
use airgo_testkit::{Module, Proxy, TempTree, World};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What stands where a bundle is to be written; a failed pack must leave it.
const OLD: &[u8] = b"the bundle of last week";

/// Flags that leave nothing of time and place in a bundle.
pub const FIXED: [&str; 3] = ["--no-provenance", "--at", "2026-01-01T00:00:00Z"];

pub struct Site {
    pub world: World,
    pub proxy: Proxy,
    pub airgo: Airgo,
    pub temp: TempTree,
}

impl Site {
    /// `example.com/main` needs a, which needs b, behind a proxy that works.
    pub fn new() -> Self {
        Self::of(small_world(), &main_module())
    }

    /// This main module, with a go.sum good for the world.
    pub fn of(world: World, main: &Module) -> Self {
        let proxy = Proxy::serve(&world);
        let airgo = Airgo::new(&proxy.url());
        let temp = TempTree::new();
        main.write_dir(&temp.dir("main"));
        temp.write("main/go.sum", world.go_sum());
        temp.write("out/app.airgo", OLD);
        let site = Self { world, proxy, airgo, temp };
        site.airgo.run(&["keygen", "-o", site.key().to_str().unwrap()]).done();
        site
    }

    pub fn project(&self) -> PathBuf {
        self.temp.join("main")
    }

    pub fn bundle(&self) -> PathBuf {
        self.temp.join("out/app.airgo")
    }

    pub fn key(&self) -> PathBuf {
        self.temp.join("key")
    }

    pub fn public_key(&self) -> PathBuf {
        self.temp.join("key.pub")
    }

    pub fn modcache(&self) -> PathBuf {
        self.temp.join("modcache")
    }

    /// `airgo pack` of the project.
    pub fn pack(&self) -> Run {
        self.pack_with(&[])
    }

    /// `airgo pack` with further arguments.
    pub fn pack_with(&self, more: &[&str]) -> Run {
        self.pack_to(&self.bundle(), more)
    }

    /// The same into another file.
    pub fn pack_to(&self, bundle: &Path, more: &[&str]) -> Run {
        let (project, key) = (self.project(), self.key());
        let mut args = vec!["pack", text(&project), "--output", text(bundle), "--key", text(&key)];
        args.extend(more);
        self.airgo.run(&args)
    }

    /// `airgo unpack` of a bundle into the site's module cache.
    pub fn unpack(&self, bundle: &Path, more: &[&str]) -> Run {
        self.unpack_to(bundle, &self.modcache(), more)
    }

    /// The same into another module cache.
    pub fn unpack_to(&self, bundle: &Path, cache: &Path, more: &[&str]) -> Run {
        let public = self.public_key();
        let mut args = vec!["unpack", text(bundle), "--gomodcache", text(cache), "--trust", text(&public)];
        args.extend(more);
        self.airgo.run(&args)
    }

    /// `airgo verify` of a bundle.
    pub fn verify(&self, bundle: &Path) -> Run {
        self.airgo.run(&["verify", text(bundle), "--trust", text(&self.public_key())])
    }

    /// A pack that must fail: with this code, these words, and the bundle of
    /// last week alone in its directory.
    #[track_caller]
    pub fn pack_fails(&self, code: i32, words: &[&str]) -> Run {
        let run = self.pack().ends(code).says(words);
        self.assert_nothing_written();
        run
    }

    /// The output directory is as it was before anything was packed.
    #[track_caller]
    pub fn assert_nothing_written(&self) {
        let out = self.temp.join("out");
        let names: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["app.airgo"], "files are left in {}", out.display());
        assert_eq!(fs::read(self.bundle()).unwrap(), OLD, "the old bundle was overwritten");
    }
}

/// What is in a tree: path to mode and bytes.
pub fn snapshot(dir: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(next) = todo.pop() {
        let Ok(meta) = fs::symlink_metadata(&next) else { continue };
        let bytes = if meta.is_file() { fs::read(&next).unwrap() } else { Vec::new() };
        if meta.is_dir() {
            todo.extend(fs::read_dir(&next).unwrap().map(|e| e.unwrap().path()));
        }
        found.insert(next, (meta.mode(), bytes));
    }
    found
}

pub fn main_module() -> Module {
    Module::project("example.com/main")
        .go("1.21")
        .require("example.com/a", "v1.0.0")
        .require_indirect("example.com/b/v2", "v2.1.0")
        .file("main.go", "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n")
}

pub fn small_world() -> World {
    World::new()
        .with(
            Module::new("example.com/a", "v1.0.0")
                .go("1.21")
                .require("example.com/b/v2", "v2.1.0")
                .file("a.go", "package a\n\nimport _ \"example.com/b/v2/inner\"\n"),
        )
        .with(
            Module::new("example.com/b/v2", "v2.1.0")
                .go("1.21")
                .file("inner/inner.go", "package inner\n")
                .file("LICENSE", "Do as you like.\n"),
        )
}

/// Bytes that do not compress, the same for the same seed.
pub fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed;
    let next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A module of which a project reads one package of several, with an embedded file.
pub fn large_module() -> Module {
    Module::new("example.com/large", "v1.0.0")
        .go("1.21")
        .file("LICENSE", "You may use this.\n")
        .file(
            "used/used.go",
            "package used\n\nimport _ \"embed\"\n\n//go:embed text/hello.txt\nvar Hello string\n",
        )
        .file("used/text/hello.txt", "hello\n")
        .file("used/text/other.txt", "other\n")
}

/// A project that imports `used` of it, and `second` in a command of its own.
pub fn main_of_large() -> Module {
    main_module()
        .require("example.com/large", "v1.0.0")
        .file("use.go", "package main\n\nimport _ \"example.com/large/used\"\n")
        .file(
            "cmd/second/main.go",
            "package main\n\nimport _ \"example.com/large/second\"\n\nfunc main() {}\n",
        )
}

//! Module caches with a part of the files, beside go's own: what go answers in
//! both, without a network.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airgo_gomod::ModuleVersion;
use airgo_resolve::packages::{Place, Selection};
use airgo_testkit::{Go, TempTree, TreeDiff, target_tmp};
use serde_json::Value;

use super::unpacked::Unpacked;

/// Files and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub files: usize,
    pub bytes: u64,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files, {:.1} MB", self.files, self.bytes as f64 / 1e6)
    }
}

/// Of all files of these modules.
pub fn size_of_modules<'m>(whole: &Path, modules: impl IntoIterator<Item = &'m ModuleVersion>) -> Size {
    let mut size = Size::default();
    let mut open: Vec<PathBuf> = modules.into_iter().map(|m| tree(whole, m)).collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                size.files += 1;
                size.bytes += entry.metadata().unwrap().len();
            }
        }
    }
    size
}

/// Of what is selected.
pub fn size_of(whole: &Path, selected: &BTreeMap<ModuleVersion, Selection>) -> Size {
    let mut size = Size::default();
    for (module, selection) in selected {
        match selection {
            Selection::Whole => {
                let all = size_of_modules(whole, [module]);
                size.files += all.files;
                size.bytes += all.bytes;
            }
            Selection::Files(names) => {
                size.files += names.len();
                let bytes =
                    names.iter().map(|name| fs::metadata(tree(whole, module).join(name)).unwrap().len());
                size.bytes += bytes.sum::<u64>();
            }
        }
    }
    size
}

fn tree(cache: &Path, module: &ModuleVersion) -> PathBuf {
    Unpacked(cache.to_owned()).root(&Place::Zip(module.clone()))
}

/// A module cache with what is selected of another, without zips.
pub fn make(whole: &Path, selected: &BTreeMap<ModuleVersion, Selection>, part: &Path) {
    link_tree(&whole.join("cache/download"), &part.join("cache/download"), &|name| !name.ends_with(".zip"));
    for (module, selection) in selected {
        let (from, to) = (tree(whole, module), tree(part, module));
        fs::create_dir_all(&to).unwrap();
        match selection {
            Selection::Whole => link_tree(&from, &to, &|_| true),
            Selection::Files(names) => {
                for name in names {
                    let target = to.join(name);
                    fs::create_dir_all(target.parent().unwrap()).unwrap();
                    link(&from.join(name), &target);
                }
            }
        }
    }
}

fn link_tree(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link_tree(&entry.path(), &target, wanted);
        } else if wanted(entry.file_name().to_str().unwrap()) {
            link(&entry.path(), &target);
        }
    }
}

fn link(from: &Path, to: &Path) {
    fs::hard_link(from, to)
        .or_else(|_| fs::copy(from, to).map(|_| ()))
        .unwrap_or_else(|e| panic!("{}: {e}", from.display()));
}

/// The go of the whole cache, and that of a part, both without a network. The part
/// has a build cache of its own, with the standard library: what go compiles for the
/// one is not taken for the other, and neither is what it noted of a module's
/// directories (cmd/go modindex).
pub struct Both {
    pub whole: Go,
    pub part: Go,
    _build_cache: TempTree,
}

impl Both {
    pub fn new(whole: &Path, part: &Path, vars: &[(&str, &str)]) -> Self {
        let seed = std_build_cache(vars);
        let build_cache = TempTree::within(&target_tmp());
        copy_tree(&seed, &build_cache.join("b"));
        let of = |cache: &Path| {
            let go = Go::air_gapped(cache).env("GOFLAGS", "-mod=readonly -trimpath").env("GOSUMDB", "off");
            vars.iter().fold(go, |go, (name, value)| go.env(name, value))
        };
        let part = of(part).env("GOCACHE", build_cache.join("b").to_str().unwrap());
        Self { whole: of(whole), part, _build_cache: build_cache }
    }

    /// The same answer from both, apart from the paths of the caches.
    pub fn same(&self, dir: &Path, args: &[&str]) {
        let answer = |go: &Go| without_places(go, go.run(dir, args));
        let (whole, part) = (answer(&self.whole), answer(&self.part));
        if whole != part {
            let differs = whole.lines().zip(part.lines()).find(|(a, b)| a != b);
            panic!("`go {}`: whole and part differ: {differs:?}", args.join(" "));
        }
    }

    /// `go list -deps -json`, of dependencies with or without what concerns their
    /// tests.
    pub fn same_list(&self, dir: &Path, args: &[&str], tests: bool) -> usize {
        let answer = |go: &Go| {
            let args: Vec<&str> = ["list", "-deps", "-json"].iter().chain(args).copied().collect();
            let text = without_places(go, go.run(dir, &args));
            let packages = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            packages.map(|package| without_state(package.unwrap(), tests)).collect::<Vec<_>>()
        };
        let (whole, part) = (answer(&self.whole), answer(&self.part));
        for (a, b) in whole.iter().zip(&part) {
            assert_eq!(a, b, "go list of the whole and of the part");
        }
        assert_eq!(whole.len(), part.len());
        whole.len()
    }

    /// Both succeed, whatever they print.
    pub fn succeed(&self, dir: &Path, args: &[&str]) {
        self.part.run(dir, args);
        self.whole.run(dir, args);
    }

    /// Whether a command succeeds with the whole cache.
    pub fn whole_status(&self, dir: &Path, args: &[&str]) -> bool {
        self.whole.output(dir, args).status.success()
    }

    /// The same binary, byte for byte; how large it is.
    pub fn same_binary(&self, dir: &Path, package: &str, flag: &str) -> u64 {
        let place = TempTree::within(&target_tmp());
        let build = |go: &Go, name: &str| {
            let out = place.join(name);
            go.run(dir, &["build", "-buildvcs=false", flag, "-o", out.to_str().unwrap(), package]);
            fs::read(out).unwrap()
        };
        let (whole, part) = (build(&self.whole, "whole"), build(&self.part, "part"));
        assert!(whole == part, "{package}: the binaries differ");
        whole.len() as u64
    }

    /// The same vendor directory.
    pub fn same_vendor(&self, dir: &Path) {
        let place = TempTree::within(&target_tmp());
        for (go, name) in [(&self.whole, "whole"), (&self.part, "part")] {
            go.run(dir, &["mod", "vendor", "-o", place.join(name).to_str().unwrap()]);
        }
        TreeDiff::new(place.join("whole"), place.join("part")).assert_same();
    }
}

/// Without the paths of go's caches and GOPATH.
fn without_places(go: &Go, text: String) -> String {
    let places = ["GOMODCACHE", "GOCACHE", "GOPATH"];
    places.iter().fold(text, |text, name| text.replace(&go.vars()[*name], name))
}

/// Without what the build cache has to do with; of dependencies without their
/// tests, where these are not there.
fn without_state(mut package: Value, tests: bool) -> Value {
    let own = package["Module"]["Main"].as_bool().unwrap_or_default();
    let fields = package.as_object_mut().unwrap();
    fields.remove("Stale");
    fields.remove("StaleReason");
    if !tests && !own {
        fields.retain(|name, _| !name.starts_with("Test") && !name.starts_with("XTest"));
        for list in fields.values_mut().filter_map(Value::as_array_mut) {
            list.retain(|name| !name.as_str().is_some_and(|name| name.ends_with("_test.go")));
        }
        fields.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    }
    package
}

/// A build cache with the standard library.
fn std_build_cache(vars: &[(&str, &str)]) -> PathBuf {
    let dir = target_tmp().join("go-build-std");
    let go = Go::with_proxy("off").env("GOFLAGS", "-trimpath").env("GOCACHE", dir.to_str().unwrap());
    let go = vars.iter().fold(go, |go, (name, value)| go.env(name, value));
    go.run(go.home(), &["build", "std"]);
    dir
}

fn copy_tree(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-al").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "cp -al {}", from.display());
}

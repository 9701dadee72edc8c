//! Rules of hashing and of zips that only whole modules show (docs/RULES.md),
//! with the real go as the oracle. Rules about texts are cases of their own.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_gomod::modzip::{Limits, ModuleZip};
use airgo_gomod::{H1, dirhash};
use airgo_testkit::{Go, Module, TempTree, World, ZipBuilder, require_tool};
use std::io::Cursor;

/// The hashes that go computes when it downloads the module: of the zip and of
/// go.mod. `None` where it refuses it.
fn sums_of_go(module: &Module) -> Option<(String, String)> {
    let place = TempTree::new();
    let url = World::new().with(module.clone()).write(&place.dir("proxy"));
    let out =
        Go::with_proxy(&url).output(place.path(), &["mod", "download", "-json", &module.id().to_string()]);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let text = |key: &str| json.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    assert_eq!(out.status.success(), text("Sum").is_some(), "{json}");
    Some((text("Sum")?, text("GoModSum")?))
}

fn hash(module: &Module) -> Option<H1> {
    let zip = Cursor::new(module.zip_bytes());
    ModuleZip::open(zip, module.id(), &Limits::default()).ok()?.walk(&mut ()).ok()
}

fn as_go(module: &Module) -> H1 {
    let ours = hash(module).unwrap();
    let (zip, go_mod) = sums_of_go(module).unwrap();
    assert_eq!(ours.to_string(), zip, "{}", module.id());
    assert_eq!(dirhash::hash_go_mod(&module.go_mod_bytes()).to_string(), go_mod, "{}", module.id());
    ours
}

#[test]
fn rule_15_go_mod_is_hashed_as_it_came() {
    if !require_tool("go") {
        return;
    }
    let odd = "// quoted\r\nmodule \"example.com/q\"\r\n\r\ngo   1.21";
    let plain = "module example.com/q\n\ngo 1.21\n";
    let hashes = [odd, plain].map(|text| as_go(&Module::new("example.com/q", "v1.0.0").go_mod(text)));
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn rule_18_directory_entries_are_hashed_and_never_verify() {
    if !require_tool("go") {
        return;
    }
    let files = |zip: ZipBuilder| {
        zip.file("example.com/d@v1.0.0/go.mod", "module example.com/d\n\ngo 1.21\n")
            .file("example.com/d@v1.0.0/d.go", "package d\n")
    };
    let module = |zip| Module::new("example.com/d", "v1.0.0").go("1.21").zip(zip);
    let with = module(files(ZipBuilder::new()).stored("example.com/d@v1.0.0/empty/", ""));
    assert_ne!(as_go(&with), as_go(&module(files(ZipBuilder::new()))));

    // What is on disk afterwards has another hash: this is go's own verdict on
    // what it just extracted, and no damage.
    let place = TempTree::new();
    let world = World::new().with(with);
    let go = Go::with_proxy(&world.write(&place.dir("proxy")));
    place.write("main/go.mod", "module example.com/main\n\ngo 1.21\n\nrequire example.com/d v1.0.0\n");
    place.write("main/go.sum", world.go_sum());
    go.run(&place.join("main"), &["mod", "download"]);
    let out = go.output(&place.join("main"), &["mod", "verify"]);
    let stdout = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && stdout.contains("dir has been modified"), "{stdout}");
}

#[test]
fn rule_19_names_are_hashed_in_the_order_of_their_bytes() {
    if !require_tool("go") {
        return;
    }
    let names = ["é.txt", "a/b.txt", "a-b.txt", "B.txt", "a.txt", "a/B/c.txt", "Z", "_", "~x"];
    let module = |names: &mut dyn Iterator<Item = &&str>| {
        let module = Module::new("example.com/order", "v1.0.0").go("1.21");
        names.fold(module, |module, name| module.file(*name, format!("this is {name}\n")))
    };
    let hash = as_go(&module(&mut names.iter()));
    assert_eq!(hash, as_go(&module(&mut names.iter().rev())));
}

#[test]
fn rule_20_the_prefix_in_a_zip_is_not_escaped() {
    if !require_tool("go") {
        return;
    }
    let (path, version) = ("example.com/Upper", "v1.0.0-RC1");
    as_go(&Module::new(path, version).go("1.21"));
    let escaped =
        ZipBuilder::new().file("example.com/!upper@v1.0.0-!r!c1/go.mod", format!("module {path}\n"));
    let escaped = Module::new(path, version).go_mod(format!("module {path}\n")).zip(escaped);
    assert_eq!(sums_of_go(&escaped), None);
    assert_eq!(hash(&escaped), None);
}

//! The tiny project with its files in blocks.

use super::{JOBS, World, empty_manifest, module};
use airgo_bundle::manifest::{Encoder, Encoding, GraphNode, Stored};
use airgo_bundle::names::object_name;
use airgo_bundle::{
    Carried, CarriedModule, Contents, FileSource, NewBlocks, ObjectKind, Sha256, Take, compress_list,
};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch};
use std::collections::HashMap;
use std::io::{self, Cursor, Read as _};

/// Three modules of two families, with equal files, an empty one, and one that takes
/// several pieces.
pub fn modules() -> Vec<airgo_testkit::Module> {
    let module = |path: &str| airgo_testkit::Module::new(path, "v1.0.0");
    let noise: String = (0..4_000_u32).map(|n| format!("{:08x}\n", n.wrapping_mul(2_654_435_761))).collect();
    vec![
        module("example.com/a/one").go("1.20").file("a.go", "package one\n").file("LICENSE", "free\n"),
        module("example.com/a/two")
            .go("1.20")
            .file("a.go", "package two\n")
            .file("LICENSE", "free\n")
            .file("empty.txt", "")
            .file("data/noise.txt", noise),
        module("example.com/b").go("1.20").file("LICENSE", "free\n").file("sub/b.go", "package sub\n"),
    ]
}

/// The zips of modules, as a source of their files.
pub struct Zips(pub HashMap<ModuleVersion, Vec<u8>>);

impl Zips {
    pub fn of(modules: &[airgo_testkit::Module]) -> Self {
        Self(modules.iter().map(|m| (m.id().clone(), m.zip_bytes())).collect())
    }

    pub fn file(&self, module: &ModuleVersion, name: &str) -> Vec<u8> {
        let mut zip = ModuleZip::open(Cursor::new(&self.0[module]), module, &Limits::default()).unwrap();
        zip.read(name, 0, u64::MAX).unwrap()
    }

    pub fn list(&self, module: &ModuleVersion) -> airgo_gomod::modzip::FileList {
        let mut zip = ModuleZip::open(Cursor::new(&self.0[module]), module, &Limits::default()).unwrap();
        zip.walk_listed(&mut Scratch::new(), &mut ()).unwrap()
    }
}

impl FileSource for &Zips {
    fn copy(&mut self, module: &ModuleVersion, file: &str, take: Take<'_>) -> io::Result<()> {
        take(&self.file(module, file))
    }
}

/// A world whose modules are in blocks; `carried` says which files, by module and
/// name.
pub fn world(
    built: &[airgo_testkit::Module],
    encoding: Encoding,
    carried: impl Fn(&str, &str) -> bool,
) -> World {
    let zips = Zips::of(built);
    let mut bytes = HashMap::new();
    let mut manifest = empty_manifest();
    manifest.payload.encoding = encoding;
    let mut in_blocks = Vec::new();
    for built in built {
        let mut stated = module(built, &mut bytes);
        let id = built.id();
        bytes.remove(&object_name(id, ObjectKind::Zip).unwrap());
        let list = zips.list(id);
        let names: Vec<String> = list.iter().map(|file| file.name.to_owned()).collect();
        let some = Carried::of(list.len(), |index| carried(&id.path, &names[index]));
        let packed = compress_list(&list).unwrap();
        stated.files = Some(Stored { sha256: Sha256::of(&packed), size: packed.len() as u64 });
        bytes.insert(object_name(id, ObjectKind::FileList).unwrap(), packed);
        stated.carried = (some.count() < list.len()).then(|| some.text());
        stated.encoder = (encoding == Encoding::Compact).then_some(Encoder::Go126);
        manifest.graph.push(GraphNode { module: "example.com/app".into(), requires: vec![id.to_string()] });
        manifest.modules.push(stated);
        in_blocks.push(CarriedModule { module: id.clone(), list, carried: some });
    }
    in_blocks.sort_by(|a, b| a.module.cmp(&b.module));
    let contents = Contents::of(in_blocks).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let blocks = NewBlocks::compress(&contents, dir.path(), JOBS, || &zips, &()).unwrap();
    manifest.payload.blocks = blocks.stated().cloned().collect();
    for block in blocks.stated() {
        let mut content = Vec::new();
        blocks.open(block.sha256).unwrap().read_to_end(&mut content).unwrap();
        bytes.insert(format!("blocks/{}.zst", block.sha256), content);
    }
    World { manifest: manifest.seal().unwrap(), bytes }
}

/// All files but data.
pub fn exact() -> World {
    world(&modules(), Encoding::Exact, |_, name| !name.starts_with("data/"))
}

/// All files.
pub fn compact() -> World {
    world(&modules(), Encoding::Compact, |_, _| true)
}

//! The objects that a manifest promises: which entries a bundle must hold.

use crate::digest::Sha256;
use crate::format::manifest::{Encoding, Hashed, Manifest, Module, Stored};
use crate::format::names::{self, ObjectKind};
use crate::limits::Limits;
use airgo_gomod::{H1, ModuleVersion};
use std::collections::BTreeMap;

/// An entry that the manifest accounts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The entry's name.
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
    /// The stored module; for a list its path alone, for data the snapshot's name,
    /// for a block its digest.
    pub module: ModuleVersion,
    /// How many bytes.
    pub size: u64,
    /// Their digest.
    pub sha256: Sha256,
    /// Go's hash, for a go.mod, a zip or the list of a zip's files.
    pub h1: Option<H1>,
}

/// What the manifest says of an object's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
    pub(crate) h1: Option<H1>,
}

/// What a module has of each kind, its zip stored or not.
pub(crate) fn contents(module: &Module) -> [(ObjectKind, Option<Content>); 4] {
    let hashed = |Hashed { size, sha256, h1, .. }| Content { size, sha256, h1: Some(h1) };
    let plain = |Stored { size, sha256 }| Content { size, sha256, h1: None };
    let list = |list: Stored| Content { h1: module.zip.map(|zip| zip.h1), ..plain(list) };
    [
        (ObjectKind::FileList, module.files.map(list)),
        (ObjectKind::Info, module.info.map(plain)),
        (ObjectKind::Mod, module.go_mod.map(hashed)),
        (ObjectKind::Zip, module.zip.map(hashed)),
    ]
}

/// The objects of one module.
fn of_module(module: &Module, encoding: Encoding) -> impl Iterator<Item = Object> {
    let stored = module.stored_as();
    let has_zip = module.is_zip_stored(encoding);
    // The manifest's rules have refused paths and versions without a name.
    let named = stored.and_then(|stored| Some((names::stem(&stored).ok()?, stored)));
    named.into_iter().flat_map(move |(stem, stored)| {
        contents(module).into_iter().filter_map(move |(kind, content)| {
            let Content { size, sha256, h1 } = content?;
            if kind == ObjectKind::Zip && !has_zip {
                return None;
            }
            let top = if kind == ObjectKind::FileList { names::FILES } else { names::PROXY };
            let name = format!("{top}{stem}{}", kind.extension());
            Some(Object { name, kind, module: stored.clone(), size, sha256, h1 })
        })
    })
}

impl Module {
    /// Whether a bundle of this encoding carries the zip itself.
    pub fn is_zip_stored(&self, encoding: Encoding) -> bool {
        self.zip.is_some()
            && match encoding {
                Encoding::GoproxyTree => true,
                Encoding::Compact => self.encoder.is_none(),
                Encoding::Exact => false,
            }
    }
}

/// The bound on an object of this kind.
pub(crate) fn limit(kind: ObjectKind, limits: &Limits) -> u64 {
    match kind {
        ObjectKind::Info => limits.info,
        ObjectKind::Mod => limits.go_mod,
        ObjectKind::Zip => limits.zip,
        ObjectKind::List => limits.manifest,
        ObjectKind::Data => limits.data,
        ObjectKind::FileList => limits.file_list,
        ObjectKind::Block => limits.stored_block,
    }
}

/// The package URL of a Go module (package-url/purl-spec, golang): everything
/// but unreserved characters, slashes and colons is percent-encoded.
pub(crate) fn package_url(module: &ModuleVersion) -> String {
    let encode = |text: &str, slash: bool| -> String {
        let one = |b: u8| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            b'/' if slash => "/".to_owned(),
            _ => format!("%{b:02X}"),
        };
        text.bytes().map(one).collect()
    };
    format!("pkg:golang/{}@{}", encode(&module.path, true), encode(&module.version, false))
}

impl Manifest {
    /// Every entry that the manifest accounts for, in the container's order:
    /// blocks, data snapshots, lists of files, then the proxy tree with its lists.
    pub fn objects(&self) -> Vec<Object> {
        let mut all: BTreeMap<String, Object> = BTreeMap::new();
        for module in &self.modules {
            all.extend(of_module(module, self.payload.encoding).map(|o| (o.name.clone(), o)));
        }
        for block in &self.payload.blocks {
            let (name, module) =
                (names::block_name(block.sha256), ModuleVersion::new(block.sha256.to_string(), ""));
            let (size, sha256) = (block.size, block.sha256);
            all.insert(
                name.clone(),
                Object { name, kind: ObjectKind::Block, module, size, sha256, h1: None },
            );
        }
        for (path, text) in self.lists() {
            let (size, sha256) = (text.len() as u64, Sha256::of(text.as_bytes()));
            let module = ModuleVersion::new(path, "");
            let Ok(name) = names::object_name(&module, ObjectKind::List) else { continue };
            all.insert(name.clone(), Object { name, kind: ObjectKind::List, module, size, sha256, h1: None });
        }
        for data in self.data.iter().filter(|d| d.stored) {
            let name = names::data_name(&data.name);
            let module = ModuleVersion::new(&data.name, "");
            let (size, sha256) = (data.size, data.sha256);
            all.insert(name.clone(), Object { name, kind: ObjectKind::Data, module, size, sha256, h1: None });
        }
        all.into_values().collect()
    }

    /// The `list` file of every module path of which the bundle holds a version
    /// that `go` could use: the versions with an `.info` and a go.mod, bytewise, one
    /// a line.
    pub fn lists(&self) -> BTreeMap<String, String> {
        let mut versions: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
        for module in self.modules.iter().filter(|m| m.info.is_some() && m.go_mod.is_some()) {
            if let Some(stored) = module.stored_as() {
                versions.entry(stored.path).or_default().insert(stored.version);
            }
        }
        let text = |set: std::collections::BTreeSet<String>| set.into_iter().map(|v| v + "\n").collect();
        versions.into_iter().map(|(path, set)| (path, text(set))).collect()
    }
}

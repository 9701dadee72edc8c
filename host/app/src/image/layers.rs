//! Which file of a module cache is in which layer, and with which mode.
//!
//! The modules of a family, those whose paths have the first two elements in common, are
//! in one layer, with all that the cache has of them. Where there are more families than
//! layers, several share one: the layer is the SHA-256 of the family's name, its first
//! eight bytes modulo the number of layers. So it depends on nothing else in the bundle,
//! and a module that changes changes one layer. Go's toolchains have a layer for each
//! platform. What is of no module (the checksum database's records, the list of modules
//! that came without zips) is in the last layer.
//!
//! Modes are those that go gives with the usual umask, whatever is on disk: 0444 and 0555
//! in the trees of modules, 0644 and 0755 elsewhere.

use airgo_gomod::gosource::Platform;
use airgo_gomod::module::{family, unescape_path};
use airgo_resolve::TOOLCHAIN_MODULE;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// A layer before it is written.
#[derive(Debug)]
pub struct Layer {
    /// The families in it, sorted; for the other layers what they hold.
    pub holds: Vec<String>,
    /// The platform that it is for; none where it is for all.
    pub platform: Option<Platform>,
    /// Files and directories, each after the directory that it is in.
    pub entries: Vec<Entry>,
}

/// A file or a directory.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the module cache; that of a directory ends with a slash.
    pub path: String,
    /// Where its content is below the module cache, if not there.
    pub from: Option<String>,
    /// Permission bits.
    pub mode: u32,
    /// Bytes of content.
    pub size: u64,
}

/// What decides on the layers.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The platforms of the images.
    pub platforms: &'a [Platform],
    /// How many layers families may have.
    pub layers: usize,
}

/// Layers in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// The toolchain for a platform, by its index.
    Toolchain(usize),
    /// The families of this number.
    Families(u64),
    /// What is of no module.
    Bundle,
}

#[derive(Default)]
struct Draft {
    holds: BTreeSet<String>,
    entries: BTreeMap<String, Entry>,
}

struct Walk<'a> {
    root: &'a Path,
    wanted: Wanted<'a>,
    drafts: BTreeMap<Group, Draft>,
}

/// Where a path belongs.
enum Place<'p> {
    /// A file of a module, or a directory of its own.
    Module {
        path: &'p str,
        /// What follows: `@v1.0.0/a.go`, or `v1.0.0.zip` of the download cache.
        rest: &'p str,
        in_tree: bool,
    },
    /// A directory in which modules are.
    Above,
    /// Anything else.
    Other,
}

/// The layers of a module cache that nobody else writes to.
///
/// # Errors
/// The system's own; `InvalidData` for a name that is not of a module cache.
pub fn plan(root: &Path, wanted: Wanted<'_>) -> io::Result<Vec<Layer>> {
    let mut walk = Walk { root, wanted, drafts: BTreeMap::new() };
    walk.directory("")?;
    let layer = |(group, draft): (Group, Draft)| Layer {
        holds: draft.holds.into_iter().collect(),
        platform: match group {
            Group::Toolchain(index) => wanted.platforms.get(index).cloned(),
            _ => None,
        },
        entries: draft.entries.into_values().collect(),
    };
    Ok(walk.drafts.into_iter().map(layer).collect())
}

impl Walk<'_> {
    fn directory(&mut self, dir: &str) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(dir))? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().ok_or(ErrorKind::InvalidData)?;
            let path = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
            let kind = entry.file_type()?;
            // Of the run that unpacked it, and of no use to another; a record is of its user's own.
            if matches!(path.as_str(), "cache/airgo-tmp" | "cache/airgo-exact.lock")
                || path.starts_with("cache/airgo-record-")
            {
                continue;
            }
            if kind.is_dir() {
                self.add(&path, true, 0)?;
                self.directory(&path)?;
            } else if kind.is_file() {
                self.add(&path, false, entry.metadata()?.len())?;
            } else {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, is_dir: bool, size: u64) -> io::Result<()> {
        let (group, holds, in_tree) = match place(path) {
            Place::Above if is_dir => return Ok(()),
            Place::Above | Place::Other => {
                // With the directories that it is in.
                if is_dir {
                    return Ok(());
                }
                (Group::Bundle, "what is of no single module".to_owned(), false)
            }
            Place::Module { path: module, rest, in_tree } if module == TOOLCHAIN_MODULE => {
                // The list names the toolchains of all platforms, and go needs none.
                let Some(index) = self.wanted.platforms.iter().position(|p| is_for(rest, in_tree, p)) else {
                    return Ok(());
                };
                (Group::Toolchain(index), TOOLCHAIN_MODULE.to_owned(), in_tree)
            }
            Place::Module { path: module, in_tree, .. } => {
                let module = unescape_path(module).map_err(|_| ErrorKind::InvalidData)?;
                let family = family(&module).to_owned();
                (Group::Families(number(&family, self.wanted.layers)), family, in_tree)
            }
        };
        let toolchain = matches!(group, Group::Toolchain(_));
        let draft = self.drafts.entry(group).or_default();
        draft.holds.insert(holds);
        draft.directories_of(path);
        let mode = match (in_tree, is_dir) {
            (true, true) => 0o555,
            (true, false) if toolchain && is_command(path) => 0o555,
            (true, false) => 0o444,
            (false, true) => 0o755,
            (false, false) => 0o644,
        };
        if toolchain
            && in_tree
            && let Some(dir) = path.strip_suffix("/_go.mod")
        {
            draft.put(Entry { path: format!("{dir}/go.mod"), from: Some(path.to_owned()), mode, size });
        }
        let path = if is_dir { format!("{path}/") } else { path.to_owned() };
        draft.put(Entry { path, from: None, mode, size });
        Ok(())
    }
}

impl Draft {
    fn put(&mut self, entry: Entry) {
        self.entries.insert(entry.path.clone(), entry);
    }

    /// The directories that a path is in, where they are not there yet.
    fn directories_of(&mut self, path: &str) {
        for (at, _) in path.rmatch_indices('/') {
            let dir = &path[..=at];
            if self.entries.contains_key(dir) {
                return;
            }
            self.put(Entry { path: dir.to_owned(), from: None, mode: 0o755, size: 0 });
        }
    }
}

fn place(path: &str) -> Place<'_> {
    if let Some(download) = path.strip_prefix("cache/download/") {
        return match download.split_once("/@v") {
            Some((path, rest)) => {
                Place::Module { path, rest: rest.strip_prefix('/').unwrap_or(rest), in_tree: false }
            }
            None if download == "sumdb" || download.starts_with("sumdb/") => Place::Other,
            None => Place::Above,
        };
    }
    if path == "cache" || path.starts_with("cache/") {
        return Place::Other;
    }
    match path.split_once('@') {
        Some((path, rest)) => Place::Module { path, rest, in_tree: true },
        None => Place::Above,
    }
}

/// The number of the layer that a family is in.
fn number(family: &str, layers: usize) -> u64 {
    let digest: [u8; 32] = Sha256::digest(family).into();
    let first = digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    first % u64::try_from(layers).unwrap_or(u64::MAX).max(1)
}

/// Whether what follows the path of the toolchain's module is of this platform.
fn is_for(rest: &str, in_tree: bool, platform: &Platform) -> bool {
    let version = match in_tree {
        true => rest.split('/').next(),
        false => rest.rsplit_once('.').map(|(version, _)| version),
    };
    let (os, arch) = (&platform.os, &platform.arch);
    os == "linux" && version.is_some_and(|version| version.ends_with(&format!(".{os}-{arch}")))
}

/// What go makes executable of a toolchain when it first switches to it, which it cannot
/// where the module cache is read-only (cmd/go toolchain/select.go); as it copies
/// `_go.mod` to go.mod.
fn is_command(path: &str) -> bool {
    let Some((_, below)) = path.split_once('@').and_then(|(_, rest)| rest.split_once('/')) else {
        return false;
    };
    let in_lib = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or_default();
        let parts = name.strip_prefix("go_").and_then(|name| name.strip_suffix("_exec"));
        parts.and_then(|parts| parts.split_once('_')).is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
    };
    below.starts_with("bin/")
        || below.starts_with("pkg/tool/")
        || below.strip_prefix("lib/").is_some_and(in_lib)
}

#[cfg(test)]
mod tests {
    use super::*;
    use airgo_testkit::TempTree;

    fn planned(files: &[&str], platforms: &[&str], layers: usize) -> Vec<Layer> {
        let temp = TempTree::new();
        for file in files {
            temp.write(file, "x");
        }
        let platforms: Vec<_> = platforms.iter().map(|p| Platform::parse(p).unwrap()).collect();
        plan(temp.path(), Wanted { platforms: &platforms, layers }).unwrap()
    }

    fn shown(layer: &Layer) -> Vec<String> {
        layer.entries.iter().map(|e| format!("{:03o} {}", e.mode, e.path)).collect()
    }

    const B: &[&str] = &[
        "cache/download/example.com/b/c/@v/v1.0.0.zip",
        "example.com/b/c@v1.0.0/x/x.go",
        "example.com/b/c@v1.0.0/c.go",
    ];

    #[test]
    fn a_family_is_in_one_layer_with_modes_as_go_gives_them() {
        let layers = planned(B, &["linux/amd64"], 100);
        let [layer] = &layers[..] else { panic!("{layers:?}") };
        assert_eq!(layer.holds, ["example.com/b"]);
        let wanted = [
            "755 cache/",
            "755 cache/download/",
            "755 cache/download/example.com/",
            "755 cache/download/example.com/b/",
            "755 cache/download/example.com/b/c/",
            "755 cache/download/example.com/b/c/@v/",
            "644 cache/download/example.com/b/c/@v/v1.0.0.zip",
            "755 example.com/",
            "755 example.com/b/",
            "555 example.com/b/c@v1.0.0/",
            "444 example.com/b/c@v1.0.0/c.go",
            "555 example.com/b/c@v1.0.0/x/",
            "444 example.com/b/c@v1.0.0/x/x.go",
        ];
        assert_eq!(shown(layer), wanted);
    }

    /// What else is there does not move a family.
    #[test]
    fn a_layer_does_not_depend_on_other_families() {
        let alone = planned(B, &[], 7);
        let more: Vec<String> = (0..50)
            .flat_map(|n| {
                [format!("example.com/m{n}@v1.0.0/a.go"), format!("example.com/m{n}/v2@v2.0.0/a.go")]
            })
            .collect();
        let files: Vec<&str> = B.iter().copied().chain(more.iter().map(String::as_str)).collect();
        let all = planned(&files, &[], 7);
        assert_eq!(all.len(), 7);
        let layer = all.iter().find(|layer| layer.holds.contains(&"example.com/b".to_owned())).unwrap();
        assert!(alone[0].entries.iter().all(|entry| layer.entries.contains(entry)));
        let families: usize = all.iter().map(|layer| layer.holds.len()).sum();
        assert_eq!(families, 51, "each family is in one layer");
        assert_eq!(planned(&files, &[], 1).len(), 1);
    }

    #[test]
    fn a_toolchain_is_for_its_platform_and_ready_to_run() {
        let tree = "golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64";
        let files = [
            &format!("{tree}/bin/go"),
            &format!("{tree}/pkg/tool/linux_amd64/vet"),
            &format!("{tree}/lib/wasm/go_js_wasm_exec"),
            &format!("{tree}/src/_go.mod"),
            "golang.org/toolchain@v0.0.1-go1.26.8.linux-arm64/bin/go",
            "cache/download/golang.org/toolchain/@v/list",
            "cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip",
            "cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-arm64.zip",
            "cache/download/sumdb/db/latest",
        ];
        let layers = planned(&files, &["linux/amd64", "windows/arm64"], 9);
        let [toolchain, rest] = &layers[..] else { panic!("{layers:?}") };
        assert_eq!(toolchain.platform.as_ref().unwrap().arch, "amd64");
        let files: Vec<_> = shown(toolchain).into_iter().filter(|line| !line.ends_with('/')).collect();
        let wanted = [
            "644 cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip".to_owned(),
            format!("555 {tree}/bin/go"),
            format!("555 {tree}/lib/wasm/go_js_wasm_exec"),
            format!("555 {tree}/pkg/tool/linux_amd64/vet"),
            format!("444 {tree}/src/_go.mod"),
            format!("444 {tree}/src/go.mod"),
        ];
        assert_eq!(files, wanted);
        assert_eq!((rest.platform.is_none(), rest.entries.len()), (true, 5));
    }
}

//! Vendor directories as this crate computes them, and as they are on disk.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use airgo_gomod::gosum::GoSum;
use airgo_resolve::packages::ModuleFiles as _;
use airgo_resolve::vendor::{Looking, Vendored, vendor};
use airgo_resolve::{MapSource, Mode, resolve};
use airgo_testkit::Go;

use super::oracle::go_version;
use super::project;
use super::source::{Files, Shuffled};
use super::unpacked::Unpacked;

pub type Tree = BTreeMap<String, Vec<u8>>;

/// What go would write for the project in `dir`, with the modules of a cache; or why it
/// does not.
pub fn ours(dir: &Path, modcache: &Path, go_mods: &Files) -> Result<Vendored, String> {
    let mut project = project::load(dir, Mode::Readonly, Some(go_version()))?;
    project.vendor = None;
    let resolution = resolve(&project, &mut Shuffled::new(go_mods, 1)).map_err(|e| e.to_string())?;
    let std = PathBuf::from(Go::with_proxy("off").run(Path::new("/"), &["env", "GOROOT"]).trim()).join("src");
    let standard = |path: &str| Some(std.join(path).is_dir());
    let text = fs::read(dir.join("go.sum")).unwrap_or_default();
    let go_sum = GoSum::parse("go.sum", &text).map_err(|e| e.to_string())?;
    let has_sum = |module: &_, subject| go_sum.contains(module, subject);
    let sums = project.needs_sums().then_some(&has_sum as _);
    let looking = Looking { sums, standard: &standard };
    let mut source: MapSource = go_mods.iter().map(|(m, text)| (m.clone(), text.clone())).collect();
    let mut files = Unpacked(modcache.to_owned());
    let vendored =
        vendor(&project, &resolution, &looking, &mut files, &mut source).map_err(|e| e.to_string())?;
    let faults = vendored.faults.iter().map(ToString::to_string);
    let problems = vendored.problems.iter().map(|problem| format!("{problem:?}"));
    let all: Vec<String> = faults.chain(problems).collect();
    if all.is_empty() { Ok(vendored) } else { Err(all.join("\n")) }
}

/// The files with their contents.
pub fn written(vendored: &Vendored, modcache: &Path) -> Tree {
    let mut files = Unpacked(modcache.to_owned());
    let mut tree: Tree = vendored
        .files
        .iter()
        .map(|(path, from)| {
            let bytes = files.read(&from.place, &from.file, u64::MAX).unwrap();
            assert_eq!(bytes.len() as u64, from.size, "{path}");
            (path.clone(), bytes)
        })
        .collect();
    if !vendored.modules_txt.is_empty() {
        tree.insert("modules.txt".to_owned(), vendored.modules_txt.clone().into_bytes());
    }
    tree
}

/// The files below a directory.
pub fn on_disk(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                tree.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    tree
}

/// Fails where the trees differ, naming the files and the lines of modules.txt.
#[track_caller]
pub fn assert_same(what: &str, theirs: &Tree, ours: &Tree) {
    let text = |tree: &Tree| {
        String::from_utf8_lossy(&tree.get("modules.txt").cloned().unwrap_or_default()).into_owned()
    };
    let (a, b) = (text(theirs), text(ours));
    if a != b {
        let at = a.lines().zip(b.lines()).position(|(a, b)| a != b);
        panic!("{what}: modules.txt differs at line {at:?}\n--- go\n{a}\n--- ours\n{b}");
    }
    let lacking: Vec<_> = theirs.keys().filter(|name| !ours.contains_key(*name)).collect();
    let extra: Vec<_> = ours.keys().filter(|name| !theirs.contains_key(*name)).collect();
    assert!(lacking.is_empty() && extra.is_empty(), "{what}: lacking {lacking:?}, extra {extra:?}");
    let changed: Vec<_> =
        theirs.iter().filter(|(name, text)| ours[*name] != **text).map(|(name, _)| name).collect();
    assert!(changed.is_empty(), "{what}: changed {changed:?}");
}

/// The go.mod files of all modules of a world.
pub fn go_mods(world: &airgo_testkit::World) -> Files {
    let of = |m: &airgo_testkit::Module| (m.id().clone(), m.go_mod_bytes());
    world.modules().iter().map(of).collect::<HashMap<_, _>>()
}

//! The files of a bundle's modules, as far as chains of imports need them.

use airgo_gomod::ModuleVersion;
use airgo_policy::BundleView;
use airgo_resolve::packages::{Entry, ModuleFiles, Place, Tree};
use std::collections::HashMap;

/// Limits of the walk. Beyond them requirements have to do: it is a help for
/// people, and a bundle may be made to be slow.
const MAX_DIRECTORIES: usize = 400_000;
const MAX_FILES: usize = 1_000_000;
const MAX_IMPORTS: usize = 4_000_000;
const MAX_BYTES: u64 = 512 << 20;
/// How much of a file is read for its imports, at most.
const MAX_HEAD: u64 = 1 << 20;

/// That a limit is reached.
pub struct TooMuch;

/// Reads a bundle within limits.
pub struct Files<'a> {
    view: &'a dyn BundleView,
    index: HashMap<ModuleVersion, usize>,
    /// The Go files of each module that was asked for; none where there are no
    /// files.
    trees: HashMap<usize, Option<Tree>>,
    listed: usize,
    directories: usize,
    bytes: u64,
}

impl<'a> Files<'a> {
    pub fn new(view: &'a dyn BundleView) -> Self {
        let ids = view.modules().iter().map(|m| ModuleVersion::new(&*m.path, &*m.version));
        let index = ids.zip(0..).collect();
        Self { view, index, trees: HashMap::new(), listed: 0, directories: 0, bytes: 0 }
    }

    fn tree(&mut self, place: &Place) -> Option<&Tree> {
        // A directory of the project has no files here.
        let Place::Zip(module) = place else { return None };
        let module = *self.index.get(module)?;
        if !self.trees.contains_key(&module) {
            let files = self.view.list_files(module).ok();
            self.listed += files.as_ref().map_or(0, Vec::len);
            let tree = files.map(|files| {
                let code = files.iter().filter(|f| f.path.ends_with(".go") && !f.path.ends_with("_test.go"));
                Tree::of(code.map(|file| (file.path.as_str(), file.size)))
            });
            self.trees.insert(module, tree);
        }
        self.trees.get(&module)?.as_ref()
    }
}

impl ModuleFiles for Files<'_> {
    type Error = TooMuch;

    fn has(&mut self, place: &Place) -> bool {
        self.tree(place).is_some()
    }

    fn directory(&mut self, place: &Place, dir: &str) -> Result<Vec<Entry>, TooMuch> {
        let entries = self.tree(place).map(|tree| tree.directory(dir)).unwrap_or_default();
        self.directories += 1;
        let within = self.listed <= MAX_FILES && self.directories <= MAX_DIRECTORIES;
        if within { Ok(entries) } else { Err(TooMuch) }
    }

    fn read(&mut self, place: &Place, file: &str, limit: u64) -> Result<Vec<u8>, TooMuch> {
        let module = match place {
            Place::Zip(module) => self.index.get(module).copied(),
            Place::Directory(_) => None,
        };
        let limit = u32::try_from(limit.min(MAX_HEAD)).unwrap_or(u32::MAX);
        // A file that cannot be read leads nowhere.
        let bytes = module.and_then(|module| self.view.read(module, file, 0, limit).ok()).unwrap_or_default();
        self.bytes += bytes.len() as u64;
        if self.bytes <= MAX_BYTES { Ok(bytes) } else { Err(TooMuch) }
    }

    fn imports(&mut self, count: usize) -> Result<(), TooMuch> {
        if count <= MAX_IMPORTS { Ok(()) } else { Err(TooMuch) }
    }
}

//! The files that packages are loaded from: of directories on this disk, and of
//! modules that were fetched or that a bundle carries.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::ModuleZip;
use airgo_resolve::packages::{Entry, EntryKind, ModuleFiles, Place, Tree};
use std::collections::{HashMap, VecDeque};
use std::io::{ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many modules are held open at once: each takes a file descriptor.
const OPEN: usize = 16;

/// The modules that are at hand, by the names that they are stored under.
pub trait Modules {
    /// Whether its files are at hand.
    fn has(&self, module: &ModuleVersion) -> bool;

    /// Opens one that is.
    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Opened>>;
}

/// A module whose files can be read, in whatever form it is stored. Names are
/// below the module's root.
pub trait Opened {
    /// All files with their sizes.
    fn files(&self) -> Box<dyn Iterator<Item = (&str, u64)> + '_>;

    /// At most `limit` bytes of a file, from its start.
    fn read(&mut self, file: &str, limit: u64) -> Result<Vec<u8>>;
}

impl<R: Read + Seek> Opened for ModuleZip<R> {
    fn files(&self) -> Box<dyn Iterator<Item = (&str, u64)> + '_> {
        Box::new(self.entries().map(|entry| (entry.name, entry.size)))
    }

    fn read(&mut self, file: &str, limit: u64) -> Result<Vec<u8>> {
        Self::read(self, file, 0, limit).map_err(|e| Failure::failed(e.to_string()))
    }
}

/// Which names of a module are held in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Those of Go files: what imports need.
    GoFiles,
    /// All of them: what `//go:embed` may name.
    All,
}

/// Reads each directory and each module's names once, however many projects ask.
pub struct Files<'a> {
    context: &'a Context,
    modules: &'a dyn Modules,
    names: Names,
    /// The files and the directories of each module that was opened.
    trees: HashMap<ModuleVersion, Rc<Tree>>,
    /// Those used last.
    open: VecDeque<(ModuleVersion, Box<dyn Opened>)>,
    directories: HashMap<PathBuf, Vec<Entry>>,
}

impl<'a> Files<'a> {
    /// Of the project's directories, and of these modules.
    pub fn new(context: &'a Context, modules: &'a dyn Modules, names: Names) -> Self {
        let (trees, directories) = (HashMap::new(), HashMap::new());
        Self { context, modules, names, trees, open: VecDeque::new(), directories }
    }

    /// The modules that were opened.
    pub fn opened(&self) -> impl Iterator<Item = &ModuleVersion> {
        self.trees.keys()
    }

    fn tree(&mut self, module: &ModuleVersion) -> Result<Rc<Tree>> {
        if let Some(known) = self.trees.get(module) {
            return Ok(known.clone());
        }
        let all = self.names == Names::All;
        let files = self.module(module)?.files().filter(|(name, _)| all || name.ends_with(".go"));
        let tree = Rc::new(Tree::of(files));
        self.trees.insert(module.clone(), tree.clone());
        Ok(tree)
    }

    fn module(&mut self, module: &ModuleVersion) -> Result<&mut dyn Opened> {
        if let Some(at) = self.open.iter().position(|(m, _)| m == module) {
            if let Some(used) = self.open.remove(at) {
                self.open.push_back(used);
            }
        } else {
            let opened = self.modules.open(module)?;
            if self.open.len() == OPEN {
                self.open.pop_front();
            }
            self.open.push_back((module.clone(), opened));
        }
        match self.open.back_mut() {
            Some((_, opened)) => Ok(&mut **opened),
            None => Err(Failure::failed(format!("{module} was not opened"))),
        }
    }
}

/// The directories of the project without modules: what the project itself imports.
pub struct OwnFiles<'f, 'a>(&'f mut Files<'a>);

impl<'a> Files<'a> {
    /// The same without modules.
    pub fn own(&mut self) -> OwnFiles<'_, 'a> {
        OwnFiles(self)
    }
}

impl ModuleFiles for OwnFiles<'_, '_> {
    type Error = Failure;

    fn has(&mut self, place: &Place) -> bool {
        matches!(place, Place::Directory(_))
    }

    fn directory(&mut self, place: &Place, dir: &str) -> Result<Vec<Entry>> {
        self.0.directory(place, dir)
    }

    fn read(&mut self, place: &Place, file: &str, limit: u64) -> Result<Vec<u8>> {
        self.0.read(place, file, limit)
    }
}

impl ModuleFiles for Files<'_> {
    type Error = Failure;

    fn has(&mut self, place: &Place) -> bool {
        match place {
            Place::Directory(dir) => Path::new(dir).is_dir(),
            Place::Zip(module) => self.modules.has(module),
        }
    }

    fn directory(&mut self, place: &Place, dir: &str) -> Result<Vec<Entry>> {
        self.context.interrupt.check()?;
        match place {
            Place::Zip(module) => Ok(self.tree(module)?.directory(dir)),
            Place::Directory(root) => {
                let path = Path::new(root).join(dir);
                if let Some(known) = self.directories.get(&path) {
                    return Ok(known.clone());
                }
                let entries = read_directory(&path)?;
                self.directories.insert(path, entries.clone());
                Ok(entries)
            }
        }
    }

    fn read(&mut self, place: &Place, file: &str, limit: u64) -> Result<Vec<u8>> {
        match place {
            Place::Zip(module) => self.module(module)?.read(file, limit),
            Place::Directory(root) => {
                let path = Path::new(root).join(file);
                let mut bytes = Vec::new();
                std::fs::File::open(&path)
                    .and_then(|file| file.take(limit).read_to_end(&mut bytes))
                    .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(&path))))?;
                Ok(bytes)
            }
        }
    }
}

fn read_directory(dir: &Path) -> Result<Vec<Entry>> {
    let unreadable = |e| Failure::failed(format!("could not read {}: {e}", shown(dir)));
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(unreadable(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        // A link is what it leads to; one that leads nowhere is ignored.
        let meta = if kind.is_symlink() { std::fs::metadata(entry.path()) } else { entry.metadata() };
        let kind = match meta {
            Ok(meta) if meta.is_file() && kind.is_symlink() => EntryKind::LinkedFile(meta.len()),
            Ok(meta) if meta.is_file() => EntryKind::File(meta.len()),
            Ok(_) if kind.is_dir() => EntryKind::Directory,
            Ok(meta) if meta.is_dir() => EntryKind::LinkedDirectory,
            _ => EntryKind::Other,
        };
        found.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind });
    }
    Ok(found)
}

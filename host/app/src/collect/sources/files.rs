//! The files of the modules that are packed: of directories on this disk, and of
//! fetched zips.

use crate::Context;
use crate::errors::fetch_failure;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use airgo_fetch::{Fetched, Kind, Object, Reader};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip};
use airgo_resolve::packages::{Entry, EntryKind, ModuleFiles, Place, Tree};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How many zips are held open at once: each takes a file descriptor.
const OPEN: usize = 16;

/// Reads each directory and each zip's names once, for all projects of a bundle.
pub struct Files<'a> {
    context: &'a Context,
    objects: &'a BTreeMap<Object, Fetched>,
    /// The Go files and the directories of each zip.
    zips: HashMap<ModuleVersion, Rc<Tree>>,
    /// The zips used last.
    open: VecDeque<(ModuleVersion, ModuleZip<Reader>)>,
    directories: HashMap<PathBuf, Vec<Entry>>,
}

impl<'a> Files<'a> {
    /// Of the project's directories, and of the zips among `objects`.
    pub fn new(context: &'a Context, objects: &'a BTreeMap<Object, Fetched>) -> Self {
        let (zips, directories) = (HashMap::new(), HashMap::new());
        Self { context, objects, zips, open: VecDeque::new(), directories }
    }

    fn tree(&mut self, module: &ModuleVersion) -> Result<Rc<Tree>> {
        if let Some(known) = self.zips.get(module) {
            return Ok(known.clone());
        }
        let files = self.zip(module)?.entries().filter(|entry| entry.name.ends_with(".go"));
        let tree = Rc::new(Tree::of(files.map(|entry| (entry.name, entry.size))));
        self.zips.insert(module.clone(), tree.clone());
        Ok(tree)
    }

    fn zip(&mut self, module: &ModuleVersion) -> Result<&mut ModuleZip<Reader>> {
        if let Some(at) = self.open.iter().position(|(m, _)| m == module) {
            if let Some(used) = self.open.remove(at) {
                self.open.push_back(used);
            }
        } else {
            let fetched = self
                .objects
                .get(&Object::new(module.clone(), Kind::Zip))
                .ok_or_else(|| Failure::failed(format!("the zip of {module} was not fetched")))?;
            let reader = fetched.open().map_err(|e| fetch_failure(&e))?;
            let zip = ModuleZip::open(reader, module, &Limits::default())
                .map_err(|e| Failure::failed(e.to_string()))?;
            if self.open.len() == OPEN {
                self.open.pop_front();
            }
            self.open.push_back((module.clone(), zip));
        }
        let last = self.open.back_mut().map(|(_, zip)| zip);
        last.ok_or_else(|| Failure::failed(format!("the zip of {module} was not opened")))
    }
}

/// The directories of the project without the zips: what the project itself imports.
pub struct OwnFiles<'f, 'a>(&'f mut Files<'a>);

impl<'a> Files<'a> {
    /// The same without the zips.
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
            Place::Directory(_) => true,
            Place::Zip(module) => self.objects.contains_key(&Object::new(module.clone(), Kind::Zip)),
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
            Place::Zip(module) => {
                self.zip(module)?.read(file, 0, limit).map_err(|e| Failure::failed(e.to_string()))
            }
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

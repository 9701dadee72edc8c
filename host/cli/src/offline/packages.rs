//! The packages of directories and of module zips: which directories have Go
//! files, and what each file imports on which platforms.

use super::Mask;
use crate::errors::fetch_failure;
use crate::failure::{Failure, Result};
use crate::project::shown;
use airgo_fetch::{Fetched, Kind, Object, Reader};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::{Platform, Tags, Truth, is_built, read};
use airgo_gomod::modzip::{Limits, ModuleZip};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where a module's packages are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A main module, or what stands in for a module.
    Directory(PathBuf),
    /// A download.
    Zip(ModuleVersion),
}

/// A Go file as far as loading goes.
#[derive(Debug)]
pub struct GoFile {
    pub name: String,
    pub imports: Vec<String>,
    /// The platforms that build it: the low half of a mask.
    pub built: Mask,
    pub is_test: bool,
}

/// Reads each package once, for all projects of a bundle.
pub struct Sources<'a> {
    objects: &'a BTreeMap<Object, Fetched>,
    pub platforms: Vec<Platform>,
    tags: Vec<String>,
    /// The Go files of each zip, by their directory.
    index: HashMap<ModuleVersion, Rc<Directories>>,
    /// The zips used last: each takes a file descriptor.
    open: VecDeque<(ModuleVersion, ModuleZip<Reader>)>,
    packages: HashMap<(Place, String), Rc<Vec<GoFile>>>,
}

type Directories = HashMap<String, Vec<(String, u64)>>;

/// How many zips are held open at once.
const OPEN: usize = 16;
/// How much of a file is read first: nearly always more than its imports.
const HEAD: u64 = 16 << 10;

impl<'a> Sources<'a> {
    pub fn new(objects: &'a BTreeMap<Object, Fetched>, platforms: Vec<Platform>, tags: Vec<String>) -> Self {
        let (index, packages) = (HashMap::new(), HashMap::new());
        Self { objects, platforms, tags, index, open: VecDeque::new(), packages }
    }

    /// Whether the zip is there to be read.
    pub fn is_fetched(&self, place: &Place) -> bool {
        match place {
            Place::Directory(_) => true,
            Place::Zip(module) => self.objects.contains_key(&Object::new(module.clone(), Kind::Zip)),
        }
    }

    /// Whether there are Go files, whatever their build constraints, in this
    /// directory of the module (cmd/go modload/import.go, dirInModule).
    pub fn has_package(&mut self, place: &Place, dir: &str) -> Result<bool> {
        match place {
            Place::Zip(module) => Ok(self.directories(module)?.contains_key(dir)),
            Place::Directory(root) => {
                let dir = root.join(dir);
                let below = dir.ancestors().take_while(|d| d != root);
                if below.into_iter().any(|d| d.join("go.mod").is_file()) {
                    return Ok(false);
                }
                Ok(!go_files(&dir)?.is_empty())
            }
        }
    }

    /// The Go files of one package.
    pub fn package(&mut self, place: &Place, dir: &str) -> Result<Rc<Vec<GoFile>>> {
        let key = (place.clone(), dir.to_owned());
        if let Some(known) = self.packages.get(&key) {
            return Ok(known.clone());
        }
        let mut files = Vec::new();
        match place {
            Place::Directory(root) => {
                let dir = root.join(dir);
                for name in go_files(&dir)? {
                    let file = dir.join(&name);
                    let unreadable = |e| Failure::failed(format!("could not read {}: {e}", shown(&file)));
                    let bytes = std::fs::read(&file).map_err(unreadable)?;
                    files.extend(self.go_file(name, &bytes, true));
                }
            }
            Place::Zip(module) => {
                let directories = self.directories(module)?;
                for (name, size) in directories.get(dir).into_iter().flatten() {
                    // The tests of dependencies are not loaded.
                    if name.ends_with("_test.go") {
                        continue;
                    }
                    let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
                    let head = self.read(module, &path, HEAD)?;
                    let file = match self.go_file(name.clone(), &head, *size <= HEAD) {
                        None if *size > HEAD => {
                            let whole = self.read(module, &path, *size)?;
                            self.go_file(name.clone(), &whole, true)
                        }
                        file => file,
                    };
                    files.extend(file);
                }
            }
        }
        let files = Rc::new(files);
        self.packages.insert(key, files.clone());
        Ok(files)
    }

    /// None where the file is built nowhere, or is no Go: that fails on both
    /// sides of the gap, and of what it would import nobody knows.
    fn go_file(&self, name: String, bytes: &[u8], whole: bool) -> Option<GoFile> {
        let header = read(bytes);
        // Imports may go on where the head ends within them.
        if header.error.is_some() || !whole && !header.complete {
            return None;
        }
        let mut built = 0;
        for (number, platform) in self.platforms.iter().enumerate() {
            let tags = Tags { platform: Some(platform), build: &self.tags, cgo: None };
            if is_built(&name, &header, &tags) != Truth::No {
                built |= 1 << number;
            }
        }
        let is_test = name.ends_with("_test.go");
        let imports = header.imports.into_iter().map(|import| import.path).collect();
        Some(GoFile { name, imports, built, is_test })
    }

    fn directories(&mut self, module: &ModuleVersion) -> Result<Rc<Directories>> {
        if let Some(known) = self.index.get(module) {
            return Ok(known.clone());
        }
        let mut directories = Directories::new();
        for entry in self.zip(module)?.entries() {
            let (dir, name) = entry.name.rsplit_once('/').unwrap_or(("", entry.name));
            if name.ends_with(".go") && !name.starts_with(['.', '_']) {
                directories.entry(dir.to_owned()).or_default().push((name.to_owned(), entry.size));
            }
        }
        let directories = Rc::new(directories);
        self.index.insert(module.clone(), directories.clone());
        Ok(directories)
    }

    fn read(&mut self, module: &ModuleVersion, path: &str, len: u64) -> Result<Vec<u8>> {
        self.zip(module)?.read(path, 0, len).map_err(|e| Failure::failed(e.to_string()))
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

/// The names of the Go files of a directory, sorted; empty where there is none.
/// Those that begin with `_` or `.` are built never.
fn go_files(dir: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(Failure::failed(format!("could not read {}: {e}", shown(dir)))),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(dir))))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link to a file is a file; one that leads nowhere is nothing.
        if name.ends_with(".go")
            && !name.starts_with(['.', '_'])
            && std::fs::metadata(entry.path()).is_ok_and(|m| m.is_file())
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

//! Where packages are read from, and the Go files of one.

use super::{ancestors, join};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::{Platform, Tags, Truth, is_built, is_hidden, read};
use std::collections::HashMap;
use std::rc::Rc;

/// Where a module's files are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A directory: of a main module, or of what replaces a module.
    Directory(String),
    /// The zip of this module.
    Zip(ModuleVersion),
}

/// What is in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name there.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file of this size.
    File(u64),
    /// A link to a regular file of this size: Go reads its source through it, and
    /// does not embed it.
    LinkedFile(u64),
    /// A directory.
    Directory,
    /// A link to a directory: Go finds a package there that is imported, and
    /// refuses to embed what is in it.
    LinkedDirectory,
    /// Anything else.
    Other,
}

/// The files of modules. Paths are below the module's root, with slashes; the
/// root itself is the empty path.
pub trait ModuleFiles {
    /// Why something cannot be read; it ends the walk. That the walk is cancelled
    /// is such a reason.
    type Error;

    /// Whether the module's files are at hand.
    fn has(&mut self, place: &Place) -> bool;

    /// What is in a directory, in any order; nothing where there is none.
    fn directory(&mut self, place: &Place, dir: &str) -> Result<Vec<Entry>, Self::Error>;

    /// At most `limit` bytes of a file, from its start.
    fn read(&mut self, place: &Place, file: &str, limit: u64) -> Result<Vec<u8>, Self::Error>;
}

/// A Go file as far as loading goes.
#[derive(Debug)]
pub(super) struct GoFile {
    pub name: String,
    /// Without "C".
    pub imports: Vec<String>,
    /// Whether the file may have `//go:embed` lines.
    pub embeds: bool,
    /// The platforms that build it.
    pub built: u64,
    pub is_test: bool,
    pub size: u64,
}

/// How much of a file is read first: nearly always more than its imports.
const HEAD: u64 = 16 << 10;

/// Reads each package once.
pub(super) struct Packages<'a, F: ModuleFiles> {
    pub files: &'a mut F,
    platforms: &'a [Platform],
    tags: &'a [String],
    cgo: Option<bool>,
    packages: HashMap<(Place, String), Rc<Vec<GoFile>>>,
}

impl<'a, F: ModuleFiles> Packages<'a, F> {
    pub fn new(files: &'a mut F, platforms: &'a [Platform], tags: &'a [String], cgo: Option<bool>) -> Self {
        Self { files, platforms, tags, cgo, packages: HashMap::new() }
    }

    /// Whether there are Go files, whatever their build constraints, in this
    /// directory of the module (cmd/go modload/import.go, dirInModule).
    pub fn has_package(&mut self, place: &Place, dir: &str) -> Result<bool, F::Error> {
        if matches!(place, Place::Directory(_)) && !dir.is_empty() {
            for above in ancestors(dir) {
                let entries = self.files.directory(place, above)?;
                if entries.iter().any(|e| e.name == "go.mod" && size(e).is_some()) {
                    return Ok(false);
                }
            }
        }
        let entries = self.files.directory(place, dir)?;
        Ok(entries.iter().any(|e| go_file(e).is_some()))
    }

    /// The Go files of one package that some platform may build, sorted. Those of
    /// which nobody can say what they import are left out: go refuses them.
    pub fn package(&mut self, place: &Place, dir: &str) -> Result<Rc<Vec<GoFile>>, F::Error> {
        let key = (place.clone(), dir.to_owned());
        if let Some(known) = self.packages.get(&key) {
            return Ok(known.clone());
        }
        let entries = self.files.directory(place, dir)?;
        let mut named: Vec<(&str, u64)> = entries.iter().filter_map(go_file).collect();
        named.sort_unstable();
        let mut found = Vec::new();
        for (name, size) in named {
            // The tests of dependencies are not loaded.
            if matches!(place, Place::Zip(_)) && name.ends_with("_test.go") {
                continue;
            }
            let path = join(dir, name);
            let head = self.files.read(place, &path, HEAD)?;
            let file = match self.parse(name, &head, size) {
                // Its imports may go on where the head ends within them.
                None if size > HEAD => {
                    let whole = self.files.read(place, &path, size)?;
                    self.parse(name, &whole, size)
                }
                file => file,
            };
            found.extend(file);
        }
        let found = Rc::new(found);
        self.packages.insert(key, found.clone());
        Ok(found)
    }

    fn parse(&self, name: &str, bytes: &[u8], size: u64) -> Option<GoFile> {
        let header = read(bytes);
        let whole = bytes.len() as u64 >= size;
        if header.error.is_some() || !whole && !header.complete {
            return None;
        }
        let mut built = 0;
        for (number, platform) in self.platforms.iter().enumerate().take(64) {
            let tags = Tags { platform: Some(platform), build: self.tags, cgo: self.cgo };
            if is_built(name, &header, &tags) != Truth::No {
                built |= 1 << number;
            }
        }
        let embeds = header.imports.iter().any(|import| import.path == "embed");
        let imports = header.imports.into_iter().map(|i| i.path).filter(|i| i != "C").collect();
        Some(GoFile {
            name: name.to_owned(),
            imports,
            embeds,
            built,
            is_test: name.ends_with("_test.go"),
            size,
        })
    }
}

/// Name and size of a Go file that Go does not pass over.
fn go_file(entry: &Entry) -> Option<(&str, u64)> {
    let named = entry.name.ends_with(".go") && !is_hidden(&entry.name);
    Some((entry.name.as_str(), size(entry).filter(|_| named)?))
}

fn size(entry: &Entry) -> Option<u64> {
    match entry.kind {
        EntryKind::File(size) | EntryKind::LinkedFile(size) => Some(size),
        EntryKind::Directory | EntryKind::LinkedDirectory | EntryKind::Other => None,
    }
}

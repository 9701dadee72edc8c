//! Where packages are read from.

use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::{self, ancestors};
use std::collections::{HashMap, HashSet};

/// Where a module's files are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A directory: of a main module, or of what replaces a module.
    Directory(String),
    /// The zip of this module.
    Zip(ModuleVersion),
}

impl Place {
    /// The module; a directory is one without a version.
    #[must_use]
    pub fn module(&self) -> ModuleVersion {
        match self {
            Self::Directory(dir) => ModuleVersion::new(dir.as_str(), ""),
            Self::Zip(module) => module.clone(),
        }
    }
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

    /// How many imports all files have that were read so far: the memory that
    /// the walk takes. An error ends it.
    fn imports(&mut self, count: usize) -> Result<(), Self::Error> {
        let _ = count;
        Ok(())
    }
}

/// The directories of a zip, from the names of its files.
#[derive(Clone, Debug, Default)]
pub struct Tree(HashMap<String, Vec<Entry>>);

impl Tree {
    /// Of files with their sizes.
    pub fn of<'n>(files: impl Iterator<Item = (&'n str, u64)>) -> Self {
        let (mut tree, mut seen) = (Self::default(), HashSet::new());
        for (file, size) in files {
            let (mut dir, name) = file.rsplit_once('/').unwrap_or(("", file));
            let entry = Entry { name: name.to_owned(), kind: EntryKind::File(size) };
            tree.0.entry(dir.to_owned()).or_default().push(entry);
            while !dir.is_empty() && seen.insert(dir) {
                let (above, name) = dir.rsplit_once('/').unwrap_or(("", dir));
                let entry = Entry { name: name.to_owned(), kind: EntryKind::Directory };
                tree.0.entry(above.to_owned()).or_default().push(entry);
                dir = above;
            }
        }
        tree
    }

    /// What is in a directory.
    #[must_use]
    pub fn directory(&self, dir: &str) -> Vec<Entry> {
        self.0.get(dir).cloned().unwrap_or_default()
    }
}

/// The files of a project's modules, as the walk reads them.
pub(crate) struct Reader<'a, F> {
    pub files: &'a mut F,
    /// Go files in whose head `"C"` stands: most of them import it.
    pub maybe_cgo: HashMap<Place, HashSet<String>>,
}

impl<'a, F> Reader<'a, F> {
    pub fn new(files: &'a mut F) -> Self {
        Self { files, maybe_cgo: HashMap::new() }
    }
}

/// Reads each package once.
pub(crate) type Packages<'a, 'f, F> = closure::Packages<'a, Reader<'f, F>>;

impl<F: ModuleFiles> closure::Files for Reader<'_, F> {
    type Module = Place;
    type Error = F::Error;

    fn directory(&mut self, place: &Place, dir: &str) -> Result<Vec<(String, u64)>, F::Error> {
        let entries = self.files.directory(place, dir)?;
        let file = |entry: Entry| size(&entry).map(|size| (entry.name, size));
        let mut files: Vec<_> = entries.into_iter().filter_map(file).collect();
        files.sort_unstable();
        Ok(files)
    }

    fn read(&mut self, place: &Place, file: &str, limit: u64) -> Result<Vec<u8>, F::Error> {
        let bytes = self.files.read(place, file, limit)?;
        if memchr::memmem::find(&bytes, b"\"C\"").is_some() {
            self.maybe_cgo.entry(place.clone()).or_default().insert(file.to_owned());
        }
        Ok(bytes)
    }

    fn is_own(&mut self, place: &Place, dir: &str) -> Result<bool, F::Error> {
        if let Place::Directory(_) = place {
            for above in ancestors(dir) {
                let entries = self.files.directory(place, above)?;
                if entries.iter().any(|e| e.name == "go.mod" && size(e).is_some()) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn has_tests(&self, place: &Place) -> bool {
        matches!(place, Place::Directory(_))
    }

    fn imports(&mut self, count: usize) -> Result<(), F::Error> {
        self.files.imports(count)
    }
}

fn size(entry: &Entry) -> Option<u64> {
    match entry.kind {
        EntryKind::File(size) | EntryKind::LinkedFile(size) => Some(size),
        EntryKind::Directory | EntryKind::LinkedDirectory | EntryKind::Other => None,
    }
}

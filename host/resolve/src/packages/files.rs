//! Where packages are read from, and the Go files of one.

use super::{ancestors, join};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::{Platform, Source, SourceError, Tags, Truth, is_hidden, read, when_built};
use std::collections::{HashMap, HashSet};
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

/// Which files are built.
#[derive(Clone, Copy, Debug)]
pub enum Builds<'a> {
    /// Those that some of these builds have.
    Of {
        /// The platforms; those beyond the 64th share its bit.
        platforms: &'a [Platform],
        /// Build tags that are set.
        tags: &'a [String],
        /// Whether cgo is on; where nobody knows, files count that either way
        /// builds.
        cgo: Option<bool>,
    },
    /// Those of any platform, with any tags but `ignore`, as `go mod why` reads
    /// them (cmd/go imports.AnyTags): one platform for all.
    Any,
}

impl Builds<'_> {
    /// Bits for all platforms.
    pub(super) fn everywhere(self) -> u64 {
        match self {
            Self::Any => 1,
            Self::Of { platforms, .. } if platforms.len() >= 64 => u64::MAX,
            Self::Of { platforms, .. } => (1 << platforms.len()) - 1,
        }
    }

    /// Bits for those that build a file.
    fn build(self, name: &str, source: &Source) -> u64 {
        match self {
            Self::Any => {
                let tag = |tag: &str| if tag == "ignore" { Truth::No } else { Truth::Maybe };
                u64::from(source.evaluate(&tag) != Truth::No)
            }
            Self::Of { platforms, tags, cgo } => {
                let Some(when) = when_built(name, source) else { return 0 };
                if when.is_empty() {
                    return self.everywhere();
                }
                let built = |platform| {
                    let tags = Tags { platform: Some(platform), build: tags, cgo };
                    when.iter().all(|expr| expr.evaluate(&|tag| tags.has(tag)) != Truth::No)
                };
                let bits = platforms.iter().enumerate().filter(|(_, platform)| built(platform));
                bits.fold(0, |all, (number, _)| all | 1 << number.min(63))
            }
        }
    }
}

/// A Go file as far as loading goes.
#[derive(Debug)]
pub(super) struct GoFile {
    pub name: String,
    /// Each once, without "C".
    pub imports: Vec<Rc<str>>,
    /// Whether the file may have `//go:embed` lines.
    pub embeds: bool,
    /// The platforms that build it.
    pub built: u64,
    pub is_test: bool,
    pub size: u64,
    /// Why go refuses it; nobody can say then what it imports.
    pub refused: Option<String>,
}

/// How much of a file is read first: nearly always more than its imports.
const HEAD: u64 = 16 << 10;

/// Reads each package once.
pub(super) struct Packages<'a, F: ModuleFiles> {
    pub files: &'a mut F,
    builds: Builds<'a>,
    packages: HashMap<(Place, String), Rc<Vec<GoFile>>>,
    /// Each import path once, however many files have it.
    names: HashSet<Rc<str>>,
    imports: usize,
}

impl<'a, F: ModuleFiles> Packages<'a, F> {
    pub fn new(files: &'a mut F, builds: Builds<'a>) -> Self {
        Self { files, builds, packages: HashMap::new(), names: HashSet::new(), imports: 0 }
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

    /// The Go files of one package that some platform may build, sorted.
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
            let source = read_head(|limit| self.files.read(place, &path, limit), size)?;
            let built = self.builds.build(name, &source);
            if built == 0 {
                continue;
            }
            let file = GoFile::new(name, source, built, size, |path| self.name(path));
            self.imports += file.imports.len();
            self.files.imports(self.imports)?;
            found.push(file);
        }
        let found = Rc::new(found);
        self.packages.insert(key, found.clone());
        Ok(found)
    }

    /// The same for the last time.
    pub fn take_package(&mut self, place: &Place, dir: &str) -> Result<Rc<Vec<GoFile>>, F::Error> {
        let found = self.package(place, dir)?;
        self.packages.remove(&(place.clone(), dir.to_owned()));
        Ok(found)
    }

    fn name(&mut self, path: &str) -> Rc<str> {
        if let Some(known) = self.names.get(path) {
            return known.clone();
        }
        let name: Rc<str> = Rc::from(path);
        self.names.insert(name.clone());
        name
    }
}

impl GoFile {
    fn new(
        name: &str,
        source: Source,
        built: u64,
        size: u64,
        mut intern: impl FnMut(&str) -> Rc<str>,
    ) -> Self {
        let refused = source.error.map(|e| e.to_string());
        let mut imports: Vec<Rc<str>> = Vec::new();
        if refused.is_none() {
            let paths = source.imports.iter().map(|import| import.path.as_str());
            imports = paths.filter(|path| *path != "C").map(&mut intern).collect();
            imports.sort_unstable();
            imports.dedup();
        }
        let embeds = imports.iter().any(|import| &**import == "embed");
        Self {
            name: name.to_owned(),
            imports,
            embeds,
            built,
            is_test: name.ends_with("_test.go"),
            size,
            refused,
        }
    }
}

/// Reads as much of a file of this size as its imports need.
fn read_head<E>(mut read_up_to: impl FnMut(u64) -> Result<Vec<u8>, E>, size: u64) -> Result<Source, E> {
    if size > HEAD {
        let mut head = read_up_to(HEAD)?;
        // A line that is cut may be taken for another thing: the first half of
        // `//` for a declaration, behind which no imports are.
        head.truncate(head.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1));
        let source = read(&head);
        if source.complete && source.error.is_none() {
            return Ok(source);
        }
    }
    let whole = read_up_to(size)?;
    let mut source = read(&whole);
    if (whole.len() as u64) < size && !source.complete && source.error.is_none() {
        source.error = Some(SourceError { line: 1, problem: "its head is too long" });
    }
    Ok(source)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever of a file is behind the part that is read first.
    #[test]
    fn a_head_that_is_cut_hides_no_import() {
        for behind in ["/* a */ import \"a\"\n", "// b\nimport \"a\"\n", "import \"a\"\n"] {
            for before in 0..20 {
                let comment = "x".repeat(HEAD as usize - 20 + before);
                let text = format!("package p; /*{comment}*/ {behind}var x = 1\n");
                let size = text.len() as u64;
                let read = |limit: u64| {
                    let end = text.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
                    Ok::<_, ()>(text.as_bytes()[..end].to_vec())
                };
                let source = read_head(read, size).unwrap();
                assert_eq!(source.imports.len(), 1, "{behind} {before}");
            }
        }
    }
}

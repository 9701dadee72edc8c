//! The Go files of a package, and where files come from.

use super::builds::Builds;
use super::join;
use crate::{Source, SourceError, is_hidden, read};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::rc::Rc;

/// The files of modules. Paths are below the module's root, with slashes; the
/// root itself is the empty path.
pub trait Files {
    /// A module that has files.
    type Module: Clone + Eq + Hash;
    /// Why something cannot be read; it ends the walk.
    type Error;

    /// Names and sizes of the regular files in a directory, in the order in which
    /// they are to be read; nothing where there is none. Files whose names do not
    /// end in `.go` may be left out.
    fn directory(&mut self, module: &Self::Module, dir: &str) -> Result<Vec<(String, u64)>, Self::Error>;

    /// At most `limit` bytes of a file, from its start.
    fn read(&mut self, module: &Self::Module, file: &str, limit: u64) -> Result<Vec<u8>, Self::Error>;

    /// Whether a directory is the module's own, not that of another module below
    /// it. Zips hold their own directories alone.
    fn is_own(&mut self, module: &Self::Module, dir: &str) -> Result<bool, Self::Error> {
        let _ = (module, dir);
        Ok(true)
    }

    /// Whether tests of the module's packages are read: go loads those of main
    /// modules alone.
    fn has_tests(&self, module: &Self::Module) -> bool {
        let _ = module;
        false
    }

    /// Whether the imports before an error of a file are followed. Go follows none
    /// of them, and refuses the package; a policy rather takes too many.
    fn follows_refused(&self) -> bool {
        false
    }

    /// How many imports all files have that were read so far: the memory that
    /// the walk takes. An error ends it.
    fn imports(&mut self, count: usize) -> Result<(), Self::Error> {
        let _ = count;
        Ok(())
    }
}

/// A Go file as far as loading goes.
#[derive(Debug)]
pub struct GoFile {
    /// Its name in the directory.
    pub name: String,
    /// Each once, sorted, without "C".
    pub imports: Vec<Rc<str>>,
    /// The platforms that build it.
    pub built: u64,
    /// Whether it is one of the package's tests.
    pub is_test: bool,
    /// Bytes.
    pub size: u64,
    /// Why go refuses it.
    pub refused: Option<SourceError>,
}

impl GoFile {
    /// Whether the file may have `//go:embed` lines.
    #[must_use]
    pub fn embeds(&self) -> bool {
        self.imports.iter().any(|import| &**import == "embed")
    }
}

/// Reads each package once.
pub struct Packages<'a, F: Files> {
    /// Where files come from.
    pub files: F,
    builds: Builds<'a>,
    packages: HashMap<F::Module, HashMap<String, Rc<Vec<GoFile>>>>,
    /// Each import path once, however many files have it.
    names: HashSet<Rc<str>>,
    imports: usize,
}

impl<'a, F: Files> Packages<'a, F> {
    /// Of these files, those that these builds have.
    pub fn new(files: F, builds: Builds<'a>) -> Self {
        Self { files, builds, packages: HashMap::new(), names: HashSet::new(), imports: 0 }
    }

    /// Whether there are Go files, whatever their build constraints, in this
    /// directory of the module (cmd/go modload/import.go, dirInModule).
    ///
    /// # Errors
    /// What [`Files`] gives.
    pub fn has_package(&mut self, module: &F::Module, dir: &str) -> Result<bool, F::Error> {
        let own = dir.is_empty() || self.files.is_own(module, dir)?;
        Ok(own && self.files.directory(module, dir)?.iter().any(|(name, _)| is_go_file(name)))
    }

    /// The Go files of one package that some platform may build.
    ///
    /// # Errors
    /// What [`Files`] gives.
    pub fn package(&mut self, module: &F::Module, dir: &str) -> Result<Rc<Vec<GoFile>>, F::Error> {
        if let Some(known) = self.packages.get(module).and_then(|packages| packages.get(dir)) {
            return Ok(known.clone());
        }
        let has_tests = self.files.has_tests(module);
        let mut found = Vec::new();
        for (name, size) in self.files.directory(module, dir)? {
            if !is_go_file(&name) || !has_tests && is_test(&name) {
                continue;
            }
            let path = join(dir, &name);
            let source = read_head(|limit| self.files.read(module, &path, limit), size)?;
            let built = self.builds.of_file(&name, &source);
            if built == 0 {
                continue;
            }
            let file = self.file(name, source, built, size);
            self.imports += file.imports.len();
            self.files.imports(self.imports)?;
            found.push(file);
        }
        let found = Rc::new(found);
        self.packages.entry(module.clone()).or_default().insert(dir.to_owned(), found.clone());
        Ok(found)
    }

    /// The same for the last time.
    ///
    /// # Errors
    /// What [`Files`] gives.
    pub fn take_package(&mut self, module: &F::Module, dir: &str) -> Result<Rc<Vec<GoFile>>, F::Error> {
        let found = self.package(module, dir)?;
        if let Some(packages) = self.packages.get_mut(module) {
            packages.remove(dir);
        }
        Ok(found)
    }

    fn file(&mut self, name: String, source: Source, built: u64, size: u64) -> GoFile {
        let mut imports: Vec<Rc<str>> = Vec::new();
        if source.error.is_none() || self.files.follows_refused() {
            let paths: BTreeSet<&str> = source.imports.iter().map(|import| import.path.as_str()).collect();
            imports.extend(paths.into_iter().filter(|path| *path != "C").map(|path| self.name(path)));
        }
        GoFile { is_test: is_test(&name), name, imports, built, size, refused: source.error }
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

/// A Go file that Go does not pass over.
fn is_go_file(name: &str) -> bool {
    name.ends_with(".go") && !is_hidden(name)
}

fn is_test(name: &str) -> bool {
    name.ends_with("_test.go")
}

/// How much of a file is read first: nearly always more than its imports.
const HEAD: u64 = 8 << 10;

/// Reads as much of a file of this size as its imports need, in growing pieces.
fn read_head<E>(mut read_up_to: impl FnMut(u64) -> Result<Vec<u8>, E>, size: u64) -> Result<Source, E> {
    let mut limit = HEAD;
    loop {
        let last = size <= limit;
        let mut head = read_up_to(limit.min(size))?;
        if last || (head.len() as u64) < limit {
            let mut source = read(&head);
            if (head.len() as u64) < size && !source.complete && source.error.is_none() {
                source.error = Some(SourceError { line: 1, problem: "its head is too long" });
            }
            return Ok(source);
        }
        // A line that is cut may be taken for another thing: the first half of
        // `//` for a declaration, behind which no imports are.
        head.truncate(memchr::memrchr(b'\n', &head).map_or(0, |end| end + 1));
        let source = read(&head);
        if source.complete && source.error.is_none() {
            return Ok(source);
        }
        limit *= 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, most: usize) -> Source {
        let read = |limit: u64| {
            let end = text.len().min(most).min(usize::try_from(limit).unwrap_or(usize::MAX));
            Ok::<_, ()>(text.as_bytes()[..end].to_vec())
        };
        read_head(read, text.len() as u64).unwrap()
    }

    /// Whatever of a file is behind the part that is read first, or second.
    #[test]
    fn a_head_that_is_cut_hides_no_import() {
        for behind in ["/* a */ import \"a\"\n", "// b\nimport \"a\"\n", "import \"a\"\n"] {
            for (pieces, before) in [HEAD, HEAD * 8].into_iter().flat_map(|p| (0..20).map(move |b| (p, b))) {
                let comment = "x".repeat(usize::try_from(pieces).unwrap() - 20 + before);
                let text = format!("package p; /*{comment}*/ {behind}var x = 1\n");
                let source = read_text(&text, usize::MAX);
                assert_eq!((source.imports.len(), source.error), (1, None), "{behind} {before}");
            }
        }
    }

    #[test]
    fn a_head_beyond_what_is_read_is_an_error() {
        let text = format!("package p; /*{}*/ import \"a\"\nvar x = 1\n", "x".repeat(1 << 20));
        for most in [0, 1 << 10, 64 << 10, 512 << 10] {
            assert!(read_text(&text, most).error.is_some(), "{most}");
        }
        let code = format!("package p; import \"a\"\nvar x = `{}`\n", "x".repeat(1 << 20));
        assert_eq!(read_text(&code, 64 << 10).error, None);
    }
}

//! Looks through the files of one module.

use std::collections::BTreeSet;

use airgo_plugin::gosource::{
    Expr, Source, Token, Tokens, Truth, embed_patterns, is_hidden, read as read_source, when_built,
};
use airgo_plugin::{Bundle, CheckError, FileEntry, ModuleInfo, ReadError};
use memchr::memmem;

use crate::embed::{self, Embedder};
use crate::feature::Feature;
use crate::part::{Part, Parts, Place};

/// Bytes in which the imports of nearly every file are.
const HEAD: usize = 2 << 10;
/// Bytes in which the constraints of an assembly file are, behind its licence.
const COMMENTS: u32 = 16 << 10;
/// The most that is read of one file; Go's zips have none that is larger than
/// 500 MiB, and no source comes near.
const WHOLE: u32 = 16 << 20;
/// What every directive starts with.
const MARK: &[u8] = b"//go:";
/// Bytes that tell what a file is.
const MAGIC: u32 = 64;

/// What is looked at, as the plan of the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Test files and testdata too.
    pub tests: bool,
    /// Sources to their end, where directives are; else their imports alone.
    pub directives: bool,
}

impl Depth {
    pub fn plan(self) -> String {
        let words = [(self.tests, "tests"), (self.directives, "directives")];
        let words: Vec<&str> = words.iter().filter(|(asked, _)| *asked).map(|(_, word)| *word).collect();
        words.join(" ")
    }

    pub fn of_plan(plan: &str) -> Self {
        let asks = |wanted: &str| plan.split(' ').any(|word| word == wanted);
        Depth { tests: asks("tests"), directives: asks("directives") }
    }
}

/// What a module holds, whatever a policy says of it.
pub fn scan(bundle: &dyn Bundle, module: &ModuleInfo, depth: Depth) -> Result<Vec<Part>, CheckError> {
    let files = match bundle.list_files(module.index) {
        Ok(files) => files,
        // Only its go.mod is in the bundle: there is no code of it.
        Err(ReadError::NotFound) => return Ok(Vec::new()),
        Err(err) => return Err(unreadable(module, "the zip", &err)),
    };
    let tests = depth.tests;
    let mut scan = Scan {
        bundle,
        module,
        depth,
        parts: Parts::default(),
        hidden: BTreeSet::new(),
        embedders: Vec::new(),
        others: Vec::new(),
    };
    let looked_at = |file: &&FileEntry| tests || !(is_test(&file.path) || in_test_directory(&file.path));
    for file in files.iter().filter(looked_at) {
        scan.file(file)?;
    }
    // No pattern matches these directories, but an import may name one.
    let mut seen = BTreeSet::new();
    while let Some(dir) = scan.hidden.pop_first().filter(|_| !tests) {
        if seen.insert(dir.clone()) {
            let inside = |file: &&FileEntry| file.path.rsplit_once('/').is_some_and(|(own, _)| own == dir);
            for file in files.iter().filter(inside).filter(|file| !is_test(&file.path)) {
                scan.file(file)?;
            }
        }
    }
    // So may //go:embed.
    let embedded = |file: &&FileEntry| {
        let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
        !looked_at(file) && !seen.contains(dir) && !embed::places(&scan.embedders, &file.path).is_empty()
    };
    let embedded: Vec<&FileEntry> = files.iter().filter(embedded).collect();
    for file in embedded {
        scan.other(file)?;
    }
    Ok(scan.finish())
}

/// What is known of a module while its files are looked at.
struct Scan<'a> {
    bundle: &'a dyn Bundle,
    module: &'a ModuleInfo,
    depth: Depth,
    parts: Parts,
    /// Directories that builds pass over, but that something imports.
    hidden: BTreeSet<String>,
    embedders: Vec<Embedder>,
    /// Files that are no code of Go's, with what they hold and whether C code
    /// may link them.
    others: Vec<(String, Feature, bool)>,
}

impl Scan<'_> {
    fn file(&mut self, file: &FileEntry) -> Result<(), CheckError> {
        let name = name_of(&file.path);
        if name.ends_with(".go") {
            // Nothing ever builds it.
            if is_hidden(name) {
                return Ok(());
            }
            // Most sources say what they import in their first lines.
            if !self.depth.directives && file.size > HEAD as u64 {
                let start = self.read(&file.path, HEAD as u32)?;
                let head = read_source(head_of(&start));
                if head.complete && !is_embedder(&head) {
                    self.imports(&head, &file.path);
                    return Ok(());
                }
            }
            let bytes = self.read(&file.path, WHOLE)?;
            self.source(&bytes, &file.path);
            return Ok(());
        }
        match Feature::of_name(name) {
            Some(Feature::Assembly | Feature::Cgo) if is_hidden(name) => Ok(()),
            Some(feature @ (Feature::Assembly | Feature::Cgo)) => {
                let start = self.read(&file.path, COMMENTS)?;
                let mut when = when_built(name, &read_source(lines_of(&start))).unwrap_or_default();
                // Go leaves assembly for the C compiler, and SWIG, to cgo.
                if !name.ends_with(".s") {
                    when.push(Expr::Tag("cgo".to_owned()));
                }
                let place = self.place(&file.path, &when);
                self.parts.see(feature, vec![place], &file.path, None);
                Ok(())
            }
            Some(Feature::Binary) if name.ends_with(".syso") => {
                if let Some(when) = when_built(name, &Source::default()) {
                    let place = self.place(&file.path, &when);
                    self.parts.see(Feature::Binary, vec![place], &file.path, None);
                }
                Ok(())
            }
            _ => self.other(file),
        }
    }

    /// A file that go does not build. What it holds counts where it gets into a
    /// program all the same.
    fn other(&mut self, file: &FileEntry) -> Result<(), CheckError> {
        let name = name_of(&file.path);
        let mut feature = Feature::of_name(name);
        if feature.is_none() && file.size >= 4 && Feature::may_be_hidden(name) {
            feature = Feature::of_magic(&self.read(&file.path, MAGIC)?);
        }
        if let Some(feature @ (Feature::Binary | Feature::Archive)) = feature {
            let linked = feature == Feature::Binary && !in_test_directory(&file.path);
            self.others.push((file.path.clone(), feature, linked && Feature::may_be_linked(name)));
        }
        Ok(())
    }

    /// What a whole source holds.
    fn source(&mut self, bytes: &[u8], path: &str) {
        let mut head = read_source(head_of(bytes));
        if !head.complete && bytes.len() >= HEAD {
            head = read_source(bytes);
        }
        let Some(built) = self.imports(&head, path) else { return };
        if is_embedder(&head) {
            let patterns = embed_patterns(bytes);
            self.embedders.push(Embedder::new(dir_of(path), patterns, built.clone()));
        }
        if !self.depth.directives {
            return;
        }
        // The compiler takes a //go:linkname only in files that import unsafe.
        let linkname = head.imports.iter().any(|import| import.path == "unsafe");
        // A look at the bytes spares most files the reading of their tokens.
        let is = |at: usize| {
            let name = bytes.get(at + MARK.len()..).unwrap_or_default();
            name.starts_with(b"generate") || (linkname && name.starts_with(b"linkname"))
        };
        if memmem::find_iter(bytes, MARK).any(is) {
            for (feature, line) in directives(&String::from_utf8_lossy(bytes), linkname) {
                self.parts.see(feature, vec![built.clone()], path, Some(line));
            }
        }
    }

    /// What a source imports; where it is built. None where no build has the
    /// file.
    fn imports(&mut self, head: &Source, path: &str) -> Option<Place> {
        if is_for_no_build(head) {
            return None;
        }
        let when = when_built(name_of(path), head)?;
        let place = self.place(path, &when);
        // Several imports of a file count once.
        let mut told = BTreeSet::new();
        for import in &head.imports {
            if let Some(feature) = Feature::of_import(&import.path).filter(|feature| told.insert(*feature)) {
                self.parts.see(feature, vec![place.clone()], path, Some(import.line));
            }
            let own = import.path.strip_prefix(self.module.path.as_str());
            if let Some(dir) = own.and_then(|dir| dir.strip_prefix('/'))
                && is_test_directory(dir)
            {
                self.hidden.insert(dir.to_owned());
            }
        }
        Some(place)
    }

    /// The package of a file. What tests have in testdata is the tests' whose
    /// package lies around it.
    fn place(&self, path: &str, when: &[Expr]) -> Place {
        let dir = dir_of(path);
        if !self.depth.tests {
            return Place::package(dir, when);
        }
        let outside = dir.split('/').take_while(|part| !is_test_directory(part));
        Place::package(&outside.collect::<Vec<_>>().join("/"), when)
    }

    fn finish(self) -> Vec<Part> {
        let mut parts = self.parts;
        for (path, feature, linked) in self.others {
            let mut places = embed::places(&self.embedders, &path);
            if linked {
                places.push(Place::Linked);
            }
            if self.depth.tests && in_test_directory(&path) {
                let outside = dir_of(&path).split('/').take_while(|part| !is_test_directory(part));
                places.push(Place::package(&outside.collect::<Vec<_>>().join("/"), &[]));
            }
            parts.see(feature, places, &path, None);
        }
        parts.finish()
    }

    fn read(&self, path: &str, len: u32) -> Result<Vec<u8>, CheckError> {
        self.bundle.read(self.module.index, path, 0, len).map_err(|err| unreadable(self.module, path, &err))
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn dir_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Go looks for //go:embed only in files that import embed.
fn is_embedder(head: &Source) -> bool {
    head.imports.iter().any(|import| import.path == "embed")
}

/// What no build of a module that requires this one has in it.
fn is_test(path: &str) -> bool {
    path.ends_with("_test.go")
}

fn in_test_directory(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(dir, _)| is_test_directory(dir))
}

/// What `./...` does not match.
fn is_test_directory(dir: &str) -> bool {
    dir.split('/').any(|part| part == "testdata" || is_hidden(part))
}

/// The first lines.
fn head_of(bytes: &[u8]) -> &[u8] {
    if bytes.len() < HEAD { bytes } else { lines_of(bytes.get(..HEAD).unwrap_or_default()) }
}

/// Whole lines. One that is cut could be taken for another thing: `//` for a
/// slash.
fn lines_of(bytes: &[u8]) -> &[u8] {
    bytes.get(..memchr::memrchr(b'\n', bytes).unwrap_or(0)).unwrap_or_default()
}

/// `//go:build ignore`: by custom a program for `go run`, part of no package.
fn is_for_no_build(head: &Source) -> bool {
    let has = |tag: &str| if tag == "ignore" { Truth::No } else { Truth::Maybe };
    head.evaluate(&has) == Truth::No
}

/// The first directive of each kind.
fn directives(text: &str, linkname: bool) -> Vec<(Feature, u32)> {
    let mut seen: Vec<(Feature, u32)> = Vec::new();
    for (line, token) in Tokens::new(text) {
        let Token::Comment(comment) = token else { continue };
        let is = |name: &str| comment.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '\t']));
        if linkname && is("//go:linkname") {
            seen.push((Feature::Linkname, line));
        } else if is("//go:generate") {
            seen.push((Feature::Generate, line));
        }
    }
    seen.sort();
    seen.dedup_by_key(|(feature, _)| *feature);
    seen
}

fn unreadable(module: &ModuleInfo, path: &str, err: &ReadError) -> CheckError {
    CheckError::Input(format!("{path} of {}@{} cannot be read: {err:?}", module.path, module.version))
}

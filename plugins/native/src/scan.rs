//! Looks through the files of one module.

use std::collections::{BTreeMap, BTreeSet};

use airgo_plugin::gosource::{Source, Token, Tokens, Truth, read as read_source};
use airgo_plugin::{Bundle, CheckError, FileEntry, ModuleInfo, ReadError};
use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::feature::Feature;

/// Bytes in which the imports of nearly every file are.
const HEAD: usize = 2 << 10;
/// The most that is read of one file; Go's zips have none that is larger than
/// 500 MiB, and no source comes near.
const WHOLE: u32 = 16 << 20;
/// What every directive starts with.
const MARK: &[u8] = b"//go:";
/// Bytes that tell what a file is.
const MAGIC: u32 = 64;

/// Where something was found first, and in how many files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    pub files: usize,
    pub file: String,
    pub line: Option<u32>,
}

/// Feature → where.
pub type Found = BTreeMap<Feature, Seen>;

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
pub fn scan(bundle: &dyn Bundle, module: &ModuleInfo, depth: Depth) -> Result<Found, CheckError> {
    let found = Found::new();
    let files = match bundle.list_files(module.index) {
        Ok(files) => files,
        // Only its go.mod is in the bundle: there is no code of it.
        Err(ReadError::NotFound) => return Ok(found),
        Err(err) => return Err(unreadable(module, "the zip", &err)),
    };
    let tests = depth.tests;
    let mut scan = Scan { bundle, module, depth, found, hidden: BTreeSet::new() };
    for file in files.iter().filter(|file| tests || !(is_test(&file.path) || in_test_directory(&file.path))) {
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
    Ok(scan.found)
}

/// What is known of a module while its files are looked at.
struct Scan<'a> {
    bundle: &'a dyn Bundle,
    module: &'a ModuleInfo,
    depth: Depth,
    found: Found,
    /// Directories that builds pass over, but that something imports.
    hidden: BTreeSet<String>,
}

impl Scan<'_> {
    fn file(&mut self, file: &FileEntry) -> Result<(), CheckError> {
        if file.path.ends_with(".go") {
            // Most sources say what they import in their first lines.
            if !self.depth.directives && file.size > HEAD as u64 {
                let start = read(self.bundle, self.module, &file.path, HEAD as u32)?;
                let head = read_source(head_of(&start));
                if head.complete {
                    self.imports(&head, &file.path);
                    return Ok(());
                }
            }
            let bytes = read(self.bundle, self.module, &file.path, WHOLE)?;
            self.source(&bytes, &file.path);
            return Ok(());
        }
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let mut feature = Feature::of_name(name);
        if feature.is_none() && file.size >= 4 && Feature::may_be_hidden(name) {
            feature = Feature::of_magic(&read(self.bundle, self.module, &file.path, MAGIC)?);
        }
        if let Some(feature) = feature {
            see(&mut self.found, feature, &file.path, None);
        }
        Ok(())
    }

    /// What a whole source holds.
    fn source(&mut self, bytes: &[u8], path: &str) {
        let mut head = read_source(head_of(bytes));
        if !head.complete && bytes.len() >= HEAD {
            head = read_source(bytes);
        }
        let Some(linkname) = self.imports(&head, path).filter(|_| self.depth.directives) else { return };
        // A look at the bytes spares most files the reading of their tokens.
        let is = |at: usize| {
            let name = bytes.get(at + MARK.len()..).unwrap_or_default();
            name.starts_with(b"generate") || (linkname && name.starts_with(b"linkname"))
        };
        if memmem::find_iter(bytes, MARK).any(is) {
            tell_directives(&String::from_utf8_lossy(bytes), linkname, path, &mut self.found);
        }
    }

    /// What a source imports; whether the compiler takes its //go:linkname,
    /// which it does only in files that import unsafe. None where no build has
    /// the file.
    fn imports(&mut self, head: &Source, path: &str) -> Option<bool> {
        if is_for_no_build(head) {
            return None;
        }
        // Several imports of a file count once.
        let mut told = BTreeSet::new();
        for import in &head.imports {
            if let Some(feature) = Feature::of_import(&import.path).filter(|feature| told.insert(*feature)) {
                see(&mut self.found, feature, path, Some(import.line));
            }
            let own = import.path.strip_prefix(self.module.path.as_str());
            if let Some(dir) = own.and_then(|dir| dir.strip_prefix('/'))
                && is_test_directory(dir)
            {
                self.hidden.insert(dir.to_owned());
            }
        }
        Some(head.imports.iter().any(|import| import.path == "unsafe"))
    }
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
    dir.split('/').any(|part| part == "testdata" || part.starts_with('_') || part.starts_with('.'))
}

/// The first lines. A line that is cut could be taken for another thing: `//`
/// for a slash.
fn head_of(bytes: &[u8]) -> &[u8] {
    match bytes.get(..HEAD) {
        Some(head) => head.get(..memchr::memrchr(b'\n', head).unwrap_or(0)).unwrap_or_default(),
        None => bytes,
    }
}

/// `//go:build ignore`: by custom a program for `go run`, part of no package.
fn is_for_no_build(head: &Source) -> bool {
    let has = |tag: &str| if tag == "ignore" { Truth::No } else { Truth::Maybe };
    head.evaluate(&has) == Truth::No
}

fn tell_directives(text: &str, linkname: bool, path: &str, found: &mut Found) {
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
    for (feature, line) in seen {
        see(found, feature, path, Some(line));
    }
}

fn see(found: &mut Found, feature: Feature, file: &str, line: Option<u32>) {
    found.entry(feature).and_modify(|seen| seen.files += 1).or_insert_with(|| Seen {
        files: 1,
        file: file.to_owned(),
        line,
    });
}

fn read(bundle: &dyn Bundle, module: &ModuleInfo, path: &str, len: u32) -> Result<Vec<u8>, CheckError> {
    bundle.read(module.index, path, 0, len).map_err(|err| unreadable(module, path, &err))
}

fn unreadable(module: &ModuleInfo, path: &str, err: &ReadError) -> CheckError {
    CheckError::Input(format!("{path} of {}@{} cannot be read: {err:?}", module.path, module.version))
}

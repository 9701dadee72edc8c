//! The files of modules as `go mod vendor` reads them, by the lists that hash to the
//! lines of go.sum. Contents come from the vendor directory itself where that has what
//! the list says; else from wherever the lists come from, as far as they are there.

use super::disk::{Disk, Found};
use super::lists::Lists;
use crate::Context;
use crate::completeness::{Files, Names};
use crate::failure::{Failure, FailureKind, Result};
use crate::project::Loaded;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::{Recorded, Subject};
use airgo_gomod::modzip::FileList;
use airgo_resolve::Resolution;
use airgo_resolve::packages::{Entry, ModuleFiles, Place, Tree};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// What is read in place of a Go file that is nowhere: go would pass over it.
const NOWHERE: &[u8] = b"//go:build ignore\n\npackage nowhere\n";

/// A module's list.
pub struct Listed {
    list: FileList,
    by_name: HashMap<String, usize>,
    tree: Tree,
}

impl Listed {
    /// The SHA-256 that a file must have.
    pub fn sha256(&self, file: &str) -> Option<[u8; 32]> {
        Some(self.list.get(*self.by_name.get(file)?)?.sha256)
    }
}

/// See the module's text.
pub struct Sources<'a> {
    loaded: &'a Loaded,
    disk: &'a Disk,
    lists: &'a dyn Lists,
    /// Where the lists come from, for messages.
    from: &'a str,
    files: Files<'a>,
    listed: HashMap<ModuleVersion, Rc<Listed>>,
    /// The paths that modules are vendored under, by the names they are stored under.
    own: HashMap<ModuleVersion, Vec<String>>,
    /// Go files whose content is nowhere, by module.
    pub unknown: BTreeSet<(ModuleVersion, String)>,
    /// Modules that go.sum has no line for, which only a workspace may do.
    pub unsummed: BTreeSet<ModuleVersion>,
}

impl<'a> Sources<'a> {
    /// Nothing is read yet.
    pub fn new(
        context: &'a Context,
        (loaded, resolution): (&'a Loaded, &Resolution),
        disk: &'a Disk,
        lists: &'a dyn Lists,
        from: &'a str,
    ) -> Self {
        let mut own: HashMap<ModuleVersion, Vec<String>> = HashMap::new();
        for selected in &resolution.build_list {
            if let Some(stored) = selected.stored() {
                own.entry(stored.clone()).or_default().push(selected.module.path.clone());
            }
        }
        let files = Files::new(context, lists, Names::All);
        let (listed, unknown, unsummed) = (HashMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { loaded, disk, lists, from, files, listed, own, unknown, unsummed }
    }

    /// The list of a module, which is the one that go.sum has the hash of.
    ///
    /// # Errors
    /// It is not, or cannot be had.
    pub fn listed(&mut self, module: &ModuleVersion) -> Result<Rc<Listed>> {
        if let Some(known) = self.listed.get(module) {
            return Ok(known.clone());
        }
        let list = self.lists.list(module)?;
        let h1 = list.h1(module);
        match self.loaded.sums.check(module, Subject::Zip, &h1) {
            Ok(Recorded::Yes) => {}
            Ok(_) => drop(self.unsummed.insert(module.clone())),
            Err(mismatch) => {
                let (recorded, from) = (&mismatch.recorded, self.from);
                return Err(Failure::new(FailureKind::Checksum, format!("checksum mismatch for {module}"))
                    .fact(format!("{}:{}", recorded.file, recorded.line), &recorded.hash)
                    .fact(from.to_owned(), h1.to_string())
                    .hint("if go.sum is wrong, remove its line and run: go mod tidy"));
            }
        }
        let files = || list.iter().zip(0..).filter(|(file, _)| !file.is_directory());
        let by_name = files().map(|(file, at)| (file.name.to_owned(), at)).collect();
        let tree = Tree::of(files().map(|(file, _)| (file.name, file.size)));
        let listed = Rc::new(Listed { by_name, tree, list });
        self.listed.insert(module.clone(), listed.clone());
        Ok(listed)
    }

    fn text(&mut self, module: &ModuleVersion, file: &str, limit: u64) -> Result<Vec<u8>> {
        let wanted = self.listed(module)?.sha256(file);
        let copies: Vec<String> =
            self.own.get(module).into_iter().flatten().map(|path| format!("{path}/{file}")).collect();
        let same = copies.iter().find(|path| wanted.is_some() && self.disk.sha256(path) == wanted);
        if let Some(text) = same.and_then(|path| self.disk.text(path, limit).ok()) {
            return Ok(text);
        }
        let (dir, name) = file.rsplit_once('/').unwrap_or(("", file));
        let place = Place::Zip(module.clone());
        if self.files.directory(&place, dir)?.iter().any(|entry| entry.name == name) {
            return self.files.read(&place, file, limit);
        }
        // A changed one is reported, and the best guess at what was there.
        let changed =
            copies.iter().find(|path| matches!(self.disk.files.get(*path), Some(Found::File { .. })));
        if let Some(text) = changed.and_then(|path| self.disk.text(path, limit).ok()) {
            return Ok(text);
        }
        self.unknown.insert((module.clone(), file.to_owned()));
        Ok(NOWHERE.to_vec())
    }

    /// What a file of a directory that replaces a module has.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn replaced(&mut self, place: &Place, file: &str) -> Result<Vec<u8>> {
        self.files.read(place, file, u64::MAX)
    }
}

impl ModuleFiles for Sources<'_> {
    type Error = Failure;

    fn has(&mut self, place: &Place) -> bool {
        self.files.has(place)
    }

    fn directory(&mut self, place: &Place, dir: &str) -> Result<Vec<Entry>> {
        match place {
            Place::Zip(module) => Ok(self.listed(module)?.tree.directory(dir)),
            Place::Directory(_) => self.files.directory(place, dir),
        }
    }

    fn read(&mut self, place: &Place, file: &str, limit: u64) -> Result<Vec<u8>> {
        match place {
            Place::Zip(module) => self.text(module, file, limit),
            Place::Directory(_) => self.files.read(place, file, limit),
        }
    }
}

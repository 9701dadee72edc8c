//! Interned module versions: the walk handles small numbers, and a version is
//! compared as text only where two of them meet.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use airgo_gomod::{ModuleVersion, gover};

/// A module path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PathId(u32);

impl PathId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A module path at a version; the empty version is a main module's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

impl Id {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The version that stands for "no version" (golang.org/x/mod/module).
pub(crate) const NONE: &str = "none";

/// All paths and versions met so far. Numbers follow the order of arrival, so
/// nothing that is shown may depend on them.
#[derive(Default)]
pub(crate) struct Ids {
    paths: Vec<Rc<str>>,
    path_ids: HashMap<Rc<str>, PathId>,
    modules: Vec<(PathId, Rc<str>)>,
    versions: Vec<HashMap<Rc<str>, Id>>,
}

impl Ids {
    pub(crate) fn path_id(&mut self, path: &str) -> PathId {
        if let Some(&id) = self.path_ids.get(path) {
            return id;
        }
        let id = PathId(self.paths.len() as u32);
        let path: Rc<str> = path.into();
        self.paths.push(Rc::clone(&path));
        self.path_ids.insert(path, id);
        self.versions.push(HashMap::new());
        id
    }

    pub(crate) fn find_path(&self, path: &str) -> Option<PathId> {
        self.path_ids.get(path).copied()
    }

    pub(crate) fn id(&mut self, path: &str, version: &str) -> Id {
        let path = self.path_id(path);
        if let Some(&id) = self.versions[path.index()].get(version) {
            return id;
        }
        let id = Id(self.modules.len() as u32);
        let version: Rc<str> = version.into();
        self.modules.push((path, Rc::clone(&version)));
        self.versions[path.index()].insert(version, id);
        id
    }

    pub(crate) fn intern(&mut self, m: &ModuleVersion) -> Id {
        self.id(&m.path, &m.version)
    }

    pub(crate) fn find(&self, path: &str, version: &str) -> Option<Id> {
        let path = self.find_path(path)?;
        self.versions[path.index()].get(version).copied()
    }

    pub(crate) fn path_of(&self, id: Id) -> PathId {
        self.modules[id.index()].0
    }

    pub(crate) fn path(&self, id: Id) -> &str {
        &self.paths[self.path_of(id).index()]
    }

    pub(crate) fn version(&self, id: Id) -> &str {
        &self.modules[id.index()].1
    }

    pub(crate) fn module(&self, id: Id) -> ModuleVersion {
        ModuleVersion::new(self.path(id), self.version(id))
    }

    pub(crate) fn modules(&self, ids: &[Id]) -> Vec<ModuleVersion> {
        ids.iter().map(|&id| self.module(id)).collect()
    }

    pub(crate) fn is_none(&self, id: Id) -> bool {
        self.version(id) == NONE
    }

    /// The order of versions of one path, the empty version above all others
    /// (cmd/go modload/mvs.go, cmpVersion).
    pub(crate) fn compare_versions(&self, path: PathId, a: &str, b: &str) -> Ordering {
        match (a.is_empty(), b.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => gover::mod_compare(&self.paths[path.index()], a, b),
        }
    }

    /// Sorts by path, then version (cmd/go gover/mod.go, ModSort). Versions
    /// that compare equal but are spelled differently are ordered by spelling,
    /// where Go leaves their order open.
    pub(crate) fn sort(&self, list: &mut [Id]) {
        list.sort_by(|&a, &b| {
            let by_path = self.path(a).cmp(self.path(b));
            by_path.then_with(|| {
                let (va, vb) = (self.version(a), self.version(b));
                gover::mod_compare(self.path(a), va, vb).then_with(|| va.cmp(vb))
            })
        });
    }
}

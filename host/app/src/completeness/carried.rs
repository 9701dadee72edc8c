//! The modules of a signed bundle: their go.mod files for the resolver, their
//! files for the packages. Nothing is read that is not verified first.

use super::files::{Modules, Opened};
use super::sums::{Stored, stored};
use crate::Context;
use crate::failure::{Failure, Result};
use crate::trust::open::bundle_failure;
use airgo_bundle::names::object_name;
use airgo_bundle::{ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip};
use airgo_resolve::{GoModSource, SourceError};
use std::collections::{BTreeSet, VecDeque};

/// The modules that a bundle carries.
pub struct Carried<'a> {
    context: &'a Context,
    bundle: &'a SignedBundle,
    /// By the names that they are stored under.
    pub stored: Stored<'a>,
}

impl<'a> Carried<'a> {
    /// Of this bundle.
    pub fn new(context: &'a Context, bundle: &'a SignedBundle) -> Self {
        Self { context, bundle, stored: stored(bundle.manifest()) }
    }

    /// The versions of a module that the bundle has, ascending by their bytes.
    pub fn versions(&self, path: &str) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .stored
            .iter()
            .filter(|(m, has)| m.path == path && has.zip.is_some())
            .map(|(m, _)| m.version.as_str())
            .collect();
        found.sort_unstable();
        found
    }
}

impl Modules for Carried<'_> {
    fn has(&self, module: &ModuleVersion) -> bool {
        self.stored.get(module).is_some_and(|carried| carried.zip.is_some())
    }

    /// The whole zip is hashed before it is read.
    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Opened>> {
        self.context.interrupt.check()?;
        let name = object_name(module, ObjectKind::Zip).map_err(|e| Failure::failed(e.to_string()))?;
        let content = self.bundle.content(&name).map_err(|e| bundle_failure(&e))?;
        content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))?;
        let zip = ModuleZip::open(content, module, &Limits::default());
        Ok(Box::new(zip.map_err(|e| Failure::failed(e.to_string()))?))
    }
}

/// The go.mod files of a bundle, for one walk or several.
pub struct GoMods<'a> {
    carried: &'a Carried<'a>,
    asked: VecDeque<ModuleVersion>,
    /// Those that were read.
    pub read: BTreeSet<ModuleVersion>,
    /// One that the bundle has and that cannot be read: it ends everything.
    pub fault: Option<Failure>,
}

impl<'a> GoMods<'a> {
    /// Nothing is asked for yet.
    pub fn new(carried: &'a Carried<'a>) -> Self {
        Self { carried, asked: VecDeque::new(), read: BTreeSet::new(), fault: None }
    }

    fn file(&mut self, module: &ModuleVersion) -> std::result::Result<Vec<u8>, SourceError> {
        let has = self.carried.stored.get(module).is_some_and(|carried| carried.go_mod.is_some());
        let name = object_name(module, ObjectKind::Mod).map_err(SourceError::new)?;
        if !has {
            return Err(SourceError::new("it is not in the bundle"));
        }
        let content = self.carried.bundle.content(&name).and_then(|content| content.read_verified());
        match content {
            Ok(bytes) => {
                self.read.insert(module.clone());
                Ok(bytes)
            }
            Err(e) => {
                let error = SourceError::new(e.to_string());
                self.fault.get_or_insert(bundle_failure(&e));
                Err(error)
            }
        }
    }
}

impl GoModSource for GoMods<'_> {
    fn request(&mut self, module: &ModuleVersion) {
        self.asked.push_back(module.clone());
    }

    fn next(&mut self) -> Option<(ModuleVersion, std::result::Result<Vec<u8>, SourceError>)> {
        let module = self.asked.pop_front()?;
        let file = self.file(&module);
        Some((module, file))
    }
}

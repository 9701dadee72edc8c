//! The modules of a signed bundle: their go.mod files for the resolver, their
//! files for the packages. Nothing is read that is not verified first, or by its
//! list afterwards, before anything is made of it.

use super::files::{Modules, Opened};
use super::listed::Listed;
use super::sums::{Stored, stored};
use crate::Context;
use crate::bundle_files;
use crate::failure::{Failure, Result};
use crate::trust::open::bundle_failure;
use airgo_bundle::manifest::Encoding;
use airgo_bundle::names::object_name;
use airgo_bundle::{BlockFiles, CarriedModule, ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::has_path_prefix;
use airgo_resolve::{GoModSource, SourceError};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

/// The modules that a bundle carries.
pub struct Carried<'a> {
    context: &'a Context,
    bundle: &'a SignedBundle,
    /// By the names that they are stored under.
    pub stored: Stored<'a>,
    /// Where the files are in blocks.
    blocks: Option<Rc<BlockFiles>>,
    /// Where zips are verified file by file, those that were opened.
    listed: Option<RefCell<HashMap<ModuleVersion, Listed>>>,
}

impl<'a> Carried<'a> {
    /// Of this bundle.
    ///
    /// # Errors
    /// Lists of files that are not those of their modules.
    pub fn new(context: &'a Context, bundle: &'a SignedBundle) -> Result<Self> {
        let blocks = bundle_files::blocks(bundle)?.map(Rc::new);
        Ok(Self { context, bundle, stored: stored(bundle.manifest()), blocks, listed: None })
    }

    /// The same, but a zip is not hashed as a whole before it is read: whoever installs
    /// the files compares each with the module's list, see [`Self::check_read`]. A module
    /// without a list is an error.
    ///
    /// # Errors
    /// As [`Carried::new`].
    pub fn by_lists(context: &'a Context, bundle: &'a SignedBundle) -> Result<Self> {
        Ok(Self { listed: Some(RefCell::default()), ..Self::new(context, bundle)? })
    }

    /// The list of a module's files, and which of them the bundle carries.
    ///
    /// # Errors
    /// The bundle has none.
    pub fn list(&self, module: &ModuleVersion) -> Result<CarriedModule> {
        if let Some(carried) = self.blocks.as_ref().and_then(|blocks| blocks.module(module)) {
            return Ok(carried.clone());
        }
        let list = self.listed(module)?.list().clone();
        Ok(CarriedModule { module: module.clone(), carried: airgo_bundle::Carried::all(list.len()), list })
    }

    /// Hashes the files that were read and are not among these, which whoever installs
    /// them compares with their lists.
    ///
    /// # Errors
    /// A file that is not what the list of its module says.
    pub fn check_read(&self, installed: &[CarriedModule]) -> Result<()> {
        let held = self.listed.iter().flat_map(|held| held.borrow().clone());
        for (module, listed) in held {
            let place = installed.binary_search_by(|carried| carried.module.cmp(&module));
            let carried = place.ok().and_then(|place| installed.get(place));
            listed.check(|index| carried.is_some_and(|carried| carried.carried.has(index)))?;
        }
        Ok(())
    }

    /// Whether the zips that were read are what the manifest says.
    ///
    /// # Errors
    /// One is not.
    pub fn check_zips(&self) -> Result<()> {
        self.listed
            .iter()
            .flat_map(|held| held.borrow().clone())
            .try_for_each(|(_, listed)| listed.check_zip())
    }

    fn listed(&self, module: &ModuleVersion) -> Result<Listed> {
        let mut held = self.listed.as_ref().map(RefCell::borrow_mut);
        if let Some(known) = held.as_ref().and_then(|held| held.get(module)) {
            return Ok(known.clone());
        }
        let listed = Listed::of(self.bundle, module)?.ok_or_else(|| {
            Failure::failed(format!("the bundle has no list of the files of {module}"))
                .hint("without --exact it is unpacked whole")
        })?;
        if let Some(held) = &mut held {
            held.insert(module.clone(), listed.clone());
        }
        Ok(listed)
    }

    /// The module that has a package by the list of its files, of which an exact bundle
    /// does not carry the package's own; or the module that was wanted, of which it
    /// carries nothing.
    pub fn left_out(&self, package: &str, wanted: Option<&ModuleVersion>) -> Option<ModuleVersion> {
        if self.bundle.manifest().payload.encoding != Encoding::Exact {
            return None;
        }
        let listed = self.stored.keys().filter(|module| has_path_prefix(package, &module.path));
        let has_package = |module: &ModuleVersion| {
            let Some(carried) = self.blocks.as_ref().and_then(|blocks| blocks.module(module)) else {
                return false;
            };
            let dir = package[module.path.len()..].trim_start_matches('/');
            carried.list.iter().any(|file| {
                let (above, name) = file.name.rsplit_once('/').unwrap_or(("", file.name));
                above == dir && name.ends_with(".go") && !name.ends_with("_test.go")
            })
        };
        let found = listed.filter(|module| has_package(module)).max_by_key(|module| module.path.len());
        let nothing =
            wanted.filter(|m| self.stored.get(m).is_some_and(|has| has.zip.is_some()) && !self.has(m));
        found.or(nothing).cloned()
    }

    fn in_blocks(&self, module: &ModuleVersion) -> Option<&Rc<BlockFiles>> {
        self.blocks.as_ref().filter(|blocks| blocks.module(module).is_some())
    }

    fn has_zip(&self, module: &ModuleVersion) -> bool {
        bundle_files::content(self.bundle, module).is_ok()
    }

    /// The bundle that carries them.
    pub fn bundle(&self) -> &'a SignedBundle {
        self.bundle
    }

    /// The versions of a module that the bundle has, ascending by their bytes.
    pub fn versions(&self, path: &str) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .stored
            .iter()
            .filter(|(m, _)| m.path == path && self.has(m))
            .map(|(m, _)| m.version.as_str())
            .collect();
        found.sort_unstable();
        found
    }
}

impl Modules for Carried<'_> {
    fn has(&self, module: &ModuleVersion) -> bool {
        let carried = self.stored.get(module).is_some_and(|carried| carried.zip.is_some());
        carried && (self.in_blocks(module).is_some() || self.has_zip(module))
    }

    /// The whole zip is hashed before it is read, unless each file is.
    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Opened>> {
        self.context.interrupt.check()?;
        if let Some(blocks) = self.in_blocks(module) {
            return Ok(Box::new(InBlocks { blocks: blocks.clone(), module: module.clone() }));
        }
        if self.listed.is_some() {
            return Ok(Box::new(self.listed(module)?));
        }
        Ok(Box::new(bundle_files::verified(self.bundle, module)?))
    }
}

/// A module whose files are in blocks.
struct InBlocks {
    blocks: Rc<BlockFiles>,
    module: ModuleVersion,
}

impl Opened for InBlocks {
    fn files(&self) -> Box<dyn Iterator<Item = (&str, u64)> + '_> {
        let files = self.blocks.module(&self.module).into_iter().flat_map(|carried| carried.files());
        Box::new(files.map(|(_, file)| (file.name, file.size)))
    }

    fn read(&mut self, file: &str, limit: u64) -> Result<Vec<u8>> {
        let read = self.blocks.read(&self.module, file, 0, limit).map_err(|e| bundle_failure(&e))?;
        read.ok_or_else(|| Failure::failed(format!("the bundle does not carry {file} of {}", self.module)))
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

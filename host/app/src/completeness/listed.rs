//! A module of a bundle of zips that is verified file by file. The list of its files is
//! verified; of the zip nothing is looked at but the files that are asked for.
//!
//! What a file says is used before the file is hashed, for that is done when it is
//! installed: nothing is published before every file that was read here is what its
//! line of the list says. [`Listed::check`] hashes those that are not installed.

use super::files::Opened;
use crate::bundle_files;
use crate::failure::{Failure, FailureKind, Result};
use crate::trust::open::bundle_failure;
use airgo_bundle::{Content, Sha256, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{FileList, Limits, ModZipError, ModuleZip};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::rc::Rc;

/// A module's list of files, and its zip once a file of it was asked for. Cheap to
/// clone: a zip is a window on the bundle's file.
pub struct Listed {
    module: ModuleVersion,
    content: Content,
    list: Rc<FileList>,
    /// With buffers that grow to the largest file that was read: who opens many modules
    /// clones them, and drops the clones.
    open: Option<ModuleZip<Content>>,
    /// The names of the files that were read, of all clones.
    read: Rc<RefCell<BTreeSet<String>>>,
}

impl Clone for Listed {
    fn clone(&self) -> Self {
        let Self { module, content, list, read, .. } = self;
        let (module, content) = (module.clone(), content.clone());
        Self { module, content, list: list.clone(), open: None, read: read.clone() }
    }
}

impl Listed {
    /// A module of a bundle; none where the bundle has no list of its files.
    ///
    /// # Errors
    /// A list that is not that of the module.
    pub fn of(bundle: &SignedBundle, module: &ModuleVersion) -> Result<Option<Self>> {
        let Some(list) = bundle.file_list(module).map_err(|e| bundle_failure(&e))? else { return Ok(None) };
        let content = bundle_files::content(bundle, module)?;
        let (module, list) = (module.clone(), Rc::new(list));
        Ok(Some(Self { module, content, list, open: None, read: Rc::default() }))
    }

    /// The list.
    pub fn list(&self) -> &FileList {
        &self.list
    }

    /// Hashes the files that were read and are not among those that `later` says will
    /// be, by their place in the list.
    ///
    /// # Errors
    /// A file that is not what the list says.
    pub fn check(&self, later: impl Fn(usize) -> bool) -> Result<()> {
        let read = self.read.take();
        let mut zip = self.clone();
        for (at, file) in self.list.iter().enumerate() {
            if later(at) || !read.contains(file.name) {
                continue;
            }
            let content = zip.bytes(file.name, file.size)?;
            if content.len() as u64 != file.size || Sha256::of(&content).0 != file.sha256 {
                let module = &self.module;
                return Err(
                    self.damage(&format!("the file {} of {module} is not what its list says", file.name))
                );
            }
        }
        Ok(())
    }

    /// Says of a zip of which something was read whether it is what the manifest says:
    /// where something read of it makes no sense, that may be why.
    ///
    /// # Errors
    /// It is not.
    pub fn check_zip(&self) -> Result<()> {
        if self.read.borrow().is_empty() {
            return Ok(());
        }
        self.content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))
    }

    fn bytes(&mut self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = || -> std::result::Result<Vec<u8>, ModZipError> {
            let open = match &mut self.open {
                Some(open) => open,
                none => none.insert(ModuleZip::open(self.content.clone(), &self.module, &Limits::default())?),
            };
            open.read(name, 0, limit)
        };
        let bytes = bytes().map_err(|e| self.damage(&e))?;
        self.read.borrow_mut().insert(name.to_owned());
        Ok(bytes)
    }

    /// Why a zip cannot be read: where it is not what the manifest says, that.
    fn damage(&self, why: &dyn Display) -> Failure {
        match self.content.verify(&mut Vec::new(), &()) {
            Err(damaged) => bundle_failure(&damaged),
            Ok(()) => Failure::new(FailureKind::Malformed, why.to_string()),
        }
    }
}

impl Opened for Listed {
    fn files(&self) -> Box<dyn Iterator<Item = (&str, u64)> + '_> {
        let files = self.list.iter().filter(|file| !file.is_directory());
        Box::new(files.map(|file| (file.name, file.size)))
    }

    fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>> {
        self.bytes(name, limit)
    }
}

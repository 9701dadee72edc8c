//! Where the lists of the modules' files come from: a signed bundle, or downloads.

use crate::completeness::{Carried, Modules};
use crate::failure::{Failure, Result};
use crate::trust::open::bundle_failure;
use airgo_bundle::names::object_name;
use airgo_bundle::{ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{FileList, Limits, ModuleZip, Scratch};

/// Modules with the lists of their files, by the names that they are stored under.
pub trait Lists: Modules {
    /// The list of a module's files. It hashes to the module's `h1:`, as far as the
    /// source knows that.
    fn list(&self, module: &ModuleVersion) -> Result<FileList>;
}

/// Those of a bundle.
pub struct OfBundle<'a> {
    /// The bundle.
    pub bundle: &'a SignedBundle,
    /// What it carries.
    pub carried: &'a Carried<'a>,
}

impl Modules for OfBundle<'_> {
    fn has(&self, module: &ModuleVersion) -> bool {
        self.carried.has(module)
    }

    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn crate::completeness::Opened>> {
        self.carried.open(module)
    }
}

impl Lists for OfBundle<'_> {
    /// A bundle of zips need not have lists: then the zip is read.
    fn list(&self, module: &ModuleVersion) -> Result<FileList> {
        if let Some(list) = self.bundle.file_list(module).map_err(|e| bundle_failure(&e))? {
            return Ok(list);
        }
        let name = object_name(module, ObjectKind::Zip).map_err(|e| Failure::failed(e.to_string()))?;
        let content = self.bundle.content(&name).map_err(|e| bundle_failure(&e))?;
        content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))?;
        let failed = |e: String| Failure::failed(e);
        let mut zip =
            ModuleZip::open(content, module, &Limits::default()).map_err(|e| failed(e.to_string()))?;
        zip.walk_listed(&mut Scratch::new(), &mut ()).map_err(|e| failed(e.to_string()))
    }
}

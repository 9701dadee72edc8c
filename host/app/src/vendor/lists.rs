//! Where the lists of the modules' files come from: a signed bundle, or downloads.

use crate::bundle_files;
use crate::completeness::{Carried, Modules};
use crate::failure::Result;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::FileList;

/// Modules with the lists of their files, by the names that they are stored under.
pub trait Lists: Modules {
    /// The list of a module's files. It hashes to the module's `h1:`, as far as the
    /// source knows that.
    fn list(&self, module: &ModuleVersion) -> Result<FileList>;
}

impl Lists for Carried<'_> {
    /// A bundle of zips need not have lists: then the zip is read.
    fn list(&self, module: &ModuleVersion) -> Result<FileList> {
        bundle_files::list(self.bundle(), module)
    }
}

//! Where a bundle has the files of its modules: in blocks, or in zips; and the lists of
//! them.

use crate::failure::{Failure, Result};
use crate::trust::open::bundle_failure;
use airgo_bundle::manifest::Encoding;
use airgo_bundle::names::object_name;
use airgo_bundle::{BlockFiles, Content, ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{FileList, Limits, ModuleZip, Scratch};

/// The files in blocks; none where all are in zips.
///
/// # Errors
/// Lists of files that are not those of their modules.
pub fn blocks(bundle: &SignedBundle) -> Result<Option<BlockFiles>> {
    match bundle.manifest().payload.encoding {
        Encoding::GoproxyTree => Ok(None),
        Encoding::Compact | Encoding::Exact => {
            BlockFiles::of(bundle).map(Some).map_err(|e| bundle_failure(&e))
        }
    }
}

/// A stored module's zip, which nobody has verified yet.
///
/// # Errors
/// The bundle does not carry it.
pub fn content(bundle: &SignedBundle, module: &ModuleVersion) -> Result<Content> {
    let name = object_name(module, ObjectKind::Zip).map_err(|e| Failure::failed(e.to_string()))?;
    bundle.content(&name).map_err(|e| bundle_failure(&e))
}

/// The same, opened once it was hashed as a whole.
///
/// # Errors
/// The bundle does not carry it, it is damaged, or not a module zip.
pub fn verified(bundle: &SignedBundle, module: &ModuleVersion) -> Result<ModuleZip<Content>> {
    let content = content(bundle, module)?;
    content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))?;
    open(content, module)
}

/// A zip whose files are compared with a list by whoever reads them.
///
/// # Errors
/// It is not a module zip.
pub fn open(content: Content, module: &ModuleVersion) -> Result<ModuleZip<Content>> {
    ModuleZip::open(content, module, &Limits::default()).map_err(|e| Failure::failed(e.to_string()))
}

/// The list of a module's files: the bundle's own, or where it carries the zip without
/// one, that of the zip.
///
/// # Errors
/// The bundle has neither, or what it has is damaged.
pub fn list(bundle: &SignedBundle, module: &ModuleVersion) -> Result<FileList> {
    if let Some(list) = bundle.file_list(module).map_err(|e| bundle_failure(&e))? {
        return Ok(list);
    }
    let walked = verified(bundle, module)?.walk_listed(&mut Scratch::new(), &mut ());
    walked.map_err(|e| Failure::failed(e.to_string()))
}

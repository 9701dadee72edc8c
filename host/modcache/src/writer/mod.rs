//! Writes verified modules below a directory, in whatever layout.
//!
//! What is the same everywhere is here: a zip is copied under a temporary name while
//! its SHA-256 is taken, read once more through the same handle, inflated, hashed and,
//! where it is wanted, written as a tree, under a temporary name, too. Where that goes
//! then, in which order, and what a crash may leave is the layout's.

pub(crate) mod contents;
pub(crate) mod copied;
pub(crate) mod digests;
pub(crate) mod packed;
pub(crate) mod stamp;
pub(crate) mod stamps;
pub(crate) mod system;
pub(crate) mod temporary;
pub(crate) mod tree;

use crate::error::InstallError;
use crate::input::{Progress, ZipInput};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::Scratch;
use copied::{CopiedZip, Extraction, VerifiedModule, copy};
use temporary::Temporary;

/// What messages call the parts of a module.
pub(crate) trait Layout {
    /// The module.
    fn module(&self) -> &ModuleVersion;

    /// The zip, below the root.
    fn zip_path(&self) -> String;

    /// The extracted tree, below the root.
    fn tree_path(&self) -> String;
}

/// What is needed to stage one module after the other.
pub(crate) struct Writer<'w> {
    pub(crate) temporary: &'w Temporary,
    pub(crate) progress: &'w dyn Progress,
    pub(crate) how: Extraction<'w>,
    pub(crate) scratch: &'w mut Scratch,
    pub(crate) buffer: &'w mut Vec<u8>,
}

impl Writer<'_> {
    /// Copies and verifies one module; with its tree where that is wanted.
    pub(crate) fn stage(
        &mut self,
        layout: &impl Layout,
        zip: ZipInput<'_>,
        with_tree: bool,
    ) -> Result<VerifiedModule, InstallError> {
        let copied = copy(layout, self.temporary, self.progress, zip, self.buffer)?;
        crate::crash_point!("zip copied");
        self.verify(layout, copied, with_tree)
    }

    /// Verifies what was copied.
    pub(crate) fn verify(
        &mut self,
        layout: &impl Layout,
        copied: CopiedZip,
        with_tree: bool,
    ) -> Result<VerifiedModule, InstallError> {
        let Self { temporary, progress, how, scratch, .. } = self;
        if with_tree {
            copied.extract(layout, how, scratch, temporary, *progress)
        } else {
            copied.verify(layout, how.limits, scratch, *progress)
        }
    }
}

//! Writes verified modules below a directory, in whatever layout.
//!
//! What is the same everywhere is here: a zip is copied under a temporary name while
//! its SHA-256 is taken, read once more through the same handle, inflated, hashed and,
//! where the layout has trees, written. Names, order and what a crash may leave are
//! the [`Layout`]'s.

pub(crate) mod copied;
pub(crate) mod digests;
pub(crate) mod system;
pub(crate) mod temporary;
pub(crate) mod tree;

use crate::crash_point;
use crate::error::InstallError;
use crate::input::{Progress, ZipInput};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::Scratch;
use cap_std::fs::Dir;
use copied::{Extraction, VerifiedModule, copy};
use temporary::Temporary;
use tree::Meter;

/// Where one module goes below the root, and how it becomes visible there. What was
/// made for a module that is not published goes when the layout is dropped.
pub(crate) trait Layout {
    /// The module.
    fn module(&self) -> &ModuleVersion;

    /// For messages: the zip, below the root.
    fn zip_path(&self) -> String;

    /// For messages: the extracted tree, below the root.
    fn tree_path(&self) -> String;

    /// Makes the directory that the tree is written to, empty; none where there is
    /// no tree to write.
    fn make_tree(&mut self) -> Result<Option<Dir>, InstallError>;

    /// Makes the module visible. The tree, where there is one, is complete.
    fn publish(self, module: VerifiedModule) -> Result<(), InstallError>;
}

/// What is needed to write one module after the other.
pub(crate) struct Writer<'w> {
    pub(crate) temporary: &'w Temporary,
    pub(crate) progress: &'w dyn Progress,
    pub(crate) how: Extraction<'w>,
    pub(crate) scratch: &'w mut Scratch,
    pub(crate) buffer: &'w mut Vec<u8>,
}

impl Writer<'_> {
    /// Copies, verifies and publishes one module.
    pub(crate) fn write<L: Layout>(&mut self, mut layout: L, zip: ZipInput<'_>) -> Result<(), InstallError> {
        let Self { temporary, progress, how, scratch, buffer } = self;
        let size = zip.size;
        let tree = layout.make_tree()?;
        crash_point!("partial");
        let verified = match tree {
            None => {
                let _meter = Meter::new(*progress, size, 1);
                let copied = copy(&layout, temporary, *progress, zip, buffer)?;
                copied.verify(&layout, how.limits, scratch, *progress)?
            }
            Some(root) => {
                let copied = copy(&layout, temporary, *progress, zip, buffer)?;
                crash_point!("zip copied");
                let verified = copied
                    .extract(&layout, how, scratch, root, |content| Meter::new(*progress, size, content))?;
                crash_point!("tree extracted");
                verified
            }
        };
        layout.publish(verified)
    }
}

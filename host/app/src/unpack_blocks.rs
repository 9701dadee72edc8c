//! Installing from blocks: each is read once, and each content goes to all files
//! that have it, or of these to those that are wanted.

use crate::errors::install_failure;
use crate::failure;
use crate::trust::open::bundle_failure;
use airgo_bundle::{BlockError, Blocks, ContentSink, FilePlace, Progress as BundleProgress};
use airgo_modcache::{Content, FileWriter, InstallError, PartialTree};
use airgo_model::parallel;
use std::num::NonZeroUsize;

/// Contents up to this size are held in memory, so that they are hashed once in however
/// many modules they are.
const WHOLE: u64 = 4 << 20;

/// Reads the blocks, several at once, into the trees of the modules, which are in the
/// order of the blocks' lists; none for a module that is not wanted. A block of which
/// nothing is awaited is not read.
///
/// # Errors
/// The first block that is damaged, or content that is not what a list says, or a
/// file that cannot be written.
pub fn extract(
    blocks: &Blocks,
    trees: &[Option<PartialTree<'_>>],
    jobs: NonZeroUsize,
    progress: &dyn BundleProgress,
) -> failure::Result<()> {
    let indexes: Vec<usize> = (0..blocks.len()).collect();
    let sink = || Trees { blocks, trees, content: 0, held: Vec::new(), writers: Vec::new() };
    let failed = parallel::each(jobs, &indexes, true, sink, |sink, index| {
        if needed(blocks, trees, *index) { blocks.read(*index, sink, progress) } else { Ok(()) }
    });
    match failed.into_iter().next() {
        None => Ok(()),
        Some((_, BlockError::Bundle(error))) => Err(bundle_failure(&error)),
        Some((_, BlockError::Sink(error))) => Err(install_failure(&error)),
    }
}

/// Whether some file still awaits a content of this block.
fn needed(blocks: &Blocks, trees: &[Option<PartialTree<'_>>], index: usize) -> bool {
    let (mut range, _) = blocks.block(index);
    range.any(|content| {
        let mut places = blocks.contents().places(content).iter();
        places.any(|place| tree(trees, *place).is_some_and(|tree| tree.awaits(place.file as usize)))
    })
}

/// The tree that takes a file.
fn tree<'t, 's>(trees: &'t [Option<PartialTree<'s>>], place: FilePlace) -> Option<&'t PartialTree<'s>> {
    trees.get(place.module as usize)?.as_ref().filter(|tree| tree.takes(place.file as usize))
}

/// Writes contents to all of their files.
struct Trees<'a, 's> {
    blocks: &'a Blocks,
    trees: &'a [Option<PartialTree<'s>>],
    content: usize,
    /// The content so far, where it is held.
    held: Vec<u8>,
    /// Those who take it as it comes, where it is not.
    writers: Vec<FileWriter<'a>>,
}

impl<'a, 's> Trees<'a, 's> {
    fn places(&self) -> impl Iterator<Item = (&'a PartialTree<'s>, usize)> + use<'a, 's> {
        let trees = self.trees;
        let places = self.blocks.contents().places(self.content).iter();
        places.filter_map(move |place| Some((tree(trees, *place)?, place.file as usize)))
    }

    fn is_held(&self) -> bool {
        self.blocks.contents().size(self.content) <= WHOLE
    }
}

impl ContentSink for Trees<'_, '_> {
    type Error = InstallError;

    fn start(&mut self, content: usize) -> Result<(), InstallError> {
        self.content = content;
        self.held.clear();
        self.writers.clear();
        if !self.is_held() {
            self.writers = self.places().map(|(tree, file)| tree.file(file)).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), InstallError> {
        if self.is_held() {
            self.held.extend_from_slice(bytes);
        }
        self.writers.iter_mut().try_for_each(|writer| writer.write(bytes))
    }

    fn end(&mut self) -> Result<(), InstallError> {
        if self.is_held() {
            let content = Content::of(&self.held);
            return self.places().try_for_each(|(tree, file)| tree.put(file, &content));
        }
        self.writers.drain(..).try_for_each(FileWriter::finish)
    }
}

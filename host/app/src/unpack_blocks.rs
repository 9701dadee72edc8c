//! Installing from blocks: each is read once, and each content goes to all files
//! that have it.

use crate::errors::install_failure;
use crate::failure::{self, Failure};
use crate::trust::open::bundle_failure;
use airgo_bundle::{BlockError, Blocks, ContentSink, FilePlace, Progress as BundleProgress};
use airgo_modcache::{Content, FileWriter, InstallError, PartialTree};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Contents up to this size are held in memory, so that they are hashed once in however
/// many modules they are.
const WHOLE: u64 = 4 << 20;

/// Reads all blocks, several at once, into the trees of the modules, which are in the
/// order of the blocks' lists.
///
/// # Errors
/// The first block that is damaged, or content that is not what a list says, or a
/// file that cannot be written.
pub fn extract(
    blocks: &Blocks,
    trees: &[PartialTree<'_>],
    jobs: NonZeroUsize,
    progress: &dyn BundleProgress,
) -> failure::Result<()> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let work = || {
        let mut sink = Trees { blocks, trees, content: 0, held: Vec::new(), writers: Vec::new() };
        loop {
            let lock = || failed.lock().unwrap_or_else(PoisonError::into_inner);
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= blocks.len() || lock().is_some() {
                return;
            }
            if !needed(blocks, trees, index) {
                // All of it is there. That the block is whole is still to be seen.
                if let Err(error) = blocks.verify(index, progress) {
                    lock().get_or_insert(BlockError::Bundle(error));
                }
                continue;
            }
            if let Err(error) = blocks.read(index, &mut sink, progress) {
                lock().get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.get().min(blocks.len()) {
            // Where no more threads can be started, those that are here do.
            if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(()),
        Some(BlockError::Bundle(error)) => Err(bundle_failure(&error)),
        Some(BlockError::Sink(error)) => Err(refused(&error)),
    }
}

fn refused(error: &InstallError) -> Failure {
    install_failure(error)
}

/// Whether some file still awaits a content of this block.
fn needed(blocks: &Blocks, trees: &[PartialTree<'_>], index: usize) -> bool {
    let (mut range, _) = blocks.block(index);
    range.any(|content| {
        let mut places = blocks.contents().places(content).iter();
        places.any(|place| tree(trees, *place).is_some_and(|tree| tree.awaits(place.file as usize)))
    })
}

fn tree<'t, 's>(trees: &'t [PartialTree<'s>], place: FilePlace) -> Option<&'t PartialTree<'s>> {
    trees.get(place.module as usize)
}

/// Writes contents to all of their files.
struct Trees<'a, 's> {
    blocks: &'a Blocks,
    trees: &'a [PartialTree<'s>],
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

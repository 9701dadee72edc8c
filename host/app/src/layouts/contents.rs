//! Files of a bundle's modules, each read once and written to all paths that it goes to.
//! Each is compared with its line in the list of its module while it is written.

use super::failure;
use crate::Context;
use crate::bundle_files;
use crate::failure::{Failure, FailureKind, Result};
use crate::trust::open::{self, bundle_failure};
use airgo_bundle::manifest::Encoding;
use airgo_bundle::{BlockError, Blocks, CarriedModule, ContentSink, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch, Sink, WalkError};
use airgo_modcache::{DirectoryError, NewDirectory, NewFile};
use airgo_model::parallel;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;

/// What is wanted of a module.
pub struct Wanted {
    /// The module with its list, and of it what is wanted.
    pub files: CarriedModule,
    /// The paths that each file goes to, by its place in the list.
    pub paths: BTreeMap<usize, Vec<String>>,
}

/// Reads all of it, several modules or blocks at once.
///
/// # Errors
/// What is not there, is damaged, or cannot be written.
pub fn copy(
    context: &Context,
    bundle: &SignedBundle,
    wanted: &BTreeMap<ModuleVersion, Wanted>,
    into: &NewDirectory<'_>,
    jobs: NonZeroUsize,
) -> Result<()> {
    let mut in_zips: Vec<&Wanted> = wanted.values().collect();
    if bundle.manifest().payload.encoding != Encoding::GoproxyTree {
        let blocks = bundle.blocks().map_err(|e| bundle_failure(&e))?;
        let modules = blocks.contents().modules();
        let in_blocks: Vec<Option<&Wanted>> = modules.iter().map(|m| wanted.get(&m.module)).collect();
        in_zips.retain(|one| modules.iter().all(|m| m.module != one.files.module));
        from_blocks(context, &blocks, &in_blocks, into, jobs)?;
    }
    let size = |one: &Wanted| one.files.files().map(|(_, file)| file.size).sum::<u64>();
    in_zips.sort_by_key(|one| std::cmp::Reverse(size(one)));
    let progress = context.progress("Reading", "modules", in_zips.len() as u64);
    let failed = parallel::each(jobs, &in_zips, true, Scratch::new, |scratch, one| {
        context.interrupt.check()?;
        from_zip(bundle, one, into, scratch)?;
        progress.add_done(1);
        Ok(())
    });
    progress.finish();
    failed.into_iter().next().map_or(Ok(()), |(_, failure)| Err(failure))
}

/// Starts a file at each of its paths.
fn start<'n>(
    one: &Wanted,
    index: usize,
    into: &'n NewDirectory<'_>,
) -> std::result::Result<Vec<NewFile<'n>>, DirectoryError> {
    let Some(line) = one.files.list.get(index) else { return Ok(Vec::new()) };
    let paths = one.paths.get(&index).into_iter().flatten();
    paths.map(|path| into.file(path, line.size, line.sha256)).collect()
}

/// Takes the files of one zip.
struct ZipSink<'a, 'n> {
    one: &'a Wanted,
    places: HashMap<&'a str, usize>,
    into: &'a NewDirectory<'n>,
    files: Vec<NewFile<'a>>,
}

impl<'a> Sink for ZipSink<'a, '_> {
    type Error = DirectoryError;

    fn start(&mut self, name: &str, _: u64) -> std::result::Result<(), DirectoryError> {
        // Only these were asked for.
        let index = self.places.get(name).copied().unwrap_or(usize::MAX);
        self.files = start(self.one, index, self.into)?;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> std::result::Result<(), DirectoryError> {
        self.files.iter_mut().try_for_each(|file| file.write(bytes))
    }

    fn end(&mut self) -> std::result::Result<(), DirectoryError> {
        self.files.drain(..).try_for_each(NewFile::finish)
    }
}

fn from_zip(
    bundle: &SignedBundle,
    one: &Wanted,
    into: &NewDirectory<'_>,
    scratch: &mut Scratch,
) -> Result<()> {
    let places: HashMap<&str, usize> = one.files.files().map(|(index, file)| (file.name, index)).collect();
    if places.is_empty() {
        return Ok(());
    }
    let content = bundle_files::content(bundle, &one.files.module)?;
    let names: Vec<&str> = places.keys().copied().collect();
    let mut sink = ZipSink { one, places, into, files: Vec::new() };
    let mut walk = || {
        let mut zip = ModuleZip::open(content.clone(), &one.files.module, &Limits::default())?;
        zip.walk_files(scratch, names.iter().copied(), &mut sink)
    };
    let failure = match walk() {
        Ok(()) => return Ok(()),
        Err(WalkError::Sink(error)) if !matches!(error, DirectoryError::Mismatch { .. }) => {
            return Err(failure::directory(&error));
        }
        Err(WalkError::Sink(error)) => failure::directory(&error),
        Err(WalkError::Zip(error)) => Failure::new(FailureKind::Malformed, error.to_string()),
    };
    // Where the zip is not what the manifest says, that is why.
    content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))?;
    Err(failure)
}

/// Takes the contents of one block.
struct BlockSink<'a, 'n> {
    blocks: &'a Blocks,
    wanted: &'a [Option<&'a Wanted>],
    into: &'a NewDirectory<'n>,
    files: Vec<NewFile<'a>>,
}

impl ContentSink for BlockSink<'_, '_> {
    type Error = DirectoryError;

    fn start(&mut self, content: usize) -> std::result::Result<(), DirectoryError> {
        self.files.clear();
        for place in self.blocks.contents().places(content) {
            let Some(Some(one)) = self.wanted.get(place.module as usize) else { continue };
            self.files.extend(start(one, place.file as usize, self.into)?);
        }
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> std::result::Result<(), DirectoryError> {
        self.files.iter_mut().try_for_each(|file| file.write(bytes))
    }

    fn end(&mut self) -> std::result::Result<(), DirectoryError> {
        self.files.drain(..).try_for_each(NewFile::finish)
    }
}

/// Reads the blocks in which something is wanted; which module is where, is the blocks'
/// own order.
fn from_blocks(
    context: &Context,
    blocks: &Blocks,
    wanted: &[Option<&Wanted>],
    into: &NewDirectory<'_>,
    jobs: NonZeroUsize,
) -> Result<()> {
    let is_wanted = |content: usize| {
        blocks.contents().places(content).iter().any(|place| {
            let one = wanted.get(place.module as usize).copied().flatten();
            one.is_some_and(|one| one.paths.contains_key(&(place.file as usize)))
        })
    };
    let needed: Vec<usize> =
        (0..blocks.len()).filter(|index| blocks.block(*index).0.into_iter().any(is_wanted)).collect();
    let watch = open::Watch::new(context, "Reading", "blocks", needed.len() as u64);
    let sink = || BlockSink { blocks, wanted, into, files: Vec::new() };
    let failed = parallel::each(jobs, &needed, true, sink, |sink, index| blocks.read(*index, sink, &watch));
    watch.progress.finish();
    match failed.into_iter().next() {
        None => Ok(()),
        Some((_, BlockError::Bundle(error))) => Err(bundle_failure(&error)),
        Some((_, BlockError::Sink(error))) => Err(failure::directory(&error)),
    }
}

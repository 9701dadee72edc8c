//! Staging and publishing: modules are verified and written where no one sees them,
//! and once all of them are, each goes to its place.

use crate::cache::{Buffers, ModCache, Options};
use crate::error::{InstallAllError, InstallError, Problem};
use crate::gomodcache::existing::{Existing, has_tree, look};
use crate::gomodcache::metadata::{MetadataFiles, Missing};
use crate::gomodcache::place::Place;
use crate::gomodcache::publish::Publication;
use crate::gomodcache::target::Target;
use crate::gomodcache::verify::{Known, Verifier};
use crate::input::{ModuleInput, Outcome, Progress, ZipInput};
use crate::parallel::{Ended, each, locked, threads};
use crate::writer::Writer;
use crate::writer::copied::{VerifiedModule, check};
use crate::writer::tree::Meter;
use airgo_gomod::ModuleVersion;
use std::sync::Mutex;

/// The modules that are in the cache now, sorted, each with what was done.
pub type Installed = Vec<(ModuleVersion, Outcome)>;

/// Modules on their way into the cache: verified, and not visible yet. What is not
/// published is removed again.
#[derive(Debug)]
pub struct Stage<'c> {
    cache: &'c ModCache,
    modules: Mutex<Vec<Staged>>,
}

/// A module that is verified.
#[derive(Debug)]
struct Staged {
    place: Place,
    /// The metadata files that are published with it.
    missing: Missing,
    work: Work,
}

/// What remains to be done.
#[derive(Debug)]
enum Work {
    /// It was there already.
    Nothing,
    /// Metadata files are missing, of a module that no zip belongs to.
    Metadata,
    /// Metadata files are missing; the rest is there.
    Complete,
    /// To publish what was made, where this was there.
    Module(Existing, VerifiedModule),
}

impl ModCache {
    /// What modules are staged in.
    pub fn stage(&self) -> Stage<'_> {
        Stage { cache: self, modules: Mutex::default() }
    }

    /// Installs one module.
    pub fn install(&self, input: ModuleInput<'_>) -> Result<Outcome, InstallError> {
        let module = input.module.clone();
        let installed = self.install_all([input], 1, &()).map_err(|error| error.error)?;
        // One module makes one outcome.
        installed.first().map(|(_, outcome)| *outcome).ok_or_else(|| Problem::Cancelled.of(&module))
    }

    /// Stages all modules, and publishes them.
    pub fn install_all<'a>(
        &self,
        inputs: impl IntoIterator<Item = ModuleInput<'a>>,
        jobs: usize,
        progress: &dyn Progress,
    ) -> Result<Installed, Box<InstallAllError>> {
        let stage = self.stage();
        stage.add_all(inputs, jobs, progress)?;
        stage.publish(jobs, progress)
    }
}

impl Stage<'_> {
    /// Verifies and stages all modules, several at a time, those with the largest zips
    /// first. `jobs` is how many; 0 is as many as the machine runs threads.
    ///
    /// The first failure stops the rest, and nothing of any module is in the cache.
    pub fn add_all<'a>(
        &self,
        inputs: impl IntoIterator<Item = ModuleInput<'a>>,
        jobs: usize,
        progress: &dyn Progress,
    ) -> Result<(), Box<InstallAllError>> {
        let mut todo: Vec<_> = inputs.into_iter().collect();
        let size = |input: &ModuleInput<'_>| input.zip.as_ref().map_or(0, |zip| zip.size);
        todo.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.module.cmp(&b.module)));
        let threads = threads(jobs, todo.len());
        let Ended { errors, not_started } = each(
            threads,
            todo,
            || Buffers::of(threads),
            |buffers, input| {
                let module = input.module.clone();
                progress.started(&module);
                let staged = self.add(buffers, input, progress)?;
                progress.staged(&module);
                locked(&self.modules).push(staged);
                Ok(())
            },
        );
        let mut errors = errors.into_iter();
        let Some(error) = errors.next() else { return Ok(()) };
        let staged = std::mem::take(&mut *locked(&self.modules));
        let mut error = InstallAllError {
            error,
            others: errors.collect(),
            finished: Installed::new(),
            not_installed: not_started.into_iter().map(|input| input.module).collect(),
        };
        for Staged { place, work, .. } in staged {
            match work {
                Work::Nothing => error.finished.push((place.module, Outcome::AlreadyPresent)),
                _ => error.not_installed.push(place.module),
            }
        }
        error.finished.sort();
        error.not_installed.sort();
        Err(Box::new(error))
    }

    /// Makes all staged modules visible, each of them at once and under its lock,
    /// several at a time.
    ///
    /// The first failure stops the rest. What is published stays.
    pub fn publish(self, jobs: usize, progress: &dyn Progress) -> Result<Installed, Box<InstallAllError>> {
        self.cache.made.keep();
        let mut todo = std::mem::take(&mut *locked(&self.modules));
        todo.sort_by(|a, b| a.place.module.cmp(&b.place.module));
        let threads = threads(jobs, todo.len());
        let finished = Mutex::new(Installed::new());
        let Ended { errors, not_started } = each(
            threads,
            todo,
            || Buffers::of(threads),
            |buffers, staged| {
                let module = staged.place.module.clone();
                let outcome = staged.publish(self.cache, buffers, progress)?;
                progress.finished(&module, outcome);
                locked(&finished).push((module, outcome));
                Ok(())
            },
        );
        let mut finished = std::mem::take(&mut *locked(&finished));
        finished.sort();
        let mut errors = errors.into_iter();
        match errors.next() {
            None => Ok(finished),
            Some(error) => Err(Box::new(InstallAllError {
                error,
                others: errors.collect(),
                finished,
                not_installed: not_started.into_iter().map(|staged| staged.place.module).collect(),
            })),
        }
    }

    fn add(
        &self,
        buffers: &mut Buffers,
        input: ModuleInput<'_>,
        progress: &dyn Progress,
    ) -> Result<Staged, InstallError> {
        let ModuleInput { module, info, go_mod, zip } = input;
        let place = Place::of(&module)?;
        let metadata = MetadataFiles::check(&place, info, go_mod)?;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&module));
        }
        let ModCache { root, temporary, .. } = self.cache;
        let download = place.open_download(root)?;
        let target =
            download.as_ref().map(|download| Target { place: &place, download, root, temporary, progress });
        let missing = match &target {
            Some(target) => metadata.missing(target)?,
            None => metadata.all(),
        };
        let Some(mut zip) = zip else {
            let work = if missing.is_nothing() { Work::Nothing } else { Work::Metadata };
            return Ok(Staged { place, missing, work });
        };
        let existing = match &target {
            Some(target) => self.existing(target, buffers, &mut zip)?,
            None => has_tree(&place, root).map(|_| Existing::Nothing)?,
        };
        if existing == Existing::Complete {
            // Where it goes on from here, what is copied is reported.
            let _meter = Meter::new(progress, zip.size, 1);
            check(&module, progress, zip, &mut buffers.buffer)?;
            let work = if missing.is_nothing() { Work::Nothing } else { Work::Complete };
            return Ok(Staged { place, missing, work });
        }
        let verified =
            self.cache.writer(buffers, progress).stage(&place, zip, existing != Existing::TreeOnly)?;
        Ok(Staged { place, missing, work: Work::Module(existing, verified) })
    }

    /// Looks what is there, and verifies it.
    fn existing(
        &self,
        target: &Target<'_>,
        buffers: &mut Buffers,
        zip: &mut ZipInput<'_>,
    ) -> Result<Existing, InstallError> {
        let h1 = zip.h1;
        let mut known = Known::Zip { zip, was_read: false };
        let existing = look(target, h1)?;
        let error = match self.cache.verify(target, existing, &mut known, buffers) {
            Ok(()) => return Ok(existing),
            Err(error) => error,
        };
        // The go command may be extracting it: once more, when it is done. A cache that
        // is complete need not be writable.
        if matches!(*error.problem, Problem::Changed { .. })
            && !known.was_read()
            && let Ok(_locked) = target.lock()
        {
            let existing = look(target, h1)?;
            if self.cache.verify(target, existing, &mut known, buffers).is_ok() && !known.was_read() {
                return Ok(existing);
            }
        }
        Err(error)
    }
}

impl Staged {
    /// Makes the module visible.
    fn publish(
        self,
        cache: &ModCache,
        buffers: &mut Buffers,
        progress: &dyn Progress,
    ) -> Result<Outcome, InstallError> {
        let Self { place, missing, work } = self;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&place.module));
        }
        if matches!(work, Work::Nothing) {
            return Ok(Outcome::AlreadyPresent);
        }
        let ModCache { root, temporary, options, .. } = cache;
        let download = place.make_download(root)?;
        let target = Target { place: &place, download: &download, root, temporary, progress };
        // As in Go, what has no zip needs no lock.
        let _locked = if matches!(work, Work::Metadata) { None } else { Some(target.lock()?) };
        let Work::Module(before, mut module) = work else {
            return missing.again(&target)?.write(&target);
        };
        // Another process may have been at it meanwhile.
        let existing = look(&target, module.digest().h1)?;
        let missing = missing.again(&target)?;
        target.remove_leftovers();
        if existing != before {
            cache.verify(&target, existing, &mut Known::Staged(&module), buffers)?;
        }
        match existing {
            Existing::Complete => return missing.write(&target),
            Existing::TreeOnly => module.drop_tree(),
            Existing::ZipOnly | Existing::Nothing if !module.has_tree() => {
                let copied = module.again().map_err(|error| place.obstacle(&temporary.place(), error))?;
                module = cache.writer(buffers, progress).verify(&place, copied, true)?;
            }
            Existing::ZipOnly | Existing::Nothing => {}
        }
        Publication::new(&target, options.keep_writable).module(missing, module)?;
        Ok(Outcome::Installed)
    }
}

impl ModCache {
    fn writer<'w>(&'w self, buffers: &'w mut Buffers, progress: &'w dyn Progress) -> Writer<'w> {
        let Buffers { scratch, buffer } = buffers;
        Writer { temporary: &self.temporary, progress, how: self.extraction(), scratch, buffer }
    }

    /// Hashes what is there, unless it is to be trusted.
    fn verify(
        &self,
        target: &Target<'_>,
        existing: Existing,
        known: &mut Known<'_, '_>,
        buffers: &mut Buffers,
    ) -> Result<(), InstallError> {
        let Options { trust_existing, limits, .. } = &self.options;
        if *trust_existing {
            return Ok(());
        }
        let Buffers { scratch, buffer } = buffers;
        Verifier { target, limits, scratch, buffer }.verify(existing, known)
    }
}

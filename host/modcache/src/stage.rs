//! Staging and publishing: modules are verified and written where no one sees them,
//! and once all of them are, each goes to its place.

use crate::cache::{Buffers, ModCache};
use crate::error::{InstallAllError, InstallError, Problem};
use crate::gomodcache::existing::{Existing, has_tree, look};
use crate::gomodcache::marker::Marker;
use crate::gomodcache::metadata::MetadataFiles;
use crate::gomodcache::place::Place;
use crate::gomodcache::publish::Publication;
use crate::gomodcache::target::Target;
use crate::gomodcache::verify::Known;
use crate::input::{ModuleInput, Outcome, Progress, ZipInput};
use crate::known::{Found, tick_after};
use crate::listed::PartialInput;
use crate::marks::Marks;
use crate::parallel::{Ended, each, into_inner, locked, threads};
use crate::part;
use crate::partial::PartialTree;
use crate::staged::{Staged, Work};
use crate::writer::copied::{CopiedZip, check, hex};
use crate::writer::tree::Meter;
use airgo_gomod::{H1, ModuleVersion};
use std::sync::{Arc, Mutex};

/// The modules that are in the cache now, sorted, each with what was done.
pub type Installed = Vec<(ModuleVersion, Outcome)>;

/// Modules on their way into the cache: verified, and not visible yet. What is not
/// published is removed again.
#[derive(Debug)]
pub struct Stage<'c> {
    pub(crate) cache: &'c ModCache,
    pub(crate) modules: Mutex<Vec<Staged>>,
    /// Which modules came without their zips, once it is read.
    marker: Mutex<Option<Arc<Marker>>>,
    /// The digest of the manifest that parts of modules come with, in hex.
    bundle: String,
    /// The zip of a complete module, where there is one, once it was looked for.
    shared: Mutex<Option<Option<String>>>,
}

impl ModCache {
    /// What modules are staged in.
    pub fn stage(&self) -> Stage<'_> {
        Stage {
            cache: self,
            modules: Mutex::default(),
            marker: Mutex::default(),
            bundle: String::new(),
            shared: Mutex::default(),
        }
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
    /// Says which bundle parts of modules come from: the digest of its manifest.
    #[must_use]
    pub fn of_bundle(self, manifest_sha256: [u8; 32]) -> Self {
        Self { bundle: hex(&manifest_sha256), ..self }
    }

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
        let (staged, Ended { errors, not_started }) =
            stage_all(inputs, jobs, progress, |buffers, input| self.add(buffers, input, progress));
        let mut errors = errors.into_iter();
        let Some(error) = errors.next() else {
            locked(&self.modules).extend(staged);
            return Ok(());
        };
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

    /// Stages a part of a module, or the whole without its zip, and returns what takes
    /// its files. The list is verified, and so is what the cache has of the module: files
    /// that are there need not come, see [`PartialTree::awaits`].
    pub fn partial(
        &self,
        input: PartialInput,
        progress: &dyn Progress,
    ) -> Result<PartialTree<'_>, InstallError> {
        progress.started(&input.module);
        let h1 = input.h1;
        let marked = |place: &Place| self.is_partial(&place.module, h1);
        let shared = |place: &Place| self.shared(place);
        let (staged, part) = part::stage(self.cache, input, marked, shared, progress)?;
        locked(&self.modules).push(staged);
        Ok(PartialTree::new(part, self.cache))
    }

    /// The same for many modules, several at a time, in their order.
    ///
    /// # Errors
    /// Of those that failed, that of the first module.
    pub fn partials(
        &self,
        inputs: Vec<PartialInput>,
        jobs: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<PartialTree<'_>>, InstallError> {
        let trees = Mutex::new(Vec::new());
        let todo: Vec<_> = inputs.into_iter().enumerate().collect();
        let Ended { errors, .. } = each(
            threads(jobs, todo.len()),
            todo,
            || (),
            |(), (index, input)| {
                let tree = self.partial(input, progress)?;
                locked(&trees).push((index, tree));
                Ok(())
            },
        );
        if let Some(error) = errors.into_iter().min_by(|a, b| a.module.cmp(&b.module)) {
            return Err(error);
        }
        let mut trees = into_inner(trees);
        trees.sort_by_key(|(index, _)| *index);
        Ok(trees.into_iter().map(|(_, tree)| tree).collect())
    }

    /// The zip of a complete module in the cache, looked for once.
    fn shared(&self, place: &Place) -> Result<Option<String>, InstallError> {
        let mut shared = locked(&self.shared);
        if let Some(found) = &*shared {
            return Ok(found.clone());
        }
        let found = part::any_zip(&self.cache.root);
        let found = found.map_err(|error| place.read_error("cache/download", error))?;
        *shared = Some(found.clone());
        Ok(found)
    }

    /// Makes all staged modules visible, each of them at once and under its lock,
    /// several at a time.
    ///
    /// The first failure stops the rest. What is published stays.
    pub fn publish(self, jobs: usize, progress: &dyn Progress) -> Result<Installed, Box<InstallAllError>> {
        let mut todo = std::mem::take(&mut *locked(&self.modules));
        todo.sort_by(|a, b| a.place.module.cmp(&b.place.module));
        let marks = Marks::of(&todo, &self.bundle);
        if let Err(error) = marks.before(self.cache, &todo, progress) {
            let not_installed = todo.into_iter().map(|staged| staged.place.module).collect();
            let (others, finished) = (Vec::new(), Installed::new());
            return Err(Box::new(InstallAllError { error, others, finished, not_installed }));
        }
        self.cache.made.keep();
        let latest = todo.iter().filter_map(Staged::latest).max();
        let before = latest.and_then(|latest| tick_after(&self.cache.temporary, latest));
        let todo = by_path(todo);
        let threads = threads(jobs, todo.len());
        let finished = Mutex::new(Installed::new());
        let left = Mutex::new(Vec::new());
        let Ended { errors, not_started } = each(
            threads,
            todo,
            || Buffers::of(threads),
            |buffers, versions| {
                let mut versions = versions.into_iter();
                while let Some(staged) = versions.next() {
                    let module = staged.place.module.clone();
                    match staged.publish(self.cache, buffers, before, progress) {
                        Ok(outcome) => {
                            progress.finished(&module, outcome);
                            locked(&finished).push((module, outcome));
                        }
                        Err(error) => {
                            locked(&left).extend(versions.map(|staged| staged.place.module));
                            return Err(error);
                        }
                    }
                }
                Ok(())
            },
        );
        let mut left = std::mem::take(&mut *locked(&left));
        left.extend(not_started.into_iter().flatten().map(|staged| staged.place.module));
        let mut finished = std::mem::take(&mut *locked(&finished));
        finished.sort();
        let marked = marks.after(self.cache, &finished, progress).err();
        let mut errors = errors.into_iter().chain(marked);
        match errors.next() {
            None => Ok(finished),
            Some(error) => Err(Box::new(InstallAllError {
                error,
                others: errors.collect(),
                finished,
                not_installed: left,
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
        let root = &self.cache.root;
        let download = place.open_download(root)?;
        let target = download.as_ref().map(|download| self.cache.target(&place, download, progress));
        let missing = match &target {
            Some(target) => metadata.missing(target)?,
            None => metadata.all(),
        };
        let Some(mut zip) = zip else {
            let work = if missing.is_nothing() { Work::Nothing } else { Work::Metadata };
            return Ok(Staged { place, missing, work });
        };
        let There { existing, is_known, copied } = match &target {
            Some(target) => self.existing(target, buffers, &mut zip)?,
            None => has_tree(&place, root).map(|_| There::new(Existing::Nothing))?,
        };
        if existing == Existing::Complete {
            // Where it goes on from here, what is copied is reported.
            let _meter = Meter::new(progress, zip.size, 1);
            if !is_known {
                check(&module, progress, zip, &mut buffers.buffer)?;
            }
            let work = if missing.is_nothing() { Work::Nothing } else { Work::Complete };
            return Ok(Staged { place, missing, work });
        }
        let (mut writer, with_tree) = (self.cache.writer(buffers, progress), existing != Existing::TreeOnly);
        let verified = match copied {
            Some(copied) => writer.verify(&place, copied, with_tree)?,
            None => writer.stage(&place, zip, with_tree)?,
        };
        Ok(Staged { place, missing, work: Work::Module(existing, verified) })
    }

    /// Looks what is there, and verifies it.
    fn existing(
        &self,
        target: &Target<'_>,
        buffers: &mut Buffers,
        zip: &mut ZipInput<'_>,
    ) -> Result<There, InstallError> {
        let h1 = zip.h1;
        let mut known = Known::Zip { zip, was_read: false, copied: None };
        let may_be_part = self.is_partial(&target.place.module, h1)?;
        let existing = match look(target, h1, may_be_part) {
            Err(error) if target.repairs(&error) => return Ok(There::new(Existing::Wrong)),
            looked => looked?,
        };
        if self.cache.knows(target, h1, existing) {
            return Ok(There { is_known: true, ..There::new(existing) });
        }
        let error = match self.cache.verify(target, existing, &mut known, buffers) {
            Ok(()) => return Ok(There::new(existing)),
            Err(error) => error,
        };
        // The go command may be extracting it: once more, when it is done. A cache that
        // is complete need not be writable.
        if matches!(*error.problem, Problem::Changed { .. })
            && !known.was_read()
            && let Ok(_locked) = target.lock()
        {
            let existing = look(target, h1, may_be_part)?;
            if self.cache.verify(target, existing, &mut known, buffers).is_ok() && !known.was_read() {
                return Ok(There::new(existing));
            }
        }
        match known {
            // A zip that was read and not copied is no more to be had.
            Known::Zip { was_read, copied, .. } if was_read == copied.is_some() && target.repairs(&error) => {
                Ok(There { copied, ..There::new(Existing::Wrong) })
            }
            _ => Err(error),
        }
    }

    /// Whether the tree of a module may have a part of its files alone.
    pub(crate) fn is_partial(&self, module: &ModuleVersion, h1: H1) -> Result<bool, InstallError> {
        let mut marker = locked(&self.marker);
        let marker = match &mut *marker {
            Some(marker) => marker,
            none => none.insert(Arc::new(
                Marker::read(&self.cache.root).map_err(|error| Problem::Marker(error).of(module))?,
            )),
        };
        Ok(marker.is_partial(module, h1))
    }
}

/// Stages modules, several at a time, those with the largest zips first, and reports them.
/// The first failure stops the rest.
pub(crate) fn stage_all<'a, S: Send>(
    inputs: impl IntoIterator<Item = ModuleInput<'a>>,
    jobs: usize,
    progress: &dyn Progress,
    add: impl Fn(&mut Buffers, ModuleInput<'a>) -> Result<S, InstallError> + Sync,
) -> (Vec<S>, Ended<ModuleInput<'a>>) {
    let mut todo: Vec<_> = inputs.into_iter().collect();
    let size = |input: &ModuleInput<'_>| input.zip.as_ref().map_or(0, |zip| zip.size);
    todo.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.module.cmp(&b.module)));
    let threads = threads(jobs, todo.len());
    let all = Mutex::new(Vec::with_capacity(todo.len()));
    let ended = each(
        threads,
        todo,
        || Buffers::of(threads),
        |buffers, input| {
            let module = input.module.clone();
            progress.started(&module);
            let staged = add(buffers, input)?;
            progress.staged(&module);
            locked(&all).push(staged);
            Ok(())
        },
    );
    (into_inner(all), ended)
}

/// What the cache has of a module.
struct There {
    existing: Existing,
    /// Whether it was known, and not hashed.
    is_known: bool,
    /// The zip of the bundle, where it was read to compare with.
    copied: Option<CopiedZip>,
}

impl There {
    fn new(existing: Existing) -> Self {
        Self { existing, is_known: false, copied: None }
    }
}

/// The versions of one module together: they are in one `list`, which one thread writes
/// at a time.
fn by_path(sorted: Vec<Staged>) -> Vec<Vec<Staged>> {
    let mut all: Vec<Vec<Staged>> = Vec::new();
    for staged in sorted {
        match all.last_mut() {
            Some(versions)
                if versions
                    .first()
                    .is_some_and(|first| first.place.module.path == staged.place.module.path) =>
            {
                versions.push(staged);
            }
            _ => all.push(vec![staged]),
        }
    }
    all
}

impl Staged {
    /// Makes the module visible, and records it where what was written is older than
    /// `before`.
    fn publish(
        self,
        cache: &ModCache,
        buffers: &mut Buffers,
        before: Option<i64>,
        progress: &dyn Progress,
    ) -> Result<Outcome, InstallError> {
        let Self { place, missing, work } = self;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&place.module));
        }
        if matches!(work, Work::Nothing) {
            return Ok(Outcome::AlreadyPresent);
        }
        let ModCache { root, temporary, options, records, .. } = cache;
        let download = place.make_download(root)?;
        let target = cache.target(&place, &download, progress);
        // As in Go, what has no zip needs no lock.
        let _locked = if matches!(work, Work::Metadata) { None } else { Some(target.lock()?) };
        let (was, mut module) = match work {
            Work::Nothing | Work::Metadata | Work::Complete => return missing.again(&target)?.write(&target),
            Work::Part(part) => return part::publish(cache, &target, missing, part, before),
            Work::Module(was, module) => (was, module),
            Work::Rebuilt(was, part) => (was, part::rebuilt(part)?),
        };
        // Another process may have been at it meanwhile.
        let h1 = module.digest().h1;
        let mut existing = match was {
            Existing::Wrong => was,
            _ => look(&target, h1, matches!(was, Existing::Partial { .. }))?,
        };
        if existing == Existing::TreeOnly && existing != was {
            let marker = Marker::read(root).map_err(|error| place.error(Problem::Marker(error)))?;
            existing = look(&target, h1, marker.is_partial(&place.module, h1))?;
        }
        let missing = missing.again(&target)?;
        target.remove_leftovers();
        if existing != was {
            cache.verify(&target, existing, &mut Known::Staged(&module), buffers)?;
        }
        match existing {
            Existing::Complete => return missing.write(&target),
            Existing::TreeOnly => module.drop_tree(),
            _ if !module.has_tree() => {
                let copied = module.again().map_err(|error| place.obstacle(&temporary.place(), error))?;
                module = cache.writer(buffers, progress).verify(&place, copied, true)?;
            }
            _ => {}
        }
        let installed = Some(records.is_ours(&place.module, h1, existing));
        let found = Found { stamps: module.take_stamps(), installed, part: false, moved: true };
        Publication::new(&target, options.keep_writable).module(missing, module, existing)?;
        records.found(&target, h1, found, before);
        Ok(part::outcome(existing))
    }
}

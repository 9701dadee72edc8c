//! The cache, and installing one module into it.

use crate::crash_point;
use crate::error::{Hashed, InstallError, OpenError, Problem};
use crate::existing::{Existing, look};
use crate::input::{ModuleInput, Outcome, Progress, ZipInput};
use crate::place::Place;
use crate::small::SmallFiles;
use crate::stage::{Staging, Target, copy_zip};
use crate::system::{edit_cache_file, lock};
use crate::tree::Meter;
use airgo_gomod::modzip::{Limits, Scratch};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::path::Path;

/// How to install.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Leave the directories of extracted trees writable (`-modcacherw`).
    pub keep_writable: bool,
    /// Hash zips and trees again that are there already. The go command trusts
    /// their `.ziphash`.
    pub verify_existing: bool,
    /// How large a zip may be.
    pub limits: Limits,
}

/// A module cache: the directory that GOMODCACHE names.
#[derive(Debug)]
pub struct ModCache {
    pub(crate) root: Dir,
    pub(crate) options: Options,
}

impl ModCache {
    /// Opens the cache, made if there is none. The directory itself may be a
    /// link; nothing below it may.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let error = |source| OpenError { path: path.to_owned(), source };
        Dir::create_ambient_dir_all(path, ambient_authority()).map_err(error)?;
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(error)?;
        Ok(Self { root, options })
    }

    /// Installs one module.
    pub fn install(&self, input: ModuleInput<'_>) -> Result<Outcome, InstallError> {
        self.installer().install(input, &())
    }

    /// What installs one module after the other, with buffers that are used
    /// again.
    pub fn installer(&self) -> Installer<'_> {
        self.installer_of(1)
    }

    /// One of so many installers: all together hold at most 64 MiB in buffers
    /// where there are up to 32, and take twice the time for files over 8 MiB
    /// where there are up to 4.
    pub(crate) fn installer_of(&self, installers: usize) -> Installer<'_> {
        let whole = (32 << 20) / u64::try_from(installers).unwrap_or(u64::MAX).max(1);
        let scratch = Scratch::for_files_up_to(whole.clamp(1 << 20, 8 << 20));
        Installer { cache: self, scratch, buffer: Vec::new() }
    }
}

/// Installs modules one after the other.
#[derive(Debug)]
pub struct Installer<'c> {
    cache: &'c ModCache,
    scratch: Scratch,
    buffer: Vec<u8>,
}

impl Installer<'_> {
    /// Installs one module. On an error nothing of it can be taken for complete.
    pub fn install(
        &mut self,
        input: ModuleInput<'_>,
        progress: &dyn Progress,
    ) -> Result<Outcome, InstallError> {
        let ModuleInput { module, info, go_mod, zip } = input;
        let place = Place::of(&module)?;
        let small = SmallFiles::check(&place, info, go_mod)?;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&module));
        }
        let download = place.make_download(&self.cache.root)?;
        let target = Target { place: &place, download: &download, root: &self.cache.root };
        match zip {
            Some(zip) => self.install_zip(&target, small, zip, progress),
            None => small.missing(&target)?.write_alone(&target),
        }
    }

    fn install_zip(
        &mut self,
        target: &Target<'_>,
        small: SmallFiles,
        zip: ZipInput<'_>,
        progress: &dyn Progress,
    ) -> Result<Outcome, InstallError> {
        let place = target.place;
        // As Go does, look first without the lock: a complete cache need not be
        // writable.
        let existing = look(target, zip.h1)?;
        let missing = small.missing(target)?;
        if existing == Existing::Complete && missing.is_nothing() {
            self.verify(target, &zip)?;
            progress.bytes(zip.size);
            return Ok(Outcome::AlreadyPresent);
        }
        let lock_name = place.file("lock");
        let wait = || progress.waiting(&place.module);
        let locked = edit_cache_file(target.download, &lock_name).and_then(|file| lock(file, wait));
        let _locked = locked.map_err(|error| place.obstacle(&place.download_path(&lock_name), error))?;
        // Another process may have been at it meanwhile.
        let existing = look(target, zip.h1)?;
        let missing = missing.again(target)?;
        target.remove_leftovers();
        match existing {
            Existing::Complete => {
                self.verify(target, &zip)?;
                progress.bytes(zip.size);
                return missing.write_locked(target);
            }
            Existing::TreeOnly => {
                let mut staging = Staging::start(target);
                let _meter = Meter::new(progress, zip.size, 1);
                let file = copy_zip(&mut staging, zip, &mut self.buffer, progress)?;
                file.verify(&self.cache.options.limits, &mut self.scratch)?.publish(staging, missing)?;
            }
            Existing::Nothing => {
                let mut staging = Staging::start(target);
                let root = staging.make_tree()?;
                crash_point!("partial");
                let size = zip.size;
                let file = copy_zip(&mut staging, zip, &mut self.buffer, progress)?;
                crash_point!("zip copied");
                let Options { keep_writable, limits, .. } = &self.cache.options;
                let meter = |content| Meter::new(progress, size, content);
                let verified = file.extract(limits, &mut self.scratch, root, *keep_writable, meter)?;
                crash_point!("tree extracted");
                verified.publish(staging, missing)?;
            }
        }
        Ok(Outcome::Installed)
    }

    /// Hashes again what is there, if that is asked for.
    fn verify(&mut self, target: &Target<'_>, zip: &ZipInput<'_>) -> Result<(), InstallError> {
        if !self.cache.options.verify_existing {
            return Ok(());
        }
        let conflict = |what, file, have: String| {
            Err(target.place.error(Problem::Conflict { what, file, want: zip.h1, have }))
        };
        let tree = crate::existing::hash_tree_of(target)?;
        if tree != zip.h1.to_string() {
            return conflict(Hashed::Tree, target.place.tree_path(), tree);
        }
        let limits = &self.cache.options.limits;
        let in_zip = crate::existing::hash_zip_of(target, limits, &mut self.scratch)?;
        if in_zip != zip.h1 {
            let file = target.place.download_path(&target.place.file("zip"));
            return conflict(Hashed::Zip, file, in_zip.to_string());
        }
        Ok(())
    }
}

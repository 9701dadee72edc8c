//! The cache, and installing one module into it.

use crate::error::{InstallError, OpenError, Problem};
use crate::gomodcache::existing::{Existing, look};
use crate::gomodcache::metadata::MetadataFiles;
use crate::gomodcache::place::Place;
use crate::gomodcache::staging::Staging;
use crate::gomodcache::target::Target;
use crate::gomodcache::verify::Verifier;
use crate::input::{ModuleInput, Outcome, Progress, ZipInput};
use crate::writer::Writer;
use crate::writer::copied::Extraction;
use crate::writer::system::{edit_cache_file, lock};
use crate::writer::temporary::Temporary;
use crate::writer::tree::Meter;
use airgo_gomod::modzip::{Limits, Scratch};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::path::Path;

/// How to install.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Leave the directories of extracted trees writable (`-modcacherw`).
    pub keep_writable: bool,
    /// Trust the `.ziphash` of zips and trees that are there already, as the go
    /// command does, instead of hashing them again.
    pub trust_existing: bool,
    /// How large a zip may be.
    pub limits: Limits,
}

/// A module cache: the directory that GOMODCACHE names.
#[derive(Debug)]
pub struct ModCache {
    pub(crate) root: Dir,
    pub(crate) options: Options,
    pub(crate) temporary: Temporary,
    /// How long a path below the cache may be for the go command to open it.
    path_limit: usize,
}

/// Bytes of a path, with the NUL at its end: PATH_MAX.
const PATH_MAX: usize = if cfg!(target_os = "macos") { 1024 } else { 4096 };

impl ModCache {
    /// Opens the cache, made if there is none. The directory itself may be a
    /// link; nothing below it may.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let error = |source| OpenError { path: path.to_owned(), source };
        Dir::create_ambient_dir_all(path, ambient_authority()).map_err(error)?;
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(error)?;
        let temporary = Temporary::open(&root, "cache").map_err(error)?;
        let own = std::path::absolute(path).map_err(error)?.as_os_str().len();
        Ok(Self { root, options, temporary, path_limit: PATH_MAX.saturating_sub(own + 2) })
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
        let metadata = MetadataFiles::check(&place, info, go_mod)?;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&module));
        }
        let ModCache { root, temporary, .. } = self.cache;
        let download = place.make_download(root)?;
        let target = Target { place: &place, download: &download, root, temporary, progress };
        match zip {
            Some(zip) => self.install_zip(&target, metadata, zip),
            None => metadata.missing(&target)?.write(&target),
        }
    }

    fn install_zip(
        &mut self,
        target: &Target<'_>,
        metadata: MetadataFiles,
        mut zip: ZipInput<'_>,
    ) -> Result<Outcome, InstallError> {
        let Target { place, progress, .. } = *target;
        // As Go does, look first without the lock: a complete cache need not be
        // writable.
        let existing = look(target, zip.h1)?;
        let missing = metadata.missing(target)?;
        if existing == Existing::Complete && missing.is_nothing() {
            self.verify(target, existing, &mut zip)?;
            return Ok(Outcome::AlreadyPresent);
        }
        let lock_name = place.file("lock");
        let wait = || progress.waiting(&place.module);
        let locked = edit_cache_file(target.download, &lock_name)
            .and_then(|file| lock(file, wait, || progress.cancelled()));
        let _locked = locked.map_err(|error| place.lock_error(&place.download_path(&lock_name), error))?;
        // Another process may have been at it meanwhile.
        let existing = look(target, zip.h1)?;
        let missing = missing.again(target)?;
        target.remove_leftovers();
        self.verify(target, existing, &mut zip)?;
        let staging = match existing {
            Existing::Complete => return missing.write(target),
            Existing::TreeOnly => Staging::zip(target, missing),
            Existing::ZipOnly | Existing::Nothing => Staging::zip_and_tree(target, missing),
        };
        let ModCache { options: Options { keep_writable, limits, .. }, path_limit, temporary, .. } =
            self.cache;
        let how = Extraction { limits, keep_writable: *keep_writable, path_limit: *path_limit };
        let Self { scratch, buffer, .. } = self;
        Writer { temporary, progress, how, scratch, buffer }.write(staging, zip)?;
        Ok(Outcome::Installed)
    }

    /// Hashes what is there, unless it is to be trusted.
    fn verify(
        &mut self,
        target: &Target<'_>,
        existing: Existing,
        zip: &mut ZipInput<'_>,
    ) -> Result<(), InstallError> {
        let Options { trust_existing, limits, .. } = &self.cache.options;
        // Where it goes on from here, what is copied is reported.
        let _meter = (existing == Existing::Complete).then(|| Meter::new(target.progress, zip.size, 1));
        if *trust_existing {
            return Ok(());
        }
        let Self { scratch, buffer, .. } = self;
        Verifier { target, limits, scratch, buffer }.verify(existing, zip)
    }
}

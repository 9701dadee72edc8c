//! Where one module goes in GOMODCACHE, and the small steps of writing it.

use crate::crash_point;
use crate::error::{InstallError, Problem};
use crate::gomodcache::place::Place;
use crate::input::Progress;
use crate::writer::system::{create_cache_file, edit_cache_file, lock};
use crate::writer::temporary::{Temporary, TemporaryFile};
use cap_std::fs::Dir;
use std::io::{self, ErrorKind, Write as _};

/// Where a module goes. Its download directory is there.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) place: &'a Place,
    /// Its download directory.
    pub(crate) download: &'a Dir,
    /// GOMODCACHE.
    pub(crate) root: &'a Dir,
    /// Where files are until they are whole.
    pub(crate) temporary: &'a Temporary,
    /// Whether what is not the module's is replaced.
    pub(crate) repair: bool,
    /// To whom progress is reported, and who may give up.
    pub(crate) progress: &'a dyn Progress,
}

impl Target<'_> {
    pub(crate) fn obstacle(&self, file: String, what: &'static str) -> InstallError {
        self.place.stands_there(file, what)
    }

    /// Whether this is a module with other content than it should have, and is to be
    /// replaced; the caller hears of it.
    pub(crate) fn repairs(&self, error: &InstallError) -> bool {
        let is_wrong = matches!(*error.problem, Problem::Changed { .. } | Problem::Conflict { .. });
        if self.repair && is_wrong {
            self.progress.repairing(error);
        }
        self.repair && is_wrong
    }

    /// An error of a file in the download directory.
    pub(crate) fn download_error(&self, name: &str, error: io::Error) -> InstallError {
        self.place.write_error(&self.place.download_path(name), error)
    }

    /// An error once the caller has given up.
    pub(crate) fn check(&self) -> Result<(), InstallError> {
        if self.progress.cancelled() { Err(self.place.error(Problem::Cancelled)) } else { Ok(()) }
    }

    /// Creates a file that is not in its place yet.
    pub(crate) fn create_temporary(&self) -> Result<TemporaryFile, InstallError> {
        self.temporary.create().map_err(|error| self.place.obstacle(&self.temporary.place(), error))
    }

    /// Writes a file that is there whole or not at all.
    pub(crate) fn write_whole(&self, name: &str, bytes: &[u8]) -> Result<(), InstallError> {
        let mut temporary = self.create_temporary()?;
        let written = temporary.file.write_all(bytes);
        crash_point!("small file written");
        let done = written.and_then(|()| temporary.rename(self.download, name));
        done.map_err(|error| self.download_error(name, error))
    }

    /// Puts `.partial` there: to the go command there is no such module.
    pub(crate) fn hide(&self) -> Result<(), InstallError> {
        let partial = self.place.file("partial");
        match create_cache_file(self.download, &partial) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(self.download_error(&partial, error))
            }
            _ => Ok(()),
        }
    }

    /// Removes a file of the module, such as its `zip`, if it is there.
    pub(crate) fn remove(&self, suffix: &str) -> Result<(), InstallError> {
        let name = self.place.file(suffix);
        match self.download.remove_file(&name) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.download_error(&name, error)),
            _ => Ok(()),
        }
    }

    /// Takes Go's lock of the module version.
    pub(crate) fn lock(&self) -> Result<std::fs::File, InstallError> {
        let Self { place, download, progress, .. } = *self;
        let name = place.file("lock");
        let wait = || progress.waiting(&place.module);
        let locked =
            edit_cache_file(download, &name).and_then(|file| lock(file, wait, || progress.cancelled()));
        locked.map_err(|error| place.lock_error(&place.download_path(&name), error))
    }

    /// Removes the temporary files of go commands that held the lock before, as
    /// well as can be: `<version>.zip<number>.tmp`.
    pub(crate) fn remove_leftovers(&self) {
        let prefix = self.place.file("zip");
        let Ok(entries) = self.download.entries() else { return };
        for name in entries.flatten().map(|entry| entry.file_name()) {
            if name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(".tmp")) {
                let _ = self.download.remove_file(&name);
            }
        }
    }
}

//! The `.info` and `.mod` files (cmd/go modfetch/cache.go writeDiskCache).

use crate::crash_point;
use crate::error::InstallError;
use crate::gomodcache::list;
use crate::gomodcache::place::Place;
use crate::gomodcache::target::Target;
use crate::input::{GoModInput, MAX_GO_MOD, Outcome};
use crate::writer::system::read_file;
use std::io::ErrorKind;

/// Bytes of an `.info` file; a longer one is none, as one that is not JSON.
const MAX_INFO: u64 = 1 << 20;

/// A module's metadata files, the go.mod with the right hash.
#[derive(Debug)]
pub(crate) struct MetadataFiles {
    info: Option<Vec<u8>>,
    go_mod: Option<GoModInput>,
}

/// Those that are to be written.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    info: Option<Vec<u8>>,
    go_mod: Option<GoModInput>,
    /// The list does not name the version.
    list: bool,
}

impl MetadataFiles {
    /// Takes the files whose hash is right.
    pub(crate) fn check(
        place: &Place,
        info: Option<Vec<u8>>,
        go_mod: Option<GoModInput>,
    ) -> Result<Self, InstallError> {
        if let Some(go_mod) = &go_mod {
            go_mod.check().map_err(|problem| place.error(problem))?;
        }
        Ok(Self { info, go_mod })
    }

    /// Those of the files that the cache does not have.
    pub(crate) fn missing(self, target: &Target<'_>) -> Result<Missing, InstallError> {
        self.all().again(target)
    }

    /// All of them: there is no directory for them yet.
    pub(crate) fn all(self) -> Missing {
        Missing { list: self.go_mod.is_some(), info: self.info, go_mod: self.go_mod }
    }
}

impl Missing {
    /// Looks again. Another go.mod than the one wanted is an error; `.info` may
    /// differ, for proxies report different origins, if it is about this version.
    pub(crate) fn again(mut self, target: &Target<'_>) -> Result<Self, InstallError> {
        let place = target.place;
        if self.info.is_some()
            && let Some(Some(have)) = read(target, &place.file("info"), MAX_INFO)?
            && is_info_of(&have, &place.module.version)
        {
            self.info = None;
        }
        if let Some(go_mod) = &self.go_mod {
            let name = place.file("mod");
            let list = list::lists(target.download, place.version());
            self.list = !list.map_err(|error| place.read_error(&place.download_path("list"), error))?;
            match read(target, &name, MAX_GO_MOD)? {
                Some(Some(have)) if have == go_mod.bytes => self.go_mod = None,
                Some(have) => {
                    let conflict = go_mod.conflict(have.as_deref(), place.download_path(&name));
                    let error = place.error(conflict);
                    if !target.repairs(&error) {
                        return Err(error);
                    }
                }
                None => self.list = true,
            }
        }
        Ok(self)
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.info.is_none() && self.go_mod.is_none() && !self.list
    }

    /// Writes the files. Those of a module without a zip need no lock, as in Go.
    pub(crate) fn write(self, target: &Target<'_>) -> Result<Outcome, InstallError> {
        let place = target.place;
        if self.is_nothing() {
            return Ok(Outcome::AlreadyPresent);
        }
        let write = |suffix: &str, bytes: &[u8]| target.write_whole(&place.file(suffix), bytes);
        if let Some(info) = self.info {
            write("info", &info)?;
            crash_point!("info");
        }
        if let Some(go_mod) = self.go_mod {
            write("mod", &go_mod.bytes)?;
            crash_point!("mod");
        }
        if self.list {
            list::rewrite(target.download, target.progress)
                .map_err(|error| place.lock_error(&place.download_path("list"), error))?;
            crash_point!("list");
        }
        Ok(Outcome::Installed)
    }
}

/// Reads a file, if it is there: none of one that is longer than the limit.
fn read(target: &Target<'_>, name: &str, limit: u64) -> Result<Option<Option<Vec<u8>>>, InstallError> {
    match read_file(target.download, name, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(target.place.read_error(&target.place.download_path(name), error)),
    }
}

/// Whether the go command would read it as the version's information: a whole
/// JSON object that names the version.
fn is_info_of(info: &[u8], version: &str) -> bool {
    let Ok(text) = std::str::from_utf8(info) else { return false };
    let text = text.trim();
    text.starts_with('{') && text.ends_with('}') && text.contains(&format!("\"{version}\""))
}

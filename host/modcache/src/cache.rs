//! The cache: its directory, and how to install into it.

use crate::error::{InstallError, OpenError};
use crate::gomodcache::existing::Existing;
use crate::gomodcache::place::Place;
use crate::gomodcache::target::Target;
use crate::gomodcache::verify::{Known, Verifier};
use crate::input::Progress;
use crate::known::Found;
use crate::listed::VerifiedList;
use crate::made::Made;
use crate::record::Records;
use crate::writer::Writer;
use crate::writer::copied::Extraction;
use crate::writer::temporary::Temporary;
use airgo_gomod::H1;
use airgo_gomod::modzip::{Limits, Scratch};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::path::Path;
use std::sync::OnceLock;

/// How to install.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Leave the directories of extracted trees writable (`-modcacherw`).
    pub keep_writable: bool,
    /// Trust the `.ziphash` of zips and trees that are there already, as the go
    /// command does, instead of hashing them again.
    pub trust_existing: bool,
    /// Replace what is there and is not the module's.
    pub repair: bool,
    /// Install parts of modules also into a cache that has complete modules.
    pub allow_shared: bool,
    /// How large a zip may be.
    pub limits: Limits,
}

/// A module cache: the directory that GOMODCACHE names.
#[derive(Debug)]
pub struct ModCache {
    pub(crate) root: Dir,
    pub(crate) options: Options,
    pub(crate) temporary: Temporary,
    /// What airgo knows of modules that are there.
    pub(crate) records: Records,
    /// When the first of what is there was hashed.
    began: OnceLock<Option<i64>>,
    /// How long a path below the cache may be for the go command to open it.
    path_limit: usize,
    /// Goes last: by then nothing of ours is in it any more.
    pub(crate) made: Made,
}

/// Bytes of a path, with the NUL at its end: PATH_MAX.
const PATH_MAX: usize = if cfg!(target_os = "macos") { 1024 } else { 4096 };

impl ModCache {
    /// Opens the cache, made if there is none, and removed again if nothing comes into
    /// it. The directory itself may be a link; nothing below it may.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let error = |source| OpenError { path: path.to_owned(), source };
        let absolute = std::path::absolute(path).map_err(error)?;
        let made = Made::all(&absolute).map_err(error)?;
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(error)?;
        let temporary = Temporary::open(&root, "cache").map_err(error)?;
        let own = absolute.as_os_str().len();
        let (records, began) = (Records::open(&root), OnceLock::new());
        let path_limit = PATH_MAX.saturating_sub(own + 2);
        Ok(Self { root, options, temporary, records, began, path_limit, made })
    }

    /// Whether go could not open a file of this name in this tree.
    pub(crate) fn is_too_long(&self, tree: &str, name: &str) -> bool {
        tree.len() + 1 + name.len() > self.path_limit
    }

    pub(crate) fn writer<'w>(&'w self, buffers: &'w mut Buffers, progress: &'w dyn Progress) -> Writer<'w> {
        let Options { limits, keep_writable, .. } = &self.options;
        let how = Extraction { limits, keep_writable: *keep_writable, path_limit: self.path_limit };
        let Buffers { scratch, buffer } = buffers;
        Writer { temporary: &self.temporary, progress, how, scratch, buffer }
    }

    /// Where a module goes.
    pub(crate) fn target<'t>(
        &'t self,
        place: &'t Place,
        download: &'t Dir,
        progress: &'t dyn Progress,
    ) -> Target<'t> {
        let Self { root, temporary, options, .. } = self;
        Target { place, download, root, temporary, repair: options.repair, progress }
    }

    /// Whether what is there need not be hashed: airgo wrote or hashed it before.
    pub(crate) fn knows(&self, target: &Target<'_>, h1: H1, existing: Existing) -> bool {
        !self.options.trust_existing && self.records.knows(target, h1, existing).is_some()
    }

    pub(crate) fn verifier<'v>(&'v self, target: &'v Target<'v>, buffers: &'v mut Buffers) -> Verifier<'v> {
        let Buffers { scratch, buffer } = buffers;
        Verifier { target, limits: &self.options.limits, scratch, buffer }
    }

    /// Hashes what is there, unless it is to be trusted.
    pub(crate) fn verify(
        &self,
        target: &Target<'_>,
        existing: Existing,
        known: &mut Known<'_, '_>,
        buffers: &mut Buffers,
    ) -> Result<(), InstallError> {
        if self.options.trust_existing {
            return Ok(());
        }
        let began = self.began();
        let stamps = self.verifier(target, buffers).verify(existing, known)?;
        let found = Found { stamps, installed: None, part: false, moved: false };
        self.records.found(target, known.h1(), found, began);
        Ok(())
    }

    /// Compares the files of a part with the list, and returns which are there.
    pub(crate) fn verify_part(
        &self,
        target: &Target<'_>,
        list: &VerifiedList,
        buffers: &mut Buffers,
    ) -> Result<Vec<bool>, InstallError> {
        let began = self.began();
        let (present, stamps) = self.verifier(target, buffers).part(list)?;
        let found = Found { stamps, installed: None, part: true, moved: false };
        self.records.found(target, list.h1(), found, began);
        Ok(present)
    }

    /// The time before what is there is hashed.
    pub(crate) fn began(&self) -> Option<i64> {
        *self.began.get_or_init(|| self.temporary.now())
    }
}

/// What one thread needs for one module after the other.
#[derive(Debug)]
pub(crate) struct Buffers {
    pub(crate) scratch: Scratch,
    pub(crate) buffer: Vec<u8>,
}

impl Buffers {
    /// For one of so many threads: all together hold at most 64 MiB where there are up
    /// to 32, and take twice the time for files over 8 MiB where there are up to 4.
    pub(crate) fn of(threads: usize) -> Self {
        let whole = (32 << 20) / u64::try_from(threads).unwrap_or(u64::MAX).max(1);
        let scratch = Scratch::for_files_up_to(whole.clamp(1 << 20, 8 << 20));
        Self { scratch, buffer: Vec::new() }
    }
}

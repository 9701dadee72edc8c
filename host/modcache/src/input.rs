//! What is installed.

use crate::error::{Hashed, InstallError, Problem};
pub use crate::outcome::Outcome;
use airgo_gomod::dirhash::hash_go_mod;
use airgo_gomod::{H1, ModuleVersion};
use std::fmt;
use std::io::Read;

/// Bytes of a go.mod (x/mod/zip MaxGoMod).
pub(crate) const MAX_GO_MOD: u64 = 16 << 20;

/// A module to install, with what its parts must hash to. Parts that are left
/// out are not installed: the go command asks only for the go.mod of a module
/// whose packages no one imports.
#[derive(Debug)]
pub struct ModuleInput<'a> {
    /// The module.
    pub module: ModuleVersion,
    /// The bytes of `.info` as the go command writes them: the canonical JSON
    /// of its RevInfo (cmd/go modfetch/cache.go writeDiskStat). No hash covers
    /// them.
    pub info: Option<Vec<u8>>,
    /// The go.mod file.
    pub go_mod: Option<GoModInput>,
    /// The zip.
    pub zip: Option<ZipInput<'a>>,
}

/// A go.mod file to install as `.mod`.
#[derive(Debug, Clone)]
pub struct GoModInput {
    /// The file as the proxy served it.
    pub bytes: Vec<u8>,
    /// What it must hash to.
    pub h1: H1,
}

impl GoModInput {
    /// Compares it with its hash.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let got = hash_go_mod(&self.bytes);
        if got == self.h1 {
            return Ok(());
        }
        let (want, got) = (self.h1.to_string(), got.to_string());
        Err(Problem::Mismatch { what: Hashed::GoMod, want, got })
    }

    /// Another one is in `file`; none where that is longer than [`MAX_GO_MOD`], which is
    /// not hashed.
    pub(crate) fn conflict(&self, have: Option<&[u8]>, file: String) -> Problem {
        let have = match have {
            Some(have) => hash_go_mod(have).to_string(),
            None => format!("more than {MAX_GO_MOD} bytes"),
        };
        Problem::Conflict { what: Hashed::GoMod, file, want: self.h1, have }
    }
}

/// A zip to install and to extract.
pub struct ZipInput<'a> {
    /// Its bytes, read once from front to back.
    pub reader: Box<dyn Read + Send + 'a>,
    /// How many there are.
    pub size: u64,
    /// What they must hash to.
    pub sha256: [u8; 32],
    /// What the files in it must hash to.
    pub h1: H1,
}

/// What a zip must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ZipDigest {
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) h1: H1,
}

impl ZipInput<'_> {
    pub(crate) fn digest(&self) -> ZipDigest {
        ZipDigest { size: self.size, sha256: self.sha256, h1: self.h1 }
    }
}

impl fmt::Debug for ZipInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reader: _, size, sha256: _, h1 } = self;
        f.debug_struct("ZipInput").field("size", size).field("h1", h1).finish_non_exhaustive()
    }
}

/// Hears how installing goes, from several threads.
pub trait Progress: Sync {
    /// Work on a module starts.
    fn started(&self, _module: &ModuleVersion) {}
    /// A module is verified: it was in the cache, or it is written where no one
    /// sees it yet.
    fn staged(&self, _module: &ModuleVersion) {}
    /// Another process holds the module's lock; installing goes on when that
    /// process is done.
    fn waiting(&self, _module: &ModuleVersion) {}
    /// Some more of the zips' bytes are staged, or need not be: the calls
    /// for a module add up to the size of its zip.
    fn bytes(&self, _more: u64) {}
    /// A module is in the cache.
    fn finished(&self, _module: &ModuleVersion, _outcome: Outcome) {}
    /// The cache has other content than the module's, as the error says, and it is
    /// replaced: see [`crate::Options::repair`].
    fn repairing(&self, _error: &InstallError) {}
    /// Whether to give up: asked before each file that is written.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing.
impl Progress for () {}

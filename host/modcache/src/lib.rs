//! The only writer of module trees: installs verified modules into GOMODCACHE
//! so that the result is, byte for byte and mode for mode, what the go command
//! makes of the same zips (cmd/go modfetch/cache.go and fetch.go, x/mod/zip
//! Unzip).
//!
//! For a module `example.com/m@v1.0.0` that is
//!
//! ```text
//! cache/download/example.com/m/@v/v1.0.0.info     as given
//!                                 v1.0.0.mod      hash compared
//!                                 v1.0.0.zip      hash compared, twice
//!                                 v1.0.0.ziphash  the hash just computed, 47 bytes
//!                                 v1.0.0.lock     Go's own lock, empty
//!                                 list            the versions that have a .mod
//! example.com/m@v1.0.0/…                          files 0444, directories 0555
//! ```
//!
//! The go command does not hash a zip again that is in its cache: this is the
//! last check there is. A zip is copied into the cache under a temporary name
//! while its SHA-256 is taken, then read once more through the same handle:
//! inflated, hashed, written. Only that hash makes a `VerifiedModule`, and only
//! a `VerifiedModule` is published.
//!
//! **No module is visible before all are verified.** Modules are staged: zips and
//! trees are written in `cache/airgo-tmp`, on the same file system, where no one
//! looks for them and the next run sweeps what a killed one left. Once all of them
//! are there they are published, one after the other, each under Go's lock of the
//! module version, and while a `.partial` file is there, which says to the go
//! command that there is no such module yet: the tree (with its root writable
//! until it is in place, for only root may move it otherwise), `.info`, `.mod`,
//! `list`, `.ziphash`, `.zip`, and then `.partial` goes. Each step is one rename
//! (or unlink): nothing is copied, and the disk never holds a module twice. After a
//! crash in between, the go command finds a module that is not there yet, or one
//! that it extracts again from a verified zip; at no moment is there a zip without
//! its `.ziphash`, for which `go mod verify` would fail. The lock ends with the
//! process; the next one to hold it, airgo or go, removes what was left of the
//! tree. Where another process has installed a module meanwhile, it is verified,
//! and it stays. Nothing is synced to the disk, as in the go command: after a power
//! failure run `go mod verify`.
//!
//! **What is there already** is distinguished as the go command does it: complete is
//! a module with its tree, its zip, a `.ziphash` with the right hash, and no
//! `.partial`. Another hash is an error that names both; nothing is overwritten
//! that claims to be something else. The go command then trusts `.ziphash`; here
//! zip and tree are hashed once, and an error names the files that were changed, added
//! or removed, unless [`Options::trust_existing`] is set.
//!
//! **A module may come file by file**, with the list of all its files ([`Stage::partial`]):
//! the list hashes to the module's `h1`, each content is compared with its line while
//! it is written, and what is not carried is known to be absent. Its tree has the files
//! that are carried, there is no zip, and `cache/airgo-exact.json` names the module
//! from before its tree is in place until a full install replaces it. A part is added
//! to one that is there; a module that is complete stays as it is.
//!
//! **A zip may be made again of the files** ([`PartialTree::zip`]): the module is then
//! staged whole from its list, the zip must have the size and SHA-256 that were promised,
//! and both are published as if the zip had come.
//!
//! **What airgo wrote or hashed is not hashed again** as long as nothing of it was changed
//! since: `record` says how that is known. What was changed can be replaced
//! ([`Options::repair`]), and what airgo installed and nobody needs any more removed
//! ([`ModCache::prune`]).
//!
//! Copying, hashing and extracting know nothing of these names: `writer` stages
//! modules, and `gomodcache` has the places that they go to.
//!
//! **Other layouts** are below `layouts`: a directory that takes the place of another at
//! once ([`DirectoryTarget`]), which vendor/ is written with, and trees that modules are
//! served from ([`ServedTree`]).
//!
//! **Links below GOMODCACHE are hostile:** every directory is opened by name
//! below the handle of its parent, not following links, through cap-std. Files are
//! opened without waiting, must be regular, and are read up to their limit.

mod cache;
mod changes;
mod error;
mod gomodcache;
mod input;
mod known;
mod layouts;
mod listed;
mod made;
mod marks;
mod outcome;
mod parallel;
mod part;
mod partial;
mod prune;
mod rebuilding;
mod rebuilt;
mod record;
mod stage;
mod staged;
mod sumdb;
mod writer;

#[cfg(test)]
mod crash_tests;

pub use cache::{ModCache, Options};
pub use changes::{Change, ChangeKind, Changes};
pub use error::{Hashed, InstallAllError, InstallError, MarkerError, OpenError, Problem};
pub use gomodcache::marker::{EXACT_CACHE_SCHEMA, ExactCache, ExactModule};
pub use input::{GoModInput, ModuleInput, Outcome, Progress, ZipInput};
pub use layouts::directory::{DirectoryTarget, NewDirectory, NewFile};
pub use layouts::error::DirectoryError;
pub use layouts::read_only::make_read_only;
pub use layouts::served::ServedTree;
pub use layouts::serving::Serving;
pub use listed::{Content, PartialInput, RebuiltZip};
pub use partial::{FileWriter, PartialTree};
pub use prune::{Keep, Pruned};
pub use rebuilt::ZipWriter;
pub use stage::{Installed, Stage};
pub use sumdb::SumDbError;

/// Where the crash tests end the process. In any other build this is nothing.
macro_rules! crash_point {
    ($name:literal) => {
        #[cfg(test)]
        crate::crash_tests::reached($name);
    };
}
pub(crate) use crash_point;

//! A module zip: what a GOPROXY serves as `@v/<version>.zip`
//! (golang.org/x/mod/zip).
//!
//! [`ModuleZip::open`] reads the central directory and checks the container,
//! every name and every size by Go's rules; [`ModuleZip::walk`] then reads the
//! content once: inflates, checks, hashes and hands on. What Go accepts and what
//! a real proxy serves is accepted, with one restriction: a zip that two readers
//! could take for different archives is refused (see `container.rs`). It may
//! not hold, say, a local header that differs from the central directory, bytes
//! outside of every entry, or a file twice.
//!
//! The rules for names and sizes (x/mod/zip checkZip):
//! - every name starts with `path@version/`, unescaped, and the rest is a valid
//!   file path ([`crate::module::check_file_path`]);
//! - no two names, parent directories included, differ in case only, and none
//!   is a file and a directory;
//! - a `go.mod` is in the root only, in lower case;
//! - zip and content are at most 500 MiB each, `go.mod` and `LICENSE` 16 MiB.
//!
//! Directory entries are hashed, as empty files, but are not files: the sink
//! does not see them (x/mod dirhash HashZip, x/mod/zip Unzip). Modes are
//! ignored: a symbolic link is a regular file that holds its target.
//!
//! The container is parsed here, not by the `zip` crate: its stable interface
//! folds duplicate names into one, lets an extra field rename an entry and
//! searches on where an end record is wrong, so that all bytes would have to be
//! parsed again to see it, and it takes 0.45 µs an entry where this takes a
//! tenth of that. The tests hold the two against each other: what is accepted
//! here, the crate reads in the same way.
//!
//! Memory is bounded by [`Limits`]: the directory's names, and a few MiB of
//! buffers, whatever the files' sizes.

mod container;
mod error;
mod fold;
mod inflate;
mod list;
mod local;
mod names;
mod plain;
mod walk;
mod window;

pub use error::{EntryFault, Fault, ModZipError};
pub use list::{FileList, FileListError, ListedFile};
pub use names::Names;
pub use plain::{PlainWalkError, PlainZip};
pub use walk::{Scratch, WalkError};

use crate::module::{self, ModuleVersion};
use container::Directory;
use std::convert::Infallible;
use std::io::{Read, Seek};

/// How large a module zip may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The zip file, in bytes (x/mod/zip MaxZipFile).
    pub zip: u64,
    /// The files' declared sizes together (x/mod/zip MaxZipFile).
    pub total: u64,
    /// The file `go.mod` (x/mod/zip MaxGoMod).
    pub go_mod: u64,
    /// The file `LICENSE` (x/mod/zip MaxLICENSE).
    pub license: u64,
    /// The number of entries. Go has no such limit; the largest modules hold
    /// some tens of thousands.
    pub entries: u64,
    /// The central directory, in bytes: it is held in memory while it is read.
    pub directory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            zip: 500 << 20,
            total: 500 << 20,
            go_mod: 16 << 20,
            license: 16 << 20,
            entries: 250_000,
            directory: 64 << 20,
        }
    }
}

/// Takes the files of a walk, one after the other.
pub trait Sink {
    /// Why it does not go on.
    type Error;
    /// A file starts: its name below the module's root, and its size.
    fn start(&mut self, name: &str, size: u64) -> Result<(), Self::Error>;
    /// Its next bytes: once for most files, never for an empty one.
    fn data(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
    /// It is complete, and as long as was said.
    fn end(&mut self) -> Result<(), Self::Error>;
}

/// Takes nothing: for a walk that only hashes.
impl Sink for () {
    type Error = Infallible;

    fn start(&mut self, _: &str, _: u64) -> Result<(), Infallible> {
        Ok(())
    }

    fn data(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A file of a module zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZipEntry<'a> {
    /// Its path below the module's root.
    pub name: &'a str,
    /// Its declared size; reading it fails if this is false.
    pub size: u64,
}

/// A module zip whose directory has been checked, and whose content has not.
#[derive(Debug)]
pub struct ModuleZip<R> {
    reader: R,
    module: ModuleVersion,
    /// `path@version/`.
    prefix: String,
    directory: Directory,
    /// For reading single files: buffers, and the names in order.
    random: Option<Box<walk::Random>>,
}

impl<R: Read + Seek> ModuleZip<R> {
    /// Reads and checks the directory of a zip that is said to be that of the
    /// module.
    pub fn open(mut reader: R, module: &ModuleVersion, limits: &Limits) -> Result<Self, ModZipError> {
        let prefix = format!("{}@{}/", module.path, module.version);
        let mut check = || {
            check_module(module)?;
            let directory = container::read_directory(&mut reader, limits)?;
            names::check(directory.named(), &prefix, limits)?;
            Ok(directory)
        };
        let directory = check().map_err(|fault: Fault| fault.of(module))?;
        Ok(Self { reader, module: module.clone(), prefix, directory, random: None })
    }

    /// The content of the module's go.mod; none where it has no such file.
    pub fn go_mod(&mut self) -> Result<Option<Vec<u8>>, ModZipError> {
        let size = self.entries().find(|entry| entry.name == "go.mod").map(|entry| entry.size);
        size.map(|size| self.read("go.mod", 0, size)).transpose()
    }
}

impl<R> ModuleZip<R> {
    /// The module.
    pub fn module(&self) -> &ModuleVersion {
        &self.module
    }

    /// The files, in the order of the directory.
    pub fn entries(&self) -> impl Iterator<Item = ZipEntry<'_>> {
        let files = self.directory.entries.iter().map(|entry| (self.directory.name(entry), entry.size));
        files
            .filter(|(name, _)| !name.ends_with('/'))
            .map(|(name, size)| ZipEntry { name: &name[self.prefix.len()..], size })
    }

    /// The declared sizes of all files together.
    pub fn content_size(&self) -> u64 {
        self.directory.entries.iter().map(|entry| entry.size).sum()
    }

    /// Gives the reader back, at no certain position.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

fn check_module(module: &ModuleVersion) -> Result<(), Fault> {
    let canonical = module::canonical_version(&module.version);
    if canonical != module.version {
        return Err(Fault::Version(canonical));
    }
    module::check(&module.path, &module.version)?;
    Ok(())
}

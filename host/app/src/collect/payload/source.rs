//! Where the files of modules come from: fetched zips, or another bundle.

use crate::collect::collected::{Objects, open_zip, zip_of};
use crate::errors::fetch_failure;
use crate::failure::Result;
use airgo_bundle::FileSource;
use airgo_fetch::Kind;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{FileList, ModuleZip};
use std::io::{self, Read, Seek};

/// A module's zip.
pub struct Zip<'a> {
    /// Whose.
    pub module: &'a ModuleVersion,
    /// Its bytes.
    pub size: u64,
    /// Its files.
    pub list: &'a FileList,
}

/// The modules that a bundle is made of.
pub trait Source: Sync {
    /// Those with zips, by path and version.
    fn zips(&self) -> Vec<Zip<'_>>;

    /// The bytes of all that is stored of modules, zips included.
    fn size(&self) -> u64;

    /// A zip, from its first byte to its last.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Read + Send + '_>>;

    /// The files, for one thread.
    fn files(&self) -> Box<dyn FileSource + '_>;
}

impl Source for Objects {
    fn zips(&self) -> Vec<Zip<'_>> {
        let zips = self.iter().filter(|(object, _)| object.kind == Kind::Zip);
        let listed = zips.filter_map(|(object, fetched)| {
            Some(Zip { module: &object.module, size: fetched.size, list: fetched.files.as_ref()? })
        });
        listed.collect()
    }

    fn size(&self) -> u64 {
        self.values().map(|fetched| fetched.size).sum()
    }

    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(zip_of(self, module)?.open().map_err(|e| fetch_failure(&e))?))
    }

    fn files(&self) -> Box<dyn FileSource + '_> {
        Box::new(InZips { open: |module: &ModuleVersion| open_zip(self, module), last: None })
    }
}

/// Reads files of one zip after the other.
pub struct InZips<O, R> {
    /// Opens a module's zip.
    pub open: O,
    /// The one that was opened last.
    pub last: Option<ModuleZip<R>>,
}

impl<R: Read + Seek, O: FnMut(&ModuleVersion) -> Result<ModuleZip<R>>> FileSource for InZips<O, R> {
    fn read(&mut self, module: &ModuleVersion, file: &str, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let open = match self.last.take().filter(|zip| zip.module() == module) {
            Some(zip) => zip,
            None => {
                (self.open)(module).map_err(|failure| io::Error::other(failure.message.raw().to_owned()))?
            }
        };
        self.last.insert(open).read(file, offset, len).map_err(io::Error::other)
    }
}

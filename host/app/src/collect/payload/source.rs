//! Where the files of modules come from: fetched zips, or another bundle.

use crate::collect::collected::{Objects, open_zip, zip_of};
use crate::errors::fetch_failure;
use crate::failure::Result;
use airgo_bundle::{FileSource, Take};
use airgo_fetch::Kind;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{FileList, ModuleZip, Scratch, Sink, WalkError};
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
        Box::new(InZips::new(|module: &ModuleVersion| open_zip(self, module)))
    }
}

/// Files up to this size are inflated in one piece.
const WHOLE: u64 = 1 << 20;

/// Reads files of one zip after the other.
pub struct InZips<O, R> {
    open: O,
    last: Option<ModuleZip<R>>,
    scratch: Scratch,
}

impl<O, R> InZips<O, R> {
    /// Reads from the zips that this opens.
    pub fn new(open: O) -> Self {
        Self { open, last: None, scratch: Scratch::for_files_up_to(WHOLE) }
    }
}

impl<R: Read + Seek, O: FnMut(&ModuleVersion) -> Result<ModuleZip<R>>> FileSource for InZips<O, R> {
    fn copy(&mut self, module: &ModuleVersion, file: &str, take: Take<'_>) -> io::Result<()> {
        let open = match self.last.take().filter(|zip| zip.module() == module) {
            Some(zip) => zip,
            None => {
                (self.open)(module).map_err(|failure| io::Error::other(failure.message.raw().to_owned()))?
            }
        };
        let walked = self.last.insert(open).walk_files(&mut self.scratch, [file], &mut Taking(take));
        walked.map_err(|error| match error {
            WalkError::Zip(error) => io::Error::other(error),
            WalkError::Sink(error) => error,
        })
    }
}

/// Hands on the bytes of one file.
struct Taking<'t>(Take<'t>);

impl Sink for Taking<'_> {
    type Error = io::Error;

    fn start(&mut self, _: &str, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        (self.0)(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

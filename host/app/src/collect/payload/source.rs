//! The files of fetched zips, for one thread.

use crate::collect::collected::{Objects, open_zip};
use airgo_bundle::FileSource;
use airgo_fetch::Reader;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::ModuleZip;
use std::io;

/// Reads files of one zip after the other.
pub struct Zips<'a> {
    objects: &'a Objects,
    open: Option<ModuleZip<Reader>>,
}

impl<'a> Zips<'a> {
    /// Of these downloads.
    pub fn new(objects: &'a Objects) -> Self {
        Self { objects, open: None }
    }
}

impl FileSource for Zips<'_> {
    fn read(&mut self, module: &ModuleVersion, file: &str, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let open = match self.open.take().filter(|zip| zip.module() == module) {
            Some(zip) => zip,
            None => open_zip(self.objects, module)
                .map_err(|failure| io::Error::other(failure.message.raw().to_owned()))?,
        };
        self.open.insert(open).read(file, offset, len).map_err(io::Error::other)
    }
}

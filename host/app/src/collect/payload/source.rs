//! The files of fetched zips, for one thread.

use crate::collect::collected::Objects;
use airgo_bundle::FileSource;
use airgo_fetch::{Kind, Object, Reader};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip};
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
            None => {
                let fetched = self.objects.get(&Object::new(module.clone(), Kind::Zip));
                let reader = fetched.ok_or(io::ErrorKind::NotFound)?.open().map_err(io::Error::other)?;
                ModuleZip::open(reader, module, &Limits::default()).map_err(io::Error::other)?
            }
        };
        self.open.insert(open).read(file, offset, len).map_err(io::Error::other)
    }
}

//! What one bundle is to hold, before it is written.

use super::offline::Complete;
use super::payload::Payload;
use super::sumdb::Proved;
use crate::errors::fetch_failure;
use crate::failure::{Failure, Result};
use airgo_bundle::{Manifest, Object as Entry, ObjectSource};
use airgo_fetch::{Fetched, Kind, Object, Reader};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_gomod::modzip::{FileList, Limits, ModuleZip};
use airgo_resolve::Advice;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

/// The verified downloads.
pub type Objects = BTreeMap<Object, Fetched>;

/// A module's fetched zip.
///
/// # Errors
/// It was not fetched.
pub fn zip_of<'a>(objects: &'a Objects, module: &ModuleVersion) -> Result<&'a Fetched> {
    let fetched = objects.get(&Object::new(module.clone(), Kind::Zip));
    fetched.ok_or_else(|| Failure::failed(format!("the zip of {module} was not fetched")))
}

/// The list of its files, which was made when it was hashed.
///
/// # Errors
/// It was not fetched.
pub fn list_of<'a>(objects: &'a Objects, module: &ModuleVersion) -> Result<&'a FileList> {
    let list = zip_of(objects, module)?.files.as_ref();
    list.ok_or_else(|| Failure::failed(format!("the zip of {module} was not fetched")))
}

/// A fetched zip by its module.
///
/// # Errors
/// It was not fetched, or cannot be read any more.
pub fn open_zip(objects: &Objects, module: &ModuleVersion) -> Result<ModuleZip<Reader>> {
    let reader = zip_of(objects, module)?.open().map_err(|e| fetch_failure(&e))?;
    ModuleZip::open(reader, module, &Limits::default()).map_err(|e| Failure::failed(e.to_string()))
}

/// All that goes into the bundle, verified.
pub struct Collected {
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// The verified downloads.
    pub objects: Arc<Objects>,
    /// How the modules' files are stored.
    pub payload: Payload,
    /// The checksum database's files, by their names below `proxy/sumdb/`.
    pub evidence: Vec<(String, Vec<u8>)>,
    /// What the checksum database proved, if it was asked.
    pub proved: Option<Proved>,
    /// What go loads on the other side, where it is known that nothing is missing.
    pub complete: Option<Complete>,
    /// Retractions and deprecations that were seen.
    pub advice: BTreeMap<ModuleVersion, Advice>,
    /// When collecting began.
    pub began: Timestamp,
}

impl ObjectSource for Collected {
    fn open(&self, entry: &Entry) -> io::Result<Box<dyn Read + Send + '_>> {
        if let Some(opened) = self.payload.open(entry) {
            return opened;
        }
        let object = super::fetched_as(entry.kind).map(|kind| Object::new(entry.module.clone(), kind));
        let fetched = object.and_then(|object| self.objects.get(&object)).ok_or(io::ErrorKind::NotFound)?;
        fetched.open().map(|r| Box::new(r) as Box<dyn Read + Send>).map_err(io::Error::other)
    }
}

/// What the sources are read for.
#[derive(Default)]
pub struct Build {
    /// None means all that Go builds for.
    pub platforms: Vec<Platform>,
    /// Build tags that are set.
    pub tags: Vec<String>,
}

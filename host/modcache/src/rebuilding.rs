//! The zip that is to be made of a module's files.

use crate::gomodcache::place::Place;
use crate::input::ZipDigest;
use crate::listed::RebuiltZip;
use crate::parallel::{into_inner, locked};
use crate::writer::Layout as _;
use crate::writer::stamp::Stamp;
use crate::writer::temporary::Staged;
use airgo_gomod::H1;
use std::sync::Mutex;

/// What the zip must be, and the zip once it is made.
#[derive(Debug)]
pub(crate) struct Rebuilding {
    pub(crate) digest: ZipDigest,
    /// For messages: below the cache.
    pub(crate) path: String,
    pub(crate) made: Mutex<Option<(Staged, Option<Stamp>)>>,
}

/// A zip that was made.
pub(crate) struct Made {
    pub(crate) digest: ZipDigest,
    pub(crate) zip: Staged,
    /// As it was when its content was known.
    pub(crate) stamp: Option<Stamp>,
}

impl Rebuilding {
    pub(crate) fn new(zip: RebuiltZip, h1: H1, place: &Place) -> Self {
        let RebuiltZip { size, sha256 } = zip;
        Self { digest: ZipDigest { size, sha256, h1 }, path: place.zip_path(), made: Mutex::default() }
    }

    /// The path of the zip, where it was not made.
    pub(crate) fn lacking(&self) -> Option<&str> {
        locked(&self.made).is_none().then_some(&*self.path)
    }

    /// The zip; its path where it was not made.
    pub(crate) fn into_made(self) -> Result<Made, String> {
        let Self { digest, path, made } = self;
        let (zip, stamp) = into_inner(made).ok_or(path)?;
        Ok(Made { digest, zip, stamp })
    }
}

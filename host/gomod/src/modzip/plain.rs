//! A zip that is not a module's: the same container, names and sizes, without a
//! module's prefix. What [`super::ModuleZip`] refuses of a container, a name or
//! a size is refused here too.

use super::error::Fault;
use super::walk::WalkError;
use super::{Limits, ModuleZip, Sink, ZipEntry, container, names};
use crate::module::ModuleVersion;
use std::io::{Read, Seek};

/// A zip of plain files whose directory has been checked, and whose content has not.
///
/// ```
/// use airgo_gomod::modzip::{Limits, PlainZip};
/// let nothing = std::io::Cursor::new(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec());
/// assert_eq!(PlainZip::open(nothing, &Limits::default()).unwrap().entries().count(), 0);
/// ```
#[derive(Debug)]
pub struct PlainZip<R>(ModuleZip<R>);

/// Why a walk over a [`PlainZip`] ended early.
#[derive(Debug, thiserror::Error)]
pub enum PlainWalkError<E> {
    /// The zip is bad.
    #[error(transparent)]
    Zip(#[from] Fault),
    /// The sink refused.
    #[error(transparent)]
    Sink(E),
}

impl<R: Read + Seek> PlainZip<R> {
    /// Reads and checks the directory of a zip.
    ///
    /// # Errors
    /// What is wrong with the container, a name or a size.
    pub fn open(mut reader: R, limits: &Limits) -> Result<Self, Fault> {
        let directory = container::read_directory(&mut reader, limits)?;
        names::check(directory.named(), "", limits)?;
        let module = ModuleVersion::new("", "");
        Ok(Self(ModuleZip { reader, module, prefix: String::new(), directory, random: None }))
    }

    /// The files, in the order of the directory.
    pub fn entries(&self) -> impl Iterator<Item = ZipEntry<'_>> {
        self.0.entries()
    }

    /// Reads every file once, in the order of the zip, and hands it to the
    /// sink; its length and checksum are compared before the sink hears of its
    /// end.
    ///
    /// # Errors
    /// What is wrong with an entry, or the sink's own error.
    pub fn walk<S: Sink>(&mut self, sink: &mut S) -> Result<(), PlainWalkError<S::Error>> {
        match self.0.walk(sink) {
            Ok(_) => Ok(()),
            Err(WalkError::Zip(error)) => Err(PlainWalkError::Zip(*error.fault)),
            Err(WalkError::Sink(error)) => Err(PlainWalkError::Sink(error)),
        }
    }
}

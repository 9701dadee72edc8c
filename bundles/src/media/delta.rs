//! Deltas: the manifest and signatures of a whole bundle, with only those
//! objects that an older bundle, the base, lacks (FORMAT.md, section 9).
//!
//! Which objects are left out follows from the two manifests, so there is
//! nothing to be trusted_statements: a delta is right or wrong, byte for byte.

use crate::error::BundleError;
use crate::format::manifest::Manifest;
use crate::format::objects::Object;
use crate::format::output::Written;
use crate::format::reader::SignedBundle;
use crate::format::writer::{BundleWriter, ObjectSource};
use crate::progress::Progress;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;

/// Takes a verified bundle's objects as a new one's.
struct FromBundle<'a>(&'a SignedBundle);

impl ObjectSource for FromBundle<'_> {
    fn open(&self, object: &Object) -> io::Result<Box<dyn Read + Send + '_>> {
        match self.0.read_object(&object.name) {
            Ok(reader) => Ok(Box::new(reader)),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl SignedBundle {
    /// Writes the bundle whole, with the same manifest, evidence and signatures:
    /// of a delta and its base, the very file that the delta was made from.
    pub fn write_whole(
        &self,
        target: &Path,
        jobs: NonZeroUsize,
        progress: &dyn Progress,
    ) -> Result<Written, BundleError> {
        self.write_as(BundleWriter::create(target, self.manifest())?, jobs, progress)
    }

    /// Writes what a holder of `base` lacks. It carries the same signatures, and
    /// its verifier needs the base.
    pub fn write_delta(
        &self,
        base: &Manifest,
        target: &Path,
        jobs: NonZeroUsize,
        progress: &dyn Progress,
    ) -> Result<Written, BundleError> {
        self.write_as(BundleWriter::create_delta(target, self.manifest(), base)?, jobs, progress)
    }

    fn write_as(
        &self,
        mut writer: BundleWriter,
        jobs: NonZeroUsize,
        progress: &dyn Progress,
    ) -> Result<Written, BundleError> {
        writer.write_objects(&FromBundle(self), jobs, progress)?;
        for name in self.evidence() {
            writer.add_evidence(name, self.read_evidence(name)?)?;
        }
        writer.finish_with(&self.read_envelopes()?)
    }
}

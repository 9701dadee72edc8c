//! What Go demands of the carried modules: that each zip keeps x/mod's rules for
//! module zips, and that zips and go.mods have the hashes that go.sum has.
//!
//! The container proves that the objects are those that a trusted signer saw. A
//! signer who packed carelessly, or with a broken tool, may have signed a zip
//! that climbs out of its directory: this pass finds it before anything is
//! written (FORMAT.md, section 10).

use crate::error::{BundleError, ModuleFault};
use crate::format::content::Content;
use crate::format::names::ObjectKind;
use crate::format::objects::Object;
use crate::format::reader::{SignedBundle, Verified};
use crate::progress::Progress;
use airgo_gomod::H1;
use airgo_gomod::modzip::{Fault, Limits, ModZipError, ModuleZip, Scratch, Sink, WalkError};
use std::num::NonZeroUsize;

/// Counts what is inflated and asks whether to stop.
struct Watch<'a>(&'a dyn Progress);

impl Sink for Watch<'_> {
    type Error = ();

    fn start(&mut self, _: &str, _: u64) -> Result<(), ()> {
        if self.0.cancelled() { Err(()) } else { Ok(()) }
    }

    fn data(&mut self, _: &[u8]) -> Result<(), ()> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), ()> {
        Ok(())
    }
}

impl SignedBundle {
    /// Inflates every module zip in memory-bounded pieces and checks it as Go
    /// would before unpacking it: names, sizes, collisions, and the `h1:` of zips
    /// and go.mods. Writes nothing. It does not replace
    /// [`SignedBundle::verify_objects`], which checks every byte against the manifest.
    ///
    /// # Errors
    /// The first module, in the container's order, that breaks a rule.
    pub fn verify_modules(
        &self,
        jobs: NonZeroUsize,
        progress: &dyn Progress,
    ) -> Result<Verified, BundleError> {
        let all: Vec<_> = self.with_h1().collect();
        let found =
            airgo_model::parallel::each(jobs, &all, true, Scratch::new, |scratch, (object, content, h1)| {
                check(scratch, object, content, *h1, progress)
            });
        if let Some((_, error)) = found.into_iter().next() {
            return Err(error);
        }
        self.verify_blocks(jobs, progress)?;
        let bytes = all.iter().map(|(_, content, _)| content.len()).sum();
        Ok(Verified { objects: all.len(), bytes })
    }

    fn verify_blocks(&self, jobs: NonZeroUsize, progress: &dyn Progress) -> Result<(), BundleError> {
        let blocks = self.blocks()?;
        let all: Vec<usize> = (0..blocks.len()).collect();
        let found =
            airgo_model::parallel::each(jobs, &all, true, || (), |(), index| blocks.verify(*index, progress));
        found.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }
}

fn check(
    scratch: &mut Scratch,
    object: &Object,
    content: &Content,
    expected: H1,
    progress: &dyn Progress,
) -> Result<(), BundleError> {
    if progress.cancelled() {
        return Err(BundleError::Cancelled);
    }
    let actual = match object.kind {
        ObjectKind::Zip => {
            let invalid = |error: ModZipError| match *error.fault {
                Fault::Io(source) => BundleError::Read { name: object.name.clone(), source },
                fault => {
                    let error = ModZipError { fault: Box::new(fault), ..error };
                    BundleError::Module(Box::new(ModuleFault::Zip(error)))
                }
            };
            let mut zip =
                ModuleZip::open(content.clone(), &object.module, &Limits::default()).map_err(invalid)?;
            zip.walk_with(scratch, &mut Watch(progress)).map_err(|e| match e {
                WalkError::Zip(e) => invalid(e),
                WalkError::Sink(()) => BundleError::Cancelled,
            })?
        }
        // Reading it compares its hash.
        ObjectKind::FileList => {
            super::blocks::read_list(content, &object.module, expected).map(|_| expected)?
        }
        _ => airgo_gomod::dirhash::hash_go_mod(&content.read_verified()?),
    };
    if actual != expected {
        let (module, kind) = (object.module.clone(), object.kind);
        return Err(BundleError::Module(Box::new(ModuleFault::H1 { module, kind, expected, actual })));
    }
    progress.object(&object.name);
    Ok(())
}

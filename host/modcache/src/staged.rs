//! A module that is verified, and not published yet.

use crate::gomodcache::existing::Existing;
use crate::gomodcache::metadata::Missing;
use crate::gomodcache::place::Place;
use crate::partial::Part;
use crate::writer::copied::VerifiedModule;
use std::sync::Arc;

/// A module that is verified.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) place: Place,
    /// The metadata files that are published with it.
    pub(crate) missing: Missing,
    pub(crate) work: Work,
}

/// What remains to be done.
#[derive(Debug)]
pub(crate) enum Work {
    /// It was there already.
    Nothing,
    /// Metadata files are missing, of a module that no zip belongs to.
    Metadata,
    /// Metadata files are missing; the rest is there.
    Complete,
    /// To publish what was made, where this was there.
    Module(Existing, VerifiedModule),
    /// To publish a part of a module, or the whole without its zip.
    Part(Arc<Part>),
    /// To publish a module whose zip is made again, where this was there.
    Rebuilt(Existing, Arc<Part>),
}

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

impl Staged {
    /// The newest of the times of what was written; none where nothing was.
    pub(crate) fn latest(&self) -> Option<i64> {
        match &self.work {
            Work::Nothing | Work::Metadata | Work::Complete => None,
            Work::Module(_, module) => Some(module.latest()),
            Work::Part(part) | Work::Rebuilt(_, part) => Some(part.latest()),
        }
    }
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

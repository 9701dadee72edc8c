//! Putting retransmitted parts in their place.
//!
//! ```text
//! corruption::scan         damaged file -> Corruption -> RepairRequest   (the receiver)
//! retransmit::write_patch  RepairRequest + good file -> patch            (the sender)
//! repair                   damaged file or volumes + patches -> a verified bundle
//! ```
//!
//! A scan trusts nothing and proves nothing: it compares checksums that are in
//! the same file. What [`repair`] writes has been verified like any bundle before
//! it gets its name.

use super::reassembled::ReassembledFile;
use super::split;
use super::volume::VolumeError;
use crate::attest::trust::Trust;
use crate::error::{BundleError, EntriesError};
use crate::format::reader::{Bundle, SignedBundle, Verified};
use crate::limits::Limits;
use crate::positioned::{self, ReadAt as _};
use crate::progress::Progress;
use airgo_model::atomic::{self, Access};
use jiff::Timestamp;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// What is asked of a repaired bundle before it gets its name.
pub struct Requirements<'a> {
    /// Whose signatures count.
    pub trust: &'a Trust,
    /// When.
    pub now: Timestamp,
    /// The bundle that a delta builds on.
    pub base: Option<&'a SignedBundle>,
    /// How large it may be.
    pub limits: &'a Limits,
    /// How many threads hash.
    pub jobs: NonZeroUsize,
}

/// Writes the assembled file to `target` once it verifies: container, signatures,
/// every object. Until then there is a temporary file beside it.
///
/// # Errors
/// A gap, or any reason for which the bundle would be refused; `target` is then
/// as it was.
pub fn repair(
    reassembled: &ReassembledFile,
    target: &Path,
    demand: &Requirements<'_>,
    progress: &dyn Progress,
) -> Result<Verified, BundleError> {
    if let Some((from, to)) = reassembled.gap() {
        return Err(VolumeError::Gap { from, to }.into());
    }
    if reassembled.len() > demand.limits.bundle {
        let (found, limit) = (reassembled.len(), demand.limits.bundle);
        return Err(EntriesError::Limit { name: target.display().to_string(), found, limit }.into());
    }
    let fail = |source: io::Error| BundleError::Write { path: target.display().to_string(), source };
    let out = atomic::create(atomic::directory(target), Access::Public).map_err(fail)?;
    let mut at = 0;
    let mut failed = None;
    let copied = positioned::each_chunk(reassembled, |part| {
        if failed.is_none() && !progress.cancelled() {
            failed = positioned::write_all_at(out.as_file(), part, at).err();
            at += part.len() as u64;
        }
    });
    if progress.cancelled() {
        return Err(BundleError::Cancelled);
    }
    copied.map_err(BundleError::read("the parts"))?;
    match failed {
        Some(error) => return Err(fail(error)),
        None => out.as_file().sync_all().map_err(fail)?,
    }
    // What was written is what is verified, not what it was copied from.
    let written = out.as_file().try_clone().and_then(positioned::PositionedFile::new).map_err(fail)?;
    let opened = Bundle::from_source(Arc::new(written), demand.limits)?;
    let signed = match demand.base {
        Some(base) => opened.verify_with_base(demand.trust, demand.now, base)?,
        None => opened.verify_signatures(demand.trust, demand.now)?,
    };
    let verified = signed.verify_objects(demand.jobs, progress)?;
    split::persist(out, target)?;
    Ok(verified)
}

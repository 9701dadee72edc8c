//! What carries a bundle: several files in place of one, deltas, and what to do
//! where bytes were damaged on the way.

pub mod corruption;
mod delta;
pub(crate) mod reassembled;
pub mod repair;
pub(crate) mod repair_request;
pub mod retransmit;
pub(crate) mod source;
pub(crate) mod split;
pub(crate) mod stale;
pub(crate) mod volume;
pub(crate) mod volume_file;
pub(crate) mod volume_names;
pub(crate) mod volumes;

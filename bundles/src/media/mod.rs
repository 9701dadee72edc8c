//! What carries a bundle: several files in place of one, deltas, and what to do
//! where bytes were damaged on the way.

pub mod damage;
pub(crate) mod delta;
pub(crate) mod pieces;
pub(crate) mod source;
pub(crate) mod split;
pub(crate) mod volume;
pub(crate) mod volume_names;

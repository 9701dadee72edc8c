//! archive/zip's framing of module zips.

mod archive;
mod identify;
mod raw;
mod records;
mod writer;

pub use identify::{Identified, IdentifyError, Limits, Part, identify, identify_with};
pub use writer::{WriteError, Writer};

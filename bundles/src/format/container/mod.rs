//! The container: a ZIP of which every byte is decided by its entries' names,
//! sizes, checksums and contents.
//!
//! Entries are stored, follow each other without a gap from byte 0, and carry
//! one fixed time; there are no extra fields but ZIP64's where a number needs
//! it, no comments, no data descriptors. A reader regenerates every header from
//! what it learned and compares, so that nothing hides between the entries.

mod layout;
mod read;

pub use layout::Meta;
pub(crate) use layout::{central_header, end_records, local_header, local_header_len};
pub(crate) use read::Container;
pub use read::{ContainerError, Entry, Reason};

#[cfg(test)]
mod tests;

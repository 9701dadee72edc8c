//! What one run of a plugin took, for its author.

use std::time::Duration;

/// What one call into a plugin used of what [`crate::Limits`] allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time, the host's reading aside: what `time` bounds.
    pub time: Duration,
    /// Bytes of linear memory at the end; it never shrinks, so that this is
    /// the most that it was.
    pub memory: u64,
    /// Elements of tables, likewise.
    pub table_elements: u64,
    /// Calls into the host.
    pub host_calls: u64,
    /// Bytes that the host read for it, with 256 a read on top.
    pub read_bytes: u64,
    /// How many it could have read of this bundle.
    pub read_limit: u64,
}

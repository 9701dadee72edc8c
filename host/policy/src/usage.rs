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

/// What it took to know the facts of all modules before `check`. It depends on
/// the machine and on what was remembered; no verdict does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gathering {
    /// Modules that were looked at.
    pub gathered: usize,
    /// Modules whose facts an earlier run had found.
    pub remembered: usize,
    /// The plugin's own CPU time over all modules, the host's reading aside.
    pub guest: Duration,
    /// CPU time over all modules, the host's reading included: what
    /// `gather-total` bounds.
    pub cpu: Duration,
    /// By the wall clock, from the plan until all is known and remembered; on
    /// several cores less than `cpu`. Plugins of one policy gather together,
    /// so that each of them has the time of all.
    pub wall: Duration,
    /// Bytes of facts, remembered ones included: what `facts` bounds.
    pub bytes: u64,
    /// Bytes that the host read for it, with 256 a read on top.
    pub read_bytes: u64,
}

//! Memory that the system refuses.

/// What to do about it.
pub const HINT: &str = "raise the limit (ulimit -v unlimited, or the container's memory)";

//! How far a long job is.

/// The size of the buffers that objects pass through.
pub(crate) const BUFFER: usize = 256 << 10;

/// How far a long job is, and whether to go on. `()` looks away and goes on.
pub trait Progress: Sync {
    /// So many more bytes are done.
    fn bytes(&self, _count: u64) {}
    /// An object is done.
    fn object(&self, _name: &str) {}
    /// Whether to stop; asked at least once for each object and each buffer.
    fn cancelled(&self) -> bool {
        false
    }
}

impl Progress for () {}

//! Bytes that are part of this binary: as they are, or deflated by build.rs where
//! the binary is to be small.

use std::borrow::Cow;
#[cfg(not(feature = "compile"))]
use std::sync::OnceLock;

/// Some bytes.
#[derive(Debug)]
pub struct Packed {
    stored: &'static [u8],
    #[cfg(not(feature = "compile"))]
    whole: OnceLock<Cow<'static, [u8]>>,
}

impl Packed {
    pub const fn new(stored: &'static [u8]) -> Self {
        Packed {
            stored,
            #[cfg(not(feature = "compile"))]
            whole: OnceLock::new(),
        }
    }

    /// The bytes, which stay in memory.
    pub fn whole(&self) -> &[u8] {
        #[cfg(feature = "compile")]
        return self.stored;
        #[cfg(not(feature = "compile"))]
        self.whole.get_or_init(|| inflated(self.stored).unwrap_or_default())
    }
}

/// The bytes, for one use; none where there are none.
#[cfg(feature = "compile")]
pub fn inflated(stored: &'static [u8]) -> Option<Cow<'static, [u8]>> {
    (!stored.is_empty()).then_some(Cow::Borrowed(stored))
}

/// The bytes, for one use; none where there are none.
#[cfg(not(feature = "compile"))]
pub fn inflated(stored: &'static [u8]) -> Option<Cow<'static, [u8]>> {
    use std::io::Read as _;
    let mut bytes = Vec::with_capacity(4 * stored.len());
    flate2::read::ZlibDecoder::new(stored).read_to_end(&mut bytes).ok()?;
    (!bytes.is_empty()).then_some(Cow::Owned(bytes))
}

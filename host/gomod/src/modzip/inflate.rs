//! Inflating in one go with libdeflate.
//!
//! This is the crate's only unsafe code. The safe wrapper (libdeflater) does
//! not say how many bytes of the input the stream took, and a reader that
//! streams would go on right behind the last of them: bytes hidden there would
//! be another archive to it.

use libdeflate_sys::{
    libdeflate_deflate_decompress_ex,
    libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE as LIBDEFLATE_INSUFFICIENT_SPACE,
    libdeflate_result_LIBDEFLATE_SUCCESS as LIBDEFLATE_SUCCESS,
};
use std::ffi::c_void;
use std::ptr::NonNull;

/// A decompressor that is used again and again.
#[derive(Debug)]
pub(super) struct Inflater {
    raw: NonNull<libdeflate_sys::libdeflate_decompressor>,
}

// SAFETY: the decompressor is plain memory that no one else points to, and it
// is used through `&mut self` only.
#[allow(unsafe_code)]
unsafe impl Send for Inflater {}

impl Inflater {
    /// Allocates a decompressor; `None` where there is no memory for it.
    #[allow(unsafe_code)]
    pub(super) fn new() -> Option<Self> {
        // SAFETY: the function has no preconditions and returns null on failure.
        let raw = unsafe { libdeflate_sys::libdeflate_alloc_decompressor() };
        NonNull::new(raw).map(|raw| Self { raw })
    }

    /// Inflates a raw deflate stream that must take all of `input` and make all
    /// of `output`.
    #[allow(unsafe_code)]
    pub(super) fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<(), InflateFault> {
        let (mut taken, mut made) = (0, 0);
        // SAFETY: `raw` is a live decompressor owned by self; both buffers are
        // valid for their lengths during the call, and libdeflate neither reads
        // nor writes beyond them nor keeps them.
        let result = unsafe {
            libdeflate_deflate_decompress_ex(
                self.raw.as_ptr(),
                input.as_ptr().cast::<c_void>(),
                input.len(),
                output.as_mut_ptr().cast::<c_void>(),
                output.len(),
                &mut taken,
                &mut made,
            )
        };
        match result {
            LIBDEFLATE_SUCCESS if made != output.len() => Err(InflateFault::Size),
            LIBDEFLATE_SUCCESS if taken != input.len() => Err(InflateFault::InputLeft),
            LIBDEFLATE_SUCCESS => Ok(()),
            LIBDEFLATE_INSUFFICIENT_SPACE => Err(InflateFault::Size),
            _ => Err(InflateFault::Corrupt),
        }
    }
}

/// Why data did not inflate to what was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InflateFault {
    /// They are not a deflate stream, or not a whole one.
    Corrupt,
    /// They make more or fewer bytes than there is room for.
    Size,
    /// The stream ends before the input does.
    InputLeft,
}

impl Drop for Inflater {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: `raw` came from libdeflate_alloc_decompressor and is freed once.
        unsafe { libdeflate_sys::libdeflate_free_decompressor(self.raw.as_ptr()) }
    }
}

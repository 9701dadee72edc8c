//! Loads and comparisons of more than a byte.

/// The four bytes at `at`.
#[inline(always)]
pub(crate) fn le32(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

/// The eight bytes at `at`.
#[inline(always)]
pub(crate) fn le64(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

/// How many bytes are the same from both places on, at most `most`.
#[inline(always)]
pub(crate) fn common(bytes: &[u8], a: usize, b: usize, most: usize) -> usize {
    let (a, b) = (&bytes[a..a + most], &bytes[b..b + most]);
    let mut same = 0;
    while same + 8 <= most {
        let differs = le64(a, same) ^ le64(b, same);
        if differs != 0 {
            return same + differs.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    while same < most && a[same] == b[same] {
        same += 1;
    }
    same
}

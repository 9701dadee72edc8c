//! What a code of its own would cost a block (token.go, EstimatedBits).
//!
//! The decision hangs on 32-bit floating point, so each step is rounded as Go
//! rounds it. Go's compiler may fuse a product and a sum into one operation,
//! which rounds once: it may on arm64, and on amd64 from GOAMD64=v3 on. Of 23,243
//! files of real modules none came out otherwise with GOAMD64=v3; if one does,
//! its zip is kept as it is.

use crate::symbols::{DISTANCE_EXTRA, Histogram, LENGTH_EXTRA};

/// An estimate of the least size of a block with these symbols, in bits. A
/// symbol takes 1 to 15.
pub(super) fn bits(histogram: &Histogram, tokens: usize) -> u64 {
    let (literals, lengths) = histogram.literals.split_at(256);
    let lengths = &lengths[1..];
    let mut entropy = 0f32;
    if tokens > 0 {
        let share = 1.0 / tokens as f32;
        sum(&mut entropy, literals, share);
        // The end of the block.
        entropy += 15.0;
        sum(&mut entropy, lengths, share);
    }
    let matches: u32 = lengths.iter().sum();
    if matches > 0 {
        sum(&mut entropy, &histogram.distances, 1.0 / matches as f32);
    }
    let extra = |counts: &[u32], extra: &[u8]| -> u64 {
        counts.iter().zip(extra).map(|(&n, &bits)| u64::from(n) * u64::from(bits)).sum()
    };
    entropy as u64 + extra(lengths, &LENGTH_EXTRA) + extra(&histogram.distances, &DISTANCE_EXTRA)
}

fn sum(entropy: &mut f32, counts: &[u32], share: f32) {
    for n in counts.iter().filter(|&&n| n > 0).map(|&n| n as f32) {
        *entropy += (-log2(n * share)).clamp(1.0, 15.0) * n;
    }
}

/// Nearly the logarithm: the exponent, and a parabola for the fraction.
fn log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let exponent = ((bits >> 23) & 255) as i32 - 128;
    let fraction = f32::from_bits((bits & !(255 << 23)) + (127 << 23));
    exponent as f32 + (((-0.344_848_43 * fraction + 2.024_665_8) * fraction) - 0.674_877_6)
}

//! Contents that are made up from a seed: what compresses in every way that the
//! encoders tell apart.

use airgo_testkit::Rng;

/// Sizes at which something changes in one of the encoders.
pub const EDGES: [usize; 34] = [
    0, 1, 2, 3, 4, 5, 11, 12, 13, 16, 17, 31, 32, 33, 63, 127, 128, 129, 261, 262, 263, 1023, 1024, 1025,
    16_384, 32_767, 32_768, 32_769, 65_274, 65_275, 65_534, 65_535, 65_536, 65_537,
];

/// A content of about this size.
pub fn content(random: &mut Rng, size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(size);
    let vocabulary = words(random);
    // Some are of one kind, others of all.
    let kinds = [1 << random.below(8), 1 << random.below(8) | 1 << random.below(8), 0xff][random.below(3)];
    while out.len() < size {
        let kind = random.below(8);
        if kinds & (1 << kind) == 0 {
            continue;
        }
        let left = size - out.len();
        let some = 1 + random.skewed(14).min(left - 1);
        match kind {
            0 => out.extend((0..some).map(|_| random.next() as u8)),
            1 => {
                // Few symbols.
                let symbols = 1 + random.below(20);
                out.extend((0..some).map(|_| b'a' + random.below(symbols) as u8));
            }
            2 | 3 => {
                let end = out.len() + some;
                while out.len() < end {
                    let word = &vocabulary[random.skewed(9).min(vocabulary.len() - 1)];
                    out.extend_from_slice(word);
                    out.push(if random.below(9) == 0 { b'\n' } else { b' ' });
                }
            }
            4 => out.extend(std::iter::repeat_n(random.next() as u8, some)),
            5 => {
                let period = 1 + random.skewed(10);
                let start = out.len();
                out.extend((0..period).map(|_| random.next() as u8));
                for i in 0..some {
                    out.push(out[start + i]);
                }
            }
            6 => repeat(random, &mut out, some),
            _ => {
                // Skewed bytes.
                out.extend((0..some).map(|_| random.skewed(8) as u8));
            }
        }
    }
    out.truncate(size);
    out
}

/// What was before, from distances around those that matter, with or without errors.
fn repeat(random: &mut Rng, out: &mut Vec<u8>, size: usize) {
    if out.is_empty() {
        out.push(random.next() as u8);
    }
    let around = [4096, 32_506, 32_768, 65_535, 1 + random.skewed(16)][random.below(5)];
    let distance = (around + random.below(9)).saturating_sub(4).clamp(1, out.len());
    let errors = random.below(3) * random.skewed(7);
    for i in 0..size.min(2000) {
        let byte = out[out.len() - distance];
        out.push(if errors > 0 && i % errors == errors - 1 { random.next() as u8 } else { byte });
    }
}

fn words(random: &mut Rng) -> Vec<Vec<u8>> {
    let count = 2 + random.skewed(9);
    (0..count)
        .map(|_| (0..1 + random.below(12)).map(|_| b'a' + random.skewed(5) as u8 % 26).collect())
        .collect()
}

//! Deflate streams against Go's own compress/flate at level 5, byte for byte.

use crate::inputs::{EDGES, content};
use crate::oracle::{Entry, Oracle};
use airgo_gozip::{Deflate, Encoder, deflate};
use airgo_testkit::Rng;

/// At least as many as are asked for, over at most so many bytes at a time.
const CASES: usize = 6_000;
const BATCH: usize = 64 << 20;
const SEED: u64 = 20_261_127;

fn compare(oracle: &Oracle, encoder: Encoder, entries: &[Entry]) {
    let want = oracle.flate(entries);
    assert_eq!(want.len(), entries.len());
    for ((name, content), want) in entries.iter().zip(&want) {
        let got = deflate(encoder, content);
        if got != *want {
            let name = String::from_utf8_lossy(name);
            let at = got.iter().zip(want).take_while(|(a, b)| a == b).count();
            panic!(
                "{name}: {} bytes of content: {} bytes, Go's are {}; they differ from byte {at} on",
                content.len(),
                got.len(),
                want.len()
            );
        }
    }
}

#[test]
fn edges_go126() {
    edges(Encoder::Go126);
}

#[test]
fn edges_go127() {
    edges(Encoder::Go127);
}

/// Every kind of content in every size at which something changes.
fn edges(encoder: Encoder) {
    let Some(oracle) = Oracle::new(encoder) else { return };
    let mut random = Rng::new(SEED);
    let mut entries = Vec::new();
    let sizes = EDGES.into_iter().chain([98_304, 131_070, 131_071, 131_072, 327_675, 327_676, 400_000]);
    for size in sizes {
        let mut add = |kind: &str, content: Vec<u8>| {
            entries.push((format!("{kind} {size}").into_bytes(), content));
        };
        add("zeros", vec![0; size]);
        add("noise", (0..size).map(|_| random.next() as u8).collect());
        add(
            "text",
            b"the quick brown fox jumps over the lazy dog\n".iter().copied().cycle().take(size).collect(),
        );
        add("counter", (0..size.div_ceil(4) as u32).flat_map(u32::to_le_bytes).take(size).collect());
        add("base64", (0..size).map(|_| b'A' + (random.next() & 63) as u8).collect());
        let half: Vec<u8> = (0..32_768.min(size)).map(|_| random.next() as u8).collect();
        add("a window back", half.iter().copied().cycle().take(size).collect());
        for distance in [32_505, 32_506, 32_767, 32_769] {
            let period = &half[..distance.min(half.len())];
            if !period.is_empty() {
                add(&format!("{distance} back"), period.iter().copied().cycle().take(size).collect());
            }
        }
        add("mixed", content(&mut random, size));
    }
    compare(&oracle, encoder, &entries);
}

#[test]
fn made_up_inputs_go126() {
    made_up(Encoder::Go126);
}

#[test]
fn made_up_inputs_go127() {
    made_up(Encoder::Go127);
}

fn made_up(encoder: Encoder) {
    let Some(oracle) = Oracle::new(encoder) else { return };
    let mut random = Rng::new(SEED);
    let (mut count, mut total) = (0, 0);
    while count < CASES {
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while count < CASES && bytes < BATCH {
            let size = match random.below(20) {
                0 => EDGES[random.below(EDGES.len())],
                1 => random.skewed(19),
                _ => random.skewed(16),
            };
            let content = content(&mut random, size);
            (count, bytes) = (count + 1, bytes + content.len());
            entries.push((format!("case {count} of seed {SEED}").into_bytes(), content));
        }
        total += bytes;
        compare(&oracle, encoder, &entries);
    }
    println!("{encoder:?} against {}: {count} inputs, {total} bytes, seed {SEED}", oracle.version);
}

/// Neither pieces nor what was compressed before make a difference.
#[test]
fn streams_do_not_depend_on_pieces_or_on_each_other() {
    let mut random = Rng::new(SEED);
    for encoder in Encoder::ALL {
        let mut machine = Deflate::new(encoder);
        for _ in 0..60 {
            let size = random.skewed(18);
            let content = content(&mut random, size);
            let mut rest = content.as_slice();
            while !rest.is_empty() {
                let piece = (1 + random.skewed(17)).min(rest.len());
                machine.write(&rest[..piece]);
                rest = &rest[piece..];
            }
            machine.finish();
            assert!(machine.output() == deflate(encoder, &content), "{encoder:?}, {size} bytes");
            machine.take_output();
        }
    }
}

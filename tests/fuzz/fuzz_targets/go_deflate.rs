//! Compressing as Go does: whatever the content, and however it is cut, both
//! encoders give a stream that another crate inflates to it.
#![no_main]

use airgo_gozip::{Deflate, Encoder, deflate};
use flate2::read::DeflateDecoder;
use libfuzzer_sys::fuzz_target;
use std::io::Read;

fuzz_target!(|data: &[u8]| {
    // Long content from short inputs: the first bytes say how often the rest is
    // repeated, and in which pieces it comes.
    let Some((&[times, piece], seed)) = data.split_first_chunk() else { return };
    let content = seed.repeat(1 + usize::from(times) * usize::from(times) / 16);
    let content = &content[..content.len().min(1 << 20)];
    for encoder in Encoder::ALL {
        let mut machine = Deflate::new(encoder);
        for chunk in content.chunks(1 + usize::from(piece) * 256) {
            machine.write(chunk);
        }
        machine.finish();
        assert!(machine.output() == deflate(encoder, content), "pieces make a difference");
        let mut inflater = DeflateDecoder::new(machine.output());
        let mut inflated = Vec::new();
        inflater.read_to_end(&mut inflated).expect("a stream that does not inflate");
        assert!(inflated == content, "other content");
        assert_eq!(inflater.total_in(), machine.output().len() as u64, "bytes after the end");
    }
});

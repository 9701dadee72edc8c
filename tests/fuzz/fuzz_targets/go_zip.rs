//! Looking for the encoder of a zip: if one is found, it gives back the very
//! bytes from what was passed on.
#![no_main]

use airgo_gozip::{Identified, Limits, Part, Writer, identify_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Small enough that a bomb is a refusal, not a time-out.
    let limits = Limits { content: 4 << 20, entries: 1000, directory: 1 << 20 };
    let mut files: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut content = 0;
    let found = identify_with(data, &limits, |part| match part {
        Part::Name(name) => files.push((name.to_vec(), Vec::new())),
        Part::Content(bytes) => {
            content += bytes.len() as u64;
            files.last_mut().expect("content before a name").1.extend_from_slice(bytes);
        }
    });
    assert!(content <= limits.content && files.len() as u64 <= limits.entries);
    let Ok(Identified::By(encoder)) = found else { return };
    let mut zip = Writer::new(Vec::new(), encoder);
    for (name, content) in &files {
        zip.file(name, content.as_slice()).expect("writing to memory");
    }
    assert!(zip.finish().expect("writing to memory") == data, "another zip");
});

//! Compiled plugins: no code comes out of a file but what its head has the digest of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};

// What host/policy/src/compiled.rs uses of its crate, whose wasmtime would be most of the
// build.
mod data {
    use std::path::Path;
    pub(crate) fn read_at_most(path: &Path, _: u64) -> std::io::Result<Vec<u8>> {
        std::fs::read(path)
    }
    pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
        super::sha256(bytes)
    }
}
mod machine {
    #[derive(Clone, Copy, Debug)]
    pub enum Memories {
        Reserved,
        Small,
    }
}
#[allow(dead_code, unexpected_cfgs)]
#[path = "../../../host/policy/src/compiled.rs"]
mod compiled;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let Some(file) = compiled::CompiledFile::parse(bytes.to_vec()) else { return };
    assert!(bytes.starts_with(&[file.signed(), file.signature()].concat()));
    let head: serde_json::Value =
        serde_json::from_slice(file.signed().splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default())
            .expect("the head of a file that was read");
    let component = head["component"].as_str().expect("a digest");
    assert!(file.code("another", machine::Memories::Small).is_err() || component == "another");
    let digests: Vec<_> =
        head["code"].as_array().into_iter().flatten().filter_map(|part| part["sha256"].as_str()).collect();
    for memories in [machine::Memories::Reserved, machine::Memories::Small] {
        if let Ok(code) = file.code(component, memories) {
            assert!(bytes.ends_with(code) || code.len() < bytes.len());
            assert!(digests.contains(&sha256(code).as_str()));
        }
    }
});

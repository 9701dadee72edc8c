//! The adapter that stands where a plugin looks for WASI.
//!
//! Languages with a runtime of their own import `wasi_snapshot_preview1`, of
//! which airgo's host has nothing. What they find instead is written in
//! `wasi_stub.wat`: clocks that start at zero, bytes that are not secret, output
//! that goes nowhere, and nothing else. It is the same in every run, so that a
//! plugin's findings are too.

/// The module that it answers for.
pub const NAME: &str = "wasi_snapshot_preview1";

/// `wasi_stub.wat`, assembled; committed beside it so that airgo need not carry an
/// assembler.
pub static ADAPTER: &[u8] = include_bytes!("wasi_stub.wasm");

#[cfg(test)]
mod tests {
    use super::ADAPTER;

    #[test]
    fn the_bytes_are_what_the_text_assembles_to() {
        let assembled = wat::parse_str(include_str!("wasi_stub.wat")).unwrap();
        if ADAPTER != assembled {
            let path = std::env::temp_dir().join("wasi_stub.wasm");
            std::fs::write(&path, assembled).unwrap();
            panic!("wasi_stub.wasm is not wasi_stub.wat: copy {} over it", path.display());
        }
    }
}

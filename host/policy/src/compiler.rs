//! What compiles: where a plugin is loaded that nobody compiled yet, for
//! `airgo plugin compile`, and in the build script for the built-in plugins. A
//! build without the feature `compile` has none of it, but for the script.

use wasmtime::{Config, Engine};

use super::machine::{self, Memories};

/// Of x86-64-v3: every server since 2015. Code for less would be slower on all
/// for the sake of few, which compile it themselves.
const X86_64: [&str; 12] = [
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_cmpxchg16b",
    "has_avx",
    "has_avx2",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
    "has_fma",
];

/// The configuration of an engine that compiles.
pub fn config(memories: Memories) -> Config {
    let mut config = machine::config(memories);
    // The same bits everywhere.
    config.cranelift_nan_canonicalization(true);
    // Each thread takes a stack, and its allocator an arena.
    config.parallel_compilation(memories == Memories::Reserved);
    config
}

/// An engine that compiles for other machines: with reserved memories for those
/// of the last ten years, with small ones for all.
pub fn ahead(target: &str, memories: Memories) -> wasmtime::Result<Engine> {
    let mut config = config(memories);
    config.target(target)?;
    if target.starts_with("x86_64-") && memories == Memories::Reserved {
        for flag in X86_64 {
            // SAFETY: wasmtime refuses to load code on a CPU that lacks what
            // the code was compiled for.
            #[allow(unsafe_code)]
            unsafe {
                config.cranelift_flag_enable(flag);
            }
        }
    }
    Engine::new(&config)
}

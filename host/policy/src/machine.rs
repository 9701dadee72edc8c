//! The one configuration of wasmtime: for the engine that runs plugins, and for
//! the build script that compiles the built-in ones ahead of time. Compiled
//! code runs only under the configuration that it was compiled for, so both
//! take it from here.

use wasmtime::Config;

/// Stack of WebAssembly code.
pub const WASM_STACK: usize = 1 << 20;

/// A plugin computes the same on any machine under it, and can always be
/// stopped.
pub fn config() -> Config {
    let mut config = Config::new();
    // Stopped whatever it does.
    config.epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK);
    // The same bits everywhere. Threads, garbage collection and asynchronous
    // calls are not even compiled in.
    config.cranelift_nan_canonicalization(true);
    config.relaxed_simd_deterministic(true);
    config.wasm_relaxed_simd(false);
    config.wasm_memory64(false);
    // Names in a backtrace are the plugin's text, and cost time to gather.
    config.wasm_backtrace_max_frames(None);
    config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config.generate_address_map(false);
    config
}

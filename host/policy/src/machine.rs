//! The one configuration of wasmtime: for the engine that runs plugins, and for
//! what compiles them ahead of time (`compiler`). Compiled code runs only under
//! the configuration that it was compiled for, so both take it from here.

use wasmtime::Config;

/// Stack of WebAssembly code.
pub const WASM_STACK: usize = 1 << 20;

/// How much address space the memories of plugins take. Code is compiled for
/// one or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memories {
    /// 4 GiB each are reserved, of which next to nothing is used, and no access
    /// has to be checked.
    Reserved,
    /// As much as they have: they move when they grow, and the code checks
    /// bounds itself.
    Small,
}

/// A plugin computes the same on any machine under it, and can always be
/// stopped.
pub fn config(memories: Memories) -> Config {
    let mut config = Config::new();
    // Stopped whatever it does.
    config.epoch_interruption(true);
    config.max_wasm_stack(WASM_STACK);
    // The same bits everywhere. Threads, garbage collection and asynchronous
    // calls are not even compiled in.
    config.relaxed_simd_deterministic(true);
    config.wasm_relaxed_simd(false);
    config.wasm_memory64(false);
    // Names in a backtrace are the plugin's text, and cost time to gather.
    config.wasm_backtrace_max_frames(None);
    config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config.generate_address_map(false);
    if memories == Memories::Small {
        config.memory_reservation(0);
        config.memory_reservation_for_growth(1 << 20);
        config.memory_guard_size(0);
        config.guard_before_linear_memory(false);
        config.memory_may_move(true);
    }
    config
}

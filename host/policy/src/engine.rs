//! The wasmtime engine: one configuration for every plugin, chosen so that a
//! plugin computes the same on any machine and can always be stopped.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::Config;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::PolicyPlugin;
use crate::cache::CodeCache;
use crate::clock::Ticker;
use crate::error::clip;
use crate::memory::Memory;
use crate::state::State;
use crate::{Limits, Plugin, PluginError, PolicyError, cost, prescan};

/// Stack of WebAssembly code.
const WASM_STACK: usize = 1 << 20;
/// Stack of the threads that run it: that, and the host's own calls.
pub(crate) const THREAD_STACK: usize = WASM_STACK + (3 << 20);

/// How an engine is set up.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// Where compiled code is kept, and in `facts` below it what plugins found
    /// out about modules; for this user alone. It is made where it does not
    /// exist. Without one everything is compiled and found out anew.
    pub cache_dir: Option<PathBuf>,
}

/// Loads and runs plugins. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub wasmtime: wasmtime::Engine,
    pub linker: Linker<State>,
    pub ticker: Ticker,
    pub memory: Option<Memory>,
    cache: Option<CodeCache>,
}

impl Engine {
    /// Starts an engine.
    ///
    /// # Errors
    /// Where the machine cannot run WebAssembly. A cache directory that cannot
    /// be used is none.
    pub fn new(config: EngineConfig) -> Result<Self, PolicyError> {
        let start = || -> wasmtime::Result<Shared> {
            let wasmtime = wasmtime::Engine::new(&wasmtime_config())?;
            let mut linker = Linker::new(&wasmtime);
            PolicyPlugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
            let ticker = Ticker::start(wasmtime.clone())?;
            let memory = config.cache_dir.as_ref().map(|dir| Memory::at(dir.join(crate::memory::DIR)));
            let cache = config.cache_dir.and_then(|dir| CodeCache::open(&wasmtime, dir));
            Ok(Shared { wasmtime, linker, ticker, memory, cache })
        };
        let shared = start().map_err(|err| PolicyError::Engine(format!("{err:#}")))?;
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// Scans, compiles and asks a plugin who it is.
    ///
    /// # Errors
    /// Where it is no plugin for this airgo, or fails to describe itself.
    pub fn load(&self, bytes: &[u8], limits: &Limits) -> Result<Plugin, PluginError> {
        let scan = prescan::scan(bytes, limits)?;
        let sha256 = crate::data::sha256_hex(bytes);
        let (component, from_cache) = self.component(bytes, &sha256, limits)?;
        Plugin::new(self.clone(), &component, scan, sha256, from_cache, limits.clone())
    }

    fn component(
        &self,
        bytes: &[u8],
        sha256: &str,
        limits: &Limits,
    ) -> Result<(Component, bool), PluginError> {
        let Shared { wasmtime, cache, .. } = &*self.shared;
        if let Some(component) = cache.as_ref().and_then(|cache| cache.get(wasmtime, sha256)) {
            return Ok((component, true));
        }
        // What is in the cache has been compiled: its cost is no matter.
        cost::check(bytes, limits)?;
        let component = Component::new(wasmtime, bytes).map_err(|err| {
            // Only the outermost line: the chain ends in positions in a file
            // that nobody wrote by hand.
            PluginError::Malformed(clip(err.to_string()))
        })?;
        if let Some(cache) = cache {
            cache.put(sha256, &component);
        }
        Ok((component, false))
    }
}

fn wasmtime_config() -> Config {
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

//! The wasmtime engine: one configuration for every plugin, chosen so that a
//! plugin computes the same on any machine and can always be stopped.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::PolicyPlugin;
use crate::cache::{self, CodeCache};
use crate::clock::Ticker;
use crate::error::clip;
use crate::failure::shortage;
use crate::memory::Memory;
use crate::pool::Pool;
use crate::state::State;
use crate::{Builtin, Limits, Plugin, PluginError, PolicyError, cost, machine, prescan};

/// Stack of the threads that run it: that, and the host's own calls.
pub(crate) const THREAD_STACK: usize = machine::WASM_STACK + (3 << 20);

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
    /// For facts alone.
    pub pool: Option<Pool>,
    pub ticker: Ticker,
    pub memory: Option<Memory>,
    cache: Option<CodeCache>,
    small: bool,
}

/// Whether the machine grants the address space that wasmtime reserves for the
/// memories of all plugins that run at a time: 4 GiB each, of which next to
/// nothing is used. Under `ulimit -v` and in some containers it does not. The
/// answer is had by asking for it.
fn has_room(engine: &wasmtime::Engine) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let at_a_time = 2 * cores.min(crate::gather::MAX_WORKERS) + 8;
    let mut store = wasmtime::Store::new(engine, ());
    (0..at_a_time).all(|_| wasmtime::Memory::new(&mut store, wasmtime::MemoryType::new(1, None)).is_ok())
}

/// The same machine, whose memories take no more than they have, and move when
/// they grow. Its code checks bounds itself, so the code that came with airgo
/// does not fit, and plugins are compiled when they are first used.
fn small_config() -> wasmtime::Config {
    let mut config = machine::config();
    config.memory_reservation(0);
    config.memory_reservation_for_growth(1 << 20);
    config.memory_guard_size(0);
    config.guard_before_linear_memory(false);
    config.memory_may_move(true);
    // Each thread takes a stack, and its allocator an arena.
    config.parallel_compilation(false);
    config
}

impl Engine {
    /// Starts an engine.
    ///
    /// # Errors
    /// Where the machine cannot run WebAssembly. A cache directory that cannot
    /// be used is none.
    pub fn new(config: EngineConfig) -> Result<Self, PolicyError> {
        let start = || -> wasmtime::Result<Shared> {
            let roomy = wasmtime::Engine::new(&machine::config())?;
            let small = !has_room(&roomy);
            let wasmtime = if small { wasmtime::Engine::new(&small_config())? } else { roomy };
            let mut linker = Linker::new(&wasmtime);
            PolicyPlugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
            let pool = if small { None } else { Pool::new() };
            let engines = [Some(&wasmtime), pool.as_ref().map(|pool| &pool.wasmtime)];
            let ticker = Ticker::start(engines.into_iter().flatten().cloned().collect())?;
            let memory = config.cache_dir.as_ref().map(|dir| Memory::at(dir.join(crate::memory::DIR)));
            let cache = config.cache_dir.and_then(|dir| CodeCache::open(&wasmtime, dir));
            Ok(Shared { wasmtime, linker, pool, ticker, memory, cache, small })
        };
        let shared = start().map_err(|err| match shortage(&err) {
            Some(shortage) => PolicyError::Shortage(shortage),
            None => PolicyError::Engine(format!("{err:#}")),
        })?;
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// Whether the machine is short of address space, so that one plugin is
    /// compiled and run at a time.
    pub(crate) fn is_small(&self) -> bool {
        self.shared.small
    }

    /// Scans, compiles and asks a plugin who it is.
    ///
    /// # Errors
    /// Where it is no plugin for this airgo, or fails to describe itself.
    pub fn load(&self, bytes: &[u8], limits: &Limits) -> Result<Plugin, PluginError> {
        let scan = prescan::scan(bytes, limits)?;
        let sha256 = crate::data::sha256_hex(bytes);
        let (component, from_cache) = self.component(bytes, &sha256, limits)?;
        let pool = self.shared.pool.as_ref().filter(|_| scan.facts().is_some());
        let pooled = pool.and_then(|pool| pool.adopt(bytes, &component));
        Plugin::new(self.clone(), &component, pooled, scan, sha256, from_cache, limits.clone())
    }

    fn component(
        &self,
        bytes: &[u8],
        sha256: &str,
        limits: &Limits,
    ) -> Result<(Component, bool), PluginError> {
        let Shared { wasmtime, cache, .. } = &*self.shared;
        if let Some(component) = Builtin::of(bytes).and_then(|builtin| cache::precompiled(wasmtime, builtin))
        {
            return Ok((component, true));
        }
        if let Some(component) = cache.as_ref().and_then(|cache| cache.get(wasmtime, sha256)) {
            return Ok((component, true));
        }
        // What is in the cache has been compiled: its cost is no matter.
        cost::check(bytes, limits)?;
        let component = Component::new(wasmtime, bytes).map_err(|err| match shortage(&err) {
            Some(shortage) => PluginError::Shortage(shortage),
            // Only the outermost line: the chain ends in positions in a file
            // that nobody wrote by hand.
            None => PluginError::Malformed(clip(err.to_string())),
        })?;
        if let Some(cache) = cache {
            cache.put(sha256, &component);
        }
        Ok((component, false))
    }
}

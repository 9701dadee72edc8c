//! The wasmtime engine: one configuration for every plugin, chosen so that a
//! plugin computes the same on any machine and can always be stopped.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::PolicyPlugin;
use crate::cache::{self, CodeCache};
use crate::clock::Ticker;
use crate::error::clip;
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
}

impl Engine {
    /// Starts an engine.
    ///
    /// # Errors
    /// Where the machine cannot run WebAssembly. A cache directory that cannot
    /// be used is none.
    pub fn new(config: EngineConfig) -> Result<Self, PolicyError> {
        let start = || -> wasmtime::Result<Shared> {
            let wasmtime = wasmtime::Engine::new(&machine::config())?;
            let mut linker = Linker::new(&wasmtime);
            PolicyPlugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
            let pool = Pool::new();
            let engines = [Some(&wasmtime), pool.as_ref().map(|pool| &pool.wasmtime)];
            let ticker = Ticker::start(engines.into_iter().flatten().cloned().collect())?;
            let memory = config.cache_dir.as_ref().map(|dir| Memory::at(dir.join(crate::memory::DIR)));
            let cache = config.cache_dir.and_then(|dir| CodeCache::open(&wasmtime, dir));
            Ok(Shared { wasmtime, linker, pool, ticker, memory, cache })
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

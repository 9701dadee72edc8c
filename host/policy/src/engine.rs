//! The wasmtime engine: one configuration for every plugin, chosen so that a
//! plugin computes the same on any machine and can always be stopped.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::PolicyPlugin;
#[cfg(feature = "compile")]
use crate::cache::CodeCache;
use crate::clock::Ticker;
use crate::compiled::{CompiledError, CompiledFile};
use crate::error::clip;
use crate::failure::shortage;
use crate::machine::{self, Memories};
use crate::memory::Memory;
use crate::pool::Pool;
use crate::state::State;
use crate::{BUILTINS, Builtin, Limits, Plugin, PluginError, PolicyError, code, prescan};

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
    #[cfg(feature = "compile")]
    cache: Option<CodeCache>,
    pub memories: Memories,
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

/// The configuration of the engine that runs plugins.
pub(crate) fn config(memories: Memories) -> wasmtime::Config {
    #[cfg(feature = "compile")]
    return crate::compiler::config(memories);
    #[cfg(not(feature = "compile"))]
    machine::config(memories)
}

/// Whether the built-in plugins run on this CPU as they were compiled for most;
/// where they do not, and nothing can be compiled, those for any CPU do.
fn fits(engine: &wasmtime::Engine) -> bool {
    cfg!(feature = "compile")
        || BUILTINS.first().is_some_and(|one| code::precompiled(engine, Memories::Reserved, one).is_some())
}

impl Engine {
    /// Starts an engine.
    ///
    /// # Errors
    /// Where the machine cannot run WebAssembly. A cache directory that cannot
    /// be used is none.
    pub fn new(config: EngineConfig) -> Result<Self, PolicyError> {
        let start = || -> wasmtime::Result<Shared> {
            let roomy = wasmtime::Engine::new(&self::config(Memories::Reserved))?;
            let memories =
                if has_room(&roomy) && fits(&roomy) { Memories::Reserved } else { Memories::Small };
            let wasmtime = match memories {
                Memories::Reserved => roomy,
                Memories::Small => wasmtime::Engine::new(&self::config(memories))?,
            };
            let mut linker = Linker::new(&wasmtime);
            PolicyPlugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
            let pool = if memories == Memories::Small { None } else { Pool::new() };
            let engines = [Some(&wasmtime), pool.as_ref().map(|pool| &pool.wasmtime)];
            let ticker = Ticker::start(engines.into_iter().flatten().cloned().collect())?;
            let memory = config.cache_dir.as_ref().map(|dir| Memory::at(dir.join(crate::memory::DIR)));
            #[cfg(feature = "compile")]
            let cache = config.cache_dir.and_then(|dir| CodeCache::open(&wasmtime, dir));
            Ok(Shared {
                wasmtime,
                linker,
                pool,
                ticker,
                memory,
                #[cfg(feature = "compile")]
                cache,
                memories,
            })
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
        self.shared.memories == Memories::Small
    }

    /// Scans, compiles and asks a plugin who it is.
    ///
    /// # Errors
    /// Where it is no plugin for this airgo, or fails to describe itself.
    pub fn load(&self, bytes: &[u8], limits: &Limits) -> Result<Plugin, PluginError> {
        self.load_with(bytes, limits, None)
    }

    /// The same with its compiled code, if there is some.
    pub(crate) fn load_with(
        &self,
        bytes: &[u8],
        limits: &Limits,
        given: Option<Component>,
    ) -> Result<Plugin, PluginError> {
        let scan = prescan::scan(bytes, limits)?;
        let sha256 = crate::data::sha256_hex(bytes);
        let (component, from_cache) = match given {
            Some(component) => (component, true),
            None => self.component(bytes, &sha256, limits)?,
        };
        let pool = self.shared.pool.as_ref().filter(|_| scan.facts().is_some());
        let pooled = pool.and_then(|pool| pool.adopt(bytes, &component));
        Plugin::new(self.clone(), &component, pooled, scan, sha256, from_cache, limits.clone())
    }

    /// The component of a file whose signature counts.
    pub(crate) fn component_of(&self, file: &CompiledFile, sha256: &str) -> Result<Component, CompiledError> {
        let Shared { wasmtime, memories, .. } = &*self.shared;
        let code = file.code(sha256, *memories)?;
        code::of_file(wasmtime, code).map_err(|err| CompiledError::Incompatible(clip(err.to_string())))
    }

    fn component(
        &self,
        bytes: &[u8],
        sha256: &str,
        limits: &Limits,
    ) -> Result<(Component, bool), PluginError> {
        let Shared { wasmtime, memories, .. } = &*self.shared;
        let precompiled = |builtin| code::precompiled(wasmtime, *memories, builtin);
        if let Some(component) = Builtin::of(bytes).and_then(precompiled) {
            return Ok((component, true));
        }
        self.compiled(bytes, sha256, limits)
    }

    /// From the cache, or compiled now.
    #[cfg(feature = "compile")]
    fn compiled(
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
        crate::cost::check(bytes, limits)?;
        let component = Component::new(wasmtime, bytes).map_err(|err| match shortage(&err) {
            Some(shortage) => PluginError::Shortage(shortage),
            // Only the outermost line: the chain ends in positions in a file
            // that nobody wrote by hand.
            None => PluginError::malformed(err),
        })?;
        if let Some(cache) = cache {
            cache.put(sha256, &component);
        }
        Ok((component, false))
    }

    #[cfg(not(feature = "compile"))]
    fn compiled(&self, _: &[u8], _: &str, _: &Limits) -> Result<(Component, bool), PluginError> {
        Err(PluginError::NotCompiled)
    }
}

//! The engine that gathers facts. Each module is looked at by an instance of
//! its own, thousands in a run, and most of them live for less time than it
//! takes the kernel to map their memory. Here it stays mapped: wasmtime's
//! pooling allocator gives a finished instance's slot to the next one, reset to
//! what the component says that it starts with. What an instance sees is the
//! same as in the other engine.

use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{
    Enabled, Error, InstanceAllocationStrategy, PoolConcurrencyLimitError, PoolingAllocationConfig,
};

use crate::bindings::PolicyPlugin;
use crate::machine::Memories;
use crate::state::State;
use crate::{Builtin, Limits, code, engine};

/// Instances at a time: those of two runs with all their workers.
const SLOTS: u32 = 2 * crate::gather::MAX_WORKERS as u32;
/// Core instances of one component: the module and what wit-component puts
/// around it; tables likewise.
const CORES: u32 = 8;
const TABLES: u32 = 4;
/// Elements that a table may grow to.
const ELEMENTS: u64 = 100_000;
/// Bytes of a slot that stay with the process from instance to instance.
const RESIDENT: usize = 4 << 20;

/// An engine with slots.
pub struct Pool {
    pub wasmtime: wasmtime::Engine,
    linker: Linker<State>,
}

impl Pool {
    /// `None` where the machine does not grant the address space.
    pub fn new() -> Option<Self> {
        let mut slots = PoolingAllocationConfig::new();
        slots
            .total_component_instances(SLOTS)
            .max_core_instances_per_component(CORES)
            .total_core_instances(SLOTS * CORES)
            .max_memories_per_component(1)
            .total_memories(SLOTS)
            .max_tables_per_component(TABLES)
            .total_tables(SLOTS * TABLES)
            .table_elements(ELEMENTS as usize)
            .linear_memory_keep_resident(RESIDENT)
            .table_keep_resident(RESIDENT)
            // Where the kernel can tell which pages were written.
            .pagemap_scan(Enabled::Auto);
        let mut config = engine::config(Memories::Reserved);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(slots));
        let wasmtime = wasmtime::Engine::new(&config).ok()?;
        let mut linker = Linker::new(&wasmtime);
        PolicyPlugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).ok()?;
        Some(Pool { wasmtime, linker })
    }

    /// The same component here; `None` where it needs more than a slot has.
    pub fn adopt(&self, bytes: &[u8], component: &Component) -> Option<(Component, InstancePre<State>)> {
        // Inflating it a second time takes longer than copying it.
        let builtin = Builtin::of(bytes).filter(|_| cfg!(feature = "compile"));
        let own = match builtin.and_then(|it| code::precompiled(&self.wasmtime, Memories::Reserved, it)) {
            Some(own) => own,
            None => code::copied(&self.wasmtime, component)?,
        };
        let pre = self.linker.instantiate_pre(&own).ok()?;
        Some((own, pre))
    }
}

/// Whether growth ends at the plugin's limits, and not before at a slot's.
pub fn has_room_for(limits: &Limits) -> bool {
    limits.table_elements <= ELEMENTS
}

/// There was no free slot, which says nothing of the plugin.
pub fn is_full(err: &Error) -> bool {
    err.is::<PoolConcurrencyLimitError>()
}

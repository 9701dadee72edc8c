//! What an error of wasmtime says of the plugin that it ended: decided by type,
//! never by text, but for the one error whose type wasmtime keeps to itself.

use std::io::ErrorKind;

use wasmtime::{Error, OutOfMemory, Trap};

use crate::PluginError;
use crate::error::clip;
use crate::limiter::OverBudget;
use crate::plugin::DESCRIBE;
use crate::state::State;

/// The deadline passed while the plugin ran.
#[derive(Debug, thiserror::Error)]
#[error("out of time")]
pub struct OutOfTime;

/// What wasmtime's error means for the plugin.
pub fn failure(err: &Error, state: &State, during: &'static str) -> PluginError {
    if let Some(&OverBudget { what, limit }) = err.downcast_ref() {
        return PluginError::Budget { what, limit, during };
    }
    if err.is::<OutOfTime>() {
        return PluginError::Timeout { during, limit: state.limits.time };
    }
    if is_out_of_memory(err) {
        return PluginError::Memory(clip(err.root_cause().to_string()));
    }
    match err.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => PluginError::Timeout { during, limit: state.limits.time },
        Some(Trap::StackOverflow) => PluginError::Stack { during },
        Some(trap) => PluginError::Trap {
            during,
            // wasmtime's own words, less its mark in front of them.
            reason: trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
            last_log: state.logs.last().map(|line| clip(line.message.clone())),
        },
        None if during == DESCRIBE && !state.entered => {
            PluginError::World(clip(err.root_cause().to_string()))
        }
        None if is_too_much_in_one_call(err) => {
            let limit = state.limits.result_bytes as u64;
            PluginError::Budget { what: "bytes in one call to the host", limit, during }
        }
        None => PluginError::Lie(clip(err.root_cause().to_string())),
    }
}

/// Whether the system refused memory to the host, or a thread: that is how it
/// says that there is no memory for a stack.
pub fn is_out_of_memory(err: &Error) -> bool {
    #[cfg(unix)]
    if err.downcast_ref::<rustix::io::Errno>().is_some_and(|e| *e == rustix::io::Errno::NOMEM) {
        return true;
    }
    let refused = |e: &std::io::Error| matches!(e.kind(), ErrorKind::OutOfMemory | ErrorKind::WouldBlock);
    err.is::<OutOfMemory>() || err.downcast_ref::<std::io::Error>().is_some_and(refused)
}

/// Whether more was copied in one call than `Store::set_hostcall_fuel` allows.
/// The type of that error is private to wasmtime, and a store does not tell
/// what is left of its fuel, so the text is all there is to go by. A wasmtime
/// that words it otherwise fails the test below.
fn is_too_much_in_one_call(err: &Error) -> bool {
    err.root_cause().to_string().ends_with("fuel allocated for hostcalls has been exhausted")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Engine, Store};

    /// Hands the host so many bytes of text.
    const TALKER: &str = r#"(component
        (import "hear" (func $hear (param "text" string)))
        (core module $m
            (import "" "hear" (func $hear (param i32 i32)))
            (memory (export "memory") 1)
            (func (export "talk") (param i32) (call $hear (i32.const 0) (local.get 0))))
        (core module $memory (memory (export "memory") 1))
        (core instance $heap (instantiate $memory))
        (core func $lowered (canon lower (func $hear) (memory $heap "memory")))
        (core instance $i (instantiate $m (with "" (instance (export "hear" (func $lowered))))))
        (func (export "talk") (param "bytes" u32) (canon lift (core func $i "talk"))))"#;

    fn talk(bytes: u32) -> wasmtime::Result<()> {
        let engine = Engine::default();
        let component = Component::new(&engine, wat::parse_str(TALKER).unwrap()).unwrap();
        let mut linker = Linker::<()>::new(&engine);
        linker.root().func_wrap("hear", |_, _: (String,)| Ok(())).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_hostcall_fuel(100);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let talk = instance.get_typed_func::<(u32,), ()>(&mut store, "talk").unwrap();
        talk.call(&mut store, (bytes,))
    }

    #[test]
    fn wasmtime_still_says_that_too_much_was_copied_in_these_words() {
        talk(100).unwrap();
        let err = talk(101).unwrap_err();
        assert!(is_too_much_in_one_call(&err), "the text that tells this error has changed: {err:#}");
        // Another mistake of the same call is not taken for it.
        let err = talk(1 << 20).unwrap_err();
        assert!(!is_too_much_in_one_call(&err), "{err:#}");
    }

    #[test]
    fn memory_that_the_system_refuses_is_told_by_type() {
        assert!(is_out_of_memory(&OutOfMemory::new(1).into()));
        assert!(is_out_of_memory(&Error::from(std::io::Error::from(ErrorKind::OutOfMemory))));
        assert!(!is_out_of_memory(&Error::msg("out of memory")));
    }
}

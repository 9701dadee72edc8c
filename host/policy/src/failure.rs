//! What an error of wasmtime says of the plugin that it ended: decided by type,
//! never by text, but for the one error whose type wasmtime keeps to itself.

use airgo_model::shortage::Shortage;
use wasmtime::{Error, OutOfMemory, Trap};

use crate::PluginError;
use crate::engine::THREAD_STACK;
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
    if let Some(&OverBudget { what, limit, asked }) = err.downcast_ref() {
        return PluginError::Budget { what, asked, limit, during };
    }
    if err.is::<OutOfTime>() {
        return PluginError::Timeout { during, limit: state.limits.time };
    }
    if let Some(shortage) = shortage(err) {
        // Until it runs, memory is what an instance is made of.
        let shortage = if state.entered { shortage } else { state.limiter.sized(shortage) };
        return PluginError::Shortage(shortage);
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
            PluginError::Budget { what: "bytes in one call to the host", asked: None, limit, during }
        }
        None => PluginError::ContractViolation(clip(err.root_cause().to_string())),
    }
}

/// What the system refused to the host just now: memory or a thread.
pub fn shortage(err: &Error) -> Option<Shortage> {
    if let Some(&Refused(shortage)) = err.downcast_ref() {
        return Some(shortage);
    }
    if let Some(refused) = err.downcast_ref::<OutOfMemory>() {
        return Some(Shortage::memory(Some(refused.requested_allocation_size() as u64)));
    }
    #[cfg(unix)]
    if err.downcast_ref::<rustix::io::Errno>().is_some_and(|e| *e == rustix::io::Errno::NOMEM) {
        return Some(Shortage::memory(None));
    }
    err.downcast_ref::<std::io::Error>().and_then(|e| Shortage::of(e, THREAD_STACK as u64))
}

/// What a plugin's memory could not grow for, as an error of wasmtime's.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub Shortage);

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
        let refused = shortage(&OutOfMemory::new(4096).into()).unwrap();
        assert!(refused.to_string().contains("refused 4 KiB more"), "{refused}");
        let refused = |kind: std::io::ErrorKind| shortage(&Error::from(std::io::Error::from(kind)));
        assert!(matches!(refused(std::io::ErrorKind::OutOfMemory), Some(Shortage::Memory { .. })));
        assert!(matches!(refused(std::io::ErrorKind::WouldBlock), Some(Shortage::Threads { .. })));
        assert_eq!(shortage(&Error::msg("out of memory")), None);
    }
}

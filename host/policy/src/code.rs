//! Compiled code, as wasmtime runs it: unseen. It comes from the cache, which only
//! this user can write; from this binary, of which build.rs made it a part; and
//! from files that somebody signed whom the caller trusts.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::Builtin;
use crate::machine::Memories;
use crate::packed::inflated;

/// The code that came with this binary, where it fits this machine.
pub fn precompiled(engine: &Engine, memories: Memories, builtin: &Builtin) -> Option<Component> {
    let code = match memories {
        Memories::Reserved => builtin.code,
        Memories::Small => builtin.small_code,
    };
    deserialize(engine, &inflated(code)?)
}

/// The same component for another engine of the same configuration.
pub fn copied(engine: &Engine, component: &Component) -> Option<Component> {
    deserialize(engine, &component.serialize().ok()?)
}

/// The code of a file whose signature counts and whose digest is right.
pub fn of_file(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    load(engine, code)
}

/// As [`load`], where any reason not to is the same.
pub fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    load(engine, code).ok()
}

/// Loading takes 1 ms where compiling takes 50 and more (docs/PERFORMANCE.md),
/// which is the one reason for unsafe code in this crate.
#[allow(unsafe_code)]
fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are what wasmtime wrote: just now (`copied`); or as part of
    // this binary, in build.rs (`precompiled`); or `private::read` took
    // them from a file and a directory that only this user can write, and
    // `cache::checked` found them undamaged; or a key that the caller trusts has
    // signed their digest (`of_file`). They are in memory, so that no one can
    // change them after the check. wasmtime itself checks version,
    // configuration and CPU.
    unsafe { Component::deserialize(engine, code) }
}

//! What wasmtime's `bindgen!` makes of plugins/wit/v1.

#![allow(missing_docs, unused_qualifications)]

wasmtime::component::bindgen!({
    world: "policy-plugin",
    path: "../../plugins/wit/v1",
    imports: { default: trappable },
});

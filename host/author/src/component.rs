//! From a core module to a component.

use wit_component::ComponentEncoder;

use crate::BuildError;

/// Wraps a core module, whose custom sections say what it imports and exports,
/// into a component: what `wasm-tools component new` does.
///
/// # Errors
/// Where the module says nothing of the kind, or not the truth.
pub fn encode(core: &[u8]) -> Result<Vec<u8>, BuildError> {
    encode_with(core, &[])
}

/// The same, with adapters: core modules that answer the imports of the module
/// named, such as `wasi_snapshot_preview1`.
///
/// # Errors
/// As [`encode`]; also where an adapter does not fit.
pub fn encode_with(core: &[u8], adapters: &[(&str, &[u8])]) -> Result<Vec<u8>, BuildError> {
    let wrong = |err: &dyn std::fmt::Debug| {
        // The chain, outermost first; wit-component's errors have no other way
        // to show it whole.
        let text = format!("{err:?}");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "Caused by:");
        BuildError::Component(lines.collect::<Vec<_>>().join(": "))
    };
    let mut encoder = ComponentEncoder::default().validate(true).module(core).map_err(|e| wrong(&e))?;
    for (name, adapter) in adapters {
        encoder = encoder.adapter(name, adapter).map_err(|e| wrong(&e))?;
    }
    encoder.encode().map_err(|e| wrong(&e))
}

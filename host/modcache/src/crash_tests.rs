//! Ends the process at each step of installing, and looks what is left.

/// Ends the process here where the test that started it says so.
pub(crate) fn reached(_point: &str) {}

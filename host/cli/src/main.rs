//! The `airgo` binary.
fn main() {}

//! The crate's tests, in one binary because linking many takes longer than
//! running them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod blocks;
mod damaged_surroundings;
mod delta;
mod detached;
mod end_to_end;
mod golden;
mod golden_around;
mod keys;
mod layers;
mod module_rules;
mod oracles;
mod properties;
mod reproducible;
mod signing_command;
mod support;
mod tampering;
mod tricks;
mod trusting;
mod volumes;

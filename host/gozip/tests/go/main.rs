//! This crate against Go's own compress/flate and archive/zip, byte for byte.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod flate;
mod inputs;
mod oracle;
mod zip;

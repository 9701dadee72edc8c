//! The workflow in process: what the library reports, and what it fails with.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bundles;
mod cache;
mod image;
mod inputs;
mod keys;
mod layouts;
mod mutated;
#[cfg(feature = "authoring")]
mod plugins;
mod review;
mod site;

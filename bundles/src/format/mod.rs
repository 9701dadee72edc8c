//! The bundle as a file: manifest and container, and reading and writing them
//! with the signatures.

pub(crate) mod container;
pub(crate) mod content;
pub mod manifest;
pub(crate) mod manifest_check;
pub(crate) mod modules;
pub mod names;
pub(crate) mod objects;
pub(crate) mod reader;
pub(crate) mod tail;
pub(crate) mod writer;

//! The bundle as a file: manifest and container, and reading and writing them
//! with the signatures.

pub(crate) mod base;
pub(crate) mod block_files;
pub(crate) mod block_writer;
pub(crate) mod blocks;
pub(crate) mod carried;
pub(crate) mod container;
pub(crate) mod content;
pub(crate) mod contents;
mod countersign;
pub mod manifest;
pub(crate) mod manifest_check;
mod manifest_payload;
pub(crate) mod manifest_text;
mod modules;
pub mod names;
pub(crate) mod objects;
pub(crate) mod output;
pub(crate) mod reader;
mod statements;
pub(crate) mod writer;
mod zstd_frame;

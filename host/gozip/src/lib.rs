//! Go's own zips, byte for byte, from names and contents.
//!
//! A proxy's module zip is a function of its files: what archive/zip makes of
//! `zip.NewWriter`, `Create(name)` and the content of one file after the other
//! (golang.org/x/mod/zip, Create). So whoever has the files in the zip's order,
//! and knows which of Go's encoders was at work, can give back the very bytes:
//!
//! - [`identify`] finds the encoder of a zip, if there is one;
//! - [`Writer`] writes the zip again;
//! - [`Deflate`] is the encoder alone: compress/flate at level 5.
//!
//! Go's deflate is described by RFC 1951 only in what can be read. The rest, which
//! matches are taken, where a block ends, how its codes are made, is what the
//! source does. Each file here names the one of Go that has its rules; the
//! tests hold the results against the real go.
//!
//! The crate knows nothing of modules: names are bytes, and whether they are
//! good ones is for others to say.

mod bits;
mod bytes;
mod deflate;
mod go126;
mod go127;
mod header;
mod huffman;
mod symbols;
mod tokens;
mod zip;

pub use deflate::{Deflate, Encoder, deflate};
pub use zip::{Identified, IdentifyError, Limits, Part, WriteError, Writer, identify, identify_with};

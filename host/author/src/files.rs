//! The files that `airgo plugin new` writes, as build.rs found them.

include!(concat!(env!("OUT_DIR"), "/files.rs"));

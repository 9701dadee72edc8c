//! What the tests of this crate share: projects read from disk, a source that
//! answers in any order, random numbers with a printed seed.
#![allow(dead_code)]

pub mod cache;
pub mod generate;
pub mod oracle;
pub mod partial;
pub mod project;
pub mod real;
pub mod source;
pub mod unpacked;
pub mod vendored;

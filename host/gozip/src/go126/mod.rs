//! compress/flate at level 5 up to go1.26: deflate.go's lazy matching over hash
//! chains.

mod block;
mod matcher;

pub(crate) use matcher::Encoder;

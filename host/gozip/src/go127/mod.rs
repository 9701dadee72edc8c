//! compress/flate at level 5 from go1.27 on: level5.go's two hash tables, and
//! blocks that may share a Huffman code.

mod block;
mod estimate;
mod matcher;

pub(crate) use matcher::Encoder;

//! Other layouts than the module cache: a directory that takes the place of another at
//! once, such as vendor/, and trees that modules are served from.

pub(crate) mod directory;
pub(crate) mod error;
pub(crate) mod exchange;
pub(crate) mod read_only;
pub(crate) mod served;
pub(crate) mod serving;

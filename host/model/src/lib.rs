//! What the crates above share and none of them owns. It uses no other crate of
//! this workspace; every one but `gomod` may use it.

pub mod atomic;
pub mod escape;
mod hint;
pub mod io_cause;
mod line;
pub mod parallel;
pub mod shortage;

pub use hint::Hint;
pub use line::{Line, Message};

//! The code that a licence template compiles to: `u16`s, one a word or an
//! instruction. Written by build.rs, run by `matcher`.

/// Words are below this; the number is the position in the vocabulary.
pub const FIRST_OPCODE: u16 = 0xF000;
/// `SKIP + n`: up to n words, whichever.
pub const SKIP: u16 = 0xF000;
/// The most that one `SKIP` passes over.
#[allow(dead_code)] // build.rs uses it
pub const MAX_SKIP: u16 = 0xFF;
/// `SPLIT n`: go on after the operand, or n further.
pub const SPLIT: u16 = 0xF800;
/// `JUMP n`: go on n after the operand.
pub const JUMP: u16 = 0xF801;
/// `CHOICE n`: the n after the operand are a part that copies may lack or
/// have otherwise. Tells readers of straight text what to pass over.
pub const CHOICE: u16 = 0xF802;
/// The template has matched.
pub const END: u16 = 0xF803;

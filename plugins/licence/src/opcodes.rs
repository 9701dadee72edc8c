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

/// By which build.rs and the plugin find a word in the vocabulary (FNV-1a).
pub fn hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Calls `f` with each three words in a row that every copy has.
pub fn trigrams(code: &[u16], mut f: impl FnMut([u16; 3])) {
    let mut at = 0;
    let mut run = 0;
    while at < code.len() {
        let op = code[at];
        at += 1;
        if op < FIRST_OPCODE {
            run += 1;
            if run >= 3 {
                f([code[at - 3], code[at - 2], op]);
            }
            continue;
        }
        run = 0;
        if op == CHOICE {
            at += 1 + usize::from(code[at]);
        }
    }
}

/// Calls `f` with each word that a match may start with.
#[allow(dead_code)] // build.rs uses it
pub fn firsts(code: &[u16], at: usize, f: &mut impl FnMut(u16)) {
    match code[at] {
        SPLIT => {
            firsts(code, at + 2, f);
            firsts(code, at + 2 + usize::from(code[at + 1]), f);
        }
        JUMP => firsts(code, at + 2 + usize::from(code[at + 1]), f),
        CHOICE => firsts(code, at + 2, f),
        word => {
            // build.rs lets a template start with words alone.
            debug_assert!(word < FIRST_OPCODE, "a template without words");
            f(word);
        }
    }
}

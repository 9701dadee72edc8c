//! Writing the tokens of a block with given codes.

use crate::bits::Bits;
use crate::header::BlockCodes;
use crate::symbols::{Kind, Token};

/// Writes tokens, without the end of the block.
pub(crate) fn write(bits: &mut Bits, tokens: &[Token], codes: &BlockCodes) {
    let (literals, distances) = (&codes.literals.0, &codes.distances.0);
    for token in tokens {
        match token.kind() {
            Kind::Literal(byte) => bits.code(literals[byte]),
            Kind::Match(s) => {
                let code = literals[s.length];
                // At most 15 + 5 bits.
                bits.put(
                    u32::from(code.bits) | s.length_rest << code.len,
                    u32::from(code.len) + s.length_extra,
                );
                bits.code(distances[s.distance]);
                bits.put(s.distance_rest, s.distance_extra);
            }
        }
    }
}

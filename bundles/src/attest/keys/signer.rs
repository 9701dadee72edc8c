//! What signs.

use super::error::KeyError;
use super::public::PublicKey;
use crate::positioned::ReadAt;
use std::sync::Arc;

/// Something that signs for a public key: a key in memory, a command, a token.
pub trait Signer {
    /// The key that the signatures verify with.
    fn public_key(&self) -> &PublicKey;

    /// A pure ed25519 signature (RFC 8032) of the message.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// The same for a whole file, in bounded memory.
    fn sign_file(&self, file: &Arc<dyn ReadAt>) -> Result<[u8; 64], KeyError>;
}

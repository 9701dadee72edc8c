//! Pure ed25519 over a file of any size, in bounded memory.
//!
//! Signing reads the message twice, once for the nonce and once for the
//! challenge (RFC 8032, 5.1.6). Were the file to change in between, one nonce
//! would serve two messages, and whoever sees both signatures has the private
//! key: so both passes are hashed, and no signature leaves here unless they
//! agree.

use super::error::KeyError;
use super::public::PublicKey;
use crate::positioned::{ReadAt, each_chunk};
use ed25519_dalek::SignatureError;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign_byupdate};
use sha2::{Digest, Sha512};
use std::cell::RefCell;
use std::io;

/// Signs a file.
pub(super) fn sign(
    key: &ed25519_dalek::SigningKey,
    public: &PublicKey,
    file: &dyn ReadAt,
) -> Result<[u8; 64], KeyError> {
    let secret = ExpandedSecretKey::from(key.as_bytes());
    let passes: RefCell<Vec<[u8; 64]>> = RefCell::default();
    let failed: RefCell<Option<io::Error>> = RefCell::default();
    let update = |hasher: &mut Sha512| {
        let mut own = Sha512::new();
        let read = each_chunk(file, |part| {
            hasher.update(part);
            own.update(part);
        });
        passes.borrow_mut().push(own.finalize().into());
        read.map_err(|e| {
            *failed.borrow_mut() = Some(e);
            SignatureError::new()
        })
    };
    let signed = raw_sign_byupdate::<Sha512, _>(&secret, update, &key.verifying_key());
    if let Some(error) = failed.into_inner() {
        return Err(KeyError::Signing(format!("cannot read the file: {error}")));
    }
    let signature = signed.map_err(|e| KeyError::Signing(e.to_string()))?.to_bytes();
    let passes = passes.into_inner();
    let steady = matches!(passes[..], [first, second] if first == second);
    if !steady || !matches!(public.verify_file(file, &signature), Ok(true)) {
        return Err(KeyError::Signing("the file changed while it was being signed".to_owned()));
    }
    Ok(signature)
}

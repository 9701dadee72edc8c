//! Pure ed25519 over a file of any size, in bounded memory.
//!
//! Signing reads the message twice, once for the nonce and once for the
//! challenge (RFC 8032, 5.1.6). Were the file to change in between, one nonce
//! would serve two messages, and whoever sees both signatures has the private
//! key: so both passes are hashed, and no signature leaves here unless they
//! agree.

use super::{KeyError, PublicKey};
use crate::positioned::ReadAt;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign_byupdate};
use ed25519_dalek::{Signature, SignatureError, VerifyingKey};
use sha2::{Digest, Sha512};
use std::cell::RefCell;
use std::io;

/// How much is read at a time.
const PIECE: usize = 256 << 10;

/// Hands on a file's bytes in order.
pub(crate) fn each_piece(file: &dyn ReadAt, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let (mut at, len) = (0, file.len());
    while at < len {
        let want = buffer.len().min(usize::try_from(len - at).unwrap_or(usize::MAX));
        let part = &mut buffer[..want];
        file.read_exact_at(part, at)?;
        take(part);
        at += want as u64;
    }
    Ok(())
}

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
        let read = each_piece(file, |part| {
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
    if !steady || !matches!(verify(public, file, &signature), Ok(true)) {
        return Err(KeyError::Signing("the file changed while it was being signed".to_owned()));
    }
    Ok(signature)
}

/// Verifies a signature over a file as strictly as [`PublicKey::verify`].
pub(super) fn verify(public: &PublicKey, file: &dyn ReadAt, signature: &[u8; 64]) -> io::Result<bool> {
    // The half that is a point must not be of small order.
    let (point, _) = signature.split_at(32);
    let point = <[u8; 32]>::try_from(point).ok().and_then(|p| VerifyingKey::from_bytes(&p).ok());
    if point.is_none_or(|p| p.is_weak()) {
        return Ok(false);
    }
    let Ok(mut verifier) = public.dalek().verify_stream(&Signature::from_bytes(signature)) else {
        return Ok(false);
    };
    each_piece(file, |part| verifier.update(part))?;
    Ok(verifier.finalize_and_verify().is_ok())
}

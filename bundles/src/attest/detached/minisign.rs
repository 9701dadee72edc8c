//! minisign's signatures (jedisct1/minisign): of the file's BLAKE2b-512, and
//! once more of the signature with a trusted comment.
//!
//! A minisign key has a number of its own beside the ed25519 key. Here it
//! follows from the key: the first eight bytes of its SHA-256 fingerprint.

use super::format::{Detached, DetachedError, Format, counts, malformed};
use crate::attest::keys::{KeyError, PublicKey, Signer};
use crate::attest::trust::Trust;
use crate::positioned::{ReadAt, each_chunk};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use jiff::Timestamp;
use std::io;

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// Over the file's bytes.
const LEGACY: &[u8; 2] = b"Ed";
/// Over the file's BLAKE2b-512.
const PREHASHED: &[u8; 2] = b"ED";

fn key_number(key: &PublicKey) -> [u8; 8] {
    let mut number = [0; 8];
    number.copy_from_slice(&key.id().as_bytes()[..8]);
    number
}

fn shown(number: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(number))
}

/// The public key as minisign's key file.
pub fn public_key(key: &PublicKey) -> String {
    let number = key_number(key);
    let blob = [&LEGACY[..], &number, key.as_bytes()].concat();
    format!("{UNTRUSTED}minisign public key {}\n{}\n", shown(number), STANDARD.encode(blob))
}

fn hash(file: &dyn ReadAt) -> io::Result<Vec<u8>> {
    let mut hasher = Blake2b512::new();
    each_chunk(file, |part| hasher.update(part))?;
    Ok(hasher.finalize().to_vec())
}

fn checked(signer: &dyn Signer, message: &[u8]) -> Result<[u8; 64], KeyError> {
    let signature = signer.sign(message)?;
    if signer.public_key().verify(message, &signature) {
        return Ok(signature);
    }
    Err(KeyError::Signing("the signature does not verify".into()))
}

pub(super) fn sign(
    signer: &dyn Signer,
    file: &dyn ReadAt,
    name: &str,
    now: Timestamp,
) -> Result<String, DetachedError> {
    let signature = checked(signer, &hash(file)?)?;
    // A line of the file: nothing in a name may end it.
    let name: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let comment = format!("timestamp:{}\tfile:{name}\thashed", now.as_second());
    let global = checked(signer, &[&signature[..], comment.as_bytes()].concat())?;
    let number = key_number(signer.public_key());
    let blob = [&PREHASHED[..], &number, &signature].concat();
    Ok(format!(
        "{UNTRUSTED}signature from airgo, key {}\n{}\n{TRUSTED}{comment}\n{}\n",
        shown(number),
        STANDARD.encode(blob),
        STANDARD.encode(global)
    ))
}

pub(super) fn verify(
    file: &dyn ReadAt,
    signature: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    let wrong = |reason: &str| malformed(Format::Minisign, reason);
    let text = std::str::from_utf8(signature).map_err(|_| wrong("it is not text"))?;
    let lines: Vec<&str> = text.lines().collect();
    let [_, blob, comment, global] = lines[..] else {
        return Err(wrong("it has not just four lines"));
    };
    let comment = comment.strip_prefix(TRUSTED).ok_or_else(|| wrong("it has no trusted comment"))?;
    let blob = STANDARD.decode(blob).map_err(|_| wrong("the second line is not base64"))?;
    let (head, signature) = blob.split_last_chunk::<64>().ok_or_else(|| wrong("it is too short"))?;
    let (kind, number) = head.split_first_chunk::<2>().ok_or_else(|| wrong("it is too short"))?;
    if number.len() != 8 || ![LEGACY, PREHASHED].contains(&kind) {
        return Err(wrong("its algorithm is not ed25519"));
    }
    let global: [u8; 64] = STANDARD
        .decode(global)
        .ok()
        .and_then(|b| b.try_into().ok())
        .ok_or_else(|| wrong("the fourth line is not a signature in base64"))?;
    let prehashed = if kind == PREHASHED { Some(hash(file)?) } else { None };
    for key in trust.keys() {
        let right = match &prehashed {
            Some(digest) => key.key.verify(digest, signature),
            None => key.key.verify_file(file, signature)?,
        };
        // The comment counts only with the key that signed the file.
        if right && key.key.verify(&[&signature[..], comment.as_bytes()].concat(), &global) {
            return counts(&key.key, Format::Minisign, Some(comment.to_owned()), trust, now);
        }
    }
    Err(DetachedError::Untrusted { statuses: Vec::new() })
}

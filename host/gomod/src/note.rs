//! Signed notes, the form in which a checksum database states the head of its
//! log (golang.org/x/mod/sumdb/note): text, a blank line, then one line a
//! signature.
//!
//! ```
//! use airgo_gomod::note::{self, VerifierKey};
//!
//! let key: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse()?;
//! let message = "If you think cryptography is the answer to your problem,\n\
//!     then you don't know what your problem is.\n\n\
//!     — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
//! let note = note::open(message.as_bytes(), &[key])?;
//! assert_eq!(note.signatures[0].name, "PeterNeumann");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::unicode::is_space;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// The only algorithm there is: Ed25519.
const ED25519: u8 = 1;
/// A note with more signatures is not worth the time.
const MAX_SIGNATURES: usize = 100;

/// What is wrong with a note or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text of a verifier key is not `name+hash+base64`.
    #[error("malformed verifier id")]
    VerifierId,
    /// The text of a signer key is not `PRIVATE+KEY+name+hash+base64`.
    #[error("malformed signer id")]
    SignerId,
    /// A key for another algorithm than Ed25519.
    #[error("unknown key algorithm")]
    Algorithm,
    /// The hash in a key's text is not that of the key.
    #[error("invalid key hash")]
    KeyHash,
    /// The message is not a note.
    #[error("malformed note")]
    Malformed,
    /// A known key's signature does not fit the text.
    #[error("invalid signature for key {name}+{hash:08x}")]
    Signature {
        /// The key's name.
        name: String,
        /// The key's hash.
        hash: u32,
    },
    /// No known key has signed the note.
    #[error("note has no verifiable signatures")]
    Unverified,
}

/// A public key with the name of who signs with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    hash: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The signer's name, for a checksum database its host and path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash that distinguishes keys of one name.
    pub fn hash(&self) -> u32 {
        self.hash
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    /// Reads `name+hash+base64`.
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, hash, key) = parse_key(text).ok_or(NoteError::VerifierId)?;
        if hash != key_hash(name, &key) {
            return Err(NoteError::KeyHash);
        }
        let key = VerifyingKey::from_bytes(&ed25519_bytes(&key, NoteError::VerifierId)?);
        Ok(Self { name: name.to_owned(), hash, key: key.map_err(|_| NoteError::VerifierId)? })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.hash, STANDARD.encode(public_bytes(&self.key)))
    }
}

/// A private key with its name: for a checksum database of one's own.
pub struct SignerKey {
    name: String,
    hash: u32,
    key: SigningKey,
}

impl SignerKey {
    /// Makes a key from 32 random bytes; `None` where the name is not fit for a
    /// signature line.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Option<Self> {
        let key = SigningKey::from_bytes(seed);
        let hash = key_hash(name, &public_bytes(&key.verifying_key()));
        is_valid_name(name).then(|| Self { name: name.to_owned(), hash, key })
    }

    /// The public half.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), hash: self.hash, key: self.key.verifying_key() }
    }
}

impl FromStr for SignerKey {
    type Err = NoteError;

    /// Reads `PRIVATE+KEY+name+hash+base64`.
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let text = text.strip_prefix("PRIVATE+KEY+").ok_or(NoteError::SignerId)?;
        let (name, hash, key) = parse_key(text).ok_or(NoteError::SignerId)?;
        let seed = ed25519_bytes(&key, NoteError::SignerId)?;
        let signer = Self::from_seed(name, &seed).ok_or(NoteError::SignerId)?;
        if signer.hash == hash { Ok(signer) } else { Err(NoteError::KeyHash) }
    }
}

impl fmt::Debug for SignerKey {
    /// The name alone: secrets do not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}+{:08x})", self.name, self.hash)
    }
}

/// A note that a known key has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The signed text, with its last line end.
    pub text: String,
    /// The signatures by known keys, all of them checked.
    pub signatures: Vec<Signature>,
    /// Those by other keys.
    pub unverified: Vec<Signature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: String,
    /// The hash of the key.
    pub hash: u32,
    /// The signature, the key's hash before it, in base64.
    pub base64: String,
}

/// Reads a note and checks its signatures by known keys: one that is wrong
/// spoils the note, and there must be one.
pub fn open(message: &[u8], known: &[VerifierKey]) -> Result<Note, NoteError> {
    let message = std::str::from_utf8(message).map_err(|_| NoteError::Malformed)?;
    if message.contains(|c: char| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed);
    }
    let blank_line = message.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, lines) = (&message[..=blank_line], &message[blank_line + 2..]);
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;

    let mut note = Note { text: text.to_owned(), signatures: Vec::new(), unverified: Vec::new() };
    let mut seen = HashSet::new();
    for (count, line) in lines.split('\n').enumerate() {
        let (signature, bytes) = parse_signature(line).ok_or(NoteError::Malformed)?;
        if count >= MAX_SIGNATURES {
            return Err(NoteError::Malformed);
        }
        let mut keys = known.iter().filter(|key| key.name == signature.name && key.hash == signature.hash);
        let Some(key) = keys.next() else {
            if seen.insert(line) {
                note.unverified.push(signature);
            }
            continue;
        };
        if note.signatures.iter().any(|other| other.name == key.name && other.hash == key.hash) {
            continue;
        }
        let fits =
            Ed25519::from_slice(&bytes).is_ok_and(|s| key.key.verify_strict(text.as_bytes(), &s).is_ok());
        if !fits {
            return Err(NoteError::Signature { name: signature.name, hash: signature.hash });
        }
        note.signatures.push(signature);
    }
    if note.signatures.is_empty() { Err(NoteError::Unverified) } else { Ok(note) }
}

/// Signs a text, which must end its last line.
pub fn sign(text: &str, signers: &[SignerKey]) -> Result<String, NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed);
    }
    let mut message = format!("{text}\n");
    for SignerKey { name, hash, key } in signers {
        let mut bytes = hash.to_be_bytes().to_vec();
        bytes.extend(key.sign(text.as_bytes()).to_bytes());
        message += &format!("— {name} {}\n", STANDARD.encode(bytes));
    }
    Ok(message)
}

/// A signature line, and the signature itself.
fn parse_signature(line: &str) -> Option<(Signature, Vec<u8>)> {
    let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = STANDARD.decode(base64).ok()?;
    let (hash, signature) = bytes.split_first_chunk::<4>()?;
    if !is_valid_name(name) || signature.is_empty() {
        return None;
    }
    let hash = u32::from_be_bytes(*hash);
    Some((Signature { name: name.to_owned(), hash, base64: base64.to_owned() }, signature.to_vec()))
}

/// `name+hash+base64`; the bytes are the algorithm and the key.
fn parse_key(text: &str) -> Option<(&str, u32, Vec<u8>)> {
    let mut parts = text.splitn(3, '+');
    let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
    if !is_valid_name(name) || hash.len() != 8 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let key = STANDARD.decode(key).ok().filter(|key| !key.is_empty())?;
    Some((name, u32::from_str_radix(hash, 16).ok()?, key))
}

fn ed25519_bytes(key: &[u8], malformed: NoteError) -> Result<[u8; 32], NoteError> {
    match key.split_first() {
        Some((&ED25519, key)) => key.try_into().map_err(|_| malformed),
        _ => Err(NoteError::Algorithm),
    }
}

fn public_bytes(key: &VerifyingKey) -> Vec<u8> {
    let mut bytes = vec![ED25519];
    bytes.extend(key.as_bytes());
    bytes
}

fn key_hash(name: &str, key: &[u8]) -> u32 {
    let digest = Sha256::new().chain_update(name).chain_update(b"\n").chain_update(key).finalize();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c| is_space(c) || c == '+')
}

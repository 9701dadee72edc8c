//! OpenSSH's signatures of files (openssh-portable, PROTOCOL.sshsig).

use super::format::{Detached, DetachedError, Format, counts, malformed};
use crate::attest::allowed_signers::NAMESPACE;
use crate::attest::keys::{KeyError, PublicKey, Signer};
use crate::attest::signer::TrustStatus;
use crate::attest::trust::Trust;
use crate::positioned::{ReadAt, each_chunk};
use jiff::Timestamp;
use sha2::{Digest, Sha256, Sha512};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Algorithm, HashAlg, LineEnding, Signature, SshSig};
use std::io;

/// What the signed bytes begin with.
const MAGIC: &[u8] = b"SSHSIG";

/// A string of the SSH protocol: its length in four bytes, then its bytes.
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}

fn hash<D: Digest>(file: &dyn ReadAt) -> io::Result<Vec<u8>> {
    let mut hasher = D::new();
    each_chunk(file, |part| hasher.update(part))?;
    Ok(hasher.finalize().to_vec())
}

/// What the key signs. `SshSig::signed_data` wants the file in memory.
fn signed_data(namespace: &str, algorithm: HashAlg, digest: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for part in [namespace.as_bytes(), b"", algorithm.as_str().as_bytes(), digest] {
        put(&mut out, part);
    }
    out
}

pub(super) fn sign(signer: &dyn Signer, file: &dyn ReadAt) -> Result<String, DetachedError> {
    let key = signer.public_key();
    let message = signed_data(NAMESPACE, HashAlg::Sha512, &hash::<Sha512>(file)?);
    let signature = signer.sign(&message)?;
    if !key.verify(&message, &signature) {
        return Err(KeyError::Signing("the signature does not verify".into()).into());
    }
    let encoded = Signature::new(Algorithm::Ed25519, signature).and_then(|signature| {
        let key = KeyData::Ed25519(Ed25519PublicKey(*key.as_bytes()));
        SshSig::new(key, NAMESPACE, HashAlg::Sha512, signature)?.to_pem(LineEnding::LF)
    });
    encoded.map_err(|e| KeyError::Signing(e.to_string()).into())
}

pub(super) fn verify(
    file: &dyn ReadAt,
    signature: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    let wrong = |reason: &str| malformed(Format::Ssh, reason);
    let read = SshSig::from_pem(signature).map_err(|e| wrong(&e.to_string()))?;
    // The reader is not strict about what follows the armor; one signature has one form.
    let canonical = read.to_pem(LineEnding::LF).map_err(|e| wrong(&e.to_string()))?;
    let body = |text: &[u8]| text.iter().filter(|b| !b.is_ascii_whitespace()).copied().collect::<Vec<u8>>();
    if body(signature) != body(canonical.as_bytes()) {
        return Err(wrong("the armor is not in its one form"));
    }
    let key = read.public_key().ed25519().filter(|_| read.algorithm() == Algorithm::Ed25519);
    let (Some(key), SshSig::VERSION, []) = (key, read.version(), read.reserved()) else {
        return Err(wrong("not an ed25519 signature of version 1"));
    };
    if read.namespace() != NAMESPACE {
        return Err(DetachedError::Namespace { found: read.namespace().to_owned(), expected: NAMESPACE });
    }
    let digest = match read.hash_alg() {
        HashAlg::Sha512 => hash::<Sha512>(file)?,
        HashAlg::Sha256 => hash::<Sha256>(file)?,
        _ => return Err(wrong("its hash is neither sha512 nor sha256")),
    };
    let key = PublicKey::from_bytes(&key.0).map_err(|e| wrong(&e.to_string()))?;
    let signature =
        read.signature_bytes().try_into().map_err(|_| wrong("its signature is not of 64 bytes"))?;
    if !key.verify(&signed_data(NAMESPACE, read.hash_alg(), &digest), &signature) {
        let status: TrustStatus = trust.status_of_key(&key.id(), now);
        return match status {
            TrustStatus::Trusted { .. } => Err(DetachedError::Untrusted { statuses: Vec::new() }),
            other => Err(DetachedError::Untrusted { statuses: vec![(key.id(), other)] }),
        };
    }
    counts(&key, Format::Ssh, None, trust, now)
}

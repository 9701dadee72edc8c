//! OpenSSH's signatures of files (openssh-portable, PROTOCOL.sshsig).

use super::format::{Detached, DetachedError, Format, counts, malformed};
use crate::attest::allowed_signers::NAMESPACE;
use crate::attest::keys::{PublicKey, Signer};
use crate::attest::signer::TrustStatus;
use crate::attest::trust::Trust;
use crate::positioned::{ReadAt, each_chunk};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256, Sha512};
use std::io;

const MAGIC: &[u8] = b"SSHSIG";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const ALGORITHM: &[u8] = b"ssh-ed25519";
/// OpenSSH breaks its lines here.
const LINE: usize = 70;

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

/// What the key signs.
fn signed_data(namespace: &[u8], algorithm: &[u8], digest: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for part in [namespace, b"", algorithm, digest] {
        put(&mut out, part);
    }
    out
}

pub(super) fn sign(signer: &dyn Signer, file: &dyn ReadAt) -> Result<String, DetachedError> {
    let key = signer.public_key();
    let message = signed_data(NAMESPACE.as_bytes(), b"sha512", &hash::<Sha512>(file)?);
    let signature = signer.sign(&message)?;
    if !key.verify(&message, &signature) {
        return Err(crate::attest::keys::KeyError::Signing("the signature does not verify".into()).into());
    }
    let mut inner = Vec::new();
    put(&mut inner, ALGORITHM);
    put(&mut inner, &signature);
    let mut blob = MAGIC.to_vec();
    blob.extend(1_u32.to_be_bytes());
    for part in [&key.ssh_blob()[..], NAMESPACE.as_bytes(), b"", b"sha512", &inner] {
        put(&mut blob, part);
    }
    let base64 = STANDARD.encode(blob);
    let mut text = format!("{BEGIN}\n");
    for at in (0..base64.len()).step_by(LINE) {
        text.push_str(&base64[at..(at + LINE).min(base64.len())]);
        text.push('\n');
    }
    Ok(text + END + "\n")
}

struct Parser<'a>(&'a [u8]);

impl<'a> Parser<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let len = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(len).ok()?)
    }
}

struct Parts<'a> {
    key: &'a [u8],
    namespace: &'a [u8],
    algorithm: &'a [u8],
    signature: [u8; 64],
}

fn parts(blob: &[u8]) -> Option<Parts<'_>> {
    let mut parser = Parser(blob);
    if parser.take(MAGIC.len())? != MAGIC || parser.take(4)? != 1_u32.to_be_bytes() {
        return None;
    }
    let (key, namespace) = (parser.string()?, parser.string()?);
    let (reserved, algorithm, signature) = (parser.string()?, parser.string()?, parser.string()?);
    let mut inner = Parser(signature);
    if inner.string()? != ALGORITHM {
        return None;
    }
    let signature = inner.string()?.try_into().ok()?;
    let nothing_else = [reserved, parser.0, inner.0].iter().all(|rest| rest.is_empty());
    nothing_else.then_some(Parts { key, namespace, algorithm, signature })
}

pub(super) fn verify(
    file: &dyn ReadAt,
    signature: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    let wrong = |reason: &str| malformed(Format::Ssh, reason);
    let text = std::str::from_utf8(signature).map_err(|_| wrong("it is not text"))?;
    let body = text.trim_end_matches('\n').strip_prefix(BEGIN).and_then(|t| t.strip_suffix(END));
    let body: String =
        body.ok_or_else(|| wrong("the armor is not closed"))?.split_ascii_whitespace().collect();
    let blob = STANDARD.decode(body).map_err(|_| wrong("the armor is not base64"))?;
    let Parts { key, namespace, algorithm, signature } =
        parts(&blob).ok_or_else(|| wrong("not an ed25519 SSHSIG of version 1"))?;
    if namespace != NAMESPACE.as_bytes() {
        let found = String::from_utf8_lossy(namespace).into_owned();
        return Err(DetachedError::Namespace { found, expected: NAMESPACE });
    }
    let digest = match algorithm {
        b"sha512" => hash::<Sha512>(file)?,
        b"sha256" => hash::<Sha256>(file)?,
        _ => return Err(wrong("its hash is neither sha512 nor sha256")),
    };
    let key = PublicKey::from_ssh_base64(&STANDARD.encode(key)).map_err(|e| wrong(&e.to_string()))?;
    if !key.verify(&signed_data(namespace, algorithm, &digest), &signature) {
        let status: TrustStatus = trust.status_of_key(&key.id(), now);
        return match status {
            TrustStatus::Trusted { .. } => Err(DetachedError::Untrusted { statuses: Vec::new() }),
            other => Err(DetachedError::Untrusted { statuses: vec![(key.id(), other)] }),
        };
    }
    counts(&key, Format::Ssh, None, trust, now)
}

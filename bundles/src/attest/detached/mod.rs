//! Signatures beside the file, over all of its bytes, that other tools verify.
//!
//! | format | file | verified by |
//! |---|---|---|
//! | [`Format::Raw`] | `.sig` | `openssl pkeyutl -verify -rawin` |
//! | [`Format::Base64`] | `.sig.b64` | `cosign verify-blob` |
//! | [`Format::Ssh`] | `.sshsig` | `ssh-keygen -Y verify -n airgo-bundle@v1` |
//! | [`Format::Minisign`] | `.minisig` | `minisign -V` |
//! | [`Format::Attestation`] | `.att.json` | `cosign verify-blob-attestation` |
//!
//! The bundle's own signatures, inside it, say more and are what airgo goes by;
//! these are for whoever lets a file across the gap without having airgo. The
//! key is the same ed25519 key throughout. Files are read in bounded memory.
//!
//! ```
//! use airgo_bundle::detached::{self, Format};
//! use airgo_bundle::keys::{Signer as _, SigningKey};
//! use airgo_bundle::{ReadAt, Trust, TrustedKey};
//! use std::sync::Arc;
//! let key = SigningKey::generate()?;
//! let file: Arc<dyn ReadAt> = Arc::new(b"a bundle's bytes".to_vec());
//! let now = jiff::Timestamp::UNIX_EPOCH;
//! let signature = detached::sign(&key, &file, Format::Minisign, "app.airgo", now)?;
//! let mut trust = Trust::new();
//! trust.add(TrustedKey::new(key.public_key().clone(), None));
//! assert_eq!(detached::verify(&*file, &signature, &trust, now)?.key_id, key.public_key().id());
//! # Ok::<(), airgo_bundle::detached::DetachedError>(())
//! ```

mod attestation;
mod format;
mod minisign;
mod ssh;

pub use attestation::FILE_ATTESTATION;
pub use format::{Detached, DetachedError, Format, sha256};
pub use minisign::public_key as minisign_public_key;

use crate::attest::keys::Signer;
use crate::attest::trust::Trust;
use crate::positioned::ReadAt;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use format::counts;
use jiff::Timestamp;
use std::sync::Arc;

/// Bytes of a detached signature; more is none.
const MAX_SIGNATURE: usize = 64 << 10;

/// Signs a whole file. Its name and the time go where the format has a place
/// for them: minisign's trusted comment and the attestation's subject.
///
/// # Errors
/// A signer that fails, or a file that cannot be read or changes meanwhile.
pub fn sign(
    signer: &dyn Signer,
    file: &Arc<dyn ReadAt>,
    format: Format,
    name: &str,
    now: Timestamp,
) -> Result<Vec<u8>, DetachedError> {
    Ok(match format {
        Format::Raw => signer.sign_file(file)?.to_vec(),
        Format::Base64 => (STANDARD.encode(signer.sign_file(file)?) + "\n").into_bytes(),
        Format::Ssh => ssh::sign(signer, &**file)?.into_bytes(),
        Format::Minisign => minisign::sign(signer, &**file, name, now)?.into_bytes(),
        Format::Attestation => attestation::sign(signer, &**file, name)?,
    })
}

/// Checks a detached signature of any format against the keys that a trust
/// lets sign now. Roles and main modules are the business of the signatures
/// inside a bundle; a revoked or expired key counts here neither.
///
/// # Errors
/// Anything but a right signature by a key that counts.
pub fn verify(
    file: &dyn ReadAt,
    signature: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    if signature.len() > MAX_SIGNATURE {
        return Err(DetachedError::Unrecognised);
    }
    if let Ok(raw) = <[u8; 64]>::try_from(signature) {
        return verify_plain(file, &raw, Format::Raw, trust, now);
    }
    if signature.starts_with(b"-----BEGIN SSH SIGNATURE-----") {
        return ssh::verify(file, signature, trust, now);
    }
    if signature.starts_with(b"untrusted comment: ") {
        return minisign::verify(file, signature, trust, now);
    }
    if signature.starts_with(b"{") {
        return attestation::verify(file, signature, trust, now);
    }
    match STANDARD.decode(signature.trim_ascii()).ok().and_then(|b| b.try_into().ok()) {
        Some(raw) => verify_plain(file, &raw, Format::Base64, trust, now),
        None => Err(DetachedError::Unrecognised),
    }
}

/// A format that names no key: every trusted key may have made it.
fn verify_plain(
    file: &dyn ReadAt,
    signature: &[u8; 64],
    format: Format,
    trust: &Trust,
    now: Timestamp,
) -> Result<Detached, DetachedError> {
    for key in trust.keys() {
        if key.key.verify_file(file, signature)? {
            return counts(&key.key, format, None, trust, now);
        }
    }
    Err(DetachedError::Untrusted { statuses: Vec::new() })
}

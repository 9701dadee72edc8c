//! Who signed a plugin: the adapter between the policy, which knows no keys, and
//! the bundle's detached signatures.

use crate::paths::shown;
use airgo_bundle::{Trust, detached};
use airgo_policy::{PluginSigner, SignatureRequest, Signatures};
use std::io::Read as _;

/// Bytes of a signature; [`detached::verify`] has a limit of its own.
const MAX_SIGNATURE: u64 = 1 << 20;

/// Signatures in any of the formats that `airgo sign --detached` writes, and
/// that openssl, ssh-keygen, minisign and cosign write.
pub struct DetachedSignatures;

impl Signatures for DetachedSignatures {
    fn check(&self, component: &[u8], asked: &SignatureRequest) -> Result<PluginSigner, String> {
        let mut trust = Trust::new();
        for file in &asked.trust {
            trust.load(file).map_err(|e| {
                format!("has a signature that cannot be checked against {}: {e}", shown(file))
            })?;
        }
        let name = shown(&asked.file);
        let mut signature = Vec::new();
        std::fs::File::open(&asked.file)
            .and_then(|file| file.take(MAX_SIGNATURE).read_to_end(&mut signature))
            .map_err(|e| format!("has no signature that can be read from {name}: {e}"))?;
        let found = detached::verify(&component.to_vec(), &signature, &trust, asked.at)
            .map_err(|error| format!("is not verified by {name}: {error}"))?;
        let key = trust.keys().find(|trusted| trusted.key.id() == found.key_id);
        let roles = key.map(|trusted| trusted.roles.iter().cloned().collect()).unwrap_or_default();
        Ok(PluginSigner { key_id: found.key_id.to_string(), name: found.name, roles })
    }
}

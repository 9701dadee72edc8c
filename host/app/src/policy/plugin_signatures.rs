//! Who signed a plugin: the adapter between the policy, which knows no keys, and
//! the bundle's detached signatures.

use crate::Context;
use crate::paths::shown;
use crate::requests::TrustFiles;
use crate::trust::keyring;
use airgo_bundle::{Trust, detached};
use airgo_policy::{PluginSigner, SignatureRequest, Signatures};
use jiff::Timestamp;
use std::io::Read as _;

/// Bytes of a signature; [`detached::verify`] has a limit of its own.
const MAX_SIGNATURE: u64 = 1 << 20;

/// Signatures in any of the formats that `airgo sign --detached` writes, and
/// that openssl, ssh-keygen, minisign and cosign write.
pub struct DetachedSignatures<'a> {
    pub context: &'a Context,
    /// Whom the caller trusts, for compiled code.
    pub trust: &'a TrustFiles,
}

impl Signatures for DetachedSignatures<'_> {
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

    fn check_compiled(&self, head: &[u8], signature: &[u8], at: Timestamp) -> Result<(), String> {
        let trust =
            keyring::trust(self.context, self.trust).map_err(|failure| failure.message.to_string())?;
        match detached::verify(&head.to_vec(), signature, &trust, at) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("nobody whom you trust has signed it: {error}")),
        }
    }
}

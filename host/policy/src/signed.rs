//! Who signed a plugin: asked of the caller, for this crate knows no keys.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

/// Checks the signatures of plugins.
pub trait Signatures: Sync {
    /// Who has signed a component, by one of the trusted keys.
    ///
    /// # Errors
    /// Why not, as the rest of a sentence that begins with the plugin's name:
    /// the signature is missing, broken, or by nobody trusted at that time.
    fn check(&self, component: &[u8], asked: &SignatureRequest) -> Result<PluginSigner, String>;

    /// Whether somebody whom the caller trusts at that time has signed the head
    /// of a file with compiled code, which runs outside the sandbox. What the
    /// policy file says of trust does not count here: it may come with the file.
    ///
    /// # Errors
    /// Why not, as the rest of a sentence about the file.
    fn check_compiled(&self, head: &[u8], signature: &[u8], at: Timestamp) -> Result<(), String>;
}

/// Whose signature over a plugin counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginSigner {
    /// The key's id, as airgo shows it everywhere.
    pub key_id: String,
    /// Whose key it is, as far as the files with the keys say: the user's own
    /// words, no stranger's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The roles that a trust file gives the key, sorted. Nothing is asked of
    /// them here: a plugin has no role.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// What is asked of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRequest {
    /// The file with the signature.
    pub file: PathBuf,
    /// Files with the keys that count.
    pub trust: Vec<PathBuf>,
    /// The time judged for, at which a key has to be valid.
    pub at: Timestamp,
}

/// Of a caller that can check no signature: none counts.
pub(crate) struct NoSignatures;

impl Signatures for NoSignatures {
    fn check(&self, _: &[u8], _: &SignatureRequest) -> Result<PluginSigner, String> {
        Err("has a signature, which cannot be checked here".to_owned())
    }

    fn check_compiled(&self, _: &[u8], _: &[u8], _: Timestamp) -> Result<(), String> {
        Err("its signature cannot be checked here".to_owned())
    }
}

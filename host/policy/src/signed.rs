//! Who signed a plugin: asked of the caller, for this crate knows no keys.

use std::path::PathBuf;

use jiff::Timestamp;

/// Checks the signatures of plugins.
pub trait Signatures: Sync {
    /// Whether one of the trusted keys has signed a component.
    ///
    /// # Errors
    /// Why not, as the rest of a sentence that begins with the plugin's name:
    /// the signature is missing, broken, or by nobody trusted at that time.
    fn check(&self, component: &[u8], asked: &SignatureRequest) -> Result<(), String>;
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
    fn check(&self, _: &[u8], _: &SignatureRequest) -> Result<(), String> {
        Err("has a signature, which cannot be checked here".to_owned())
    }
}

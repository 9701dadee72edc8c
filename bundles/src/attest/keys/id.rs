//! The name of a key: its OpenSSH fingerprint.

use super::error::KeyError;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt;
use std::str::FromStr;

/// The fingerprint of a public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub(super) [u8; 32]);

impl KeyId {
    /// The 32 bytes of the fingerprint.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The fingerprint as part of a file's name: `SHA256-` and base64url.
    pub fn file_safe(&self) -> String {
        format!("SHA256-{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Reads [`KeyId::file_safe`] back.
    pub fn from_file_safe(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("SHA256-")?).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", STANDARD_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.strip_prefix("SHA256:")
            .and_then(|b| STANDARD_NO_PAD.decode(b).ok())
            .and_then(|b| b.try_into().ok())
            .map(Self)
            .ok_or_else(|| KeyError::Fingerprint(s.to_owned()))
    }
}

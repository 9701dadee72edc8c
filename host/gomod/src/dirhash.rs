//! The `h1:` hash of a set of files (golang.org/x/mod/sumdb/dirhash Hash1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;

/// An `h1:` hash: the SHA-256 of the sorted list of file hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct H1(pub [u8; 32]);

/// The text is not `h1:` followed by 32 bytes of standard base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed h1 hash {0:?}")]
pub struct ParseH1Error(pub String);

impl fmt::Display for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h1:{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for H1 {
    type Err = ParseH1Error;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || ParseH1Error(s.to_owned());
        let bytes = STANDARD.decode(s.strip_prefix("h1:").ok_or_else(bad)?).map_err(|_| bad())?;
        Ok(Self(bytes.try_into().map_err(|_| bad())?))
    }
}

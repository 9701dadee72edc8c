//! The `h1:` hash of a set of files (golang.org/x/mod/sumdb/dirhash Hash1).
//!
//! It is the SHA-256 of one line a file, `<hex SHA-256 of the content>  <name>\n`,
//! the lines sorted bytewise by name. Names and contents are all that is
//! hashed: modes, times, order, compression and empty directories of a tree
//! are not. (A zip's directory entries *are* hashed, as empty files: HashZip.)
//!
//! ```
//! let h1 = airgo_gomod::dirhash::hash_go_mod(b"module example.com/m\n");
//! assert_eq!(h1.to_string(), "h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=");
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::ops::Range;
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

/// A file name holds a newline, which Hash1 cannot distinguish from the end of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("file name {0:?} holds a newline and cannot be hashed")]
pub struct NewlineInName(pub String);

/// Collects the hashes of files in any order and makes an [`H1`] of them.
#[derive(Debug, Default)]
pub struct Hash1 {
    /// All names, one after the other: a module may have tens of thousands.
    names: String,
    files: Vec<(Range<usize>, [u8; 32])>,
}

impl Hash1 {
    /// Starts with no file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file: its full name, such as `path@version/dir/file` in a module
    /// zip, and the SHA-256 of its content.
    pub fn add(&mut self, name: &str, sha256: [u8; 32]) {
        let start = self.names.len();
        self.names.push_str(name);
        self.files.push((start..self.names.len(), sha256));
    }

    /// Hashes the sorted list. A name added twice is in it twice.
    pub fn finish(mut self) -> Result<H1, NewlineInName> {
        let names = &self.names;
        self.files.sort_unstable_by(|(a, _), (b, _)| names[a.clone()].cmp(&names[b.clone()]));
        let mut list = Sha256::new();
        let mut line = Vec::with_capacity(256);
        for (name, sha256) in &self.files {
            let name = &names[name.clone()];
            if name.contains('\n') {
                return Err(NewlineInName(name.to_owned()));
            }
            line.clear();
            for byte in sha256 {
                line.push(HEX[usize::from(byte >> 4)]);
                line.push(HEX[usize::from(byte & 15)]);
            }
            line.extend_from_slice(b"  ");
            line.extend_from_slice(name.as_bytes());
            line.push(b'\n');
            list.update(&line);
        }
        Ok(H1(list.finalize().into()))
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The hash that go.sum keeps for a go.mod file: Hash1 of the one file `go.mod`
/// with exactly these bytes (cmd/go modfetch/fetch.go goModSum).
pub fn hash_go_mod(data: &[u8]) -> H1 {
    let mut list = Sha256::new();
    let mut line = String::with_capacity(73);
    for byte in Sha256::digest(data) {
        line.push(char::from(HEX[usize::from(byte >> 4)]));
        line.push(char::from(HEX[usize::from(byte & 15)]));
    }
    line.push_str("  go.mod\n");
    list.update(line.as_bytes());
    H1(list.finalize().into())
}

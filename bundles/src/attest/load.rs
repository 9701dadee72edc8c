//! Trusting the keys of a file: a public key, an allowed-signers file, or a trust
//! file.

use super::keys::KeyError;
use super::trust::Trust;
use super::trust_file::TrustFileError;
use super::{allowed_signers, trust_file};
use std::path::Path;

/// Why the keys of a file are not trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read, or a key in it cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A trust file says something that is not understood.
    #[error(transparent)]
    File(#[from] TrustFileError),
}

impl Trust {
    /// Trusts the keys of a file: a trust file if its name ends in `.toml`, else
    /// PEM, OpenSSH public keys, or an allowed-signers file. Says how many; keys
    /// of other algorithms are passed over.
    ///
    /// # Errors
    /// A file that cannot be read, or says something that is not understood:
    /// nothing of it is trusted then.
    pub fn load(&mut self, path: &Path) -> Result<usize, TrustError> {
        let read = |source| KeyError::Read { path: path.display().to_string(), source };
        let text = trust_file::read_text(path).map_err(read)?;
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            let base = path.parent().unwrap_or(Path::new("."));
            return Ok(self.parse_trust_file(&path.display().to_string(), &text, base)?);
        }
        self.parse(&text)
    }

    /// Trusts the keys of a text that is not a trust file, as [`Trust::load`] does.
    ///
    /// # Errors
    /// As for [`Trust::load`].
    pub fn parse(&mut self, text: &str) -> Result<usize, TrustError> {
        let found = allowed_signers::parse(text)?;
        let count = found.len();
        found.into_iter().for_each(|key| self.add(key));
        Ok(count)
    }

    /// Adds what a trust file says; gives the number of keys. Key files that it
    /// names are relative to `base`. On an error nothing is added.
    ///
    /// # Errors
    /// The first thing in the file that is unknown, contradicts another, or could
    /// never let a bundle in.
    pub fn parse_trust_file(&mut self, name: &str, text: &str, base: &Path) -> Result<usize, TrustFileError> {
        let (trust, count) = trust_file::parse(self, name, text, base)?;
        *self = trust;
        Ok(count)
    }
}

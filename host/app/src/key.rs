//! Key pairs: made, and their public halves as other tools read them.

use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, FailureKind, Result};
use crate::trust::keyring::{self, PASSPHRASE, key_failure};
use airgo_bundle::detached::minisign_public_key;
use airgo_bundle::keys::{self, PublicKey, Signer as _, SigningKey};
use airgo_model::atomic::{self, Access};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How a key pair is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyFormat {
    /// PKCS#8 and SPKI PEM, as openssl writes them.
    #[default]
    Pem,
    /// OpenSSH, as ssh-keygen writes them.
    Openssh,
}

/// The pair to make.
#[derive(Clone, Debug, Default)]
pub struct GenerateRequest {
    /// The private key; the public one goes beside it.
    pub output: PathBuf,
    /// How to write them.
    pub format: KeyFormat,
    /// Whether to encrypt the private key with the passphrase of the environment.
    pub encrypt: bool,
    /// A comment for the OpenSSH formats.
    pub comment: String,
}

/// A new pair.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The file of the private key, mode 0600.
    pub private: PathBuf,
    /// The file of the public key.
    pub public: PathBuf,
    /// The id of the key.
    pub key_id: String,
}

/// Makes an ed25519 key pair; files that exist stay.
///
/// # Errors
/// A file exists or cannot be written, or a passphrase is missing. No key was written
/// then.
pub fn generate(context: &Context, request: &GenerateRequest) -> Result<Generated> {
    let generated = write(context, request).map_err(|failure| failure.outcome("no key was written"))?;
    let Generated { private, public, key_id } = &generated;
    context.status("Made", format!("{} and {} ({key_id})", private.display(), public.display()));
    Ok(generated)
}

fn write(context: &Context, request: &GenerateRequest) -> Result<Generated> {
    let file = &request.output;
    let public = keyring::public_name(file);
    if let Some(path) = [file, &public].into_iter().find(|path| path.exists()) {
        return Err(Failure::failed(format!("{} exists; a key is never overwritten", path.display()))
            .hint("name another file, or move the old key away"));
    }
    let passphrase = match (request.encrypt, context.env.passphrase()) {
        (false, _) => None,
        (true, Some(passphrase)) => Some(Zeroizing::new(passphrase.to_owned())),
        (true, None) => {
            return Err(Failure::new(FailureKind::Usage, "no passphrase to encrypt the key with")
                .hint(format!("set {PASSPHRASE} to the passphrase")));
        }
    };
    let failure = |e| key_failure(file, &e);
    let key = SigningKey::generate().map_err(failure)?;
    let (private_text, public_text) = match request.format {
        KeyFormat::Pem => {
            let private = match &passphrase {
                None => key.to_pkcs8_pem(),
                Some(passphrase) => key.to_encrypted_pkcs8_pem(passphrase),
            };
            (private.map_err(failure)?, key.public_key().to_pem().map_err(failure)?)
        }
        KeyFormat::Openssh => {
            let line = format!("{} {}", key.public_key().to_openssh(), request.comment);
            let passphrase = passphrase.as_ref().map(|p| p.as_str());
            (key.to_openssh(&request.comment, passphrase).map_err(failure)?, format!("{}\n", line.trim_end()))
        }
    };
    keys::create_private_file(file, &private_text).map_err(failure)?;
    if let Err(e) = atomic::create_new(&public, public_text.as_bytes(), Access::Public) {
        // A private key without its public half is useless: leave neither.
        let _ = std::fs::remove_file(file);
        return Err(disk::unwritable(&public.display().to_string(), &e, "name another file: -o FILE"));
    }
    let key_id = key.public_key().id().to_string();
    Ok(Generated { private: file.clone(), public, key_id })
}

/// How a public key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicFormat {
    /// SPKI PEM, for openssl and cosign.
    Pem,
    /// One line, for ssh-keygen.
    Openssh,
    /// A public key file, for minisign.
    Minisign,
}

/// A key that was read.
#[derive(Debug)]
pub struct Key {
    /// The file that was read.
    pub file: PathBuf,
    /// Its public half.
    pub public: PublicKey,
    /// The file with the public half.
    pub public_file: Option<PathBuf>,
}

/// Reads the key in this file, of either half, or the user's personal one.
///
/// # Errors
/// The file cannot be read, or is not a key.
pub fn read(context: &Context, file: Option<&Path>) -> Result<Key> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => keyring::personal_file(context)?,
    };
    let public = keyring::public_half(context, &file)?;
    let public_file = keyring::public_file_of(&file, &public);
    Ok(Key { file, public, public_file })
}

impl Key {
    /// The public half as a file.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn text(&self, format: PublicFormat) -> Result<String> {
        Ok(match format {
            PublicFormat::Pem => self.public.to_pem().map_err(|e| Failure::failed(e.to_string()))?,
            PublicFormat::Openssh => format!("{}\n", self.public.to_openssh()),
            PublicFormat::Minisign => minisign_public_key(&self.public),
        })
    }
}

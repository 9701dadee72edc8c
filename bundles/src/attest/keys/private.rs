//! Private keys: PKCS#8 PEM and OpenSSH, read and written.

use super::error::KeyError;
use super::public::PublicKey;
use super::signer::Signer;
use crate::positioned::ReadAt;
use airgo_model::atomic::{self, Access};
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::pkcs5::pbes2;
use pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, EncryptedPrivateKeyInfo, PrivateKeyInfo, SecretDocument,
};
use rand_core::{OsRng, RngCore as _};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Asked for a passphrase when a key turns out to be encrypted; `None` gives up.
pub type Passphrase<'a> = &'a mut dyn FnMut() -> Option<Zeroizing<String>>;

/// OWASP's number for PBKDF2 with HMAC-SHA-256.
const PBKDF2_ROUNDS: u32 = 600_000;

/// An ed25519 private key in memory; wiped when dropped.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public.id()).finish()
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.key.sign(message).to_bytes())
    }

    fn sign_file(&self, file: &Arc<dyn ReadAt>) -> Result<[u8; 64], KeyError> {
        super::stream::sign(&self.key, &self.public, &**file)
    }
}

impl SigningKey {
    /// Makes a new key from the system's random source.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_dalek(ed25519_dalek::SigningKey::generate(&mut OsRng))
    }

    fn from_dalek(key: ed25519_dalek::SigningKey) -> Result<Self, KeyError> {
        let public = PublicKey::from_dalek(key.verifying_key())?;
        Ok(Self { key, public })
    }

    /// Reads a key file, asking for the passphrase if it needs one.
    pub fn load(path: &Path, passphrase: Passphrase<'_>) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| KeyError::Read { path: path.display().to_string(), source })?;
        Self::parse(&text, passphrase)
    }

    /// Reads PKCS#8 PEM (`BEGIN PRIVATE KEY`, `BEGIN ENCRYPTED PRIVATE KEY`) or
    /// OpenSSH (`BEGIN OPENSSH PRIVATE KEY`).
    pub fn parse(text: &str, passphrase: Passphrase<'_>) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----") {
            return Self::from_openssh(text, passphrase);
        }
        if text.starts_with("-----BEGIN PRIVATE KEY-----") {
            let key = ed25519_dalek::SigningKey::from_pkcs8_pem(text)
                .map_err(|e| KeyError::Malformed(e.to_string()))?;
            return Self::from_dalek(key);
        }
        if text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            return Self::from_encrypted_pem(text, passphrase);
        }
        if let Some(rest) = text.strip_prefix("-----BEGIN ") {
            return match rest.split(" PRIVATE KEY-----").next() {
                Some(kind @ ("RSA" | "EC" | "DSA")) => Err(KeyError::Algorithm(kind.to_owned())),
                _ if rest.starts_with("PUBLIC KEY-----") => Err(KeyError::PublicGiven),
                _ => Err(KeyError::Unrecognised),
            };
        }
        if PublicKey::parse(text).is_ok() {
            return Err(KeyError::PublicGiven);
        }
        Err(KeyError::Unrecognised)
    }

    fn from_encrypted_pem(text: &str, passphrase: Passphrase<'_>) -> Result<Self, KeyError> {
        let malformed = |e: pkcs8::Error| KeyError::Malformed(e.to_string());
        let (label, document) = SecretDocument::from_pem(text).map_err(|e| malformed(e.into()))?;
        EncryptedPrivateKeyInfo::validate_pem_label(label).map_err(|e| malformed(e.into()))?;
        let sealed = EncryptedPrivateKeyInfo::try_from(document.as_bytes()).map_err(malformed)?;
        let word = passphrase().ok_or(KeyError::PassphraseMissing)?;
        // A wrong passphrase shows as bad padding, or as garbage where a key should be.
        let plain = sealed.decrypt(word.as_bytes()).map_err(|_| KeyError::PassphraseWrong)?;
        let info = PrivateKeyInfo::try_from(plain.as_bytes()).map_err(|_| KeyError::PassphraseWrong)?;
        if info.algorithm != ed25519_dalek::pkcs8::ALGORITHM_ID {
            return Err(KeyError::Algorithm(info.algorithm.oid.to_string()));
        }
        Self::from_dalek(ed25519_dalek::SigningKey::try_from(info).map_err(malformed)?)
    }

    fn from_openssh(text: &str, passphrase: Passphrase<'_>) -> Result<Self, KeyError> {
        let malformed = |e: ssh_key::Error| KeyError::Malformed(e.to_string());
        let mut key = PrivateKey::from_openssh(text).map_err(malformed)?;
        if key.is_encrypted() {
            let word = passphrase().ok_or(KeyError::PassphraseMissing)?;
            key = key.decrypt(word.as_bytes()).map_err(|_| KeyError::PassphraseWrong)?;
        }
        match key.key_data() {
            KeypairData::Ed25519(pair) => {
                let found = Self::from_dalek(ed25519_dalek::SigningKey::from(&pair.private))?;
                if found.public.as_bytes() != pair.public.as_ref() {
                    return Err(KeyError::Malformed("its two halves do not belong together".into()));
                }
                Ok(found)
            }
            _ => Err(KeyError::Algorithm(key.algorithm().to_string())),
        }
    }

    /// The key as PKCS#8 PEM. Version 1, without the public key, because older
    /// openssl reads no other.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.pair().to_pkcs8_pem(Default::default()).map_err(|e| KeyError::Malformed(e.to_string()))
    }

    fn pair(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.key.to_bytes(), public_key: None }
    }

    /// The key as encrypted PKCS#8 PEM.
    pub fn to_encrypted_pkcs8_pem(&self, passphrase: &str) -> Result<Zeroizing<String>, KeyError> {
        let malformed = |e: pkcs8::Error| KeyError::Malformed(e.to_string());
        let mut random = [0; 32];
        OsRng.fill_bytes(&mut random);
        let (salt, iv) = random.split_at(16);
        let iv: &[u8; 16] = iv.try_into().map_err(|_| KeyError::Malformed("iv".into()))?;
        // PBKDF2, because openssl's memory limit refuses strong scrypt parameters.
        let parameters = pbes2::Parameters::pbkdf2_sha256_aes256cbc(PBKDF2_ROUNDS, salt, iv)
            .map_err(|e| KeyError::Malformed(e.to_string()))?;
        let plain = self.pair().to_pkcs8_der().map_err(malformed)?;
        let info = PrivateKeyInfo::try_from(plain.as_bytes()).map_err(malformed)?;
        let sealed = info.encrypt_with_params(parameters, passphrase).map_err(malformed)?;
        sealed
            .to_pem(EncryptedPrivateKeyInfo::PEM_LABEL, Default::default())
            .map_err(|e| KeyError::Malformed(e.to_string()))
    }

    /// The key as an OpenSSH private key, encrypted if a passphrase is given.
    pub fn to_openssh(&self, comment: &str, passphrase: Option<&str>) -> Result<Zeroizing<String>, KeyError> {
        let malformed = |e: ssh_key::Error| KeyError::Malformed(e.to_string());
        let pair = Ed25519Keypair::from(&self.key);
        let mut key = PrivateKey::new(KeypairData::Ed25519(pair), comment).map_err(malformed)?;
        if let Some(word) = passphrase {
            key = key.encrypt(&mut OsRng, word.as_bytes()).map_err(malformed)?;
        }
        key.to_openssh(LineEnding::LF).map_err(malformed)
    }
}

/// Writes a private key's text to a new file of mode 0600; what exists stays.
pub fn create_private_file(path: &Path, text: &str) -> Result<(), KeyError> {
    let shown = || path.display().to_string();
    atomic::create_new(path, text.as_bytes(), Access::Private).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: shown() },
        _ => KeyError::Write { path: shown(), source },
    })
}

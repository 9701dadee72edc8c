//! Ed25519 keys: the formats that openssl and ssh-keygen read and write.
//!
//! A key's name is its OpenSSH fingerprint, `SHA256:` and unpadded base64: the
//! one that `ssh-keygen -l` prints, and the only key id that sigstore's
//! verifiers accept beside an empty one.

mod command;
mod error;
mod id;
mod private;
mod public;
mod signer;
mod stream;

pub use command::{CommandSigner, split_command};
pub use error::{CommandError, KeyError};
pub use id::KeyId;
pub use private::{Passphrase, SigningKey, create_private_file};
pub use public::PublicKey;
pub use signer::Signer;

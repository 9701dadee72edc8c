//! Who signs and what is claimed beside the contents, from flags.

use crate::Context;
use crate::failure::{Failure, FailureKind, Result};
use crate::requests::SignWith;
use crate::trust::keyring::{self, key_failure};
use airgo_bundle::Claims;
use airgo_bundle::keys::{CommandSigner, PublicKey, Signer};
use std::path::{Path, PathBuf};

/// The signer: a command, the key of `--key`, or the user's personal key where
/// `personal` allows that.
pub fn signer(context: &Context, args: &SignWith, personal: bool) -> Result<Box<dyn Signer>> {
    if let (Some(command), Some(file)) = (&args.command, &args.public_key) {
        let key = PublicKey::load(file).map_err(|e| key_failure(file, &e))?;
        let signer = CommandSigner::parse(key, command.reveal()).map_err(|e| {
            Failure::new(FailureKind::Usage, e.to_string()).fact("--sign-with", command.shown())
        })?;
        return Ok(Box::new(signer));
    }
    if args.key.is_none() && !personal {
        return Err(Failure::new(FailureKind::Usage, "no key to sign with")
            .hint("name one: --key FILE, AIRGO_KEY, or --sign-with CMD --public-key FILE")
            .hint("airgo keygen -o FILE makes a key pair"));
    }
    Ok(Box::new(keyring::signing_key(context, args.key.as_deref().map(Path::new))?))
}

/// The file with the public key that signatures of this signer verify with.
pub fn public_file(context: &Context, args: &SignWith, key: &PublicKey) -> Option<PathBuf> {
    let file = match (&args.public_key, &args.key) {
        (Some(file), _) | (None, Some(file)) => file.clone(),
        (None, None) => keyring::personal_file(context).ok()?,
    };
    keyring::public_file_of(&file, key)
}

/// What is claimed in this role.
pub fn claims(args: &SignWith, role: &str) -> Claims {
    Claims {
        comment: args.comment.clone(),
        expires: args.expires,
        role: Some(role.to_owned()),
        sequence: args.sequence,
        signed_at: None,
    }
}

//! Who signs and what is claimed beside the contents, from flags.

use crate::Context;
use crate::args::SignerArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::keyring::{self, key_failure};
use airgo_bundle::Claims;
use airgo_bundle::keys::{CommandSigner, PublicKey, Signer};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The signer: a command, the key of `--key`, or the user's personal key where
/// `personal` allows that.
pub fn signer(context: &Context, args: &SignerArgs, personal: bool) -> Result<Box<dyn Signer>> {
    if let (Some(command), Some(file)) = (&args.sign_with, &args.public_key) {
        let key = PublicKey::load(file).map_err(|e| key_failure(file, &e))?;
        let signer = CommandSigner::parse(key, command.reveal())
            .map_err(|e| Failure::new(Exit::Usage, e.to_string()).fact("--sign-with", command.shown()))?;
        return Ok(Box::new(signer));
    }
    if args.key.is_none() && !personal {
        return Err(Failure::new(Exit::Usage, "no key to sign with")
            .hint("name one: --key FILE, AIRGO_KEY, or --sign-with CMD --public-key FILE")
            .hint("airgo keygen -o FILE makes a key pair"));
    }
    Ok(Box::new(keyring::signing_key(context, args.key.as_deref().map(Path::new))?))
}

/// The file with the public key that signatures of this signer verify with.
pub fn public_file(context: &Context, args: &SignerArgs, key: &PublicKey) -> Option<PathBuf> {
    let file = match (&args.public_key, &args.key) {
        (Some(file), _) | (None, Some(file)) => file.clone(),
        (None, None) => keyring::personal_file(context).ok()?,
    };
    keyring::public_file_of(&file, key)
}

/// What is claimed in this role.
pub fn claims(args: &SignerArgs, role: &str) -> Result<Claims> {
    Ok(Claims {
        comment: args.comment.clone(),
        expires: args.expires.as_deref().map(when).transpose()?,
        role: Some(role.to_owned()),
        sequence: args.sequence,
        signed_at: None,
    })
}

/// A time, or a duration from now on.
fn when(text: &str) -> Result<Timestamp> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let from_now = crate::units::duration(text).ok().and_then(|d| {
        let later = Timestamp::now().checked_add(jiff::SignedDuration::try_from(d).ok()?).ok()?;
        // Whole seconds read better and say as much.
        Timestamp::from_second(later.as_second()).ok()
    });
    from_now.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("--expires {text:?} is neither a time nor a duration"))
            .hint("write RFC 3339 or a duration: --expires 2027-01-01T00:00:00Z, --expires 90d")
    })
}

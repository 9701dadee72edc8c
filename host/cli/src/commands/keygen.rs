//! `airgo keygen`: makes an ed25519 key pair.

use crate::Context;
use crate::args::{KeyFormat, Keygen};
use airgo_app::documents;
use airgo_app::errors::disk;
use airgo_app::trust::keyring::{self, PASSPHRASE, key_failure};
use airgo_app::{Failure, FailureKind, Result};
use airgo_bundle::keys::{self, Signer as _, SigningKey};
use airgo_model::atomic::{self, Access};
use zeroize::Zeroizing;

/// Writes the private key (mode 0600) and the public one beside it; what exists stays.
pub fn run(context: &Context, args: &Keygen) -> Result<()> {
    let file = &args.output;
    let public = keyring::public_name(file);
    for path in [file, &public] {
        if path.exists() {
            return Err(Failure::failed(format!("{} exists; a key is never overwritten", path.display()))
                .outcome("no key was written")
                .hint("name another file, or move the old key away"));
        }
    }
    let failure = |e| key_failure(file, &e).outcome("no key was written");
    let passphrase = match (args.encrypt, context.env.passphrase()) {
        (false, _) => None,
        (true, Some(passphrase)) => Some(Zeroizing::new(passphrase.to_owned())),
        (true, None) => {
            return Err(Failure::new(FailureKind::Usage, "no passphrase to encrypt the key with")
                .outcome("no key was written")
                .hint(format!("set {PASSPHRASE} to the passphrase")));
        }
    };
    let key = SigningKey::generate().map_err(failure)?;
    let (private_text, public_text) = match args.format {
        KeyFormat::Pem => {
            let private = match &passphrase {
                None => key.to_pkcs8_pem(),
                Some(passphrase) => key.to_encrypted_pkcs8_pem(passphrase),
            };
            (private.map_err(failure)?, key.public_key().to_pem().map_err(failure)?)
        }
        KeyFormat::Openssh => {
            let line = format!("{} {}", key.public_key().to_openssh(), args.comment);
            (
                key.to_openssh(&args.comment, passphrase.as_ref().map(|p| p.as_str())).map_err(failure)?,
                format!("{}\n", line.trim_end()),
            )
        }
    };
    keys::create_private_file(file, &private_text).map_err(failure)?;
    let written = atomic::create_new(&public, public_text.as_bytes(), Access::Public);
    if let Err(e) = written {
        // A private key without its public half is of no use: leave neither.
        let _ = std::fs::remove_file(file);
        let failure = disk::unwritable(&public.display().to_string(), &e, "name another file: -o FILE");
        return Err(failure.outcome("no key was written"));
    }
    let id = key.public_key().id().to_string();
    if context.printer.is_json() {
        context.printer.document(&documents::Keygen {
            key_id: id.clone(),
            private: file.display().to_string(),
            public: public.display().to_string(),
            schema: documents::KeygenV1,
        })?;
    }
    context.printer.status("Made", format!("{} and {} ({id})", file.display(), public.display()));
    Ok(())
}

//! Which key signs, and whom this user trusts: flags, environment, and the
//! personal key of first use.

use crate::Context;
use crate::args::Trust as TrustArgs;
use crate::disk;
use crate::failure::{Failure, Result};
use airgo_bundle::keys::{self, KeyError, PublicKey, SigningKey};
use airgo_bundle::{Trust, TrustedKey};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable that holds the passphrase of an encrypted key.
pub const PASSPHRASE: &str = "AIRGO_KEY_PASSPHRASE";

/// What helps where no key can be written.
const ELSEWHERE: &str = "make the key elsewhere: airgo keygen -o FILE, and name it: --key FILE";

/// The key to sign with: `--key`, or the personal one, made when missing.
pub fn signing_key(context: &Context, key: Option<&Path>) -> Result<SigningKey> {
    match key {
        Some(file) => load(context, file),
        None => personal(context),
    }
}

/// Reads a private key; an encrypted one takes its passphrase from the environment.
pub fn load(context: &Context, file: &Path) -> Result<SigningKey> {
    let mut passphrase = || context.env.var(PASSPHRASE).map(|p| Zeroizing::new(p.to_owned()));
    SigningKey::load(file, &mut passphrase).map_err(|e| key_failure(file, &e))
}

/// The user's own key; the first call makes it and says so.
fn personal(context: &Context) -> Result<SigningKey> {
    let file = personal_file(context)?;
    if file.exists() {
        return load(context, &file);
    }
    let key = SigningKey::generate().map_err(|e| key_failure(&file, &e))?;
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir)
            .map_err(|e| disk::unwritable(&format!("a personal key to {}", dir.display()), &e, ELSEWHERE))?;
    }
    let text = key.to_pkcs8_pem().map_err(|e| key_failure(&file, &e))?;
    keys::create_private_file(&file, &text).map_err(|e| key_failure(&file, &e))?;
    context.printer.status(
        "Made",
        format!(
            "a personal signing key, {}, in {}; airgo trusts it for this user",
            key_id(&key),
            file.display()
        ),
    );
    Ok(key)
}

fn key_id(key: &SigningKey) -> String {
    use airgo_bundle::keys::Signer as _;
    key.public_key().id().to_string()
}

fn personal_file(context: &Context) -> Result<PathBuf> {
    Ok(context.env.airgo_config_dir()?.join("personal.key"))
}

/// Whom to trust: the files named; without any, the user's personal key.
pub fn trust(context: &Context, args: &TrustArgs) -> Result<Trust> {
    let mut trust = Trust::new();
    for file in args.trust.iter().filter(|file| !file.as_os_str().is_empty()) {
        trust.load(file).map_err(|e| trust_failure(file, &e))?;
    }
    // Who named files trusts what they say, even where that is nobody.
    if args.trust.iter().all(|file| file.as_os_str().is_empty())
        && let Ok(file) = personal_file(context)
        && file.exists()
    {
        use airgo_bundle::keys::Signer as _;
        let key: PublicKey = load(context, &file)?.public_key().clone();
        trust.add(TrustedKey::new(key, Some("you".to_owned())));
    }
    Ok(trust)
}

/// The failure for a file that says whom to trust. Making a key pair would not
/// help: the sender has one.
fn trust_failure(file: &Path, error: &KeyError) -> Failure {
    let named = |message: String| Failure::failed(message).fact("trust", file.display().to_string());
    let wanted = "what is wanted is the sender's public key, the file that ends in .pub: --trust SENDER.pub";
    match error {
        KeyError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            named(format!("there is no trust file {}", file.display())).hint(wanted)
        }
        KeyError::Unrecognised if std::fs::metadata(file).is_ok_and(|m| m.len() == 0) => {
            named(format!("the trust file {} is empty", file.display())).hint(wanted)
        }
        KeyError::Unrecognised | KeyError::PrivateGiven | KeyError::Algorithm(_) => {
            named(error.to_string()).hint(wanted)
        }
        _ => named(error.to_string()),
    }
}

/// The failure for a key file.
pub fn key_failure(file: &Path, error: &KeyError) -> Failure {
    let mut failure = Failure::failed(error.to_string()).fact("key", file.display().to_string());
    if let KeyError::Write { source, .. } = error {
        failure.hints.extend(disk::write_hint(source, ELSEWHERE));
        return failure;
    }
    if matches!(error, KeyError::PassphraseMissing) {
        failure = failure.hint(format!("set {PASSPHRASE} to the passphrase of the key"));
    }
    failure.hint("airgo keygen -o FILE makes a key pair")
}

//! Which key signs, and whom this user trusts: flags, environment, and the
//! personal key of first use.

use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::requests::TrustFiles;
use crate::settings;
use airgo_bundle::keys::{self, KeyError, PublicKey, Signer as _, SigningKey};
use airgo_bundle::{Trust, TrustError, TrustedKey};
use airgo_model::Line;
use airgo_model::atomic::{self, Access};
use std::path::{Path, PathBuf};

/// The variable that holds the passphrase of an encrypted key.
pub const PASSPHRASE: &str = settings::AIRGO_KEY_PASSPHRASE.name;

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
    let mut passphrase = || context.env.passphrase();
    SigningKey::load(file, &mut passphrase).map_err(|e| key_failure(file, &e))
}

/// The user's own key; the first call makes it and says so.
fn personal(context: &Context) -> Result<SigningKey> {
    let file = personal_file(context)?;
    if file.exists() {
        let key = load(context, &file)?;
        // One made by an older airgo has no public half beside it.
        publish(&file, key.public_key());
        return Ok(key);
    }
    let key = SigningKey::generate().map_err(|e| key_failure(&file, &e))?;
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir)
            .map_err(|e| disk::unwritable(&format!("a personal key to {}", dir.display()), &e, ELSEWHERE))?;
    }
    let text = key.to_pkcs8_pem().map_err(|e| key_failure(&file, &e))?;
    keys::create_private_file(&file, &text).map_err(|e| key_failure(&file, &e))?;
    publish(&file, key.public_key());
    context.status(
        "Made",
        format!(
            "a personal signing key, {}, in {}; airgo trusts it for this user",
            key_id(&key),
            file.display()
        ),
    );
    Ok(key)
}

/// Writes the public half beside a private key. That it cannot be written fails
/// nothing: `airgo key export` prints it.
fn publish(file: &Path, key: &PublicKey) {
    let Ok(text) = key.to_pem() else { return };
    let _ = atomic::create_new(&public_name(file), text.as_bytes(), Access::Public);
}

/// How the public half of a private key is named, as ssh-keygen does: `team.pub`
/// of `team`, and of `team.key` too.
pub fn public_name(private: &Path) -> PathBuf {
    if private.extension().is_some_and(|e| e == "key") && private.file_stem().is_some() {
        return private.with_extension("pub");
    }
    suffixed(private)
}

fn suffixed(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

/// The file that holds this public key: the one named, if it does, or the one
/// beside a private key, also as airgo named it before (`team.key.pub`).
pub fn public_file_of(file: &Path, key: &PublicKey) -> Option<PathBuf> {
    let holds = |path: &PathBuf| PublicKey::load(path).is_ok_and(|found| found == *key);
    [file.to_owned(), public_name(file), suffixed(file)].into_iter().find(holds)
}

/// The public key in a file that holds either half.
pub fn public_half(context: &Context, file: &Path) -> Result<PublicKey> {
    match PublicKey::load(file) {
        Ok(key) => Ok(key),
        Err(KeyError::PrivateGiven) => Ok(load(context, file)?.public_key().clone()),
        Err(error) => Err(key_failure(file, &error)),
    }
}

/// The file to trust by, where there is only the one of an older airgo:
/// `team.key.pub` for `team.pub`.
fn present(file: &Path) -> PathBuf {
    let older = file.with_extension("key.pub");
    let missing = file.extension().is_some_and(|e| e == "pub") && !file.exists();
    if missing && older.exists() { older } else { file.to_owned() }
}

fn key_id(key: &SigningKey) -> String {
    key.public_key().id().to_string()
}

/// Where the user's own key is.
pub fn personal_file(context: &Context) -> Result<PathBuf> {
    Ok(context.env.airgo_config_dir()?.join("personal.key"))
}

/// Whom to trust: the files named; without any, the user's personal key.
pub fn trust(context: &Context, args: &TrustFiles) -> Result<Trust> {
    let mut trust = Trust::new();
    for file in args.trust.iter().filter(|file| !file.as_os_str().is_empty()) {
        trust.load(&present(file)).map_err(|e| trust_failure(file, &e))?;
    }
    // Files that are named are what is trusted, even where they name no key.
    if args.trust.iter().all(|file| file.as_os_str().is_empty())
        && let Ok(file) = personal_file(context)
        && file.exists()
    {
        let key: PublicKey = load(context, &file)?.public_key().clone();
        trust.add(TrustedKey::new(key, Some("you".to_owned())));
    }
    Ok(trust)
}

/// The failure for a file that says whom to trust. Making a key pair would not
/// help: the sender has one.
fn trust_failure(file: &Path, error: &TrustError) -> Failure {
    let named = |message: String| Failure::failed(message).fact("trust", file.display().to_string());
    let wanted = "the sender's public key is needed, the file that ends in .pub: --trust SENDER.pub";
    let TrustError::Key(key) = error else { return named(error.to_string()) };
    match key {
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
        failure.hints.extend(disk::write_hint(source, ELSEWHERE).map(Line::from));
        return failure;
    }
    if matches!(error, KeyError::PassphraseMissing) {
        failure = failure.hint(format!("set {PASSPHRASE} to the passphrase of the key"));
    }
    failure.hint("airgo keygen -o FILE makes a key pair")
}

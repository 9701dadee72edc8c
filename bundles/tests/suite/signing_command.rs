//! Keys that are not in memory: a command signs, and nothing it says is trusted
//! before it verifies.
#![cfg(unix)]

use crate::support::{key, now, tiny, trust, verify};
use airgo_bundle::detached::{self, Format};
use airgo_bundle::keys::{
    CommandError, CommandSigner, KeyError, Signer as _, create_private_file, split_command,
};
use airgo_bundle::{ReadAt, Signing};
use airgo_testkit::require_tool;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn shell(script: &str) -> CommandSigner {
    CommandSigner::new(key(1).public_key().clone(), "sh", ["-c", script])
}

fn refused(script: &str) -> CommandError {
    match shell(script).timeout(Duration::from_secs(20)).sign(b"message").unwrap_err() {
        KeyError::Command(error) => {
            println!("{error}");
            error
        }
        other => panic!("{other}"),
    }
}

#[test]
fn openssl_signs_a_bundle_as_a_command() {
    if !require_tool("openssl") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let key = key(1);
    let file = dir.path().join("key.pem");
    create_private_file(&file, &key.to_pkcs8_pem().unwrap()).unwrap();
    // openssl wants a file for ed25519: a script of two lines is what users write.
    let script = format!(
        "cat > {0}/m && openssl pkeyutl -sign -inkey {0}/key.pem -rawin -in {0}/m{1}",
        dir.path().display(),
        " | openssl base64 -A"
    );
    let signer = shell(&script);
    let bytes = tiny().packed(&[Signing::new(&signer)]);
    assert!(bytes == tiny().packed(&[Signing::new(&key)]), "the same bundle as with the key in memory");
    verify(&bytes, &trust(&[&key])).unwrap();
    let bundle: Arc<dyn ReadAt> = Arc::new(bytes);
    for format in Format::ALL {
        let signature = detached::sign(&signer, &bundle, format, "app.airgo", now()).unwrap();
        assert_eq!(signature, detached::sign(&key, &bundle, format, "app.airgo", now()).unwrap());
    }
    // Raw bytes do as well as base64.
    let raw = shell(script.trim_end_matches(" | openssl base64 -A"));
    assert_eq!(raw.sign(b"message").unwrap(), key.sign(b"message").unwrap());
}

#[test]
fn whatever_goes_wrong_with_a_command_is_told() {
    assert!(matches!(refused("cat >/dev/null; exit 3"), CommandError::Status { .. }));
    assert!(matches!(refused("cat >/dev/null; echo no"), CommandError::Output { found: 3, .. }));
    assert!(matches!(refused("exit 0"), CommandError::Output { found: 0, .. }), "it did not even read");
    assert!(matches!(refused("yes"), CommandError::Output { found: 4097, .. } | CommandError::Status { .. }));
    assert!(matches!(refused("head -c 64 /dev/zero"), CommandError::Wrong { .. }));
    let missing = CommandSigner::new(key(1).public_key().clone(), "no-such-program", [""; 0]);
    let error = missing.sign(b"message").unwrap_err();
    assert!(matches!(error, KeyError::Command(CommandError::Start { .. })), "{error}");
    println!("{error}");
}

#[test]
fn what_is_told_of_a_command_is_its_program_alone() {
    let public = || key(1).public_key().clone();
    let signer = CommandSigner::parse(public(), "no-such-program --token SECRET").unwrap();
    let text = format!("{signer:?} {}", signer.sign(b"message").unwrap_err());
    assert!(text.contains("no-such-program") && !text.contains("SECRET"), "{text}");
    for line in ["TOKEN=SECRET sign", "https://user:SECRET@host/SECRET"] {
        let signer = CommandSigner::parse(public(), line).unwrap();
        let text = format!("{signer:?} {}", signer.sign(b"message").unwrap_err());
        assert!(!text.contains("SECRET"), "{text}");
    }
}

#[test]
fn a_command_that_hangs_is_ended_even_with_children() {
    let began = Instant::now();
    for script in ["sleep 60", "sleep 60 & wait", "exec >&-; sleep 60"] {
        let error = shell(script).timeout(Duration::from_millis(300)).sign(b"message").unwrap_err();
        assert!(matches!(error, KeyError::Command(CommandError::Timeout { .. })), "{script}: {error}");
    }
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn the_command_learns_which_key_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("id");
    let signer = shell(&format!("printf %s \"$AIRGO_SIGN_KEY\" > {}; exit 1", out.display()));
    signer.sign(b"message").unwrap_err();
    assert_eq!(std::fs::read_to_string(out).unwrap(), key(1).public_key().id().to_string());
}

#[test]
fn a_line_is_split_without_a_shell() {
    for (line, words) in [
        ("a", &["a"][..]),
        ("  a \t b\n", &["a", "b"]),
        ("a 'b c' \"d 'e'\"", &["a", "b c", "d 'e'"]),
        ("a '' b", &["a", "", "b"]),
        ("a$(rm) *;|>&`x` \\n ~", &["a$(rm)", "*;|>&`x`", "\\n", "~"]),
        ("a'b'\"c\"", &["abc"]),
    ] {
        assert_eq!(split_command(line).unwrap(), words, "{line}");
    }
    for line in ["", "  ", "'a", "\"", "a\0b", "'' a"] {
        println!("{line:?}: {}", split_command(line).unwrap_err());
    }
}

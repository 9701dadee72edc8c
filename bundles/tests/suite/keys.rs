//! Keys, with openssl and ssh-keygen as the oracle.

use crate::support;
use crate::support::{key, tiny};
use airgo_bundle::dsse::{Envelope, pre_authentication_encoding};
use airgo_bundle::keys::{KeyError, PublicKey, Signer as _, SigningKey, create_private_file};
use airgo_bundle::{Bundle, Limits, Signing, Trust, TrustError, TrustedKey};
use airgo_testkit::require_tool;
use std::path::Path;
use std::process::{Command, Output};
use zeroize::Zeroizing;

fn run(program: &str, args: &[&str], dir: &Path) -> Output {
    let out = Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    out
}

fn no_passphrase() -> Option<Zeroizing<String>> {
    None
}

fn says(word: &str) -> impl FnMut() -> Option<Zeroizing<String>> {
    let word = word.to_owned();
    move || Some(Zeroizing::new(word.clone()))
}

#[test]
fn openssl_reads_our_keys_and_we_read_its() {
    if !require_tool("openssl") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let ours = SigningKey::generate().unwrap();
    let (plain, sealed) = (ours.to_pkcs8_pem().unwrap(), ours.to_encrypted_pkcs8_pem("horse").unwrap());
    for (file, text) in [("plain.pem", plain), ("sealed.pem", sealed)] {
        create_private_file(&dir.join(file), &text).unwrap();
        let out = run("openssl", &["pkey", "-in", file, "-passin", "pass:horse", "-pubout"], dir);
        assert_eq!(String::from_utf8(out.stdout).unwrap(), ours.public_key().to_pem().unwrap(), "{file}");
    }
    run("openssl", &["genpkey", "-algorithm", "ed25519", "-out", "theirs.pem"], dir);
    run("openssl", &["pkey", "-in", "theirs.pem", "-pubout", "-out", "theirs.pub"], dir);
    run(
        "openssl",
        &["pkcs8", "-topk8", "-in", "theirs.pem", "-out", "locked.pem", "-passout", "pass:horse"],
        dir,
    );
    let theirs = SigningKey::load(&dir.join("theirs.pem"), &mut no_passphrase).unwrap();
    let public = PublicKey::load(&dir.join("theirs.pub")).unwrap();
    assert_eq!(*theirs.public_key(), public);
    let locked = dir.join("locked.pem");
    assert_eq!(*SigningKey::load(&locked, &mut says("horse")).unwrap().public_key(), public);
    assert!(matches!(SigningKey::load(&locked, &mut says("mule")), Err(KeyError::PassphraseWrong)));
    assert!(matches!(SigningKey::load(&locked, &mut no_passphrase), Err(KeyError::PassphraseMissing)));
    run("openssl", &["genrsa", "-out", "rsa.pem", "2048"], dir);
    let rsa = SigningKey::load(&dir.join("rsa.pem"), &mut no_passphrase).unwrap_err();
    println!("an RSA key: {rsa}");
}

#[test]
fn ssh_keygen_reads_our_keys_and_we_read_its() {
    if !require_tool("ssh-keygen") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let ours = SigningKey::generate().unwrap();
    for (file, passphrase) in [("plain", None), ("sealed", Some("horse"))] {
        let text = ours.to_openssh("dev@example.com", passphrase).unwrap();
        create_private_file(&dir.join(file), &text).unwrap();
        let out = run("ssh-keygen", &["-y", "-P", passphrase.unwrap_or(""), "-f", file], dir);
        let line = String::from_utf8(out.stdout).unwrap();
        assert!(line.starts_with(&ours.public_key().to_openssh()), "{line}");
    }
    std::fs::write(dir.join("ours.pub"), ours.public_key().to_openssh() + "\n").unwrap();
    let out = run("ssh-keygen", &["-l", "-f", "ours.pub"], dir);
    let line = String::from_utf8(out.stdout).unwrap();
    assert!(line.contains(&format!(" {} ", ours.public_key().id())), "{line}");

    for (file, word) in [("theirs", ""), ("locked", "horse")] {
        run("ssh-keygen", &["-q", "-t", "ed25519", "-N", word, "-C", "x@y", "-f", file], dir);
        let public = PublicKey::load(&dir.join(format!("{file}.pub"))).unwrap();
        let read = SigningKey::load(&dir.join(file), &mut says(word)).unwrap();
        assert_eq!(*read.public_key(), public);
    }
    assert!(matches!(
        SigningKey::load(&dir.join("locked"), &mut says("mule")),
        Err(KeyError::PassphraseWrong)
    ));
    run("ssh-keygen", &["-q", "-t", "ecdsa", "-N", "", "-f", "ecdsa"], dir);
    for (what, error) in [
        ("ecdsa", SigningKey::load(&dir.join("ecdsa"), &mut no_passphrase).unwrap_err()),
        ("ecdsa.pub", PublicKey::load(&dir.join("ecdsa.pub")).unwrap_err()),
    ] {
        println!("{what}: {error}");
    }
}

#[test]
fn openssl_verifies_a_bundle_with_what_unzip_gives() {
    if !require_tool("openssl") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let packer = key(1);
    let path = dir.path().join("tiny.airgo");
    tiny().write(&path, &[Signing::new(&packer)]).unwrap();
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let name = airgo_bundle::names::signature_name(&packer.public_key().id());
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut zip.by_name(&name).unwrap(), &mut bytes).unwrap();
    let envelope = Envelope::parse(&bytes).unwrap();
    let pae = pre_authentication_encoding(&envelope.payload_type, &envelope.payload);
    std::fs::write(dir.path().join("pae"), &pae).unwrap();
    std::fs::write(dir.path().join("sig"), envelope.signature).unwrap();
    std::fs::write(dir.path().join("pub"), packer.public_key().to_pem().unwrap()).unwrap();
    let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", "pub", "-rawin", "-in", "pae", "-sigfile", "sig"];
    run("openssl", &verify, dir.path());
    std::fs::write(dir.path().join("pae"), [&pae[..], b" "].concat()).unwrap();
    let refused = Command::new("openssl").args(verify).current_dir(dir.path()).output().unwrap();
    assert!(!refused.status.success());
}

#[test]
fn private_files_are_private_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    create_private_file(&path, "first").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    let error = create_private_file(&path, "second").unwrap_err();
    assert!(matches!(error, KeyError::Exists { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
    let error = create_private_file(&dir.path().join("no/such/dir"), "x").unwrap_err();
    assert!(matches!(error, KeyError::Write { .. }), "{error}");
}

#[test]
fn the_wrong_half_of_a_key_is_named() {
    let pair = key(1);
    let (pem, ssh) = (pair.public_key().to_pem().unwrap(), pair.public_key().to_openssh());
    for text in [&pem, &ssh] {
        let error = SigningKey::parse(text, &mut no_passphrase).unwrap_err();
        assert!(matches!(error, KeyError::PublicGiven), "{error}");
        assert_eq!(PublicKey::parse(text).unwrap(), *pair.public_key());
    }
    let private = pair.to_pkcs8_pem().unwrap();
    assert!(matches!(PublicKey::parse(&private), Err(KeyError::PrivateGiven)));
    for junk in
        ["", "hello", "-----BEGIN CERTIFICATE-----\n", "ssh-ed25519", "ssh-ed25519 AAAA", "\0\u{fffd}"]
    {
        SigningKey::parse(junk, &mut no_passphrase).unwrap_err();
        PublicKey::parse(junk).unwrap_err();
    }
}

#[test]
fn points_of_small_order_are_no_keys() {
    // For these, signatures that verify for any message can be made without a secret.
    let mut one = [0; 32];
    one[0] = 1;
    for bytes in [[0; 32], one] {
        assert!(matches!(PublicKey::from_bytes(&bytes), Err(KeyError::Weak)), "{bytes:?}");
    }
}

#[test]
fn a_signature_has_one_form() {
    let pair = key(1);
    let envelope = Envelope::sign("text/plain", b"hello".to_vec(), &pair).unwrap();
    assert!(envelope.verify(pair.public_key()));
    assert!(!envelope.verify(key(2).public_key()));
    // S + L is the same scalar to a lax verifier.
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = envelope.clone();
    let mut carry = 0;
    for (byte, add) in other.signature[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(!other.verify(pair.public_key()));
    let bytes = envelope.to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(Envelope::parse(&bytes).unwrap(), envelope);
    let id = pair.public_key().id().to_string();
    for (what, odd) in [
        ("white space", text.replace("\":\"", "\": \"")),
        ("no padding", text.replace("aGVsbG8=", "aGVsbG8")),
        ("other trailing bits", text.replace("aGVsbG8=", "aGVsbG9=")),
        ("unpadded key id", text.replace(&id, &format!("{id}="))),
        ("hex key id", text.replace(&id, &"0".repeat(64))),
        ("no key id", text.replace(&id, "")),
        (
            "two signatures",
            text.replace("\"signatures\":[", "\"signatures\":[{\"keyid\":\"\",\"sig\":\"\"},"),
        ),
        ("no signature", text[..text.find("[").unwrap()].to_owned() + "[]}"),
        ("extra field", text.replace("{\"payload\"", "{\"a\":1,\"payload\"")),
        ("duplicate field", text.replace("{\"payload\"", "{\"payload\":\"\",\"payload\"")),
    ] {
        assert_ne!(odd, text, "{what}");
        let error = Envelope::parse(odd.as_bytes()).unwrap_err();
        println!("{what}: {error}");
    }
}

#[test]
fn a_trust_file_of_any_kind_lets_its_keys_in_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.airgo");
    let (packer, other) = (key(1), key(2));
    tiny().write(&path, &[Signing::new(&packer)]).unwrap();
    let ssh = |k: &SigningKey| k.public_key().to_openssh();
    let (pem, other_pem) = (packer.public_key().to_pem().unwrap(), other.public_key().to_pem().unwrap());
    let (p, o) = (ssh(&packer), ssh(&other));
    let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== someone";
    let ok = "trusted";
    for (text, wanted) in [
        (pem.clone(), ok),
        (format!("{other_pem}{pem}"), ok),
        (other_pem, "not trusted"),
        (p.clone(), ok),
        (format!("{p} build@example.com\n"), ok),
        (format!("# keys\n\n{rsa}\n{o}\n{p}\n"), ok),
        (format!("build@example.com {p}\n"), "trusted as build@example.com"),
        (
            format!("build@example.com,ci@example.com {p} comment\n"),
            "trusted as build@example.com,ci@example.com",
        ),
        (format!("a namespaces=\"git,airgo-bundle@v1\" {p}\n"), ok),
        (format!("a namespaces=\"airgo-*\" {p}\n"), ok),
        (format!("a valid-after=\"20260101Z\",valid-before=\"20270101120000Z\" {p}\n"), ok),
        (format!("a valid-after=\"20270101\" {p}\n"), "only from 2027-01-01T00:00:00Z"),
        (format!("a valid-before=\"202601011230Z\" {p}\n"), "only until 2026-01-01T12:30:00Z"),
        (format!("a namespaces=\"git\" {p}\nb {o}\n"), "not trusted"),
        (format!("a namespaces=\"git\" {p}\n"), "not a PEM or OpenSSH ed25519 key"),
        (format!("a cert-authority {p}\n"), "certificate authorities are not supported"),
        (format!("a no-such-option {p}\n"), "unknown option"),
        (format!("a valid-before=\"soon\" {p}\n"), "bad time"),
        (format!("a \"b {p}\n"), "a quote is not closed"),
        (rsa.to_owned(), "the key is ssh-rsa"),
        (String::new(), "not a PEM or OpenSSH ed25519 key"),
        (packer.to_pkcs8_pem().unwrap().to_string(), "a private key was given"),
    ] {
        let file = dir.path().join("trust");
        std::fs::write(&file, &text).unwrap();
        let mut trust = Trust::new();
        let outcome = match trust.load(&file) {
            Err(error) => error.to_string(),
            Ok(_) => {
                let opened = Bundle::open(&path, &Limits::default()).unwrap();
                match opened.verify_signatures(&trust, support::now()) {
                    Ok(bundle) => bundle.signers().all()[0].status.to_string(),
                    Err(error) => error.to_string(),
                }
            }
        };
        assert!(outcome.contains(wanted), "{text}: {outcome}");
        assert_eq!(wanted.starts_with(ok), outcome.starts_with(ok), "{text}: {outcome}");
    }
    let missing = Trust::new().load(&dir.path().join("nothing")).unwrap_err();
    assert!(matches!(missing, TrustError::Key(KeyError::Read { .. })), "{missing}");
    let mut both = Trust::new();
    both.add(TrustedKey::new(packer.public_key().clone(), Some("me".into())));
    assert_eq!(both.keys().count(), 1);
}

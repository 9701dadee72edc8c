//! Key pairs: how their files are named, and that an encrypted one needs its
//! passphrase.

use crate::site::Site;
use airgo_app::key::{GenerateRequest, KeyFormat, PublicFormat, generate, read};
use airgo_app::pack::{PackRequest, pack};
use airgo_app::verify::{VerifyRequest, verify};
use airgo_app::{FailureKind, SignWith, TrustFiles};

#[test]
fn a_pair_has_one_naming() {
    let site = Site::new();
    let make = |file: &str| {
        let request = GenerateRequest { output: site.temp.join(file), ..GenerateRequest::default() };
        generate(&site.context(), &request)
    };
    for (file, public) in [("team.key", "team.pub"), ("other", "other.pub"), ("k.pem", "k.pem.pub")] {
        assert_eq!(make(file).unwrap().public, site.temp.join(public));
        assert!(site.temp.join(public).exists(), "{public}");
    }
    let failure = make("team").unwrap_err();
    assert!(failure.text().contains("team.pub exists"), "{}", failure.text());
    assert_eq!(failure.outcome, Some("no key was written".into()));
    assert!(!site.temp.join("team").exists());
    // Where an older airgo made the pair, its name is found.
    let older = site.temp.join("team.key.pub");
    std::fs::rename(site.temp.join("team.pub"), &older).unwrap();
    let key = site.temp.join("team.key");
    let signer = SignWith { key: Some(key.clone()), ..SignWith::default() };
    let packed = pack(&site.context(), &PackRequest { signer, ..site.request() }).unwrap();
    assert_eq!(packed.public_key, Some(older.clone()));
    assert_eq!(read(&site.context(), Some(&key)).unwrap().public_file, Some(older));
    let trust = TrustFiles { trust: vec![site.temp.join("team.pub")], base: Vec::new() };
    let request = VerifyRequest { files: vec![site.bundle()], trust, ..VerifyRequest::default() };
    assert_eq!(verify(&site.context(), &request).unwrap().signers, [packed.key_id]);
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let site = Site::new();
    let without = site.context();
    let with = site.context_with(&[("AIRGO_KEY_PASSPHRASE", "open sesame")]);
    for (name, format) in [("pem", KeyFormat::Pem), ("openssh", KeyFormat::Openssh)] {
        let output = site.temp.join(format!("secret-{name}"));
        let keygen = GenerateRequest { output, format, encrypt: true, comment: "team".to_owned() };
        assert_eq!(generate(&without, &keygen).unwrap_err().kind, FailureKind::Usage);
        let made = generate(&with, &keygen).unwrap();
        let signer = SignWith { key: Some(made.private.clone()), ..SignWith::default() };
        let request = PackRequest { signer, ..site.request() };
        let failure = pack(&without, &request).unwrap_err();
        assert!(failure.hints.iter().any(|hint| hint.raw().contains("AIRGO_KEY_PASSPHRASE")));
        assert_eq!(pack(&with, &request).unwrap().key_id, made.key_id);
        // The public half needs none.
        let public = read(&without, Some(&made.public)).unwrap();
        assert!(public.text(PublicFormat::Minisign).unwrap().starts_with("untrusted comment:"));
        let trust = TrustFiles { trust: vec![made.public], base: Vec::new() };
        let request = VerifyRequest { files: vec![site.bundle()], trust, ..VerifyRequest::default() };
        verify(&without, &request).unwrap();
    }
}

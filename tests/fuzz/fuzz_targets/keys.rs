//! Keys and trust files: a public key that is read is written and read again
//! as the same, in both formats; a private key never passes for a public one.
#![no_main]

use airgo_bundle::Trust;
use airgo_bundle::keys::{PublicKey, Signer as _, SigningKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = PublicKey::parse(text) {
        let pem = key.to_pem().expect("cannot be written as PEM");
        for again in [pem, key.to_openssh()] {
            assert_eq!(PublicKey::parse(&again).expect("cannot be read again").id(), key.id());
        }
    }
    if let Ok(key) = SigningKey::parse(text, &mut || None) {
        assert!(PublicKey::parse(text).is_err(), "a private key passed for a public one");
        assert!(key.sign(b"message").is_ok());
    }
    let mut trust = Trust::new();
    if let Ok(count) = trust.parse(text) {
        assert!(trust.keys().count() <= count);
    }
});

//! Whole bundles: with the key of the seeds trusted, nothing but the seeds' own
//! bytes verifies, and refusing ends quickly.
#![no_main]

use airgo_bundle::{Bundle, Limits, Trust};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// What signed the seeds.
const KEY: &str = include_str!("../seeds/bundle.pub");
/// The files that this key signed.
const SIGNED: [&[u8]; 2] =
    [include_bytes!("../seeds/bundle_reader/small"), include_bytes!("../seeds/bundle_reader/two-signers")];

fn limits() -> Limits {
    Limits { bundle: 1 << 20, manifest: 1 << 18, ..Limits::default() }
}

fuzz_target!(|data: &[u8]| {
    let opened = match Bundle::from_source(Arc::new(data.to_vec()), &limits()) {
        Ok(opened) => opened,
        Err(error) => {
            let _ = error.to_string();
            return;
        }
    };
    let _ = opened.manifest_unverified();
    let mut trust = Trust::new();
    trust.parse(KEY).expect("the seeds' key");
    let signed = match opened.verify_signatures(&trust, Timestamp::UNIX_EPOCH) {
        Ok(signed) => signed,
        Err(error) => {
            let _ = error.to_string();
            return;
        }
    };
    if signed.verify_objects(NonZeroUsize::MIN, &()).is_ok() {
        assert!(SIGNED.contains(&data), "other bytes than the signed ones verified whole");
    }
});

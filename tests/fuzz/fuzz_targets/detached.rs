//! Detached signatures: what verifies is by the one trusted key, over this file.
//! A change that still verifies is one of the text that minisign calls untrusted.
#![no_main]

use airgo_bundle::Trust;
use airgo_bundle::detached::{self, Format};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

/// What signed the seeds.
const KEY: &str = include_str!("../seeds/detached.pub");
/// What the seeds sign.
const FILE: &[u8] = b"the bytes of a bundle\n";
/// The seeds, in the order of [`Format::ALL`].
const SIGNED: [&[u8]; 5] = [
    include_bytes!("../seeds/detached/raw"),
    include_bytes!("../seeds/detached/base64"),
    include_bytes!("../seeds/detached/ssh"),
    include_bytes!("../seeds/detached/minisign"),
    include_bytes!("../seeds/detached/attestation"),
];

/// A signature without what the formats leave free: white space around it, and
/// minisign's first line.
fn core(format: Format, bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    match format {
        Format::Raw => bytes.to_vec(),
        Format::Minisign => text.lines().skip(1).collect::<Vec<_>>().join("\n").into_bytes(),
        _ => text.split_ascii_whitespace().collect::<String>().into_bytes(),
    }
}

fuzz_target!(|data: &[u8]| {
    let mut trust = Trust::new();
    trust.parse(KEY).expect("the seeds' key");
    match detached::verify(&FILE.to_vec(), data, &trust, Timestamp::UNIX_EPOCH) {
        Ok(found) => {
            let at = Format::ALL.iter().position(|f| *f == found.format).expect("a format");
            assert_eq!(core(found.format, data), core(found.format, SIGNED[at]));
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});

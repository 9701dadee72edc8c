//! Detached signatures: what verifies is by the one trusted key, over this file.
//! A change that still verifies is one of what minisign does not sign.
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

/// A signature without what the formats leave free: white space around it,
/// minisign's first line, and its key number, which is a hint.
fn core(format: Format, bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    match format {
        Format::Raw => bytes.to_vec(),
        Format::Minisign => {
            let (line, rest) =
                text.split_once('\n').and_then(|(_, t)| t.split_once('\n')).unwrap_or_default();
            let (head, tail) = (line.get(..2).unwrap_or_default(), line.get(14..).unwrap_or_default());
            format!("{head}{tail}\n{}", rest.trim_end()).into_bytes()
        }
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

//! DSSE envelopes and the in-toto statements in them: what is accepted is
//! written again byte for byte.
#![no_main]

use airgo_bundle::dsse::Envelope;
use airgo_bundle::statement::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match Envelope::parse(data) {
        Ok(envelope) => {
            assert_eq!(envelope.to_bytes().expect("cannot be written again"), data);
            if let Err(error) = Statement::parse(&envelope) {
                let _ = error.to_string();
            }
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});

//! airgo.json: what is accepted is canonical, so writing it gives the same
//! bytes; and it keeps the rules that the rest of airgo relies on.
#![no_main]

use airgo_bundle::Manifest;
use airgo_bundle::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let canonical = json::check_canonical(data).is_ok();
    if canonical {
        json::check_strict(data).expect("canonical JSON that is not strict");
    }
    match Manifest::parse(data) {
        Ok(manifest) => {
            assert!(canonical, "a manifest that is not canonical was accepted");
            assert_eq!(manifest.to_bytes().expect("cannot be written again"), data);
            manifest.check().expect("accepted against its own rules");
            let _ = manifest.objects();
            let _ = manifest.lists();
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});

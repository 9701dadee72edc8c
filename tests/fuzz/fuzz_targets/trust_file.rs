//! Trust files: what is refused adds nothing and is refused at a line of the
//! file; what is accepted demands no more keys of a role than have it.
#![no_main]

use airgo_bundle::Trust;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut trust = Trust::new();
    match trust.parse_trust_file("trust.toml", text, Path::new("no/such/directory")) {
        Ok(count) => {
            assert_eq!(trust.keys().count(), count);
            for key in trust.keys() {
                assert!(key.place.is_some() && key.name.is_some());
            }
            for (role, wanted) in trust.roles() {
                let have = trust.keys().filter(|k| k.roles.contains(role)).count();
                assert!(0 < wanted && wanted <= have, "{role}");
            }
            // The same keys once more contradict themselves, unless there are none.
            let again = trust.parse_trust_file("again.toml", text, Path::new("no/such/directory"));
            assert_eq!(again.is_err(), count > 0);
        }
        Err(error) => {
            assert!(trust.is_empty() && trust.roles().next().is_none());
            assert!(error.line >= 1 && error.line <= text.lines().count() + 1, "{error}");
        }
    }
});

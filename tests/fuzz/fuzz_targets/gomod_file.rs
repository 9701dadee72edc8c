//! go.mod and go.work: what the strict parser takes, the lax one takes with
//! the same requirements; errors point into the file.
#![no_main]

use airgo_gomod::modfile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let strict = modfile::parse("go.mod", data);
    let lax = modfile::parse_lax("go.mod", data);
    let lines = data.iter().filter(|b| **b == b'\n').count() + 2;
    match strict {
        Ok(strict) => {
            let lax = lax.expect("the lax parser refused what the strict one took");
            assert_eq!(strict.require, lax.require);
            assert_eq!(strict.go_version(), lax.go_version());
        }
        Err(errors) => {
            assert!(!errors.0.is_empty());
            for error in &errors.0 {
                assert!((error.pos.line as usize) <= lines, "{error}");
            }
            let _ = errors.to_string();
        }
    }
    let _ = modfile::work::parse("go.work", data);
    let _ = modfile::module_path(data);
});

//! go.mod and go.work: what the strict and the lax parser both take, they read
//! alike; errors point into the file.
#![no_main]

use airgo_gomod::modfile;
use airgo_gomod::module::canonical_version;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let strict = modfile::parse("go.mod", data);
    let lax = modfile::parse_lax("go.mod", data);
    let lines = data.iter().filter(|b| **b == b'\n').count() + 2;
    match strict {
        Ok(strict) => {
            // The lax one does refuse what only a main module may say: a branch
            // in place of a version.
            if let Ok(lax) = lax {
                let read =
                    |r: &modfile::Require| (r.module.path.clone(), canonical_version(&r.module.version));
                assert!(strict.require.iter().map(read).eq(lax.require.iter().map(read)));
                assert_eq!(strict.go_version(), lax.go_version());
            }
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

//! Vulnerability data: an entry that is taken stands in the snapshot, which reads
//! as what was written; a snapshot by somebody else is read or refused.
#![no_main]

use airgo_vulndb::{Builder, Snapshot, parse_osv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut builder = Builder::default();
    if builder.add(data).is_ok() {
        let bytes = builder.finish();
        let snapshot = Snapshot::parse(&bytes).expect("what is written can be read");
        let of_entry = parse_osv(data).expect("it was taken");
        for (module, advisory) in &of_entry {
            let found = snapshot.advisories(module).expect("its line reads");
            assert!(found.iter().any(|known| known.id == advisory.id), "{module}: {}", advisory.id);
        }
        let modules: Vec<&str> = snapshot.modules().collect();
        assert!(modules.is_sorted() && modules.iter().all(|m| of_entry.iter().any(|(path, _)| path == m)));
    }
    if let Ok(snapshot) = Snapshot::parse(data) {
        for module in snapshot.modules() {
            let _ = snapshot.advisories(module);
        }
    }
});

//! go.sum: parsing ends, and a file parsed twice gives the same sums.
#![no_main]

use airgo_gomod::GoSum;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match GoSum::parse("go.sum", data) {
        Ok(mut sums) => {
            let before = sums.len();
            sums.add_workspace_module("go.work.sum", data).expect("refused what it had taken before");
            assert_eq!(sums.len(), before, "the same lines again added sums");
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});

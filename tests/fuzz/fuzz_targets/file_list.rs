//! Lists of the files of modules: what is read is written again as the same bytes.
#![no_main]

use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{FileList, Limits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(list) = FileList::from_bytes(bytes, &Limits::default()) {
        assert_eq!(list.to_bytes(), bytes);
        let _ = list.h1(&ModuleVersion::new("example.com/m", "v1.0.0"));
    }
});
